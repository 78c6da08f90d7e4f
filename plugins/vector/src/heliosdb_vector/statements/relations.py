"""The tables and views of a connection as far as vectors are concerned, read once per version of the schema."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import run, schema_of, state
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.schema import Schema, Table
from heliosdb_sqlite.sql.selects import view_query

_KEY = "vector relations"
_HALF_TYPE = re.compile(r"\s*HALFVEC\b.*", re.IGNORECASE | re.DOTALL)
_VECTOR_TYPE = re.compile(r"\s*(?:VECTOR|HALFVEC)\s*\(\s*([0-9]+)\s*\)\s*", re.IGNORECASE)

OTHER, NULL, ANY_VECTOR = -2, -1, 0
"""What a column holds; from 1 on, vectors of that many dimensions."""


class Relation(NamedTuple):
    """A table or view: the kind of each column, and the SELECT that a view stands for."""

    schema: str
    columns: tuple[tuple[str, int], ...]
    view: str = ""


class Relations:
    """What the schema has in tables and views."""

    def __init__(self, connection: Any, schema: Schema) -> None:
        self.schema = schema
        self._connection = connection
        self._known: dict[tuple[str, str | None], Relation | None] = {}
        self.views: frozenset[str] = frozenset()
        """The names of views, which may show vectors, in lower case."""
        self.vector_names: frozenset[str] = frozenset()
        """The names of VECTOR columns, in lower case."""
        self.half_tables: frozenset[str] = frozenset()
        """The names of tables that have HALFVEC columns, in upper case."""
        self._names = self._with_vectors()

    def may_reach(self, folded: str) -> bool:
        """Return whether a text, in upper case, may read a VECTOR column."""
        return any(name in folded for name in self._names)

    def relation(self, name: str, schema: str | None) -> Relation | None:
        """Return the table, view or table-valued function of that name."""
        key = (name, schema)
        if key not in self._known:
            table = self.schema.table(name, schema)
            self._known[key] = self._relation(table) if table is not None else self._built_in(name)
        return self._known[key]

    def _with_vectors(self) -> tuple[str, ...]:
        """Return the names of tables that have VECTOR columns, and of views, which may show them, in upper case.

        A name that must be quoted with doubled quotes is cut there: it is looked for in a text.
        """
        tables, views, columns, halves = set(), set(), set(), set()
        for place, _ in self.schema.stamp:
            found = run(
                self._connection,
                f"SELECT name, type FROM {quote_identifier(place)}.sqlite_master"
                " WHERE type = 'view' OR type = 'table' AND sql LIKE '%vec%'",
            ).fetchall()
            for name, kind in found:
                if kind == "view":
                    views.add(name)
                elif (relation := self.relation(name, place)) is not None:
                    vectors = {column for column, kind in relation.columns if kind >= ANY_VECTOR}
                    columns |= vectors
                    tables |= {name} if vectors else set()
                    table = self.schema.table(name, place)
                    halves |= {name} if table is not None and half_columns(table) else set()
        self.views = frozenset(name.lower() for name in views)
        self.vector_names = frozenset(name.lower() for name in columns)
        self.half_tables = frozenset(re.split('["`]', name)[0].upper() for name in halves)
        return tuple({re.split('["`]', name)[0].upper() for name in tables | views})

    def _relation(self, table: Table) -> Relation:
        columns = tuple((column.name, _kind(column.type)) for column in table.columns)
        if table.kind != "view":
            return Relation(table.schema, columns)
        found = run(
            self._connection,
            f"SELECT sql FROM {quote_identifier(table.schema)}.sqlite_master WHERE type = 'view' AND name = ?",
            (table.name,),
        ).fetchone()
        return Relation(table.schema, columns, view_query(found[0]))

    def _built_in(self, name: str) -> Relation | None:
        """Return sqlite_master, json_each() and their kin, which no schema lists."""
        rows = run(self._connection, "SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (name,))
        columns = tuple((row[0], OTHER) for row in rows)
        return Relation("", columns) if columns else None


def relations_of(connection: Any) -> Relations:
    """Return the relations of a connection; the same object as long as the schema has not changed."""
    schema = schema_of(connection)
    known: Relations | None = state(connection).get(_KEY)
    if known is None or known.schema is not schema:
        known = state(connection)[_KEY] = Relations(connection, schema)
    return known


def half_columns(table: Table) -> frozenset[str]:
    """Return the names of a table's HALFVEC columns, in lower case."""
    return frozenset(column.name.lower() for column in table.columns if _HALF_TYPE.fullmatch(column.type))


def _kind(declared: str) -> int:
    found = _VECTOR_TYPE.fullmatch(declared)
    return int(found[1]) if found else OTHER
