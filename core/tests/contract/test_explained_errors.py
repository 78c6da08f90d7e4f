"""Errors that a plugin completes before the caller sees them."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered


class Explains:
    """Completes the errors of statements that call f()."""

    @hookimpl
    def heliosdb_connect(self, connection):
        connection.create_function("f", 1, lambda value: 1 // value)

    @hookimpl
    def heliosdb_error(self, statement):
        def explain(error):
            error.args = (f"{error}: division by zero",)

        return explain if "f(" in statement.sql else None

    @hookimpl
    def heliosdb_parse(self, statement):
        return statement.batchable() if "f(?)" in statement.sql else None


def test_errors_are_completed_wherever_they_arise():
    said = r"user-defined function raised exception: division by zero$"
    with registered(Explains()):
        conn = heliosdb_sqlite.connect(":memory:")
        with pytest.raises(sqlite3.OperationalError, match=said):
            conn.execute("SELECT f(0)").fetchall()
        fetches = (
            lambda c: c.fetchall(),
            list,
            lambda c: [c.fetchone() for _ in range(3)],
            lambda c: c.fetchmany(3),
        )
        for fetch in fetches:
            cursor = conn.execute(
                "SELECT f(value) FROM (SELECT 1 AS value UNION ALL SELECT 2 UNION ALL SELECT 0)"
            )
            with pytest.raises(sqlite3.OperationalError, match=said):
                fetch(cursor)
            assert cursor.execute("SELECT f(1)").fetchall() == [(1,)]
            assert list(cursor.execute("SELECT 5")) == [(5,)]
        with pytest.raises(sqlite3.OperationalError, match=said):
            conn.executemany("SELECT f(?)", [(1,), (0,)])
        with pytest.raises(sqlite3.OperationalError, match=r"syntax error$"):
            conn.execute("SELEC")
        conn.close()


def test_mapping_batches_and_explanations_go_together():
    class All(Explains):
        @hookimpl
        def heliosdb_row(self):
            return lambda row: (row[0], "mapped")

    with registered(All()):
        conn = heliosdb_sqlite.connect(":memory:")
        cursor = conn.cursor()
        for _ in range(2):
            assert cursor.executemany("SELECT f(?)", [(1,), (-1,)]).fetchall() == [
                (1, "mapped"),
                (-1, "mapped"),
            ]
            assert cursor.execute("SELECT f(1)").fetchone() == (1, "mapped")
            assert cursor.execute("SELECT f(1)").fetchone() == (1, "mapped")
        conn.close()


def test_an_error_in_a_script_is_completed_too():
    with registered(Explains()):
        conn = heliosdb_sqlite.connect(":memory:")
        conn.executescript("SELECT f(1); SELECT f(2)")
        with pytest.raises(sqlite3.OperationalError, match=r"division by zero$"):
            conn.executescript("SELECT f(1); SELECT f(0)")
        conn.close()
