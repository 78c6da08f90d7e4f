"""heliosdb_answer: an execution that a plugin answers instead of SQLite; and heliosdb_changed, its other half."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Answer, hookimpl
from heliosdb_sqlite.testing import registered


class Answers:
    """Answers SELECT a, b FROM t from memory; sees every execution of every text."""

    def __init__(self):
        self.rows = [(1, "one"), (2, "two")]
        self.seen = []
        self.changes = []

    @hookimpl
    def heliosdb_answer(self, statement):
        def answer(parameters):
            self.seen.append((statement.sql, parameters))
            return (
                Answer(self.rows, ("a", "b")) if "FROM t" in statement.sql and self.rows is not None else None
            )

        return answer

    @hookimpl
    def heliosdb_changed(self, method, result):
        self.changes.append((method, type(result).__name__))


@pytest.fixture
def answers():
    with registered(Answers()) as plugin:
        yield plugin


@pytest.fixture
def conn(answers):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE t (a, b)")
        yield conn


QUERY = "SELECT a, b FROM t"


@pytest.mark.parametrize(
    "fetch",
    [
        list,
        lambda cursor: cursor.fetchall(),
        lambda cursor: cursor.fetchmany(5),
        lambda cursor: cursor.fetchmany(-1),
        lambda cursor: [cursor.fetchone(), next(cursor)],
    ],
)
def test_the_rows_are_the_plugins(conn, answers, fetch):
    for cursor in (conn.execute(QUERY), conn.cursor().execute(QUERY)):
        assert fetch(cursor) == [(1, "one"), (2, "two")]
        assert cursor.fetchone() is None
    assert answers.rows == [(1, "one"), (2, "two")]


def test_the_cursor_is_as_after_a_select(conn):
    cursor = conn.cursor()
    assert cursor.execute(QUERY) is cursor
    assert [column[0] for column in cursor.description] == ["a", "b"]
    assert cursor.rowcount == -1
    assert cursor.execute("SELECT 7").fetchall() == [(7,)]


def test_row_factories_see_the_columns(conn):
    conn.row_factory = sqlite3.Row
    assert [row["b"] for row in conn.execute(QUERY)] == ["one", "two"]
    cursor = conn.cursor()
    cursor.row_factory = lambda cursor, row: dict(zip([c[0] for c in cursor.description], row, strict=True))
    assert cursor.execute(QUERY).fetchone() == {"a": 1, "b": "one"}


def test_a_mapper_of_another_plugin_comes_after(answers):
    class Shouts:
        @hookimpl
        def heliosdb_row(self, statement):
            return lambda row: tuple(str(value).upper() for value in row)

    with registered(Shouts(), "shouts"), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        assert conn.execute(QUERY).fetchall() == [("1", "ONE"), ("2", "TWO")]


def test_without_an_answer_sqlite_has_the_word(conn, answers):
    answers.rows = None
    conn.execute("INSERT INTO t VALUES (?, ?)", (5, "five"))
    assert conn.execute(QUERY).fetchall() == [(5, "five")]
    conn.executescript("SELECT a FROM t WHERE a = ?; SELECT 1")
    assert answers.seen[-4:] == [
        ("INSERT INTO t VALUES (?, ?)", (5, "five")),
        (QUERY, ()),
        ("SELECT a FROM t WHERE a = ?;", (None,)),
        ("SELECT 1", ()),
    ]


def test_errors_of_a_closed_cursor_are_cpythons(conn):
    cursor = conn.cursor()
    cursor.close()
    with pytest.raises(sqlite3.ProgrammingError, match="Cannot operate on a closed cursor"):
        cursor.execute(QUERY)


def test_a_cursor_past_the_hooks_asks_sqlite(conn):
    assert sqlite3.Cursor(conn).execute(QUERY).fetchall() == []


def test_an_answer_ends_the_cursors_statement_before(conn, answers):
    conn.execute("INSERT INTO t VALUES (1, 2)")
    conn.commit()
    cursor = conn.execute("SELECT 1 UNION SELECT 2")
    cursor.fetchone()
    cursor.execute(QUERY)
    conn.execute("DROP TABLE t")  # which an unfinished SELECT would lock


def test_columns_of_any_name(conn, answers):
    names = ('say "hi"', "", "a", "a")
    shape = Answer([], names).shape
    assert [column[0] for column in conn.execute(shape).description] == list(names)


def test_methods_that_change_what_statements_mean_are_told(conn, answers):
    conn.create_function("f", 0, lambda: 1)
    conn.set_authorizer(None)
    conn.create_collation("c", lambda a, b: 0)
    expected = [
        ("create_function", "NoneType"),
        ("set_authorizer", "NoneType"),
        ("create_collation", "NoneType"),
    ]
    if sys.version_info >= (3, 11):
        conn.execute("INSERT INTO t VALUES (x'00', 0)")
        conn.blobopen("t", "a", 1).close()
        expected.append(("blobopen", "Blob"))
    assert answers.changes == expected


def test_one_that_fails_changed_nothing(conn, answers):
    with pytest.raises(TypeError):
        conn.create_function("f")
    assert answers.changes == []
