"""A connection and its twin of plain sqlite3: both are told the same, and have to show the same."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

Rows = list[tuple[Any, ...]]
State = dict[str, tuple[tuple[str, ...], Rows]]
"""What a database holds: the columns and the rows of each table, the rowid first where that is the key."""


class Outcome(NamedTuple):
    """What became of a statement."""

    error: str | None
    rows: Rows
    names: list[str]
    rowcount: int


class Pair:
    """One of ours and one of theirs, with the same transactions."""

    def __init__(self, ours: Any, twin: sqlite3.Connection, options: dict[str, Any], branch: str) -> None:
        self.ours, self.twin, self.options, self.branch = ours, twin, options, branch

    def has(self, option: str) -> bool:
        """Return whether the connection has a feature."""
        return option in self.options

    def run(self, sql: str, parameters: Any = (), plain: str | None = None, many: bool = False) -> Outcome:
        """Run a statement on both, where ``plain`` is the text for the twin, and see that they agree."""
        theirs = _run(self.twin, plain or sql, _plain_parameters(parameters), many=many)
        mine = _run(self.ours, sql, _our_parameters(parameters, self.has("enable_vector_search")), many=many)
        if plain is not None:  # the texts differ, and so may what is said of them
            mine, theirs = (
                each._replace(names=[], error=each.error and each.error.partition(":")[0])
                for each in (mine, theirs)
            )
        assert mine == theirs, f"{sql!r} with {parameters!r}: {mine} and not {theirs}"
        self.same_transaction()
        return mine

    def script(self, text: str) -> None:
        """Run a script on both."""
        raised = [_script(each, text) for each in (self.twin, self.ours)]
        assert raised[0] == raised[1], f"{text!r}: {raised[1]} and not {raised[0]}"
        self.same_transaction()

    def do(self, method: str) -> None:
        """Call ``commit`` or ``rollback`` on both."""
        getattr(self.twin, method)()
        getattr(self.ours, method)()
        self.same_transaction()

    def same_transaction(self) -> None:
        """See that both are inside a transaction, or neither is."""
        assert self.ours.in_transaction == self.twin.in_transaction

    @property
    def in_transaction(self) -> bool:
        return self.twin.in_transaction

    def same_rows(self) -> None:
        """See that all tables hold the same."""
        for table, (columns, rows) in state_of(self.twin).items():
            found = read(self.ours, table, columns)
            assert found == rows, f"{table} {columns}: {found} and not {rows}"

    def close(self) -> None:
        self.ours.close()
        self.twin.close()


def tables(twin: sqlite3.Connection) -> list[str]:
    """Return the tables that statements may be about."""
    found = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    return [name for (name,) in twin.execute(found)]


def named(name: str) -> str:
    """Return the name that a table or column had at first: each renaming adds an x."""
    return name.rstrip("x")


def state_of(twin: sqlite3.Connection) -> State:
    """Return what a database of plain sqlite3 holds."""
    return {table: (columns := columns_of(twin, table), read(twin, table, columns)) for table in tables(twin)}


def columns_of(twin: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Return the columns by which a table's rows are compared."""
    own = sorted(name for _, name, *_ in twin.execute(f"PRAGMA table_info({table})"))
    return ("rowid", *own) if table.startswith("n") else tuple(own)


def read(conn: Any, table: str, columns: Sequence[str], when: str = "", parameters: Any = ()) -> Rows:
    """Return a table's rows in an order that depends on nothing but them."""
    rows = conn.execute(f"SELECT {', '.join(columns)} FROM {table} {when}", parameters).fetchall()
    return sorted((tuple(map(value_of, row)) for row in rows), key=repr)


def value_of(value: Any) -> Any:
    """Return a value as plain sqlite3 has it: a vector is its bytes."""
    return value if value is None or isinstance(value, (int, float, str, bytes)) else bytes(value)


def packed(vector: Sequence[float]) -> bytes:
    """Return a vector as it stands in the file."""
    return struct.pack(f"<{len(vector)}f", *vector)


def _script(conn: Any, text: str) -> str | None:
    try:
        conn.executescript(text)
    except sqlite3.Error as error:
        return f"{type(error).__name__}: {error}"
    return None


def _run(conn: Any, sql: str, parameters: Any, *, many: bool) -> Outcome:
    cursor = conn.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(sql, parameters)
        rows = [tuple(map(value_of, row)) for row in cursor.fetchall()]
    except (sqlite3.Error, sqlite3.Warning) as error:
        return Outcome(f"{type(error).__name__}: {error}", [], [], 0)
    names = [column[0] for column in cursor.description or ()]
    return Outcome(None, rows if "ORDER BY" in sql else sorted(rows, key=repr), names, cursor.rowcount)


def _plain_parameters(parameters: Any) -> Any:
    if isinstance(parameters, dict):
        return {name: _plain(value) for name, value in parameters.items()}
    return [
        _plain_parameters(each) if isinstance(each, (tuple, dict)) else _plain(each) for each in parameters
    ]


def _plain(value: Any) -> Any:
    return packed(value) if isinstance(value, list) else value


def _our_parameters(parameters: Any, vectors: bool) -> Any:
    return parameters if vectors else _plain_parameters(parameters)
