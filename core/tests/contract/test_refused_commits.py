"""Hooks that refuse a commit, fail at it, or try to end the transaction themselves."""

from __future__ import annotations

import sqlite3
import sys
from itertools import islice

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl, run
from heliosdb_sqlite.testing import registered


def rows(connection):
    return [row[0] for row in connection.execute("SELECT a FROM t ORDER BY a")]


class Refuses:
    """Writes a row in before_commit, then refuses."""

    def __init__(self) -> None:
        self.refusing = True
        self.committed = self.rolled_back = 0

    @hookimpl
    def heliosdb_before_commit(self, connection):
        run(connection, "INSERT INTO log VALUES ('about to commit')")
        if self.refusing:
            raise PermissionError("not today")

    @hookimpl
    def heliosdb_commit(self):
        self.committed += 1

    @hookimpl
    def heliosdb_rollback(self):
        self.rolled_back += 1


@pytest.fixture
def refused(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as plain:
        plain.execute("CREATE TABLE t (a)")
        plain.execute("CREATE TABLE log (what)")
    plain.close()
    with registered(Refuses()) as plugin:
        connection = heliosdb_sqlite.connect(tmp_path / "a.db")
        yield connection, plugin
        connection.close()


def count(connection, table):
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.mark.parametrize(
    "commit",
    [lambda conn: conn.commit(), lambda conn: conn.execute("COMMIT"), lambda conn: conn.executescript("")],
)
def test_a_refused_commit_leaves_the_transaction_open_and_nothing_of_the_plugins(refused, commit):
    conn, plugin = refused
    conn.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(PermissionError, match="not today"):
        commit(conn)
    assert conn.in_transaction
    assert (count(conn, "t"), count(conn, "log"), plugin.committed) == (1, 0, 0)
    plugin.refusing = False
    conn.commit()
    assert (count(conn, "t"), count(conn, "log"), plugin.committed) == (1, 1, 1)


def test_a_refusal_undoes_what_was_written_through_the_connection_itself(tmp_path):
    class Writes:
        @hookimpl
        def heliosdb_before_commit(self, connection):
            connection.execute("UPDATE t SET a = a + 1")
            raise PermissionError("no")

    with registered(Writes()):
        conn = heliosdb_sqlite.connect(":memory:", isolation_level="IMMEDIATE")
        conn.execute("PRAGMA user_version = 1")
        conn.execute("BEGIN")
        conn.execute("CREATE TABLE t (a)")
        conn.execute("INSERT INTO t VALUES (1)")
        for _ in range(2):
            with pytest.raises(PermissionError):
                conn.commit()
            assert conn.execute("SELECT a FROM t").fetchall() == [(1,)]
        conn.close()


@pytest.mark.parametrize("rows_read", [0, 1])
@pytest.mark.parametrize("commit", [lambda conn: conn.commit(), lambda conn: conn.execute("COMMIT")])
def test_a_commit_amid_a_statement_that_returns_rows_fails_as_in_sqlite3(refused, commit, rows_read):
    conn, plugin = refused
    plugin.refusing = False
    written = conn.execute("INSERT INTO t VALUES (1), (2) RETURNING a")
    assert len([*islice(written, rows_read)]) == rows_read
    with pytest.raises(sqlite3.OperationalError) as error:
        commit(conn)
    assert str(error.value) == "cannot commit transaction - SQL statements in progress"
    if sys.version_info >= (3, 11):
        assert error.value.sqlite_errorname == "SQLITE_BUSY"
    assert conn.in_transaction
    assert len(written.fetchall()) == 2 - rows_read
    commit(conn)
    assert (count(conn, "t"), count(conn, "log"), plugin.committed) == (2, 1, 1)


def test_a_refused_with_block_is_rolled_back(refused):
    conn, plugin = refused
    with pytest.raises(PermissionError), conn:
        conn.execute("INSERT INTO t VALUES (1)")
    assert not conn.in_transaction
    assert (count(conn, "t"), count(conn, "log"), plugin.rolled_back) == (0, 0, 1)


@pytest.mark.parametrize(
    "sql", ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1) RETURNING a", "CREATE TABLE u (a)"]
)
def test_a_refused_autocommit_statement_is_undone(refused, sql):
    conn, plugin = refused
    conn.isolation_level = None
    with pytest.raises(PermissionError):
        conn.execute(sql)
    assert not conn.in_transaction
    assert (count(conn, "t"), count(conn, "log"), plugin.rolled_back) == (0, 0, 1)
    assert count(conn, "sqlite_master") == 2


def test_a_refused_change_of_isolation_level_changes_nothing(refused):
    conn, _ = refused
    conn.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(PermissionError):
        conn.isolation_level = None
    assert conn.isolation_level == ""
    assert conn.in_transaction


def test_what_before_commit_writes_is_part_of_the_commit(refused, tmp_path):
    conn, plugin = refused
    plugin.refusing = False
    with conn:
        conn.execute("INSERT INTO t VALUES (1)")
    other = sqlite3.connect(tmp_path / "a.db")
    assert (count(other, "t"), count(other, "log")) == (1, 1)
    other.close()


class Fails:
    @hookimpl
    def heliosdb_commit(self):
        raise RuntimeError("oh")

    @hookimpl
    def heliosdb_rollback(self, connection):
        raise RuntimeError("oh")

    @hookimpl
    def heliosdb_close(self):
        raise RuntimeError("oh")

    @hookimpl
    def heliosdb_executed(self):
        raise RuntimeError("oh")


def test_an_observing_hook_that_raises_loses_nothing_and_is_logged(tmp_path, caplog):
    with registered(Fails()):
        conn = heliosdb_sqlite.connect(tmp_path / "a.db")
        conn.execute("CREATE TABLE t (a)")
        with conn:
            conn.execute("INSERT INTO t VALUES (1)")
        conn.execute("INSERT INTO t VALUES (2)")
        conn.rollback()
        assert rows(conn) == [1]
        conn.close()
    logged = " ".join(record.getMessage() for record in caplog.records)
    for hook in ("commit", "rollback", "executed", "close"):
        assert f"Fails.heliosdb_{hook} failed" in logged
    assert all(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    "end",
    [
        lambda conn: conn.commit(),
        lambda conn: conn.rollback(),
        lambda conn: conn.execute("COMMIT"),
        lambda conn: run(conn, "COMMIT"),
        lambda conn: run(conn, "ROLLBACK"),
        lambda conn: conn.execute("SAVEPOINT s"),
    ],
)
def test_a_before_commit_hook_can_not_end_the_transaction_itself(end):
    class Ends:
        @hookimpl
        def heliosdb_before_commit(self, connection):
            end(connection)

    with registered(Ends()):
        conn = heliosdb_sqlite.connect(":memory:")
        run(conn, "CREATE TABLE t (a)")
        conn.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(sqlite3.ProgrammingError, match="not end the transaction"):
            conn.commit()
        assert conn.in_transaction
        assert rows(conn) == [1]
        conn.close()
