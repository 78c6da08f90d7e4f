"""A SELECT that was planned for a schema runs before the schema is looked at, and once more if that is another one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Syntax, hookimpl, run
from heliosdb_sqlite.sql.schema import schema_of
from heliosdb_sqlite.testing import registered

SQL = "SELECT NEWEST FROM t"


class Newest:
    """NEWEST means the column of t that was added last."""

    restless = False

    @hookimpl
    def heliosdb_syntax(self):
        return Syntax(words=("newest",))

    @hookimpl
    def heliosdb_parse(self, connection, statement):
        schema = schema_of(connection)
        newest = schema.table("t").columns[-1].name
        return statement.rewritten(statement.text.replace("NEWEST", newest)).bound_to(schema.stamp)

    @hookimpl
    def heliosdb_bind(self, connection, statement):
        def bind(parameters):
            run(connection, "DROP TABLE IF EXISTS temp.nowhere")  # the schema may be another one now
            return parameters

        return bind if self.restless else None


@pytest.fixture
def plain(tmp_path):
    """Another connection, which changes the schema."""
    with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("CREATE TABLE t (a, b)")
        plain.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"b{n}") for n in range(3)])
        yield plain


@pytest.fixture
def newest():
    with registered(Newest()) as newest:
        yield newest


@pytest.fixture
def conn(tmp_path, newest, plain):
    with closing(heliosdb_sqlite.connect(tmp_path / "t.db", isolation_level=None)) as conn:
        yield conn


def add_column(conn):
    conn.execute("ALTER TABLE t ADD COLUMN c DEFAULT 'c'")


def test_another_connection_adds_a_column(conn, plain):
    assert conn.execute(SQL).fetchall() == [("b0",), ("b1",), ("b2",)]
    add_column(plain)
    cursor = conn.execute(SQL)
    assert cursor.description[0][0] == "c"
    assert cursor.fetchall() == [("c",)] * 3


def test_what_was_planned_is_there_no_more(conn, plain):
    conn.execute(SQL)
    plain.execute("ALTER TABLE t DROP COLUMN b")
    assert conn.execute(SQL).fetchall() == [(0,), (1,), (2,)]


def test_an_error_that_is_the_statements_own_stays_one(conn, plain):
    for change in (lambda: None, lambda: add_column(plain)):
        with pytest.raises(sqlite3.OperationalError, match="no such column: nowhere"):
            conn.execute("SELECT NEWEST, nowhere FROM t")
        change()


def test_all_rows_are_of_the_schema_that_was_looked_at(conn, plain):
    cursor = conn.execute(SQL)
    assert cursor.fetchone() == ("b0",)
    add_column(plain)
    assert cursor.fetchall() == [("b1",), ("b2",)]
    assert conn.execute(SQL).fetchone() == ("c",)


@pytest.mark.parametrize("sql", ["SELECT NEWEST, said(a) FROM t", "SELECT NEWEST FROM t WHERE said (a)"])
def test_what_a_function_of_the_users_does_is_done_once(conn, plain, sql):
    said = []
    conn.create_function("said", 1, lambda value: said.append(value) or 1)
    conn.execute(sql).fetchall()
    add_column(plain)
    said.clear()
    assert conn.execute(sql).fetchall()[0][0] == "c"
    assert said == [0, 1, 2]


def test_in_a_transaction_and_after_its_rollback(conn):
    conn.execute("BEGIN")
    conn.execute(SQL)
    add_column(conn)
    assert conn.execute(SQL).fetchone() == ("c",)
    conn.execute("ROLLBACK")
    assert conn.execute(SQL).fetchone() == ("b0",)


def test_tables_in_temp_count_too(conn):
    conn.execute(SQL)
    conn.executescript("CREATE TEMP TABLE t (temporary); INSERT INTO temp.t VALUES ('temp')")
    assert conn.execute(SQL).fetchall() == [("temp",)]
    conn.execute("DROP TABLE temp.t")
    assert conn.execute(SQL).fetchone() == ("b0",)


def test_a_schema_that_is_another_one_after_each_execution_is_no_endless_loop(conn, newest):
    newest.restless = True
    for _ in range(3):
        assert conn.execute(f"{SQL} WHERE a > ?", (1,)).fetchall() == [("b2",)]
