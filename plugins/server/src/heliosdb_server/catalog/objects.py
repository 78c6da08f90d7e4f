"""What stands in SQLite's own tables of the schema, with the OIDs that PostgreSQL's clients know it by."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from .search_path import PUBLIC, SearchPath

Rows = Callable[..., list[tuple[Any, ...]]]
_INTERNAL = re.compile(r"sqlite_|heliosdb_|_helios")
_FIRST_OID = 16400  # those below are PostgreSQL's own, and a few of ours
_PER_OBJECT = 8  # OIDs that one object of SQLite's may need: itself, its row type, an array of it, a sequence


def oid_of(rowid: int, *, temporary: bool = False) -> int:
    """Return the OID of what stands in this row of sqlite_master."""
    return _FIRST_OID + rowid * _PER_OBJECT + (1 << 30 if temporary else 0)


def is_temporary(oid: int) -> bool:
    """Is this the OID of a temporary table, or of what belongs to one?"""
    return bool(oid & 1 << 30)


class Object(NamedTuple):
    """A table, view or index in sqlite_master."""

    rowid: int
    kind: str
    name: str
    table: str
    sql: str | None
    schema: str

    @property
    def oid(self) -> int:
        """Its OID in pg_class."""
        return oid_of(self.rowid, temporary=self.schema == "temp")


class Index(NamedTuple):
    """An index, or the key that a constraint made."""

    name: str
    unique: bool
    origin: str  # c: CREATE INDEX, u: UNIQUE, pk: PRIMARY KEY
    partial: bool
    columns: tuple[str | None, ...]  # None is an expression
    descending: tuple[bool, ...]


class ForeignKey(NamedTuple):
    """A foreign key."""

    table: str
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    on_update: str
    on_delete: str


class Objects:
    """The tables, views, indexes, triggers, types and sequences of one version of the schema."""

    def __init__(self, rows: Rows, objects: list[Object], path: SearchPath = PUBLIC) -> None:
        self._rows = rows
        self.path = path
        self.objects = objects
        self._by_name: dict[tuple[str, str], Object] = {}
        for each in objects:
            self._by_name.setdefault((each.schema, each.name.lower()), each)
        self.by_oid = {each.oid: each for each in objects}

    def object(self, name: str, schema: str | None = None) -> Object | None:
        """Return the object of this name; without a schema temporary ones come first."""
        for each in (schema,) if schema else ("temp", "main"):
            found = self._by_name.get((each, name.lower()))
            if found is not None:
                return found
        return None

    def tables(self) -> list[Object]:
        """Return the tables and views that clients see."""
        return [
            each for each in self.objects if each.kind in ("table", "view") and not _INTERNAL.match(each.name)
        ]

    def sequences(self) -> list[Object]:
        """Return the sequences."""
        return [each for each in self.objects if each.kind == "sequence"]

    def pragma(self, name: str, found: Object, columns: str = "*") -> list[tuple[Any, ...]]:
        """Return the rows of one of SQLite's table-valued pragmas about an object."""
        return self._rows(f"SELECT {columns} FROM pragma_{name}(?, ?)", (found.name, found.schema))
