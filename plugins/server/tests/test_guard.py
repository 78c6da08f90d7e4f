"""What SQLite itself refuses to SQL from the network, whatever the server's own reading of it has let through."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_server.session.guard import authorizer


@pytest.fixture
def guarded(tmp_path):
    """A connection like a session's, with a catalog attached, and a switch for who is at work."""
    connection = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    connection.executescript("ATTACH ':memory:' AS pg_catalog; CREATE TABLE pg_catalog.pg_class (oid)")
    trusted = [False]
    connection.set_authorizer(authorizer(lambda: trusted[0]))
    yield connection, trusted
    connection.close()


BEYOND = [
    "ATTACH ':memory:' AS other", "DETACH pg_catalog", "SELECT load_extension('x')",
    "PRAGMA journal_mode = OFF", "PRAGMA writable_schema = ON", "PRAGMA temp_store_directory = 'x'", "PRAGMA mmap_size",
    "INSERT INTO pg_catalog.pg_class VALUES (1)", "UPDATE pg_catalog.pg_class SET oid = 1", "DELETE FROM pg_catalog.pg_class",
]  # fmt: skip


@pytest.mark.parametrize("sql", BEYOND)
def test_nothing_beyond_the_database(guarded, sql):
    with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|prohibited"):
        guarded[0].execute(sql)


@pytest.mark.parametrize("sql", [sql for sql in BEYOND if "'x'" not in sql and "DETACH" not in sql])
def test_the_server_itself_may(guarded, sql):
    connection, trusted = guarded
    trusted[0] = True
    connection.execute(sql)


@pytest.mark.parametrize(
    "sql",
    ["PRAGMA journal_mode", "PRAGMA user_version = 3", "PRAGMA table_info(t)", "SELECT * FROM pg_catalog.pg_class",
     "CREATE TABLE t (a); INSERT INTO t VALUES (lower('A')); DROP TABLE t"],
)  # fmt: skip
def test_everything_inside_it(guarded, sql):
    guarded[0].executescript(sql)
