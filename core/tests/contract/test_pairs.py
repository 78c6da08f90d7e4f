"""A mapper with pairs = True: the first column beside a row of the others."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import date

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered

QUERY = "SELECT 1 AS at, 'Emma' AS title, 1815 AS year UNION ALL SELECT 2, 'Persuasion', 1817"


class Pairs:
    @hookimpl
    def heliosdb_row(self, statement):
        if " AS at" not in statement.sql:
            return None

        def mapper(row):
            return row

        mapper.pairs = True
        return mapper


@pytest.fixture
def conn():
    with registered(Pairs()), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        yield conn


def test_rows_are_pairs(conn):
    assert conn.execute(QUERY).fetchall() == [(1, ("Emma", 1815)), (2, ("Persuasion", 1817))]
    assert conn.execute(QUERY).fetchone() == (1, ("Emma", 1815))
    assert list(conn.execute(QUERY))[1] == (2, ("Persuasion", 1817))


def test_there_are_two_columns(conn):
    cursor = conn.execute(QUERY)
    assert [column[0] for column in cursor.description] == ["at", "row"]
    assert [len(column) for column in cursor.description] == [7, 7]
    assert [column[0] for column in cursor.execute("SELECT 1 AS one").description] == ["one"]


def test_a_row_factory_makes_the_row_inside(conn):
    conn.row_factory = sqlite3.Row
    at, row = conn.execute(QUERY).fetchone()
    assert (at, row["title"], row["year"], row.keys()) == (1, "Emma", 1815, ["title", "year"])
    conn.row_factory = lambda cursor, row: dict(zip([c[0] for c in cursor.description], row, strict=True))
    assert conn.execute(QUERY).fetchone() == (1, {"title": "Emma", "year": 1815})


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="the adapters of dates are deprecated since Python 3.12"
)
def test_the_next_statement_of_the_cursor_warns_at_the_callers_line(conn):
    cursor = conn.execute(QUERY)
    with pytest.warns(DeprecationWarning, match="default date adapter") as shown:
        cursor.execute("SELECT ?", (date(2024, 5, 5),))
    assert [warning.filename for warning in shown] == [__file__]


def test_the_next_statement_of_the_cursor_is_as_ever(conn):
    conn.row_factory = sqlite3.Row
    cursor = conn.execute(QUERY)
    cursor.fetchone()
    assert cursor.execute("SELECT 5 AS five").fetchone()["five"] == 5


def test_an_inner_row_of_no_columns(conn):
    assert conn.execute("SELECT 1 AS at").fetchone() == (1, ())
