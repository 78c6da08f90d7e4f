"""Connections with vector search, closed again."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite


@pytest.fixture
def open_vector():
    """connect() with vector search; whatever it opens is closed after the test."""
    opened = []

    def connect(database=":memory:", **keywords):
        opened.append(heliosdb_sqlite.connect(database, enable_vector_search=True, **keywords))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def conn(open_vector):
    return open_vector()


@pytest.fixture
def one(conn):
    """The value of one SQL expression."""

    def value(expression, *parameters):
        return conn.execute(f"SELECT {expression}", parameters).fetchone()[0]

    return value


@pytest.fixture
def file(tmp_path):
    return tmp_path / "vectors.db"


@pytest.fixture
def plain(file):
    """The same file through the standard library, which has never heard of vectors."""
    connection = sqlite3.connect(file)
    yield connection
    connection.close()


def pytest_report_header():
    from heliosdb_vector.loading import sqlite_vec_loading

    loading = sqlite_vec_loading()
    return f"SQLite {sqlite3.sqlite_version}, sqlite-vec {loading.version or '-'} by {loading.way}"
