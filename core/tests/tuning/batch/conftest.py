"""A table of users, and batches for it."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import pytest

import heliosdb_sqlite

sys.path.insert(0, str(Path(__file__).parent))  # for batch_kit


@pytest.fixture
def conn():
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, age INTEGER CHECK (age < 200))"
        )
        conn.commit()
        yield conn


@pytest.fixture
def insert(conn):
    """batch_insert() of names and ages."""

    def insert(rows, **keywords):
        return conn.cursor().batch_insert("users", ["name", "age"], rows, **keywords)

    return insert
