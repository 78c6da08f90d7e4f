"""What a statement does, by its keyword."""

from __future__ import annotations

import pytest

from heliosdb_sqlite.sql.lexer import verb


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", "SELECT"),
        ("insert into t values (1)", "INSERT"),
        ("  \n\t COMMIT", "COMMIT"),
        ("-- a comment\nUPDATE t SET a = 1", "UPDATE"),
        ("/* DELETE */ VALUES (1)", "VALUES"),
        ("/**//* *//**/REPLACE INTO t VALUES (1)", "REPLACE"),
        ("; ;\nBEGIN", "BEGIN"),
        ("\ufeffPRAGMA user_version", "PRAGMA"),
        ("EXPLAIN QUERY PLAN DELETE FROM t", "EXPLAIN"),
        ("SELECT(1)", "SELECT"),
        ("WITH x AS (SELECT 1) DELETE FROM t", "DELETE"),
        ("WITH x(a, b) AS (SELECT 1, (2)), y AS (DELETE) INSERT INTO t SELECT * FROM x", "INSERT"),
        ("WITH RECURSIVE x AS NOT MATERIALIZED (VALUES (1)) UPDATE t SET a = 1", "UPDATE"),
        ('WITH "insert" AS (SELECT 1) SELECT 1', "SELECT"),
        ("WITH replace AS (SELECT 1) SELECT * FROM replace", "SELECT"),  # REPLACE may be a name
        ("WITH replace(replace) AS (SELECT 1) VALUES (1)", "VALUES"),
        ("WITH x AS (SELECT ')' /* ) */) SELECT 1", "SELECT"),
        ("WITH", "WITH"),
        ("", ""),
        ("-- nothing", ""),
        ("/* unclosed", ""),
        (";", ""),
        ("(SELECT 1)", ""),  # no statement of SQLite's
        ("'SELECT'", ""),
        ("1", ""),
    ],
)
def test_verb(sql, expected):
    assert verb(sql) == expected


def test_a_long_run_of_space_and_comments_takes_no_odd_time():
    assert verb(" " * 100_000 + "/**/" * 100_000 + "5") == ""


@pytest.mark.parametrize("name", ["replace", "recursive", "key", '"select"', "[delete]", "'update'"])
@pytest.mark.parametrize("what", ["SELECT 1", "VALUES (1)", "DELETE FROM t", "INSERT INTO t VALUES (1)"])
def test_with_clauses_that_sqlite_runs(sqlite, name, what):
    sqlite.execute("CREATE TABLE t (a)")
    sql = f"WITH x AS (SELECT 1), {name} (a) AS (SELECT 1) {what}"

    sqlite.execute(sql)
    assert verb(sql) == what.split()[0]
