"""The projects, each with a release whose tests are known to run, and what these tests need."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q", "--junitxml={report}", "--basetemp={folder}/tmp")


@dataclass(frozen=True)
class Backend:
    """HeliosDB's package for a framework, instead of the swapped module."""

    folder: str
    """Where the package is in this checkout."""
    sqlite3: str
    """What stands for ``{backend}`` in the project's arguments and environment on sqlite3."""
    heliosdb: str
    """What stands there on HeliosDB."""
    names: tuple[str, str] = ("", "")
    """What a test's name has in it on HeliosDB, and on sqlite3."""


@dataclass(frozen=True)
class Project:
    """One project's tests.

    >>> Project("aiosqlite", "0.22.1", ("--pyargs", "aiosqlite.tests.smoke"), installed=True).requirement
    'aiosqlite==0.22.1'
    """

    name: str
    version: str
    tests: tuple[str, ...]
    """What the command is given."""
    needs: tuple[str, ...] = ()
    title: str = ""
    """What the run is called, where the project has several."""
    command: tuple[str, ...] = PYTEST
    """What Python runs. It writes the report that the environment names as PEERS_REPORT."""
    environment: Mapping[str, str] = field(default_factory=dict)
    backend: Backend | None = None
    """A backend of HeliosDB's, which is tried in the place of the project's own; None swaps the module."""
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
    def run(self) -> str:
        """The run's name, which a folder can have."""
        return self.title or self.name

    @property
    def runs_here(self) -> bool:
        return sys.version_info >= self.python


RUNNERS = Path(__file__).parents[1] / "runners"
"""Packages that run tests which are not for pytest; the projects can import them."""
# The folders of Django's tests that are about databases.
DATABASE_TESTS = tuple((RUNNERS / "for_django/folders.txt").read_text(encoding="utf-8").split())

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
            *("multipart-form-data-conformance==0.1a0", "psutil"),  # a checkout of version 1 needs them
        ),
        creates=("tests/__init__.py",),
    ),
    Project(
        "langgraph-checkpoint-sqlite",
        "3.1.2",
        ("tests",),
        ("pytest-asyncio", "pytest-mock", "pytest-retry", "langgraph-checkpoint-conformance"),
    ),
    Project(
        "Django",
        "6.1.3",
        DATABASE_TESTS,
        # asgiref's and tblib's lower ends are those of Django's own list of what its tests need.
        ("asgiref>=3.9.1", "jinja2", "sqlparse>=0.5", "tblib>=3.0", "tzdata"),
        command=(
            *("-W", "ignore", "tests/runtests.py", "--settings=for_django.settings", "--parallel=2"),
            "--verbosity=0",
        ),
        environment={"PEERS_ENGINE": "{backend}"},
        backend=Backend("integrations/django", "django.db.backends.sqlite3", "heliosdb.django"),
        python=(3, 12),
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
    Project("peewee", "4.5.3", ("tests/__init__.py", "-o", "python_files=__init__.py"), ("pydantic",)),
    Project(
        "SQLAlchemy",
        "2.1.9",
        ("test/dialect/sqlite", "test/dialect/test_suite.py", "-n", "2"),
        ("greenlet", "pytest-xdist", "aiosqlite", "typing_extensions"),
    ),
    Project(
        "SQLAlchemy",
        "2.1.9",
        ("test/dialect/test_suite.py", "--dburi", "{backend}:///:memory:"),
        ("greenlet", "aiosqlite", "typing_extensions"),
        title="SQLAlchemy's compliance suite",
        backend=Backend(
            "integrations/sqlalchemy",
            *("sqlite", "sqlite+heliosdb"),
            names=("sqlite+heliosdb", "sqlite+pysqlite"),
        ),
        known={
            "test_native_lastrowid_autoinc": "is for drivers in a list of names: skipped",
            "test_all_visit_methods_accept_kw[HeliosDDLCompiler]": "is about each compiler there is: one more",
            "test_all_visit_methods_accept_kw[HeliosSQLCompiler]": "and another one",
        },
    ),
    Project(
        "sqlite-utils", "4.2.1", ("tests", "-n", "2"), ("hypothesis", "cogapp", "tabulate", "pytest-xdist")
    ),
)
ONLY_CHECKED_OUT = frozenset({"peewee"})
