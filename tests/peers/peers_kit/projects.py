"""The projects, each with a release whose tests are known to run, and what these tests need."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Project:
    """One project's tests.

    >>> Project("aiosqlite", "0.22.1", ("--pyargs", "aiosqlite.tests.smoke"), installed=True).requirement
    'aiosqlite==0.22.1'
    """

    name: str
    version: str
    tests: tuple[str, ...]
    """What pytest is given."""
    needs: tuple[str, ...] = ()
    installed: bool = False
    """The tests come with the installed package; otherwise with the source distribution."""
    creates: tuple[str, ...] = ()
    """Empty files that the source distribution leaves out, and its tests need."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Tests whose outcome is another one by design, each with the reason."""
    python: tuple[int, int] = (3, 10)
    """The oldest Python that the release runs on."""

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"

    @property
    def runs_here(self) -> bool:
        return sys.version_info >= self.python


# peewee has no tests in its source distributions: --checkout peewee=FOLDER runs those of its repository.
PROJECTS = (
    Project("aiosqlite", "0.22.1", ("--pyargs", "aiosqlite.tests.smoke"), installed=True),
    Project(
        "datasette",
        "0.65.5",
        (
            *("tests", "-n", "2", "--ignore=tests/test_docs.py", "--ignore=tests/test_black.py"),
            "--continue-on-collection-errors",  # the distribution lacks tests/fixtures.py, and what imports it
        ),
        (
            *("pytest-asyncio>=0.17", "pytest-timeout", "pytest-xdist", "beautifulsoup4", "trustme"),
            *("cogapp", "blacken-docs==1.12.1", "setuptools<81"),
        ),
        creates=("tests/__init__.py",),
    ),
    Project(
        "langgraph-checkpoint-sqlite",
        "3.1.2",
        ("tests",),
        ("pytest-asyncio", "pytest-mock", "pytest-retry", "langgraph-checkpoint-conformance"),
    ),
    Project("litecli", "1.17.1", ("tests",)),
    Project(
        "pandas",
        "3.1.1",
        # Those that read files which are in its repository only fail, either way.
        ("--pyargs", "pandas.tests.io.test_sql"),
        ("SQLAlchemy", "hypothesis"),
        installed=True,
        python=(3, 11),
    ),
    Project("peewee", "4.5.3", ("tests/__init__.py", "-o", "python_files=__init__.py")),
    Project(
        "SQLAlchemy",
        "2.1.9",
        ("test/dialect/sqlite", "test/dialect/test_suite.py", "-n", "2"),
        ("greenlet", "pytest-xdist", "aiosqlite", "typing_extensions"),
    ),
    Project(
        "sqlite-utils", "4.2.1", ("tests", "-n", "2"), ("hypothesis", "cogapp", "tabulate", "pytest-xdist")
    ),
)
ONLY_CHECKED_OUT = frozenset({"peewee"})
