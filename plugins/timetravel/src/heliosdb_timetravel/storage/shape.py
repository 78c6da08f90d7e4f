"""What a user's table looks like, as far as its history has to know."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.ddl import Column as DefinedColumn
from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import Kind, tokenize
from heliosdb_sqlite.sql.nesting import closing, outside
from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

Run = Callable[..., Any]
"""Runs a statement past every hook and returns its cursor."""

_VALUES = ("NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP")
ROWID_NAMES = ("rowid", "_rowid_", "oid")


class Column(NamedTuple):
    """A column of a user's table."""

    name: str
    type: str  # as it is written in the definition, "" for none
    collation: str  # "" for none
    generated: str  # the expression of a generated column, "" for an ordinary one
    default: str = ""  # the expression in DEFAULT, "" for none
    seal: str = ""  # the CHECK by which an ENCRYPTED column is told from others, "" for none


class Unique(NamedTuple):
    """A set of values that no two rows may have in common."""

    terms: tuple[tuple[str, str], ...]  # each an expression over the table's columns, and its collation


class Shape(NamedTuple):
    """A user's table: its columns, what identifies its rows, and what makes rows clash."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]  # the declared primary key; empty: the rowid alone identifies a row
    key_collations: tuple[str, ...]
    rowid: str  # a name by which the rowid can be had, "" for a table WITHOUT ROWID
    rowid_is_key: bool  # INTEGER PRIMARY KEY, or no primary key
    nullable: bool  # NULL may stand in the primary key, and then does not identify a row
    uniques: tuple[Unique, ...]
    strict: bool

    def column(self, name: str) -> Column | None:
        """Return the column of that name."""
        folded = name.lower()
        return next((each for each in self.columns if each.name.lower() == folded), None)


def read_shape(run: Run, schema: str, table: str) -> Shape | None:
    """Return the shape of an ordinary table; None for a view, a virtual table, or one that is not there.

    :raises NotSupportedError: it has neither a primary key nor a rowid that SQL can name
    """
    q = quote_identifier(schema)
    found = run(
        f"SELECT name, sql FROM {q}.sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", (table,)
    ).fetchone()
    if found is None or found[1] is None:
        return None
    name, sql = found
    definition = table_definition(sql)
    if definition is None:  # CREATE VIRTUAL TABLE
        return None
    defined = {column.name.name.lower(): column for column in definition.columns}
    info = run(
        'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?, ?)', (name, schema)
    ).fetchall()
    columns = tuple(
        _column(sql, each, declared, default, defined.get(each.lower()))
        for each, declared, _, default, *_ in info
    )
    without_rowid = "WITHOUT" in definition.options and "ROWID" in definition.options
    names = {column.name.lower() for column in columns}
    rowid = "" if without_rowid else next((each for each in ROWID_NAMES if each not in names), "")
    indexes = run(
        'SELECT name, origin FROM pragma_index_list(?, ?) WHERE "unique"', (name, schema)
    ).fetchall()
    key_columns = [(row[0], bool(row[2])) for row in sorted(info, key=lambda row: row[4]) if row[4]]
    key = tuple(each for each, _ in key_columns)
    rowid_is_key = not without_rowid and (not key or "pk" not in [origin for _, origin in indexes])
    if not rowid and not without_rowid:
        if not key:
            raise sqlite3.NotSupportedError(
                f"table {name!r} has no primary key, and columns of its own are named {', '.join(ROWID_NAMES)}: "
                "nothing identifies its rows, so it can't keep a history; give it a primary key"
            )
        if rowid_is_key:
            rowid = key[0]
    nullable = not without_rowid and not rowid_is_key and not all(not_null for _, not_null in key_columns)
    if nullable and not rowid:
        raise sqlite3.NotSupportedError(
            f"the primary key of table {name!r} may be NULL, and columns of its own are named "
            f"{', '.join(ROWID_NAMES)}: declare the key NOT NULL, so that it identifies every row"
        )
    uniques = tuple(Unique(tuple(_terms(run, schema, index, columns))) for index, _ in indexes)
    collations = _key_collations(run, schema, indexes, key)
    return Shape(
        schema,
        name,
        columns,
        key,
        collations,
        rowid,
        rowid_is_key,
        nullable,
        uniques,
        "STRICT" in definition.options,
    )


def _column(sql: str, name: str, declared: str, default: str | None, defined: DefinedColumn | None) -> Column:
    value = _default(default or "")
    if defined is None:
        return Column(name, declared, "", "", value)
    tokens = defined.constraints
    collation = generated = ""
    for at in outside(tokens, end=len(tokens) - 1):
        if tokens[at].word == "COLLATE":
            collation = tokens[at + 1].name
        if tokens[at].word == "AS" and tokens[at + 1].text == "(":
            close = closing(tokens, at + 1)
            generated = sql[tokens[at + 1].start : tokens[close].end]
    return Column(name, defined.type_text, collation, generated, value, _seal(sql, defined))


def _seal(sql: str, defined: DefinedColumn) -> str:
    """Return the named CHECK that encryption gives an ENCRYPTED column: with it the history has the same column."""
    if not any(word.word == "ENCRYPTED" for word in defined.type_words):
        return ""
    tokens = defined.constraints
    for at, token in enumerate(tokens[:-3]):
        if (
            token.word == "CONSTRAINT"
            and "ENCRYPTED" in tokens[at + 1].name
            and tokens[at + 2].word == "CHECK"
        ):
            return sql[token.start : tokens[closing(tokens, at + 3)].end]
    return ""


def _default(written: str) -> str:
    """Return a column's default as an expression that means the same anywhere."""
    tokens = tokenize(written)
    is_name = len(tokens) == 1 and tokens[0].kind in (Kind.QUOTED, Kind.WORD)
    if is_name and tokens[0].word not in _VALUES:
        return quote_text(tokens[0].name)  # in this place SQLite takes a name for a string
    return f"({written})" if tokens else ""


def _key_collations(
    run: Run, schema: str, indexes: Sequence[tuple[str, str]], key: Sequence[str]
) -> tuple[str, ...]:
    """Return the collation by which each column of the primary key is compared; "" for BINARY."""
    for index, origin in indexes:
        if origin == "pk":
            rows = run(
                "SELECT name, coll FROM pragma_index_xinfo(?, ?) WHERE key", (index, schema)
            ).fetchall()
            found = {name: "" if collation == "BINARY" else collation for name, collation in rows}
            return tuple(found.get(name, "") for name in key)
    return ("",) * len(key)


def _terms(run: Run, schema: str, index: str, columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    """Yield the terms of a unique index. A partial one's condition is left out: more rows clash then, none fewer."""
    rows = run(
        "SELECT seqno, cid, name, coll FROM pragma_index_xinfo(?, ?) WHERE key ORDER BY seqno",
        (index, schema),
    )
    rows = rows.fetchall()
    expressions: list[str] = []
    if any(cid == -2 for _, cid, _, _ in rows):
        (sql,) = run(
            f"SELECT sql FROM {quote_identifier(schema)}.sqlite_master WHERE type = 'index' AND name = ?",
            (index,),
        ).fetchone()
        expressions = _indexed(sql)
    for place, cid, name, collation in rows:
        yield (quote_identifier(name) if cid != -2 else f"({expressions[place]})", collation)


def _indexed(sql: str) -> list[str]:
    """Return the indexed expressions of a CREATE INDEX, without their COLLATE, ASC and DESC."""
    tokens = tokenize(sql)
    on = next(at for at, token in enumerate(tokens) if token.word == "ON")
    opening = next(at for at in range(on, len(tokens)) if tokens[at].text == "(")
    found, depth, begin = [], 0, opening + 1
    for at in range(opening, len(tokens)):
        text = tokens[at].text
        depth += (text == "(") - (text == ")")
        if (text == "," and depth == 1) or depth == 0:
            end = at
            while tokens[end - 1].word in ("ASC", "DESC"):
                end -= 1
            if end - 2 > begin and tokens[end - 2].word == "COLLATE":
                end -= 2
            found.append(sql[tokens[begin].start : tokens[end - 1].end])
            begin = at + 1
        if depth == 0:
            break
    return found
