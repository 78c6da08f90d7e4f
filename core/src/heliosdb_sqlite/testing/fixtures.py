"""Fixtures for the tests of a plugin: ``pytest_plugins = ["heliosdb_sqlite.testing.fixtures"]`` in conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .. import Connection, __version__
from .. import connect as _connect
from .._standard import sqlite3
from ..plugins._manager import manager
from .dropin.report import summarize
from .recorder import Recorder
from .registering import registered


def pytest_report_header() -> str:
    """Name what the tests ran with: the first thing to compare when they fail elsewhere."""
    plugins = ", ".join(f"{found.name} {found.version}" for found in manager().found) or "none"
    return f"SQLite {sqlite3.sqlite_version}, heliosdb {__version__}, plugins: {plugins}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End the report with what the drop-in checks found."""
    summarize(terminalreporter)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A recording plugin that is switched on for every connection of the test."""
    with registered(Recorder(), "recorder") as plugin:
        yield plugin


@pytest.fixture
def register_plugin() -> Iterator[Callable[..., Any]]:
    """Register a plugin until the end of the test; takes what :func:`~heliosdb_sqlite.testing.registered` takes."""
    with ExitStack() as stack:

        def register(plugin: Any, name: str = "under_test", **how: Any) -> Any:
            return stack.enter_context(registered(plugin, name, **how))

        yield register


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Connection]]:
    """Connect as ``heliosdb_sqlite.connect`` does, to ``tmp_path / "test.db"`` unless a database is named.

    What the test leaves open is closed at its end.
    """
    with ExitStack() as stack:

        def connect(database: Any = tmp_path / "test.db", *args: Any, **options: Any) -> Connection:
            connection: Connection = _connect(database, *args, **options)
            stack.callback(connection.close)
            return connection

        yield connect
