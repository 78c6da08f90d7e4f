"""A script's statements, split where SQLite ends them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from heliosdb_sqlite.sql.script import split_script

TRIGGER = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t; END;"


def split(script):
    return list(split_script(script))


def test_each_statement_has_its_semicolon_and_the_last_may_lack_it():
    assert split("SELECT 1; SELECT 2") == ["SELECT 1;", "SELECT 2"]


def test_semicolons_in_strings_names_and_comments_end_nothing():
    script = """SELECT ';' AS ";", 1 AS [;] -- ;\n, 2 /* ; */;"""
    assert split(script) == [script]


def test_space_comments_and_lone_semicolons_are_no_statements():
    assert split(" ; -- nothing\n ;; /* SELECT 1; */") == []
    assert split("-- first\nSELECT 1; -- done\n") == ["SELECT 1;"]


def test_a_trigger_is_one_statement():
    for create in ("CREATE", "CREATE TEMP", "create temporary", "EXPLAIN CREATE", "CREATE /* ; */"):
        trigger = TRIGGER.replace("CREATE", create, 1)
        assert split(f"{trigger} SELECT 1;") == [trigger, "SELECT 1;"]


def test_words_of_a_trigger_elsewhere_start_none():
    assert split("CREATE TABLE trigger_end (a); SELECT 1; END;") == [
        "CREATE TABLE trigger_end (a);",
        "SELECT 1;",
        "END;",
    ]


def test_an_unfinished_statement_is_the_last_one():
    assert split("SELECT 1; SELECT 'a; b") == ["SELECT 1;", "SELECT 'a; b"]
    assert split(TRIGGER[:-4] + "SELECT 1;") == [TRIGGER[:-4] + "SELECT 1;"]


def test_a_long_script_is_split_in_one_pass():
    assert len(split("CREATE TRIGGER r BEGIN " + "SELECT 1;" * 100_000)) == 1
    assert len(split("SELECT 1;" * 100_000)) == 100_000


PIECES = (
    *(
        "SELECT",
        "CREATE",
        "TEMP",
        "TEMPORARY",
        "TRIGGER",
        "EXPLAIN",
        "QUERY",
        "PLAN",
        "END",
        ";",
        ";",
        "; END;",
    ),
    *("'a;b'", '"', "[;]", "/* ; */", "-- ;\n", "BEGIN", "x", "1", "(", ")"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))
def test_statements_end_where_sqlite_says_that_they_are_complete(script):
    statements = split(script)

    for statement in statements[:-1]:
        assert sqlite3.complete_statement(statement)
    for statement in statements:
        inside = statement[:-1].rstrip()
        assert not sqlite3.complete_statement(inside) or not statement.endswith(";")
        for place, character in enumerate(inside):
            assert character != ";" or not sqlite3.complete_statement(inside[: place + 1])
    at = 0
    for statement in statements:  # in order, and nothing but space, comments and semicolons between them
        found = script.index(statement, at)
        assert not split(script[at:found])
        at = found + len(statement)


@given(
    st.lists(
        st.sampled_from(["SELECT 1;", TRIGGER, "CREATE TABLE u (a, b);", ";", "INSERT INTO t VALUES (';');"])
    )
)
def test_running_the_pieces_is_running_the_script(statements):
    script = "\n".join(statements)

    def one_by_one(connection):
        for piece in split_script(script):
            connection.execute(piece)

    assert outcome(one_by_one) == outcome(lambda connection: connection.executescript(script))


def outcome(run):
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a)")
        error = None
        try:
            run(connection)
        except sqlite3.OperationalError as raised:  # a table or trigger that is there already
            error = str(raised)
        made = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
        return error, made, connection.execute("SELECT * FROM t").fetchall()
