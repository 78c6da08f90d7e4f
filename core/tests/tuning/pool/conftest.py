"""Pools for the tests, closed at their end."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing

import pytest

from heliosdb_sqlite import connection_pool


@pytest.fixture
def database(tmp_path):
    """A file with a table t of one row."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
    return path


@pytest.fixture
def create(database):
    """Makes pools; of the file ``database`` where no other database is named."""
    with ExitStack() as stack:

        def create(path=database, **arguments):
            pool = connection_pool.create(path, **arguments)
            stack.callback(pool.close)
            return pool

        yield create
