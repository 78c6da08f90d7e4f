"""heliosdb_around: what a plugin does before and after a statement, in one transaction with it."""

from __future__ import annotations

import gc
import sqlite3
import tracemalloc
from contextlib import closing, contextmanager

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hide_trigger_changes, hookimpl, run
from heliosdb_sqlite.testing import registered


class Logs:
    """Writes a line before and after each ALTER; refuses to have a column named secret."""

    @hookimpl
    def heliosdb_before_commit(self):
        pass

    @hookimpl
    def heliosdb_around(self, connection, statement):
        if statement.verb != "ALTER":
            return None

        @contextmanager
        def around():
            run(connection, "INSERT INTO log VALUES ('before')")
            yield
            if "secret" in statement.sql:
                raise sqlite3.IntegrityError("no secrets, please")
            run(connection, "INSERT INTO log VALUES ('after')")

        return around


@pytest.fixture
def conn():
    with registered(Logs()), closing(heliosdb_sqlite.connect(":memory:", isolation_level=None)) as conn:
        conn.executescript("CREATE TABLE log (a); CREATE TABLE t (a)")
        yield conn


def log(conn):
    return [row[0] for row in conn.execute("SELECT a FROM log")]


def columns(conn):
    return [row[1] for row in conn.execute("PRAGMA table_info(t)")]


@pytest.mark.parametrize("way", ["execute", "executescript"])
def test_it_happens_before_and_after(conn, way):
    getattr(conn, way)("ALTER TABLE t ADD COLUMN b")
    assert (columns(conn), log(conn)) == (["a", "b"], ["before", "after"])
    assert not conn.in_transaction


def test_each_run_has_its_own(conn):
    for _ in range(2):
        conn.execute("ALTER TABLE t ADD COLUMN b")
        conn.execute("ALTER TABLE t DROP COLUMN b")
    assert log(conn) == ["before", "after"] * 4


def test_when_it_refuses_nothing_has_happened(conn):
    with pytest.raises(sqlite3.IntegrityError, match="no secrets"):
        conn.execute("ALTER TABLE t ADD COLUMN secret")
    assert (columns(conn), log(conn), conn.in_transaction) == (["a"], [], False)


def test_when_the_statement_fails_what_came_before_is_undone(conn):
    with pytest.raises(sqlite3.OperationalError, match="duplicate column"):
        conn.execute("ALTER TABLE t ADD COLUMN a")
    assert (log(conn), conn.in_transaction) == ([], False)


def test_inside_a_transaction_of_the_users_it_is_part_of_that(conn):
    conn.execute("BEGIN")
    conn.execute("ALTER TABLE t ADD COLUMN b")
    assert log(conn) == ["before", "after"]
    conn.execute("ROLLBACK")
    assert (columns(conn), log(conn)) == (["a"], [])


def test_a_cursor_past_the_hooks_is_refused(conn):
    with pytest.raises(sqlite3.NotSupportedError, match="a plugin changes this statement"):
        sqlite3.Cursor(conn).execute("ALTER TABLE t ADD COLUMN b")
    assert columns(conn) == ["a"]


def test_two_plugins_nest(conn):
    order = []

    class Outer:
        @hookimpl(tryfirst=True)
        def heliosdb_around(self, connection, statement):
            @contextmanager
            def around():
                order.append("in")
                yield
                order.append("out")

            return around if statement.verb == "ALTER" else None

    with registered(Outer(), "outer"), closing(heliosdb_sqlite.connect(":memory:")) as both:
        both.executescript("CREATE TABLE log (a); CREATE TABLE t (a)")
        both.execute("ALTER TABLE t ADD COLUMN b")
        assert (order, log(both)) == (["in", "out"], ["before", "after"])


class Tells:
    """Writes a row at each commit, which nobody asked for."""

    @hookimpl
    def heliosdb_connect(self, connection):
        run(connection, "CREATE TABLE commits (a)")

    @hookimpl
    def heliosdb_before_commit(self, connection):
        run(connection, "INSERT INTO commits VALUES (1)")


def test_what_a_before_commit_hook_writes_is_not_counted_as_the_users():
    with registered(Tells()), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE t (a)")
        before = conn.total_changes
        conn.execute("INSERT INTO t VALUES (1), (2)")
        conn.commit()
        with pytest.raises(AttributeError):
            conn.total_changes = 5
        assert conn.total_changes - before == 2
        assert conn.execute("SELECT count(*) FROM commits").fetchone() == (2,)


class Logged:
    """Has a trigger of its own on t, whose rows are not the user's."""

    @hookimpl
    def heliosdb_connect(self, connection):
        run(connection, "CREATE TABLE t (a)")
        run(connection, "CREATE TABLE log (a)")
        run(connection, "CREATE TRIGGER logged AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END")
        hide_trigger_changes(connection)

    @hookimpl
    def heliosdb_commit(self):
        pass


@pytest.mark.parametrize("level", ["", None])
def test_what_a_plugins_triggers_write_is_not_counted_as_the_users(level):
    with registered(Logged()), closing(heliosdb_sqlite.connect(":memory:", isolation_level=level)) as conn:
        before = conn.total_changes
        conn.execute("INSERT INTO t VALUES (1), (2)")
        conn.executemany("INSERT INTO t VALUES (?)", [(3,), (4,), (5,)])
        conn.executescript("INSERT INTO t VALUES (6)")
        conn.execute("UPDATE t SET a = a")
        conn.execute("SELECT * FROM t").fetchall()
        assert conn.total_changes - before == 12
        conn.execute("INSERT INTO t VALUES (7)")  # inside a transaction, the short way
        conn.commit()
        assert conn.total_changes - before == 13
        returning = conn.execute("UPDATE t SET a = a + 10 WHERE a > 5 RETURNING a")
        assert conn.total_changes - before == 15
        assert returning.fetchone() == (16,)
        assert returning.fetchall() == [(17,)]
        assert conn.execute("INSERT INTO t VALUES (8), (9), (10) RETURNING a").fetchall() == [
            (8,),
            (9,),
            (10,),
        ]
        assert conn.execute("DELETE FROM t WHERE a > 99 RETURNING a").fetchall() == []
        assert conn.total_changes - before == 18


def test_a_plugins_statements_leave_nothing_behind():
    with registered(Logged()), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        run(conn, "SELECT 1").fetchall()
        tracemalloc.start()
        try:
            for _ in range(2000):
                run(conn, "SELECT 1").fetchall()
            gc.collect()
            kept = sum(each.size for each in tracemalloc.take_snapshot().statistics("filename"))
        finally:
            tracemalloc.stop()
        assert kept < 100_000  # a weak reference for each would be twice that
