"""cursor.batch_insert(): many rows, from anywhere, into any table."""

from __future__ import annotations

import datetime
import gc
import sqlite3
import sys
import tracemalloc
from collections import UserDict, UserList, namedtuple
from contextlib import closing
from decimal import Decimal

import pytest

import heliosdb_sqlite
from batch_kit import people, users

BINDING_ERROR = sqlite3.InterfaceError if sys.version_info < (3, 11) else sqlite3.ProgrammingError


# -- rows ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 127, 999, 1000, 1001, 2000, 5432])
def test_every_row_arrives_in_order(conn, insert, count):
    assert insert(people(count)) == count
    assert users(conn) == people(count)
    assert users(conn, "id") == [(number + 1,) for number in range(count)]


@pytest.mark.parametrize("width", [1, 2, 3, 7, 20, 21, 200, 1999])
def test_tables_of_any_width(width):
    columns = [f"c{number}" for number in range(width)]
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute(f"CREATE TABLE wide ({', '.join(columns)})")
        rows = [tuple(range(number, number + width)) for number in range(300)]
        assert conn.cursor().batch_insert("wide", columns, rows) == 300
        assert conn.execute("SELECT * FROM wide").fetchall() == rows


@pytest.mark.parametrize(
    "rows",
    [
        lambda: people(2500),
        lambda: tuple(people(2500)),
        lambda: (row for row in people(2500)),
        lambda: map(list, people(2500)),
        lambda: zip(*zip(*people(2500), strict=True), strict=True),
        lambda: dict.fromkeys(people(2500)),
        lambda: (namedtuple("User", "name age")(*row) for row in people(2500)),  # noqa: PYI024
        lambda: (UserList(row) for row in people(2500)),
        lambda: ({"age": age, "name": name, "unused": 1} for name, age in people(2500)),
        lambda: (UserDict(name=name, age=age) for name, age in people(2500)),
        lambda: (list(row) if number % 2 else row for number, row in enumerate(people(2500))),
    ],
    ids=[
        "list",
        "tuple",
        "generator",
        "lists",
        "zip",
        "dict",
        "namedtuples",
        "sequences",
        "dicts",
        "mappings",
        "mixed",
    ],
)
def test_rows_from_any_iterable_and_of_any_sequence_or_mapping(conn, insert, rows):
    assert insert(rows()) == 2500
    assert users(conn) == people(2500)


def test_rows_of_a_query_on_the_same_connection(conn, insert):
    insert(people(3000))
    conn.execute("CREATE TABLE copies (name, age)")
    conn.row_factory = sqlite3.Row
    rows = conn.execute("SELECT name, age FROM users ORDER BY id")
    assert conn.cursor().batch_insert("copies", ["name", "age"], rows) == 3000
    assert [tuple(row) for row in conn.execute("SELECT * FROM copies")] == people(3000)


def test_only_a_few_rows_are_held_at_a_time(conn, insert):
    conn.execute("CREATE TABLE files (data BLOB)")
    conn.cursor().batch_insert("files", ["data"], ())  # imports what it needs
    held = 0

    def rows(count, size):
        nonlocal held
        for number in range(count):
            yield (number.to_bytes(4, "big") * (size // 4),)
            held = max(held, tracemalloc.get_traced_memory()[0])

    for count, size in ((100_000, 8), (2000, 20_000)):
        gc.collect()
        tracemalloc.start()
        try:
            assert conn.cursor().batch_insert("files", ["data"], rows(count, size)) == count
        finally:
            tracemalloc.stop()
    assert held < 4 << 20  # of 40 MB


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a",), "row 1201: the row has 1 values, and there are 2 columns: 'name', 'age'"),
        (("a", 1, 2), "row 1201: the row has 3 values"),
        ("ab", "row 1201: a row is a sequence of values or a mapping, and this one is of type 'str'"),
        (b"ab", "row 1201: .* of type 'bytes'"),
        (7, "row 1201: .* of type 'int'"),
        ({"a", "b"}, "row 1201: .* of type 'set'"),
        (iter("ab"), "row 1201: .* of type 'str_iterator'|row 1201: .* of type 'str_ascii_iterator'"),
        (None, "row 1201: .* of type 'NoneType'"),
        ({"name": "a"}, "row 1201: the row has no value for column 'age': it has 'name'"),
        ({}, "row 1201: the row has no value for column 'name': it has none"),
    ],
    ids=["short", "long", "str", "bytes", "int", "set", "iterator", "None", "dict", "empty"],
)
@pytest.mark.parametrize("width", [2, 30])
def test_a_row_of_another_shape_is_refused_by_number(conn, row, message, width):
    names = ["name", "age", *(f"c{number}" for number in range(width - 2))]
    conn.execute(f"CREATE TABLE wide ({', '.join(names)})")
    columns = names[:2] if width == 2 else names
    rows = [(*each, *range(len(columns) - 2)) for each in people(1200)]
    with pytest.raises(sqlite3.ProgrammingError, match=message if width == 2 else "row 1201: ") as caught:
        conn.cursor().batch_insert("wide", columns, [*rows, row, *rows])
    assert caught.value.row_number == 1201
    assert conn.execute("SELECT count(*) FROM wide").fetchone() == (0,)


# -- values --------------------------------------------------------------------------------------------------------------
def test_values_are_bound_as_by_execute():
    values = [
        (1,),
        (1.5,),
        ("text",),
        (b"blob",),
        (None,),
        (True,),
        (bytearray(b"array"),),
        (memoryview(b"view"),),
        ("",),
    ]
    values = values * 300
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.executescript("CREATE TABLE a (v); CREATE TABLE b (v)")
        conn.cursor().batch_insert("a", ["v"], values)
        conn.executemany("INSERT INTO b VALUES (?)", values)
        query = "SELECT v, typeof(v), quote(v) FROM "
        assert conn.execute(query + "a").fetchall() == conn.execute(query + "b").fetchall()


def test_adapters_and_conform(conn, insert, monkeypatch):
    class Age:
        def __init__(self, years):
            self.years = years

        def __conform__(self, protocol):
            return self.years if protocol is sqlite3.PrepareProtocol else None

    monkeypatch.setitem(sqlite3.adapters, (Decimal, sqlite3.PrepareProtocol), str)
    insert((Decimal(number), Age(number)) for number in range(150))
    assert users(conn) == [(str(number), number) for number in range(150)]


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="the adapters of dates are deprecated since Python 3.12"
)
@pytest.mark.parametrize("count", [1, 1000], ids=["in turn", "at once"])
def test_a_deprecated_adapter_warns_at_the_callers_line(conn, count):
    cursor, days = conn.cursor(), range(738_000, 738_000 + count)
    with pytest.warns(DeprecationWarning, match="default date adapter") as shown:
        cursor.batch_insert("users", ["name"], [(datetime.date.fromordinal(day),) for day in days])
    assert {warning.filename for warning in shown} == {__file__}


@pytest.mark.parametrize("place", [1, 500, 1000, 1001, 1999, 2000, 2001, 2345])
def test_a_value_that_cannot_be_bound_is_named_by_its_row(conn, insert, place):
    rows = people(2345)
    rows[place - 1] = ("x", object())
    with pytest.raises(BINDING_ERROR, match=rf"^row {place}: .*(parameter 2|parameter 1 - probably)"):
        insert(rows)
    assert users(conn) == []


@pytest.mark.parametrize(("value", "error"), [(1 << 70, OverflowError), ("\udcff", UnicodeEncodeError)])
def test_errors_that_are_no_sqlite3_errors_are_too(conn, insert, value, error):
    with pytest.raises(error, match="row 1500") as caught:
        insert([*people(1499), ("x", value), *people(1000, 5000)])
    assert caught.value.row_number == 1500
    assert users(conn) == []


# -- where to ------------------------------------------------------------------------------------------------------------
def test_names_of_any_kind(conn):
    conn.execute("""CREATE TABLE "my ""odd"".table" ("a,b", "select", "é")""")
    conn.cursor().batch_insert('my "odd".table', ["é", "select", "a,b"], [(1, 2, 3)])
    assert conn.execute("""SELECT "a,b", "select", "é" FROM "my ""odd"".table" """).fetchall() == [(3, 2, 1)]


def test_tables_of_other_databases(conn):
    conn.execute("CREATE TEMP TABLE users (name, age)")
    conn.execute("ATTACH ':memory:' AS archive")
    conn.execute("CREATE TABLE archive.users (name, age)")
    for schema in ("main", "temp", "archive"):
        assert conn.cursor().batch_insert("users", ["name", "age"], people(5), schema=schema) == 5
        assert conn.execute(f"SELECT count(*) FROM {schema}.users").fetchone() == (5,)


def test_views_with_triggers_strict_and_without_rowid_and_virtual_tables(conn):
    conn.execute("CREATE VIEW names AS SELECT name FROM users")
    conn.execute(
        "CREATE TRIGGER named INSTEAD OF INSERT ON names BEGIN INSERT INTO users (name) VALUES (new.name); END"
    )
    conn.cursor().batch_insert("names", ["name"], [(name,) for name, _ in people(2100)])
    assert len(users(conn)) == 2100
    conn.execute("CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID")
    assert conn.cursor().batch_insert("w", ["k", "v"], people(2100)) == 2100
    conn.execute("CREATE VIRTUAL TABLE texts USING fts5(body)")
    assert conn.cursor().batch_insert("texts", ["body"], [(name,) for name, _ in people(2100)]) == 2100
    assert conn.execute("SELECT count(*) FROM texts WHERE texts MATCH 'user'").fetchone() == (2100,)


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (("users", "name"), {}, "columns='name': give a list of column names"),
        (("users", []), {}, r"columns=\[\]: name the columns"),
        (("users", ["name", "Name"]), {}, "name each column once"),
        (("users", ["name", 1]), {}, "give a list of column names"),
        ((7, ["name"]), {}, "7 is none"),
        (
            ("users", ["name"]),
            {"on_conflict": "explode"},
            "on_conflict='explode': it can be one of 'abort', 'ignore'",
        ),
        (("users", ["name"]), {"on_conflict": "update"}, "on_conflict='update' needs key="),
        (("users", ["name"]), {"key": ["name"]}, r"key=\['name'\]: on_conflict='abort' is about every key"),
        (("users", ["name"]), {"progress_every": 0}, "progress_every=0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(conn, arguments, keywords, message):
    with pytest.raises(sqlite3.ProgrammingError, match=message):
        conn.cursor().batch_insert(*arguments, [("a",)], **keywords)
    assert not conn.in_transaction


def test_what_sqlite_says_of_the_table_is_about_no_row(conn):
    taken = []
    rows = (taken.append(row) or row for row in people(5))
    for table, columns, message in (
        ("nobody", ["name"], "^no such table: nobody"),
        ("users", ["nothing"], "^table users has no column named nothing"),
    ):
        with pytest.raises(sqlite3.OperationalError, match=message):
            conn.cursor().batch_insert(table, columns, rows)
        assert not conn.in_transaction
    assert taken == []


def test_closed_cursors_are_refused_as_ever(conn):
    cursor = conn.cursor()
    cursor.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
        cursor.batch_insert("users", ["name"], [("a",)])


# -- conflicts -----------------------------------------------------------------------------------------------------------
def test_rows_that_are_there_already_can_be_left_out(conn, insert):
    insert([("user 5", 50)])
    assert insert(people(2000), on_conflict="ignore") == 1999
    assert conn.execute("SELECT age FROM users WHERE name = 'user 5'").fetchone() == (50,)
    with pytest.raises(sqlite3.IntegrityError, match=r"^row 1: CHECK"):
        insert([("x", 1000)], on_conflict="ignore")
    with pytest.raises(sqlite3.IntegrityError, match=r"^row 1: UNIQUE"):
        insert(people(1), on_conflict="ignore", key=["id"])


def test_they_can_be_replaced(conn, insert):
    insert([("user 5", 50)])
    assert insert(people(2000), on_conflict="replace") == 2000
    assert conn.execute("SELECT id, age FROM users WHERE name = 'user 5'").fetchone() == (7, 5)


def test_they_can_be_updated(conn, insert):
    insert([("user 5", 50)])
    assert insert(people(2000), on_conflict="update", key=["name"]) == 2000
    assert conn.execute("SELECT id, age FROM users WHERE name = 'user 5'").fetchone() == (1, 5)
    assert (
        conn.cursor().batch_insert("users", ["name"], [("user 5",)], on_conflict="update", key=["name"]) == 0
    )


def test_one_batch_may_have_a_key_twice(conn, insert):
    insert([("a", 1), ("a", 2), ("a", 3)] * 500, on_conflict="update", key=["name"])
    assert users(conn) == [("a", 3)]


# -- progress ------------------------------------------------------------------------------------------------------------
def test_progress_is_told_now_and_then_and_at_the_end(insert):
    told = []
    insert(people(12_345), progress=told.append, progress_every=5000)
    assert len(told) == 3
    assert told[0] >= 5000
    assert told[1] - told[0] >= 5000
    assert told[2] == 12_345


@pytest.mark.parametrize(("count", "expected"), [(0, [0]), (5, [5]), (10_000, [10_000])])
def test_progress_is_told_at_least_once_and_nothing_twice(insert, count, expected):
    told = []
    insert(people(count), progress=told.append)
    assert told == expected


def test_progress_can_call_it_off(conn, insert):
    def enough(rows):
        raise RuntimeError(f"{rows} are enough")

    with pytest.raises(RuntimeError, match=r"\d+ are enough"):
        insert(people(3000), progress=enough, progress_every=1)
    assert users(conn) == []
