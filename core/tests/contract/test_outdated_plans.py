"""SQLITE_SCHEMA or SQLITE_PROTOCOL out of a plugin's file layer: the plan is made anew, and the statement runs once more."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl, state
from heliosdb_sqlite.testing import registered

SCHEMA, PROTOCOL = ("database schema has changed", 17), ("locking protocol", 15)


def outdated(words, code):
    error = sqlite3.OperationalError(words)
    if hasattr(sqlite3, "SQLITE_SCHEMA"):
        error.sqlite_errorcode = code
    return error


class Moves:
    """A file layer finds, ``changes`` times, that the schema is another one than the plan was made for."""

    def __init__(self):
        self.changes = 0
        self.error = SCHEMA
        self.parsed = []

    @hookimpl
    def heliosdb_parse(self, statement):
        self.parsed.append(statement.sql)

    @hookimpl
    def heliosdb_around(self, connection, statement):
        from contextlib import contextmanager

        @contextmanager
        def around():
            if self.changes and statement.sql.startswith(("INSERT", "SELECT")):
                self.changes -= 1
                raise outdated(*self.error)
            yield

        return around


@pytest.fixture
def moves():
    plugin = Moves()
    with registered(plugin):
        yield plugin


@pytest.fixture
def conn(moves):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        assert state(conn) == {}
        conn.execute("CREATE TABLE t (a)")
        yield conn


@pytest.mark.parametrize(
    "run",
    [
        lambda conn: conn.execute("INSERT INTO t VALUES (?)", (1,)),
        lambda conn: conn.cursor().execute("INSERT INTO t VALUES (?)", (1,)),
        lambda conn: conn.executemany("INSERT INTO t VALUES (?)", [(1,)]),
        lambda conn: conn.cursor().executemany("INSERT INTO t VALUES (?)", [(1,)]),
        lambda conn: conn.executemany("INSERT INTO t VALUES (?)", iter([(1,)])),
        lambda conn: conn.executescript("INSERT INTO t VALUES (1);"),
    ],
    ids=["execute", "cursor", "executemany", "cursor, many", "iterator", "script"],
)
@pytest.mark.parametrize("error", [SCHEMA, PROTOCOL], ids=["schema", "protocol"])
def test_the_statement_is_planned_again_and_runs_once(conn, moves, run, error):
    moves.changes, moves.error, moves.parsed[:] = 1, error, []
    run(conn)
    assert conn.execute("SELECT * FROM t").fetchall() == [(1,)]
    assert [sql.startswith("INSERT") for sql in moves.parsed] == [True, True, False]


def test_it_is_tried_as_often_as_sqlite_does_and_then_an_error(conn, moves):
    moves.changes = 20
    assert conn.execute("SELECT * FROM t").fetchall() == []
    moves.changes = 60
    with pytest.raises(sqlite3.OperationalError, match="schema has changed"):
        conn.execute("SELECT * FROM t")


def test_rows_that_were_committed_by_themselves_are_not_written_twice(tmp_path):
    class MovesAtTheSecondRow(Moves):
        @hookimpl
        def heliosdb_around(self, connection, statement):
            return None

        @hookimpl
        def heliosdb_bind(self, connection, statement):
            if not statement.sql.startswith("INSERT"):
                return None

            def bind(parameters):
                if self.changes and parameters == (2,):
                    self.changes -= 1
                    raise outdated(*SCHEMA)
                return parameters

            return bind

    plugin = MovesAtTheSecondRow()
    with registered(plugin), closing(heliosdb_sqlite.connect(":memory:", isolation_level=None)) as conn:
        conn.execute("CREATE TABLE t (a)")
        for rows in ([(1,), (2,)], iter([(1,), (2,)])):
            plugin.changes = 1
            with pytest.raises(sqlite3.OperationalError, match="schema has changed"):
                conn.executemany("INSERT INTO t VALUES (?)", rows)
            assert conn.execute("SELECT a FROM t").fetchall() == [(1,)]
            conn.execute("DELETE FROM t")
