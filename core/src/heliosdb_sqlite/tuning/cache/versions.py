"""Has anything changed since? A database's version, as far as one connection can see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..._bare_cursor import bare_cursor
from ..._standard import sqlite3
from ...plugins import run

_SCHEMA = "PRAGMA main.schema_version"
_DATA = "PRAGMA main.data_version"
_TEMP = "PRAGMA temp.schema_version"
_total_changes: Any = sqlite3.Connection.total_changes


class Version(NamedTuple):
    """What equals itself only as long as nothing was written: never two different states with one version."""

    changes: int  # rows that this connection has changed, plugins' own ones included
    schema: int  # grows with every change of main's schema, by whomever; VACUUM and a restored backup count
    data: int  # changes with every commit of another connection to main
    temp: int  # as schema, for the temporary database, whose tables hide main's


class Watch:
    """Reads versions, and can hold one: what is read until it is let go is of exactly that version."""

    def __init__(self) -> None:
        self.looks_at_temp = False

    def now(self, connection: Any) -> Version:
        """Return the version.

        :raises Error: the database can't be read
        """
        try:
            return self._read(connection)
        except sqlite3.NotSupportedError:  # a plugin has its hand in every statement: these are ours
            for sql in (_SCHEMA, _DATA, _TEMP):
                run(connection, sql).fetchall()
            return self._read(connection)

    def _read(self, connection: Any) -> Version:
        first, second = bare_cursor(connection), bare_cursor(connection)
        changes = changes_of(connection)
        first.execute(_SCHEMA)  # its row is not fetched yet: one read transaction for all, and one lock
        data = _value(second.execute(_DATA))
        temp = _value(second.execute(_TEMP)) if self.looks_at_temp else 0
        return Version(changes, _value(first), data, temp)

    @contextmanager
    def held(self, connection: Any) -> Iterator[Version]:
        """Read, and give the version that is read until the end of the block."""
        holder = bare_cursor(connection)
        holder.execute(_SCHEMA)  # which now() has run before
        try:
            yield self.now(connection)
        finally:
            holder.close()


def changes_of(connection: Any) -> int:
    """Return how many rows the connection has changed, those of plugins included."""
    changes: int = _total_changes.__get__(connection)
    return changes


def _value(cursor: sqlite3.Cursor) -> int:
    row = cursor.fetchone()
    if not row:  # on CPython 3.10 another thread's rollback() ends what all cursors of the connection read
        raise sqlite3.OperationalError("another thread has ended the reading")
    value: int = row[0]
    return value
