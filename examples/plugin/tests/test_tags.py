"""A statement carries its connection's tag wherever SQLite shows it, and means what it meant without."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliosdb_querytags.tags import comment, tagged

TAG = "/* tag: x */"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", f"SELECT {TAG} 1"),
        (" ; select 1 ;\n", f" ; select {TAG} 1 ;\n"),
        ("SELECT'a'", f"SELECT {TAG}'a'"),
        ("SELECT 1 -- note", f"SELECT {TAG} 1 -- note"),
        ("SELECT 1 /* never closed", f"SELECT {TAG} 1 /* never closed"),
        ("-- SELECT\n/* or */INSERT/* it */INTO t", f"-- SELECT\n/* or */INSERT {TAG}/* it */INTO t"),
        ("SELECT '/* tag: no comment */'", f"SELECT {TAG} '/* tag: no comment */'"),
        ("WITH a AS (SELECT 1) DELETE FROM t", f"WITH {TAG} a AS (SELECT 1) DELETE FROM t"),
        ("COMMIT", f"COMMIT {TAG}"),
    ],
)
def test_where_a_tag_goes(sql, expected):
    assert tagged(sql, "x") == expected


@pytest.mark.parametrize("sql", ["", " ", ";", "-- note", "/* note */", "5", "'text'", f"SELECT {TAG} 1"])
def test_what_gets_none(sql):
    assert tagged(sql, "other") == sql


@given(st.text())
def test_no_tag_can_end_its_comment_and_each_can_be_read_back(tag):
    with closing(sqlite3.connect(":memory:")) as conn:
        assert conn.execute(f"SELECT 'before' {comment(tag)}, 'after'").fetchall() == [("before", "after")]
    spelled = comment(tag).removeprefix("/* tag: ").removesuffix(" */")
    assert unquote(spelled) == tag


@pytest.fixture
def traced(connect):
    """A tagged connection with a table, and a function that returns the texts which SQLite got since the last call."""
    conn = connect(query_tag="checkout")
    texts = []
    conn.set_trace_callback(texts.append)

    def seen():
        found = [text.strip() for text in texts if text.strip() not in ("BEGIN", "COMMIT")]
        texts.clear()
        return found

    conn.execute("CREATE TABLE t (a)")
    assert seen() == ["CREATE /* tag: checkout */ TABLE t (a)"]
    return conn, seen


def test_every_way_to_run_a_statement_tags_it(traced):
    conn, seen = traced
    conn.execute("SELECT 1")
    conn.cursor().execute("SELECT 2")
    conn.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
    conn.executescript("SELECT 3; SELECT 4;")
    assert seen() == [
        "SELECT /* tag: checkout */ 1",
        "SELECT /* tag: checkout */ 2",
        "INSERT /* tag: checkout */ INTO t VALUES (1)",
        "INSERT /* tag: checkout */ INTO t VALUES (2)",
        "SELECT /* tag: checkout */ 3;",
        "SELECT /* tag: checkout */ 4;",
    ]


def test_a_statement_can_have_a_tag_of_its_own(traced):
    conn, seen = traced
    assert conn.cursor().execute_tagged("report", "SELECT ?", (5,)).fetchall() == [(5,)]
    assert seen() == ["SELECT /* tag: report */ 5"]


def test_a_plain_connection_tags_single_statements(connect):
    conn, texts = connect(), []
    conn.set_trace_callback(texts.append)
    assert conn.cursor().execute_tagged("report", "SELECT :a", {"a": 5}).fetchall() == [(5,)]
    assert texts == ["SELECT /* tag: report */ 5"]


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "SELECT 1 + 1;", "INSERT INTO t VALUES (1) RETURNING a + 1 -- note"]
)
def test_columns_keep_their_names(traced, connect, sql):
    conn, _ = traced
    described = conn.execute(sql).description
    conn.rollback()
    assert described == connect().execute(sql).description


def test_the_schema_keeps_no_tag(traced):
    conn, _ = traced
    for sql in ("CREATE VIEW v AS SELECT 1", "CREATE INDEX i ON t (a)", "ALTER TABLE t ADD COLUMN b TEXT"):
        conn.execute(sql)
    conn.execute("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END")
    assert "tag" not in " ".join(sql for (sql,) in conn.execute("SELECT sql FROM sqlite_master"))


@pytest.mark.parametrize("value", ["", "x" * 201, 5])
def test_what_is_no_tag_is_refused(connect, value):
    with pytest.raises(sqlite3.ProgrammingError, match=f"^query_tag={re.escape(repr(value))}: "):
        connect(query_tag=value)
