"""Statements of the plugin's own, on any connection, past every hook; and transactions that end on every path."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite import plugins


def run(connection: Any, sql: str, parameters: Sequence[Any] = ()) -> Any:
    """Run a statement and return its cursor, whose rows are tuples."""
    # A plain connection has nothing in between.
    if type(connection).execute is not sqlite3.Connection.execute:
        try:
            return plugins.run(connection, sql, parameters)
        except sqlite3.ProgrammingError:
            if is_active(connection):
                raise
    return sqlite3.Cursor(connection).execute(sql, parameters)


def is_active(connection: Any) -> bool:
    """Return whether a plugin is switched on for the connection."""
    try:
        plugins.state(connection)
    except sqlite3.ProgrammingError:
        return False
    return True


def rows(connection: Any, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    found: list[tuple[Any, ...]] = run(connection, sql, parameters).fetchall()
    return found


def value(connection: Any, sql: str, parameters: Sequence[Any] = ()) -> Any:
    """Return the first value of a query's first row; None when it has no row."""
    found = run(connection, sql, parameters).fetchone()
    return found[0] if found is not None else None


def run_many(connection: Any, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
    """Run a statement once for each of ``parameters``, inside a transaction that is open."""
    remaining = iter(parameters)
    for first in remaining:
        run(connection, sql, first).executemany(sql, remaining)


def has_table(connection: Any, table: str) -> bool:
    """Return whether the main database has a table of exactly this name."""
    return bool(
        value(connection, "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table,))
    )


@contextmanager
def transaction(connection: Any, mode: str = "IMMEDIATE") -> Iterator[None]:
    """Run the block in a transaction of its own: committed at its end, rolled back when it raises."""
    run(connection, f"BEGIN {mode}")
    try:
        yield
        run(connection, "COMMIT")
    except BaseException:
        if connection.in_transaction:
            run(connection, "ROLLBACK")
        raise
