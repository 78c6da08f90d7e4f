"""What the tests of the core share."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins._manager import manager
from heliosdb_sqlite.testing import Recorder, registered


def pytest_report_header() -> str:
    plugins = ", ".join(f"{found.name} {found.version}" for found in manager().found) or "none"
    return f"SQLite {sqlite3.sqlite_version}, heliosdb {heliosdb_sqlite.__version__}, plugins: {plugins}"


@pytest.fixture
def recorder():
    """A recording plugin that is active on every connection of the test."""
    with registered(Recorder()) as plugin:
        yield plugin
