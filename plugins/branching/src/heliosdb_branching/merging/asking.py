"""Conflicts as their connection reads them, and a function's answers as they are stored: encrypted columns in between.

Within a merge a conflict has what the files hold, which is what an error's text shows; only who has the key is shown
more, in the error's attribute, in the report and as what a function is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..logs.tables import Table
from ..running import is_active, rows, run, value
from .ledger import Write
from .rows import same_value
from .seeing import seen


class Unsealed(NamedTuple):
    """A value that a function has returned for a cell of an encrypted column."""

    value: Any


def shown(connection: Any, conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Return conflicts with the values that the connection reads where these are stored."""
    return (
        tuple(_shown(connection, each) for each in conflicts) if is_active(connection) else tuple(conflicts)
    )


def _shown(connection: Any, conflict: Conflict) -> Conflict:
    parts = [conflict.key or (), conflict.base, conflict.ours, conflict.theirs]
    sealed = [cell for part in parts for cell in _cells(part) if isinstance(cell, bytes)]
    if not sealed:
        return conflict
    known = dict(zip(sealed, seen(connection, tuple(sealed)), strict=True))
    key, base, ours, theirs = (_read(part, known) for part in parts)
    return conflict._replace(key=conflict.key and key, base=base, ours=ours, theirs=theirs)


def _cells(part: Any) -> Iterable[Any]:
    if isinstance(part, Mapping):
        return part.values()
    return part if isinstance(part, tuple) else (part,)


def _read(part: Any, known: Mapping[bytes, Any]) -> Any:
    if isinstance(part, Mapping):
        return {column: _read(cell, known) for column, cell in part.items()}
    if isinstance(part, tuple):
        return tuple(_read(cell, known) for cell in part)
    return known[part] if isinstance(part, bytes) else part


class Asking:
    """A function that decides conflicts, asked with what its connection reads."""

    def __init__(self, connection: Any, function: Callable[[Conflict], Any]) -> None:
        self._connection = connection
        self._function = function
        self._encrypted: dict[str, set[str]] = {}

    def __call__(self, conflict: Conflict) -> Any:
        """Return what the function decides, as it is stored: one side's value is that, bytes and all."""
        (asked,) = shown(self._connection, [conflict])
        answer = self._function(asked)
        sides = [(getattr(asked, side), getattr(conflict, side)) for side in ("ours", "theirs", "base")]
        if conflict.column is not None:
            return self._stored(conflict.table, conflict.column, answer, sides)
        if not isinstance(answer, Mapping):
            return answer
        for one, other in sides:
            if answer == one:
                return other
        there = [pair for pair in sides if isinstance(pair[0], Mapping)]
        return {
            column: self._stored(
                conflict.table, column, cell, [(one.get(column), other.get(column)) for one, other in there]
            )
            for column, cell in answer.items()
        }

    def _stored(self, table: str, column: str, answer: Any, sides: Sequence[tuple[Any, Any]]) -> Any:
        for read, stored in sides:
            if same_value(answer, read):
                return stored
        return answer if answer is None or column not in self._encrypted_in(table) else Unsealed(answer)

    def _encrypted_in(self, table: str) -> set[str]:
        if table not in self._encrypted:
            found = rows(
                self._connection,
                "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE upper(type) LIKE '%ENCRYPTED%'",
                (table,),
            )
            self._encrypted[table] = {name for (name,) in found}
        return self._encrypted[table]


def sealed(connection: Any, table: Table, writes: Iterable[Write]) -> list[Write]:
    """Return what is to be written with answers sealed: written as a program would, read as it is stored, taken back.

    :raises ProgrammingError: the connection can't seal one
    """
    return [
        write
        if write.new is None or not any(isinstance(cell, Unsealed) for cell in write.new)
        else write._replace(
            new=tuple(
                _sealed(connection, table, write, column, cell.value) if isinstance(cell, Unsealed) else cell
                for column, cell in zip(write.columns, write.new, strict=True)
            )
        )
        for write in writes
    ]


def _sealed(connection: Any, table: Table, write: Write, column: str, wanted: Any) -> Any:
    run(connection, "SAVEPOINT heliosdb_sealing")
    try:
        if is_active(connection):
            told, key = _written(connection, table, write, column, wanted)
            return value(connection, f"SELECT {q(column)} FROM main.{q(table.name)} WHERE {told}", key)
    except sqlite3.Error:
        pass
    finally:
        run(connection, "ROLLBACK TO heliosdb_sealing")
        run(connection, "RELEASE heliosdb_sealing")
    raise sqlite3.ProgrammingError(
        f"the strategy returned a new value for the encrypted column {column!r} of {table.name!r}, which can't be "
        "sealed here: return one of the conflict's own values, or merge on a connection with the column's key"
    )


def _written(
    connection: Any, table: Table, write: Write, column: str, wanted: Any
) -> tuple[str, tuple[Any, ...]]:
    """Write a cell as a program would; return what tells its row: the rowid, as the key may be encrypted itself."""
    name = f"main.{q(table.name)}"
    told, key = " AND ".join(f"{q(each)} = ?" for each in table.key), tuple(write.key.values)
    if write.key.rowid is not None:
        told, key = f"{table.rowid} = ?", (write.key.rowid,)
    if write.old is None:
        given = [cell.value if isinstance(cell, Unsealed) else cell for cell in write.new or ()]
        columns, marks = ", ".join(map(q, write.columns)), ", ".join("?" * len(given))
        cursor = connection.execute(f"INSERT INTO {name} ({columns}) VALUES ({marks})", given)
        return (f"{table.rowid} = ?", (cursor.lastrowid,)) if table.rowid is not None else (told, key)
    if table.rowid is not None:
        key = (value(connection, f"SELECT {table.rowid} FROM {name} WHERE {told}", key),)
        told = f"{table.rowid} = ?"
    cursor = connection.execute(f"UPDATE {name} SET {q(column)} = ? WHERE {told}", (wanted, *key))
    if cursor.rowcount != 1:
        raise sqlite3.OperationalError("the row was not found")
    return told, key
