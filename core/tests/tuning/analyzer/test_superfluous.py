"""Indexes that cost every write and serve nobody."""

from __future__ import annotations

import pytest


def names(found):
    return [(each.name, each.other) for each in found]


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        (["a ON people (name)", "b ON people (name, born)"], [("a", "b")]),
        (["a ON people (name)", "b ON people (name)"], [("a", "b")]),
        (["a ON people (name)", "b ON people (name DESC)"], []),
        (["a ON people (name)", "b ON people (name COLLATE NOCASE)"], []),
        (["a ON people (name)", "b ON people (born, name)"], []),
        (["a ON people (name)", "b ON people (name, born) WHERE active"], []),
        (["a ON people (name) WHERE active", "b ON people (name, born) WHERE active"], [("a", "b")]),
        (["a ON people (lower(name))", "b ON people (lower(name))"], [("a", "b")]),
        (["a ON people (lower(name))", "b ON people (upper(name))"], []),
        (
            ["a ON people (name)", "b ON people (name, born)", "c ON people (name, born, note)"],
            [("a", "c"), ("b", "c")],
        ),
    ],
)
def test_an_index_whose_columns_another_begins_with(conn, indexes, expected):
    for each in indexes:
        conn.execute(f"CREATE INDEX {each}")
    found = conn.get_query_report().duplicate_indexes
    assert names(found) == expected
    for each in found:
        conn.execute(each.drop)
    assert conn.get_query_report().duplicate_indexes == ()


def test_what_keeps_rows_unique_stays(conn):
    conn.execute("CREATE UNIQUE INDEX one ON people (id, name)")
    conn.execute("CREATE INDEX two ON people (id, name, born)")
    conn.execute("CREATE TABLE t (a UNIQUE, b)")
    conn.execute("CREATE INDEX three ON t (a)")
    assert names(conn.get_query_report().duplicate_indexes) == [("three", "sqlite_autoindex_t_1")]


def test_an_index_that_no_recorded_statement_uses(conn):
    conn.execute("CREATE INDEX used ON people (name)")
    conn.execute("CREATE INDEX not_used ON people (born)")
    conn.execute('CREATE INDEX "odd name" ON people (country)')
    conn.execute("CREATE TABLE child (parent REFERENCES people (id), b)")
    conn.execute("CREATE INDEX of_the_key ON child (parent)")
    conn.execute("SELECT note FROM people WHERE name = 'n7'").fetchall()
    conn.execute("SELECT note FROM people WHERE country = 'XX'").fetchall()
    (found,) = conn.get_query_report().unused_indexes
    assert (found.name, found.table, found.drop) == ("not_used", "people", 'DROP INDEX "not_used"')
    assert "trigger" not in found.reason
    conn.execute("CREATE TRIGGER r AFTER INSERT ON people BEGIN SELECT 1; END")
    assert "trigger" in conn.get_query_report().unused_indexes[0].reason


def test_without_statements_none_is_called_unused(conn):
    conn.execute("CREATE INDEX i ON people (born)")
    assert conn.get_query_report().unused_indexes == ()
