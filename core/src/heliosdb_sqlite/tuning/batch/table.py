"""What a connection and a table allow: several rows in one statement, and how many."""

from __future__ import annotations

import sys
from typing import Any

from ..._standard import sqlite3
from .statement import Insertion

_LEAST = 999  # SQLite's default of old; no build of ours to support allows less


def most_parameters(connection: Any) -> int:
    """Return how many parameters a statement may have on this connection, or 999 where Python does not tell."""
    if sys.version_info >= (3, 11):
        allowed: int = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        return allowed
    return _LEAST


def checks_rows_one_by_one(connection: Any, insertion: Insertion) -> bool:
    """Return whether each row must be a statement of its own: its rows refer to other rows of the same table.

    SQLite looks at foreign keys when a statement ends. Of several rows in one, one may refer to a later one, and what
    is an error would depend on where a statement happens to end.
    """
    if not _look(connection, "PRAGMA foreign_keys").fetchone()[0]:
        return False
    sql = 'SELECT 1 FROM pragma_foreign_key_list(?) WHERE "table" = ? COLLATE NOCASE'
    return _look(connection, sql, (insertion.table, insertion.table)).fetchone() is not None


def _look(connection: Any, sql: str, parameters: tuple[str, ...] = ()) -> sqlite3.Cursor:
    """Run a statement of our own, past the plugins where there are any."""
    if hasattr(connection, "_session"):
        from ...plugins import run

        cursor: sqlite3.Cursor = run(connection, sql, parameters)
        return cursor
    return sqlite3.Cursor(connection).execute(sql, parameters)
