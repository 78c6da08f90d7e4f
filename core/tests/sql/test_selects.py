"""A SELECT to whose end a clause can be added that is about all it reads."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_sqlite.sql.selects import open_ended

WHOLE = [
    "SELECT a FROM t",
    "SELECT t.a FROM t, u",
    "SELECT t.a, (SELECT max(b) FROM u) FROM t;",
    "SELECT a FROM t JOIN u USING (a) ;",
    "SELECT DISTINCT a FROM t AS x -- a comment",
    "SELECT a FROM t WHERE a > 1 /* and ; so on",
    "SELECT count(*), a FROM t GROUP BY a HAVING a > 1",
    "SELECT a FROM t ORDER BY a DESC LIMIT 1 OFFSET 1",
    "SELECT a, sum(a) OVER w FROM t WINDOW w AS (ORDER BY a)",
    "SELECT 1 IN t2",
    "WITH q AS (SELECT a FROM t) SELECT a FROM q ORDER BY a",
    "SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1 DESC",
    "SELECT a FROM t EXCEPT SELECT b FROM u",
    "SELECT 'WHERE ; UNION', \"a\" FROM [t] -- ORDER BY",
    "SELECT name FROM sqlite_master, t",
    "SELECT name FROM sqlite_master JOIN t",
    "SELECT name FROM main.sqlite_master WHERE name IN (SELECT a FROM t)",
    "SELECT a FROM (SELECT a FROM t)",
]


@pytest.fixture
def conn():
    conn = sqlite3.connect(":memory:")
    conn.executescript(
        "CREATE TABLE t (a); CREATE TABLE u (a, b); CREATE TABLE t2 (a);"
        "INSERT INTO t VALUES (1), (2), (2); INSERT INTO u VALUES (2, 5), (3, 1); INSERT INTO t2 VALUES (1)"
    )
    yield conn
    conn.close()


@pytest.mark.parametrize("sql", WHOLE)
def test_the_rows_stay_the_same(conn, sql):
    changed = open_ended(sql)
    before, after = conn.execute(sql), conn.execute(changed)
    assert [each[0] for each in after.description] == [each[0] for each in before.description]
    assert after.fetchall() == before.fetchall()


@pytest.mark.parametrize("sql", WHOLE)
def test_what_comes_behind_is_in_no_comment_and_behind_no_table(sql):
    changed = open_ended(sql)
    assert changed.endswith(("\n", "\n)", "\nWHERE 1"))
    assert ";" not in changed.rpartition("\n")[2]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "VALUES (1), (2)",
        "SELECT 1 IN (1, 2)",
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name;",
        "SELECT sql FROM (SELECT * FROM main.sqlite_schema UNION ALL SELECT * FROM sqlite_temp_master)",
    ],
)
def test_what_reads_no_table_has_no_use_for_a_clause(sql):
    assert open_ended(sql) is None
