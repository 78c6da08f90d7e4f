"""Connections with time travel, closed again, and moments between two commits."""

from __future__ import annotations

import sqlite3
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

import heliosdb_sqlite

sys.path.insert(0, str(Path(__file__).parent))  # for timetravel_kit


@pytest.fixture
def file(tmp_path):
    return tmp_path / "app.db"


@pytest.fixture
def open_travel(file):
    """connect() with time travel; whatever it opens is closed after the test."""
    opened = []

    def connect(database=file, **keywords):
        opened.append(heliosdb_sqlite.connect(database, enable_time_travel=True, **keywords))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def conn(open_travel):
    return open_travel(":memory:")


@pytest.fixture
def plain(file):
    """The same file through the standard library, which has never heard of history."""
    connection = sqlite3.connect(file)
    yield connection
    connection.close()


@pytest.fixture
def moment():
    """A moment after all that was committed before, and before all that comes after."""

    def take():
        time.sleep(0.003)
        now = datetime.now(timezone.utc)
        time.sleep(0.003)
        return now

    return take
