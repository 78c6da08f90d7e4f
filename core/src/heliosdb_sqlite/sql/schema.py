"""The tables of a connection's databases, read once per version of the schema.

SQLite counts the changes of each database's schema (``PRAGMA schema_version``), whoever makes them; rolling a change
back brings the old count back with the old schema.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple
from weakref import ref

from .._bare_cursor import bare_cursor
from .._standard import sqlite3
from .quoting import quote_identifier

_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}  # SQLite folds the case of ASCII alone
Stamp = tuple[tuple[str, int], ...]
"""The databases of a connection with the version of each one's schema. Equal stamps, equal schemas."""


class Column(NamedTuple):
    """A column as SQLite knows it."""

    name: str
    type: str  # as declared, "" for none
    not_null: bool
    primary_key: int  # place in the primary key, counted from 1; 0 when not part of it
    generated: bool


class Table(NamedTuple):
    """A table or view as SQLite knows it."""

    schema: str  # main, temp, or the name of an attached database
    name: str  # in the case in which it was created
    kind: str  # table, view or virtual
    columns: tuple[Column, ...]


class Schema:
    """What the databases of one connection held when their stamp was taken. Tables are read when first asked for."""

    def __init__(self, connection: sqlite3.Connection, stamp: Stamp) -> None:
        self.stamp = stamp
        # Weakly: the connection keeps this, and is closed at once when its last user forgets it.
        self._connection = ref(connection)
        self._tables: dict[tuple[str, str | None], Table | None] = {}

    def table(self, name: str, schema: str | None = None) -> Table | None:
        """Return the table or view that ``name`` means in a statement: temp comes first, then main, then attached."""
        key = (name.translate(_FOLD), schema.translate(_FOLD) if schema is not None else None)
        if key not in self._tables:
            self._tables[key] = self._read(name, schema)
        return self._tables[key]

    def _read(self, name: str, schema: str | None) -> Table | None:
        connection = self._connection()
        if connection is None:
            raise sqlite3.ProgrammingError("the connection of this schema is closed")
        order = [schema] if schema is not None else [each for each, _ in self.stamp]  # which begins with temp
        for place in order:
            if (place.translate(_FOLD), self.stamp[0][1]) == ("temp", 0):
                continue  # empty, and a look into it would have SQLite make one
            found = _rows(
                connection,
                f"SELECT name, type, sql FROM {quote_identifier(place)}.sqlite_master"
                " WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE",
                (name,),
            )
            for real_name, kind, sql in found:
                columns = _rows(
                    connection,
                    'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1',
                    (real_name, place),
                )
                virtual = sql[:14].upper() == "CREATE VIRTUAL"  # SQLite normalises the first words
                return Table(
                    place.lower(),
                    real_name,
                    "virtual" if virtual else kind,
                    tuple(_column(row) for row in columns),
                )
        return None


def _column(row: tuple[Any, ...]) -> Column:
    name, declared, not_null, primary_key, hidden = row
    return Column(name, declared, bool(not_null), primary_key, hidden in (2, 3))


def stamp(connection: sqlite3.Connection) -> Stamp:
    """Return the databases of the connection with the version of each one's schema; temp comes first.

    Only this connection changes its temp database, so its changes are counted instead of asked for: SQLite (3.40) may
    crash when ``PRAGMA temp.schema_version`` is run again after ``PRAGMA temp_store``.
    """
    session: Any = getattr(connection, "_session", None)
    counted = session is not None and session.sees_schema_changes
    known: tuple[tuple[str, str], ...] | None = session.databases if counted else None
    temp = session.temp_changes if counted else 0
    if known is None:
        names = list(database_files(connection))
        if not counted and "temp" in names:
            temp = hash(_rows(connection, "SELECT group_concat(sql, ';') FROM temp.sqlite_master")[0][0] or 0)
        known = tuple(
            (name, f"PRAGMA {quote_identifier(name)}.schema_version") for name in names if name != "temp"
        )
        if session is not None:
            session.final.update(sql for _, sql in known)
            session.databases = known if counted else None
    execute = bare_cursor(connection).execute
    return (("temp", temp), *[(name, execute(sql).fetchone()[0]) for name, sql in known])


def database_files(connection: Any) -> dict[str, str]:
    """Return the file of each of a connection's databases by its name, in SQLite's order; "" for one in memory.

    A path that is no text is what ``os.fsdecode`` makes of it.
    """
    listed = _rows(connection, "PRAGMA database_list", text_factory=bytes)
    return {name.decode(): os.fsdecode(file or b"") for _, name, file in listed}


def schema_of(connection: Any) -> Schema:
    """Return the schema of a connection that has plugins; the same object as long as nothing has changed."""
    state = connection._session.state
    now = stamp(connection)
    known: Schema | None = state.get(__name__)
    if known is None or known.stamp != now:
        known = state[__name__] = Schema(connection, now)
    return known


def _rows(
    connection: sqlite3.Connection, sql: str, parameters: tuple[Any, ...] = (), *, text_factory: Any = str
) -> list[tuple[Any, ...]]:
    session = getattr(connection, "_session", None)
    if session is not None:
        session.final.add(sql)  # the core's own text: no business of the hooks
    users, connection.text_factory = connection.text_factory, text_factory
    try:
        return bare_cursor(connection).execute(sql, parameters).fetchall()
    finally:
        connection.text_factory = users
