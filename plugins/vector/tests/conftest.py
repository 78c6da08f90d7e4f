"""Connections with vector search, closed again."""

from __future__ import annotations

import sqlite3

import numpy as np
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


DIMENSIONS = 8


@pytest.fixture
def vectors():
    """400 vectors in clusters; some are the same, one is zero."""
    random = np.random.default_rng(7)
    centres = random.normal(size=(20, DIMENSIONS))
    found = (centres[random.integers(0, 20, 400)] + 0.3 * random.normal(size=(400, DIMENSIONS))).astype("f4")
    found[100:110] = found[0]
    found[399] = 0
    return found


@pytest.fixture
def fill():
    """Makes and fills a table."""
    return _fill


def _fill(connection, vectors, table="docs"):
    """A table of vectors with something to filter by; every twentieth row has none."""
    connection.execute(
        f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, title TEXT, kind INTEGER, rare INTEGER, embedding VECTOR({DIMENSIONS}))"
    )
    name = table.partition(".")[2] or table
    schema = table.partition(".")[0] + "." if "." in table else ""
    connection.execute(f"CREATE INDEX {schema}{name}_rare ON {name} (rare)")
    connection.executemany(
        f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)",
        [
            (3 * i + 1, f"title {i}", i % 5, i % 40, None if i % 20 == 19 else vector)
            for i, vector in enumerate(vectors)
        ],
    )
    connection.commit()


@pytest.fixture
def log_at_once(monkeypatch):
    """Changes are logged from the first search on, however small the table."""
    monkeypatch.setattr("heliosdb_vector.memory.freshness.LOG_FROM", 0)


@pytest.fixture
def filled(open_vector, file, vectors, log_at_once):
    """A connection that searches in memory."""
    connection = open_vector(file)
    _fill(connection, vectors)
    return connection


@pytest.fixture
def slow(open_vector, file):
    """Another one to the same file, where SQLite computes every distance: the answer to compare with."""
    return open_vector(file, vector_cache_mb=0)


@pytest.fixture(autouse=True)
def empty_cache():
    """What one test read into memory is not another's."""
    from heliosdb_vector.memory.cache import CACHE

    CACHE.clear()
