"""Parameters keep their order and their style, whatever is moved."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest


@pytest.fixture
def past(conn, moment):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    conn.execute("INSERT INTO t VALUES (1, 'old'), (2, 'old')")
    conn.commit()
    then = moment()
    conn.execute("UPDATE t SET a = 'new'")
    conn.commit()
    return then


def test_question_marks_around_the_clause(conn, past, moment):
    sql = "SELECT ?, a, ? FROM t FOR SYSTEM_TIME AS OF ? WHERE id = ? LIMIT ?"
    assert conn.execute(sql, ("x", "y", past, 2, 5)).fetchall() == [("x", "old", "y")]
    sql = "SELECT ?, a FROM t WHERE id = ? AS OF ? LIMIT ?"
    assert conn.execute(sql, ["x", 2, past, 5]).fetchall() == [("x", "old")]
    sql = "SELECT a FROM t WHERE id = ? FOR SYSTEM_TIME BETWEEN ? AND ? ORDER BY system_time LIMIT ?"
    assert conn.execute(sql, (1, past, moment(), 9)).fetchall() == [("old",), ("new",)]


def test_names(conn, past):
    sql = "SELECT :x, a FROM t WHERE id = @id AS OF $then"
    assert conn.execute(sql, {"x": "x", "id": 2, "then": past, "spare": object()}).fetchall() == [
        ("x", "old")
    ]
    sql = "SELECT a FROM t FOR SYSTEM_TIME AS OF :then WHERE a <> :then"
    assert conn.execute(sql, {"then": past.isoformat()}).fetchall() == [("old",), ("old",)]


def test_a_literal_time_beside_parameters_of_each_style(conn, past):
    literal = past.isoformat()
    assert conn.execute(f"SELECT a FROM t WHERE id = ? AS OF '{literal}'", (1,)).fetchall() == [("old",)]
    assert conn.execute(f"SELECT a FROM t WHERE id = :i AS OF '{literal}'", {"i": 1}).fetchall() == [("old",)]


def test_a_time_that_is_an_expression_of_a_parameter(conn, past):
    sql = "SELECT ?, a FROM t AS OF datetime(?, ?) WHERE id = ?"
    later = (past + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    assert conn.execute(sql, ("x", later, "+0 seconds", 1)).fetchall() == [("x", "new")]


def test_executemany_and_reuse(conn, past, moment):
    now = moment()
    conn.execute("CREATE TABLE seen (a)")
    conn.executemany(
        "INSERT INTO seen SELECT a FROM t WHERE id = ? AS OF ?", [(1, past), (2, now), (1, past)]
    )
    assert conn.execute("SELECT a FROM seen ORDER BY rowid").fetchall() == [("old",), ("new",), ("old",)]


@pytest.mark.parametrize("values", [(), (1,), (1, 2, 3)])
def test_a_wrong_number_of_them_is_the_error_it_always_is(conn, past, values):
    with pytest.raises(sqlite3.ProgrammingError, match="uses 2, and there are"):
        conn.execute("SELECT a FROM t WHERE id = ? AS OF ?", values)


def test_a_name_without_a_value_is_too(conn, past):
    with pytest.raises(sqlite3.ProgrammingError, match="did not supply a value"):
        conn.execute("SELECT a FROM t AS OF :then", {"than": past})


@pytest.mark.parametrize("value", [None, "soon", b"2024-01-01", object(), True, 5])
def test_what_is_no_time_is_refused(conn, past, value):
    with pytest.raises(sqlite3.DataError, match="not a time"):
        conn.execute("SELECT a FROM t AS OF ?", (value,))


def test_styles_are_not_mixed(conn, past):
    with pytest.raises(sqlite3.NotSupportedError, match="of one style"):
        conn.execute("SELECT ?, a FROM t AS OF :then", {"then": past})
