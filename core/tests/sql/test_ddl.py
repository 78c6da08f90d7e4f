"""What a CREATE TABLE or ALTER TABLE ... ADD defines, and where it stands in the text."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import tokenize


def columns(sql):
    return [(column.name.name, column.type_text) for column in table_definition(sql).columns]


def only(column):
    (found,) = table_definition(f"CREATE TABLE t ({column})").columns
    return found


def test_names_and_declared_types():
    sql = """
        -- people
        CREATE TABLE people (  /* one row each */
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- the key, of course
            "full name" VARCHAR(20) NOT NULL COLLATE NOCASE,
            [odd ' column] DOUBLE PRECISION,
            height,
            'quoted' DECIMAL(10, -2) DEFAULT (round(1.5, 1)),
            PRIMARY KEY (id, height)
        )
    """

    assert columns(sql) == [
        ("id", "INTEGER"),
        ("full name", "VARCHAR(20)"),
        ("odd ' column", "DOUBLE PRECISION"),
        ("height", ""),
        ("quoted", "DECIMAL(10, -2)"),
    ]


@pytest.mark.parametrize(
    "constraint",
    [
        "PRIMARY KEY",
        "PRIMARY KEY DESC ON CONFLICT IGNORE",
        "NOT NULL ON CONFLICT REPLACE",
        "NULL",
        "UNIQUE",
        "CHECK (a > 0 AND b IN (1, (2), ')'))",
        "DEFAULT -1",
        "DEFAULT 'a, b'",
        "DEFAULT (abs(-1) + max(1, 2))",
        "DEFAULT CURRENT_TIMESTAMP",
        "COLLATE NOCASE",
        "REFERENCES u (x, y) ON DELETE SET NULL ON UPDATE CASCADE MATCH FULL NOT DEFERRABLE INITIALLY DEFERRED",
        "DEFERRABLE INITIALLY DEFERRED",
        "AS (a + 1) STORED",
        "GENERATED ALWAYS AS (coalesce(a, 1, (2))) VIRTUAL",
        "CONSTRAINT c CHECK (1)",
        'CONSTRAINT "is a, b" NOT NULL UNIQUE',
    ],
)
@pytest.mark.parametrize("declared", ["", "INT", "unsigned big int", "VARCHAR(20)", "NUMERIC (10 , +2)"])
def test_a_column_ends_its_type_where_its_constraints_begin(declared, constraint):
    definition = table_definition(f"CREATE TABLE t (a, c {declared} {constraint}, d TEXT)")
    first, column, last = definition.columns

    assert (first.name.name, first.constraints) == ("a", ())
    assert (column.name.name, column.type_text) == ("c", declared)
    assert [token.text for token in column.constraints] == [token.text for token in tokenize(constraint)]
    assert (last.name.name, last.type_text) == ("d", "TEXT")


def test_the_words_and_arguments_of_a_type():
    column = only('c DOUBLE /* really */ "long" [precision](10, -2) NOT NULL')

    assert [word.word for word in column.type_words] == ["DOUBLE", "", ""]
    assert [word.name for word in column.type_words] == ["DOUBLE", "long", "precision"]
    assert [token.text for token in column.type_arguments] == ["10", ",", "-", "2"]


@pytest.mark.parametrize("column", ["c", "c INT", "c VARCHAR(20)", "c DECIMAL(1, 2)", 'c "odd type"'])
@pytest.mark.parametrize("rest", ["", " NOT NULL", " GENERATED ALWAYS AS (1)", " -- comment\n", "/* , */"])
def test_a_constraint_can_be_put_where_the_type_ends(sqlite, column, rest):
    sql = f"CREATE TABLE t (a, {column}{rest}, d)"
    end = table_definition(sql).columns[1].type_end

    assert sql[:end].endswith(column)
    sqlite.execute(f"{sql[:end]} CONSTRAINT x CHECK (c <> 1){sql[end:]}")


def test_generated_and_always_may_be_words_of_a_type():
    assert only("c GENERATED").type_text == "GENERATED"
    assert only("c always AS (1)").type_text == "always"
    assert only("c GENERATED ALWAYS AS (1)").type_text == ""
    assert only("c INT generated always AS (1)").type_text == "INT"


@pytest.mark.parametrize(
    ("head", "schema", "table"),
    [
        ("CREATE TABLE t", None, "t"),
        ("create temp table t", None, "t"),
        ("CREATE TEMPORARY TABLE IF NOT EXISTS t", None, "t"),
        ("CREATE TABLE main.t", "main", "t"),
        ('CREATE TABLE IF NOT EXISTS "my db" . [my table]', "my db", "my table"),
        ("CREATE TABLE 'a.b'", None, "a.b"),
        ("CREATE TABLE key.replace", "key", "replace"),
        ("/* a */ CREATE -- b\n TABLE /* c */ main /* d */ . /* e */ t /* f */", "main", "t"),
        (";; CREATE TABLE t", None, "t"),
        ("\ufeffCREATE TABLE t", None, "t"),
    ],
)
def test_the_name_of_the_table(head, schema, table):
    definition = table_definition(f"{head} (a INT);")

    assert (definition.schema, definition.table) == (schema, table)
    assert [column.name.name for column in definition.columns] == ["a"]


@pytest.mark.parametrize(
    ("tail", "options"),
    [
        ("", ()),
        (";", ()),
        ("STRICT", ("STRICT",)),
        ("without rowid, strict;", ("WITHOUT", "ROWID", "STRICT")),
        ("WITH SYSTEM VERSIONING -- a plugin's", ("WITH", "SYSTEM", "VERSIONING")),
    ],
)
def test_what_follows_the_columns(tail, options):
    for constraint in (
        "",
        ", PRIMARY KEY (a)",
        ", CONSTRAINT c UNIQUE (a) CHECK (a, (b)), FOREIGN KEY (a) REFERENCES u",
    ):
        definition = table_definition(f"CREATE TABLE t (a TEXT{constraint}) {tail}")
        assert definition.options == options
        assert len(definition.columns) == 1


@pytest.mark.parametrize("column", ["COLUMN ", "column\n", ""])
@pytest.mark.parametrize("table", ["t", "main.t", '"t"', "[main] . 't'"])
def test_a_column_that_is_added(table, column):
    definition = table_definition(f"ALTER TABLE {table} ADD {column}c DECIMAL(5, 2) NOT NULL DEFAULT (1);")

    (added,) = definition.columns
    assert definition.table == "t"
    assert (added.name.name, added.type_text) == ("c", "DECIMAL(5, 2)")


def test_the_word_column_after_add_is_no_name():
    (added,) = table_definition("ALTER TABLE t ADD column int").columns
    assert (added.name.name, added.type_text) == ("int", "")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t AS SELECT 1 AS a",
        "CREATE TABLE t AS VALUES (1)",
        "CREATE VIRTUAL TABLE t USING fts5(a, b)",
        "CREATE VIEW v (a, b) AS SELECT 1, 2",
        "CREATE INDEX i ON t (a)",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 'CREATE TABLE t (a)'; END",
        "EXPLAIN CREATE TABLE t (a)",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t RENAME COLUMN a TO b",
        "ALTER TABLE t DROP COLUMN a",
        "SELECT 'CREATE TABLE t (a)'",
        "-- CREATE TABLE t (a)",
        "",
    ],
)
def test_other_statements_define_no_columns(sql):
    assert table_definition(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        *(
            "CREATE",
            "CREATE TABLE",
            "CREATE TABLE t",
            "CREATE TABLE t ()",
            "CREATE TABLE t (,)",
            "CREATE TABLE t (a,)",
        ),
        *(
            "CREATE TABLE t (a,,b)",
            "CREATE TABLE t (1)",
            "CREATE TABLE .",
            "CREATE TABLE main.",
            "CREATE TABLE t)",
        ),
        *(
            "ALTER",
            "ALTER TABLE",
            "ALTER TABLE t",
            "ALTER TABLE t ADD",
            "ALTER TABLE t ADD COLUMN",
            "ALTER TABLE t ADD 1",
        ),
        *(
            "CREATE TABLE t (PRIMARY KEY (a)",
            "ALTER TABLE t ADD CHECK (1)",
            "CREATE UNIQUE TABLE t (a)",
            "CREATE TEMP t (a)",
        ),
    ],
)
def test_what_sqlite_does_not_take_is_no_error_here(sqlite, sql):
    assert not getattr(table_definition(sql), "columns", None)
    with pytest.raises(sqlite3.OperationalError):
        sqlite.execute(sql)


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE t (", "CREATE TABLE t (a VARCHAR(", "CREATE TABLE t (a VARCHAR(3", "CREATE TABLE t (a 'b"],
)
def test_an_unfinished_statement_is_no_error_here(sql):
    table_definition(sql)
