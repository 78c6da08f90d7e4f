"""SQLite's own error for a feature's SQL keeps its class, code and text, and then says how to get the feature."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite

SQL = {
    "timetravel": [
        ("SELECT * FROM t AS OF TIMESTAMP '2024-01-01'", "AS OF TIMESTAMP"),
        ("SELECT * FROM t WHERE a = 1 as of timestamp ?", "AS OF TIMESTAMP"),
        ("SELECT * FROM t WHERE a = 1\n  AS /* really */ OF\n  TIMESTAMP '2024-01-01'", "AS OF TIMESTAMP"),
        ("SELECT * FROM t x AS OF TIMESTAMP '2024-01-01'", "AS OF TIMESTAMP"),
        ("SELECT * FROM t AS OF TRANSACTION 5", "AS OF TRANSACTION"),
        ("SELECT * FROM (SELECT * FROM t AS OF TAG 'v1')", "AS OF TAG"),
        ("SELECT * FROM t FOR SYSTEM_TIME AS OF '2024-01-01'", "FOR SYSTEM_TIME"),
        ("SELECT * FROM t WHERE a = 1 FOR SYSTEM_TIME BETWEEN ? AND ? ORDER BY a", "FOR SYSTEM_TIME"),
        ("WITH x AS (SELECT 1) SELECT * FROM t FOR SYSTEM_TIME ALL", "FOR SYSTEM_TIME"),
        ("INSERT INTO t SELECT * FROM t FOR SYSTEM_TIME CONTAINED IN (1, 2)", "FOR SYSTEM_TIME"),
        ("CREATE VIEW v AS SELECT * FROM t FOR SYSTEM_TIME ALL", "FOR SYSTEM_TIME"),
        ("CREATE TABLE d (a) WITH SYSTEM VERSIONING", "WITH SYSTEM VERSIONING"),
        ("ALTER TABLE t DROP SYSTEM VERSIONING", "DROP SYSTEM VERSIONING"),
    ],
    "branching": [
        ("CREATE BRANCH b", "CREATE BRANCH"),
        ("create branch b from a;", "CREATE BRANCH"),
        ("MERGE BRANCH b INTO main", "MERGE BRANCH"),
        ("DROP BRANCH b", "DROP BRANCH"),
        ("SHOW BRANCHES", "SHOW BRANCHES"),
    ],
    "vector": [
        ("SELECT vector_distance(a, ?, 'cosine') FROM t", "vector_distance()"),
        ("SELECT Vector_Add(a, a) FROM t", "Vector_Add()"),
        ("UPDATE t SET a = vector_subtract(a, a)", "vector_subtract()"),
    ],
    "crypto": [
        ("CREATE TABLE d (a VARCHAR(20) ENCRYPTED)", "ENCRYPTED"),
        ("CREATE TABLE d (a TEXT NOT NULL encrypted)", "ENCRYPTED"),
        ("ALTER TABLE t ADD b VARCHAR(20) ENCRYPTED DETERMINISTIC", "ENCRYPTED"),
    ],
}
EVERY = [(name, sql, phrase) for name, cases in SQL.items() for sql, phrase in cases]


def standard_error(sql):
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a)")
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(sql)
    return caught.value


def error_of(connection, sql):
    with pytest.raises(sqlite3.Error) as caught:
        connection.execute(sql)
    return caught.value


@pytest.mark.parametrize(("name", "sql", "phrase"), EVERY)
def test_the_way_out_follows_what_sqlite_says(connection, name, sql, phrase):
    expected, error = standard_error(sql), error_of(connection, sql)

    assert str(error).startswith(f"{expected}: {phrase} ")
    assert f" {name} plugin" in str(error)
    assert type(error) is type(expected) is sqlite3.OperationalError
    if sys.version_info >= (3, 11):
        assert error.sqlite_errorcode == expected.sqlite_errorcode == sqlite3.SQLITE_ERROR
        assert error.sqlite_errorname == "SQLITE_ERROR"


@pytest.mark.alone
def test_a_plugin_that_is_not_installed_is_named_with_the_command_that_installs_it(plain):
    assert str(error_of(plain, "SHOW BRANCHES")) == (
        "near \"SHOW\": syntax error: SHOW BRANCHES comes with the branching plugin: pip install 'heliosdb[branching]'"
    )
    assert str(error_of(plain, "SELECT vector_add(1, 2)")) == (
        "no such function: vector_add: vector_add() comes with the vector plugin: pip install 'heliosdb[vector]'"
    )


def test_a_plugin_that_is_not_switched_on_is_named_with_the_option_that_does_it(everything_installed, plain):
    assert str(error_of(plain, "SELECT * FROM t AS OF TAG 'x'")) == (
        'near "TAG": syntax error: AS OF TAG needs the timetravel plugin switched on: '
        "connect(..., enable_time_travel=True)"
    )
    assert str(error_of(plain, "SELECT vector_add(1, 2)")) == (
        "no such function: vector_add: vector_add() needs the vector plugin switched on: "
        "connect(..., enable_vector_search=True)"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELEC 1",
        "SELECT",
        "SELECT (1",
        "SELECT * FROM nowhere",
        "SELECT nothing FROM t",
        "SELECT no_such_function(1)",
        "SELECT my_vector_distance(1)",
        "CREATE TABLE t (a)",
        "CREATE TABLE d (a a a",
        "SELECT 'unclosed",
        "SELECT 1_2x",
        "SELECT 1 1",
        # what a plugin's clause is made of, but not the clause
        "SELECT * FORM t WHERE a = 'AS OF TIMESTAMP'",
        "SELECT 'x' 'AS OF TIMESTAMP' 'AS'",
        "SELECT a FROM t WHERE a = 1 AS b -- AS OF TIMESTAMP",
        "SELECT a AS of, timestamp FROM t WHERE AS",
        'SELECT * FROM t WHERE AS "OF" TIMESTAMP',
        "SELECT a AS of FROM t timestamp x",
        "SELECT * FROM t FOR system_times",
        "CREATE BRANCHES b",
        "CREATE 'BRANCH' b",
        "DROP TABLE branch x",
        "SELECT 1 1 -- CREATE BRANCH",
        "SELECT a merge branch FROM t WHERE )",
        "SELECT * FROM t encrypted encrypted",
        "SELECT vector distance FROM t x y",
        "INSERT INTO t VALUES ('ENCRYPTED') x",
    ],
)
def test_any_other_error_is_the_standard_librarys_word_for_word(connection, sql):
    expected, error = standard_error(sql), error_of(connection, sql)

    assert (type(error), error.args) == (type(expected), expected.args)


def test_the_error_is_sqlites_own_with_no_other_behind_it(plain):
    error = error_of(plain, "SHOW BRANCHES")

    assert error.__cause__ is None and error.__context__ is None


def test_an_encrypted_file_is_told_from_what_is_no_database(tmp_path, everything_installed):
    sealed, other = tmp_path / "sealed.db", tmp_path / "other.db"
    sealed.write_bytes(b"HeliosDB" + bytes(1016))
    other.write_bytes(b"no database" + bytes(1013))

    way_out = r": '.*sealed\.db' is encrypted, which needs the crypto plugin switched on: .*encryption_key=.*"
    for path, ending in ((sealed, way_out), (other, "")):
        with closing(heliosdb_sqlite.connect(path)) as connection:
            for run in (connection.execute, connection.executescript, connection.cursor().executescript):
                with pytest.raises(sqlite3.DatabaseError, match=f"^file is not a database{ending}$"):
                    run("SELECT * FROM t")
