"""Makes peers_kit importable, takes the options, and ends the report with a table of what each project counted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: Any) -> None:
    group = parser.getgroup("peers", "other projects' own tests")
    group.addoption(
        "--peers-folder",
        metavar="FOLDER",
        help="keep the virtual environments and sources there, and use those that are there already",
    )
    group.addoption(
        "--checkout",
        metavar="NAME=FOLDER",
        action="append",
        default=[],
        help="also run the tests of a checkout, as its release may have few or none",
    )


@pytest.fixture(scope="session")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where environments and sources are."""
    given = request.config.getoption("--peers-folder")
    place = Path(given).resolve() if given else tmp_path_factory.mktemp("peers")
    place.mkdir(parents=True, exist_ok=True)
    # A project without settings of its own finds these, and not those of the checkout around the folder.
    (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return place


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, value in report.user_properties
        if name == "peer"
    ]
    if rows:
        terminalreporter.section("other projects' tests: sqlite3 | heliosdb_sqlite")
        for row in sorted(rows):
            terminalreporter.write_line(row)
