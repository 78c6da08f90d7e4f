"""What the names in a statement's tree mean: whose column, of which table, under which name."""

from __future__ import annotations

import pytest

from heliosdb_sqlite.sql.names import Column, Source, column_of, folded, matching, with_tables
from heliosdb_sqlite.sql.selects import view_query
from heliosdb_sqlite.sql.tree import parse

INNER = [Source("t", [Column("a", 1), Column("b", 2)]), Source("u", [Column("b", 3)], schema="other")]
OUTER = [Source("t", [Column("a", 4), Column("c", 5)])]


def meant(name):
    found = column_of(parse(f"SELECT {name}").expressions[0], (INNER, OUTER))
    return found and found.kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a", 1), ("B", 2), ("u.b", 3), ("other.u.b", 3), ("main.u.b", None), ("c", 5), ("T.C", 5), ("rowid", None)],
)  # fmt: skip
def test_the_innermost_query_comes_first(name, kind):
    assert meant(name) == kind


def test_case_is_that_of_ascii_alone():
    assert folded("ÀB") == "Àb"
    assert [source.name for source in matching(INNER, parse("SELECT U.b").expressions[0])] == ["u"]


def with_clause(sql):
    def columns_of(query, tables):
        return [Column(folded(each.alias_or_name), sorted(tables)) for each in query.selects]

    return with_tables(parse(sql), {"given": [Column("x", 0)]}, columns_of)


def test_a_with_clause_adds_its_tables_in_order():
    found = with_clause("WITH One AS (SELECT 1 AS A), two(z) AS (SELECT a FROM one) SELECT * FROM two")
    assert found["one"] == [Column("a", ["given"])]
    assert found["two"] == [Column("z", ["given", "one"])]
    assert found["given"] == [Column("x", 0)]
    assert with_tables(parse("SELECT 1"), {}, None) == {}


def test_a_table_of_a_with_clause_that_refers_to_itself_knows_its_first_select():
    found = with_clause("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
    assert found["n"] == [Column("i", ["given", "n"])]


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE VIEW "as" AS SELECT 1',
        "CREATE TEMP VIEW v(a, 'as') as SELECT 1",
        "CREATE VIEW v /* AS */ AS SELECT 1",
    ],
)
def test_the_query_of_a_view(sql):
    assert view_query(sql) == " SELECT 1"
