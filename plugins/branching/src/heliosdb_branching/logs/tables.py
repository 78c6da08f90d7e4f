"""What branching must know of a table: what identifies a row, which columns hold data, what must be unique."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from heliosdb_sqlite.sql.affinity import affinity_of
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..names import is_internal
from ..running import rows

_ROWIDS = ("rowid", "_rowid_", "oid")
_SHADOWS = {  # of the virtual tables that come with SQLite, for releases that can't tell
    "fts3": ("content", "segments", "segdir", "docsize", "stat"),
    "fts4": ("content", "segments", "segdir", "docsize", "stat"),
    "fts5": ("content", "data", "idx", "docsize", "config"),
    "rtree": ("node", "parent", "rowid"),
    "rtree_i32": ("node", "parent", "rowid"),
    "geopoly": ("node", "parent", "rowid"),
}


@dataclass(frozen=True)
class Unique:
    """A PRIMARY KEY or UNIQUE constraint, or a unique index: what REPLACE removes other rows for."""

    terms: tuple[tuple[str, str, bool], ...]
    """Each term as SQL, with its collation, and whether it is a column and not an expression."""


@dataclass(frozen=True)
class Table:
    """An ordinary table."""

    name: str
    sql: str
    columns: tuple[str, ...]
    """Those that hold data: not the generated ones."""
    generated: tuple[str, ...]
    key: tuple[str, ...]
    """The columns of the primary key; none when rows are told apart by their rowid."""
    collations: tuple[str, ...]
    """How the key's columns compare."""
    nullable_key: bool
    """The primary key may be NULL, as SQLite allows in tables with a rowid: such rows are told apart by the rowid."""
    alias: bool
    """The key is the rowid: INTEGER PRIMARY KEY."""
    rowid: str | None
    """A name by which the rowid can be reached; None when there is none."""
    uniques: tuple[Unique, ...]
    autoincrement: bool
    defaults: tuple[str | None, ...]
    """The default of each column, as SQL."""
    converting: frozenset[str] = frozenset()
    """The columns that store no integer as a float or the other way round: 1 and 1.0 are one value to them."""
    strict: bool = False

    @property
    def logs_rowid(self) -> bool:
        """Whether a row can't be told by its key alone."""
        return not self.key or self.nullable_key

    @property
    def has_identity(self) -> bool:
        """Whether its rows can be told apart at all."""
        return bool(self.key) or self.rowid is not None


def table_names(connection: Any) -> list[str]:
    """Return the tables that hold data: neither HeliosDB's or SQLite's own, nor virtual ones and what they keep."""
    virtual = virtual_tables(connection)
    shadows = shadow_tables(connection, virtual)
    found = rows(
        connection, "SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY rootpage, name"
    )
    return [
        name
        for (name,) in found
        if name not in virtual and name.lower() not in shadows and not is_internal(name)
    ]


def virtual_tables(connection: Any) -> dict[str, tuple[str, str]]:
    """Return the virtual tables by name: the module of each, in lower case, and its statement."""
    found = rows(
        connection,
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE %'",
    )
    virtual = {}
    for name, sql in found:
        words = [token.word for token in tokenize(sql)]
        using = words.index("USING") if "USING" in words else -1
        module = tokenize(sql)[using + 1].name.lower() if 0 <= using < len(words) - 1 else ""
        virtual[name] = (module, sql)
    return virtual


def shadow_tables(connection: Any, virtual: dict[str, tuple[str, str]]) -> set[str]:
    """Return the names, in lower case, of the tables in which virtual tables keep their data."""
    if not virtual:
        return set()
    shadows = {
        f"{name}_{suffix}".lower()
        for name, (module, _) in virtual.items()
        for suffix in _SHADOWS.get(module, ())
    }
    if sqlite3.sqlite_version_info >= (3, 37):
        shadows |= {
            name.lower()
            for (name,) in rows(
                connection, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
            )
        }
    return shadows


def read_table(connection: Any, name: str) -> Table:
    """Return what there is to know of a table.

    :raises OperationalError: there is no such table
    """
    found = rows(
        connection,
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE",
        (name,),
    )
    if not found:
        raise sqlite3.OperationalError(f"no such table: {name!r}")
    name, sql = found[0]
    described = rows(
        connection,
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?, 'main')",
        (name,),
    )
    without_rowid, strict, autoincrement = _options(sql)
    data = [row for row in described if row[5] == 0]
    key_rows = sorted((row for row in data if row[4]), key=lambda row: row[4])
    key = tuple(row[0] for row in key_rows)
    uniques = _uniques(connection, name)
    alias = (
        len(key) == 1
        and not without_rowid
        and key_rows[0][1].upper() == "INTEGER"
        and not _has_index_of_key(connection, name)
    )
    taken = {row[0].lower() for row in described}
    rowid = None if without_rowid else next((each for each in _ROWIDS if each not in taken), None)
    if alias:
        uniques = (Unique(((q(key[0]), "BINARY", True),)), *uniques)
    collations = _key_collations(connection, name, key)
    return Table(
        name,
        sql,
        tuple(row[0] for row in data),
        tuple(row[0] for row in described if row[5] in (2, 3)),
        key,
        collations,
        bool(key) and not (without_rowid or alias or strict or all(row[2] for row in key_rows)),
        alias,
        rowid if not alias else key[0],
        uniques,
        autoincrement,
        tuple(row[3] for row in data),
        frozenset(row[0] for row in data if affinity_of(row[1], strict=strict) != "BLOB"),
        strict,
    )


@lru_cache(maxsize=256)
def _options(sql: str) -> tuple[bool, bool, bool]:
    """Return whether a table is WITHOUT ROWID, STRICT, and whether it has AUTOINCREMENT."""
    tokens = tokenize(sql)
    words = [token.word for token in tokens]
    closing = max((place for place, token in enumerate(tokens) if token.text == ")"), default=0)
    behind = words[closing:]
    without_rowid = any(behind[place : place + 2] == ["WITHOUT", "ROWID"] for place in range(len(behind)))
    return without_rowid, "STRICT" in behind, "AUTOINCREMENT" in words


def _has_index_of_key(connection: Any, name: str) -> bool:
    """Return whether the primary key has an index of its own: it is no alias of the rowid then."""
    return bool(rows(connection, "SELECT 1 FROM pragma_index_list(?, 'main') WHERE origin = 'pk'", (name,)))


def _uniques(connection: Any, name: str) -> tuple[Unique, ...]:
    found = []
    for index, *_ in rows(
        connection,
        "SELECT name, origin FROM pragma_index_list(?, 'main') WHERE \"unique\" ORDER BY seq",
        (name,),
    ):
        columns = rows(
            connection,
            "SELECT cid, name, coll FROM pragma_index_xinfo(?, 'main') WHERE key ORDER BY seqno",
            (index,),
        )
        if any(cid == -2 for cid, *_ in columns):
            sql = rows(
                connection, "SELECT sql FROM main.sqlite_master WHERE type = 'index' AND name = ?", (index,)
            )
            expressions = _index_terms(sql[0][0])
            terms = [
                (expressions[place], collation, False) if cid == -2 else (q(column), collation, True)
                for place, (cid, column, collation) in enumerate(columns)
            ]
        else:
            terms = [(q(column), collation, True) for _, column, collation in columns]
        found.append(Unique(tuple(terms)))
    return tuple(found)


def _index_terms(sql: str) -> list[str]:
    """Return the terms of a CREATE INDEX statement as they are written, ASC and DESC left out."""
    tokens = tokenize(sql)
    on = next(place for place, token in enumerate(tokens) if token.word == "ON")
    terms, depth, start = [], 0, None
    for token in tokens[on:]:
        if token.text == "(":
            depth += 1
            if depth == 1:
                start = token.end
        elif (token.text == ")" and depth == 1) or (token.text == "," and depth == 1):
            assert start is not None  # noqa: S101 - a parenthesis came before
            terms.append(_without_order(sql[start : token.start]))
            start = token.end
            if token.text == ")":
                break
        elif token.text == ")":
            depth -= 1
    return terms


def _without_order(term: str) -> str:
    tokens = tokenize(term)
    if tokens and tokens[-1].word in ("ASC", "DESC"):
        return term[: tokens[-1].start]
    return term


def _key_collations(connection: Any, name: str, key: tuple[str, ...]) -> tuple[str, ...]:
    """Return how each column of the primary key compares."""
    for index, origin in rows(connection, "SELECT name, origin FROM pragma_index_list(?, 'main')", (name,)):
        if origin == "pk":
            found = dict(
                rows(connection, "SELECT name, coll FROM pragma_index_xinfo(?, 'main') WHERE key", (index,))
            )
            return tuple(found.get(column) or "BINARY" for column in key)
    return ("BINARY",) * len(key)
