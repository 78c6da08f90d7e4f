"""Property test: the columns of a generated CREATE TABLE are those that SQLite makes of it."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

# SQLite writes these in one way since 3.37, however they are declared.
STANDARD = {name.lower(): name for name in ("ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT")}
KEYWORDS = """
    abort action after always asc before begin by cascade cast conflict current database desc do each end exclude explain
    fail first for generated groups if ignore indexed initially instead key last like match no nulls of offset partition
    plan pragma query raise range recursive reindex release rename replace restrict rollback row rows savepoint temp ties
    trigger vacuum view virtual with without
""".split()  # noqa: SIM905 - those that may be names; column may too, but not after ADD

bare = st.from_regex("x[a-z0-9é_$]{0,6}", fullmatch=True) | st.sampled_from(KEYWORDS)
texts = st.text("ab ,;()'\"`[-/*é", min_size=1, max_size=6)
names = st.one_of(
    bare,
    bare.map(str.upper),
    texts.map(quote_identifier),
    texts.map(quote_text),
    texts.map(lambda text: "`" + text.replace("`", "``") + "`"),
    texts.map(lambda text: f"[{text}]"),
)
TYPES = "INT integer TEXT Blob REAL any DOUBLE PRECISION BIG VECTOR ENCRYPTED key generated".split()  # noqa: SIM905
# A type may have quoted words; where the first is, SQLite takes the quotes off, each version in its own way.
more_words = st.sampled_from([*TYPES, '"odd, type"', "[odd (type)]", "'odd'", "`type`"])
signed = st.tuples(st.sampled_from(["", "+", "-", "- "]), st.sampled_from(["0", "384", "1.5", "1e3"])).map(
    "".join
)
arguments = st.sampled_from(["", "({})", "({},{})", " ( {} , {} )"])
words = st.tuples(st.sampled_from(TYPES), st.lists(more_words, max_size=2).map(" ".join)).map(" ".join)
types = st.just("") | st.builds(
    lambda words, form, *two: words + form.format(*two), words, arguments, signed, signed
)
CONSTRAINTS = (
    *("NOT NULL", "NULL", "UNIQUE", "DEFAULT 1", "DEFAULT -1.5", "DEFAULT 'a, b)'", "DEFAULT (max(1, (2)))"),
    *("COLLATE NOCASE", "REFERENCES u (v) ON DELETE SET NULL", "DEFERRABLE", "CHECK (1 IN (1, 2, ')'))"),
    *("GENERATED ALWAYS AS ('a, b')", "AS (1) STORED", 'CONSTRAINT "c, d" CHECK ((1) < (2))'),
)
constraints = st.lists(st.sampled_from(CONSTRAINTS), max_size=3, unique=True).map(" ".join)
space = st.sampled_from([" ", "\n", "/* , ' ) */", " -- , ) '\n"])
columns = st.tuples(names, space, types, space, constraints).map("".join)
TABLE_CONSTRAINTS = (
    *(
        "UNIQUE (x0)",
        "CHECK (1 IN (1, 2))",
        "CONSTRAINT k CHECK ('(' <> ')') FOREIGN KEY (x0) REFERENCES u (v, w)",
    ),
)
HEADS = ("CREATE TABLE ", "create temp table", "CREATE TABLE IF NOT EXISTS ", "CREATE TABLE main.")
TAILS = ("", ";", " /* end */", " -- end", " STRICT")


@given(
    st.sampled_from(HEADS),
    names,
    st.lists(columns, max_size=4),
    st.lists(st.sampled_from(TABLE_CONSTRAINTS), max_size=2),
    st.sampled_from(TAILS),
    space,
)
def test_the_columns_of_a_table(head, table, columns, constraints, tail, gap):
    compare(f"{head}{gap}{table}{gap}({f'{gap},{gap}'.join(['x0', *columns, *constraints])}){tail}")


@given(names, columns, st.sampled_from(["ADD", "ADD COLUMN", "add /* a */ column"]), st.sampled_from(TAILS))
def test_an_added_column(table, column, add, tail):
    compare(f"ALTER TABLE {table} {add} {column}{tail}", f"CREATE TABLE {table} (x0)", skip=1)


def compare(sql, before="", skip=0):
    """Compare with what SQLite makes of a statement, if it takes it: a name twice, say, it does not."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(before)
        connection.execute(sql)
    except sqlite3.DatabaseError:  # of a table named if SQLite even says that it made the schema malformed
        connection.close()
        event("refused by SQLite")
        return
    definition = table_definition(sql)
    query = "SELECT name, type FROM pragma_table_xinfo(?) WHERE cid >= ?"
    made = connection.execute(query, (definition.table, skip)).fetchall()
    connection.close()

    found = [(column.name.name, as_stored(column.type_text)) for column in definition.columns]
    assert found == [(name, as_stored(declared)) for name, declared in made]


def as_stored(declared):
    """Return a type without the comments in it, of which SQLite keeps some."""
    words = " ".join(token.text for token in tokenize(declared))
    return STANDARD.get(words.lower(), words)


@pytest.mark.parametrize("word", KEYWORDS)
def test_a_keyword_that_may_be_a_name_is_one(word):
    for sql in (f"CREATE TABLE t ({word})", f"CREATE TABLE t ({word} TEXT NOT NULL, a INT)"):
        connection = sqlite3.connect(":memory:")
        connection.execute(sql)
        columns = connection.execute("SELECT name, type FROM pragma_table_xinfo('t')").fetchall()
        connection.close()

        found = table_definition(sql).columns
        assert [(column.name.name, column.type_text) for column in found] == columns
