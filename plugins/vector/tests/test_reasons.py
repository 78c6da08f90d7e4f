"""Why a function failed reaches the user; SQLite alone says "user-defined function raised exception"."""

from __future__ import annotations

import sqlite3

import pytest


def fail():
    raise RuntimeError("mine")


@pytest.mark.parametrize("run", ["execute", "cursor", "executescript"])
def test_on_every_way_to_run_a_statement(conn, run):
    call = {"execute": conn.execute, "cursor": conn.cursor().execute, "executescript": conn.executescript}[
        run
    ]
    with pytest.raises(sqlite3.OperationalError, match="vectors have 1 and 2 dimensions"):
        call("SELECT vector_distance('[1]', '[1, 2]')")


def test_in_executemany(conn):
    conn.execute("CREATE TABLE t (d REAL)")
    with pytest.raises(sqlite3.OperationalError, match="vectors have 1 and 2 dimensions"):
        conn.executemany("INSERT INTO t VALUES (vector_distance(?, '[1, 2]'))", [([1, 2],), ([1],)])


def test_while_rows_are_fetched(conn):
    conn.execute("CREATE TABLE t (e)")
    conn.executemany("INSERT INTO t VALUES (?)", [([1, 2],), ([1, 2, 3],)])
    cursor = conn.execute("SELECT vector_distance(e, '[1, 2]', 'l2') FROM t")
    with pytest.raises(sqlite3.OperationalError, match="vectors have 3 and 2 dimensions"):
        cursor.fetchall()
    with pytest.raises(sqlite3.OperationalError, match="vectors have 3 and 2 dimensions"):
        conn.executemany("SELECT vector_distance(e, ?) FROM t", [([1, 2],)])


def test_the_error_keeps_its_class_and_code(conn):
    with pytest.raises(sqlite3.OperationalError) as caught:
        conn.execute("SELECT vector_add(1, 2)")
    assert type(caught.value) is sqlite3.OperationalError
    assert getattr(caught.value, "sqlite_errorname", "SQLITE_ERROR") == "SQLITE_ERROR"


def test_another_functions_failure_is_left_as_it_is(conn):
    conn.create_function("mine", 0, fail)
    with pytest.raises(sqlite3.OperationalError, match="vector_add"):
        conn.execute("SELECT vector_add(1, 2)")
    with pytest.raises(sqlite3.OperationalError, match=r"^user-defined function raised exception$"):
        conn.execute("SELECT mine()")


def test_a_constraint_that_fails_keeps_sqlites_words(conn):
    conn.execute("CREATE TABLE t (embedding VECTOR(3))")
    with pytest.raises(sqlite3.IntegrityError, match=r"^CHECK constraint failed: embedding is not a VECTOR"):
        conn.execute("INSERT INTO t VALUES (?)", ([1],))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO half (",
        "SELECT other.*, l2_distance(v, '[1, 2]') FROM half",
        "SELECT l2_distance(v, '[1, 2]') AS d FROM half WHERE d < 2 AND",
    ],
)
def test_what_is_no_sql_has_sqlites_own_error(conn, sql):
    conn.execute("CREATE TABLE half (v HALFVEC(2))")
    with pytest.raises(sqlite3.OperationalError, match=r"syntax error|incomplete input|no such table: other"):
        conn.execute(sql)
