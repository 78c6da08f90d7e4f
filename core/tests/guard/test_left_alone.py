"""No false alarms: whatever only looks like a feature runs, and leaves what the standard library leaves."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

ORDINARY = [
    # words in strings, comments and quoted names
    "SELECT 'CREATE TABLE d (e VECTOR(3))'",
    "SELECT 1 -- VECTOR(3) ENCRYPTED SYSTEM VERSIONING",
    "SELECT 1 /* ALTER TABLE t ADD SYSTEM VERSIONING */",
    "CREATE TABLE d (e TEXT /* ENCRYPTED */, f BLOB -- VECTOR(3)\n)",
    "CREATE TABLE d (e TEXT DEFAULT 'VECTOR(3)', f DEFAULT 'ENCRYPTED')",
    'CREATE TABLE d ("e VECTOR(3)" TEXT, [TEXT ENCRYPTED] BLOB)',
    'CREATE TABLE d (e "VECTOR", f "TEXT ENCRYPTED", g [ENCRYPTED])',
    # names
    "CREATE TABLE d (vector BLOB, encrypted TEXT, halfvec REAL, versioning INT, system TEXT)",
    "CREATE TABLE d (vector, encrypted)",
    "CREATE TABLE vector (a VARCHAR(3))",
    "CREATE TABLE encrypted (a TEXT)",
    "CREATE TABLE d (vector_id INT, is_encrypted INT, vectors VECTORS(3), e ENCRYPTED_TEXT)",
    "CREATE TABLE d (a TEXT CONSTRAINT encrypted NOT NULL, b INT REFERENCES vector (b))",
    "CREATE TABLE d (a INT, CONSTRAINT vector UNIQUE (a))",
    # functions
    "CREATE TABLE d (e DEFAULT (abs(3)), f CHECK (length(f) <> 3))",
    "SELECT vector(3)",
    "CREATE TABLE d (e INT CHECK (vector(e) = 1))",
    "CREATE TABLE d (e INT DEFAULT (vector(3)), f INT GENERATED ALWAYS AS (vector(3)))",
    "CREATE TABLE d (e INT UNIQUE, CHECK (vector(e) = 1))",
    "CREATE INDEX i ON t (vector(a))",
    # types of SQLite's own
    "CREATE TABLE d (e VECTOR)",
    "CREATE TABLE d (e VECTOR NOT NULL, f HALFVEC)",
    "ALTER TABLE t ADD e VECTOR",
    "CREATE TABLE d (e SUPPORT VECTOR(3))",
    # columns of such names and types
    "ALTER TABLE t ADD COLUMN system versioning",
    "ALTER TABLE t ADD system TEXT",
    "ALTER TABLE t ADD 'SYSTEM' VERSIONING",
    "ALTER TABLE t ADD system versioning NOT NULL DEFAULT 1",
    "CREATE TABLE d (system versioning)",
    "ALTER TABLE t ADD versioning INT",
    # aliases
    "SELECT 1 AS OF",
    "SELECT a AS of FROM t AS of",
    "SELECT a FOR FROM t FOR",
    "SELECT a merge, a branch FROM t AS branch",
    # views, triggers, indexes and tables made of a SELECT
    "CREATE VIEW v AS SELECT 'TEXT ENCRYPTED' AS vector, a AS encrypted FROM t",
    "CREATE VIEW v (vector, encrypted) AS SELECT 1, 2",
    "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 'CREATE TABLE d (e VECTOR(3))', 2 AS encrypted; END",
    "CREATE TRIGGER versioning AFTER INSERT ON t BEGIN UPDATE t SET a = 'ADD SYSTEM VERSIONING'; END",
    "CREATE INDEX vector ON t (a)",
    "CREATE TABLE d AS SELECT 1 AS vector, CAST(2 AS VECTOR(3)) AS e",
    "EXPLAIN CREATE TABLE d (e VECTOR(3))",
    # data
    "INSERT INTO t VALUES ('VECTOR(3)'), ('TEXT ENCRYPTED')",
]


@pytest.mark.parametrize("sql", ORDINARY)
@pytest.mark.parametrize("script", [False, True])
def test_it_runs_as_in_the_standard_library(connection, sql, script):
    with closing(sqlite3.connect(":memory:")) as standard:
        standard.execute("CREATE TABLE t (a)")
        results = [run(each, sql, script) for each in (standard, connection)]

    assert results[0] == results[1]
    assert results[0][0] != "error"


def run(connection, sql, script):
    connection.create_function("vector", 1, abs, deterministic=True)
    try:
        rows = list(connection.executescript(sql) if script else connection.execute(sql))
    except sqlite3.Error as error:
        return "error", type(error), str(error)
    schema = [
        (name, text, connection.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)).fetchall())
        for name, text in connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    ]
    return "done", rows, schema


def test_parameters_are_never_looked_at(connection):
    connection.execute("INSERT INTO t VALUES (?)", ("CREATE TABLE d (e VECTOR(3))",))
    connection.executemany("INSERT INTO t VALUES (?)", [("TEXT ENCRYPTED",)])

    assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_what_is_no_text_gets_the_standard_librarys_error(connection):
    with closing(sqlite3.connect(":memory:")) as standard:
        for call in (
            lambda each: each.execute(b"CREATE TABLE d (e VECTOR(3))"),
            lambda each: each.executescript(b"CREATE TABLE d (e VECTOR(3))"),
            lambda each: each.execute(None),
            lambda each: each.execute("SELECT 1\0"),
        ):
            errors = []
            for each in (standard, connection):
                with pytest.raises(Exception) as caught:
                    call(each)
                errors.append((caught.type, str(caught.value)))
            assert errors[0] == errors[1]
