"""The tables and views of a connection as far as encrypted columns are concerned, read once per schema."""

from __future__ import annotations

import re
import weakref
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import keywords_of, run, schema_of, state
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.schema import Schema
from heliosdb_sqlite.sql.selects import view_query

from ..connecting import NAME
from .declared import EncryptedColumn, encrypted_columns

_KEY = "crypto relations"


class Relation(NamedTuple):
    """A table or view: its schema, its columns with what is encrypted of them, and the SELECT of a view."""

    schema: str
    columns: tuple[tuple[str, EncryptedColumn | None], ...]
    view: str = ""


class Relations:
    """What the schema has in tables and views."""

    def __init__(self, connection: Any, schema: Schema) -> None:
        self.schema = schema
        self._reference = weakref.ref(connection)
        self._known: dict[tuple[str, str | None], Relation | None] = {}
        self.by_id: dict[bytes, tuple[EncryptedColumn, str]] = {}
        """The encrypted columns, each with its schema."""
        self.detects: int = keywords_of(connection).get("detect_types", 0)
        """Where the connection has sqlite3 look for a value's converter."""
        crypto = state(connection).get(NAME)
        file = crypto.file if crypto is not None else None
        page = file.watch.page if file is not None else None
        self._names = self._look()
        self.page = page if file is not None and file.watch.page is page else None
        """What the file layer says of the page 1 that was there all the while; None if it was not the same."""

    @property
    def _connection(self) -> Any:
        return self._reference()

    @property
    def any(self) -> bool:
        """Whether there is an encrypted column at all."""
        return bool(self.by_id) or bool(self._names)

    def may_reach(self, folded: str) -> bool:
        """Return whether a text, in upper case, may have to do with an encrypted column."""
        return any(name in folded for name in self._names)

    def relation(self, name: str, schema: str | None) -> Relation | None:
        """Return the table or view of that name; None for what no schema lists."""
        key = (name.lower(), schema)
        if key not in self._known:
            table = self.schema.table(name, schema)
            self._known[key] = None if table is None else self._read(table)
        return self._known[key]

    def _look(self) -> tuple[str, ...]:
        """Return the names of tables with encrypted columns, and of views, in upper case; and find the columns.

        A name that must be quoted with doubled quotes is cut there: it is looked for in a text.
        """
        names: set[str] = set()
        views: set[str] = set()
        for place, version in self.schema.stamp:
            if not version:
                continue  # nothing was ever created there; reading would make SQLite open the temporary database
            found = run(
                self._connection, f"SELECT name, type, sql FROM {quote_identifier(place)}.sqlite_master"
            ).fetchall()
            for name, kind, sql in found:
                if kind == "view":
                    views.add(name)
                if kind != "table" or "ENCRYPTED" not in sql.upper():
                    continue
                for column in encrypted_columns(sql):
                    names.add(name)
                    self.by_id[column.id] = (column, place)
        if not names:
            return ()
        return tuple({re.split('["`]', name)[0].upper() for name in names | views})

    def _read(self, table: Any) -> Relation:
        plain = tuple((column.name, None) for column in table.columns)
        (sql,) = run(
            self._connection,
            f"SELECT sql FROM {quote_identifier(table.schema)}.sqlite_master WHERE name = ? COLLATE NOCASE"
            " AND type IN ('table', 'view')",
            (table.name,),
        ).fetchone()
        if table.kind == "view":
            return Relation(table.schema, plain, view_query(sql))
        if "ENCRYPTED" not in sql.upper():
            return Relation(table.schema, plain)
        found = {column.name.lower(): column for column in encrypted_columns(sql)}
        return Relation(
            table.schema, tuple((column.name, found.get(column.name.lower())) for column in table.columns)
        )


def known_relations(connection: Any) -> Relations | None:
    """Return what was read last, without looking again."""
    known: Relations | None = state(connection).get(_KEY)
    return known


def relations_of(connection: Any) -> Relations:
    """Return the relations of a connection; the same object as long as the schema has not changed."""
    schema = schema_of(connection)
    known: Relations | None = state(connection).get(_KEY)
    if known is None or known.schema is not schema:
        known = state(connection)[_KEY] = Relations(connection, schema)
    return known
