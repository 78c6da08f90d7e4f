"""Cursors for the core's own statements."""

from __future__ import annotations

from typing import Any

from ._standard import sqlite3

_cursor: Any = sqlite3.Connection.cursor


def bare_cursor(connection: Any) -> sqlite3.Cursor:
    """Return a cursor past the hooks, whose rows are tuples, of the class that the connection has for such cursors.

    It is made by the connection, which counts its cursors and forgets those that are gone; of one that is made by its
    class alone, the connection keeps a weak reference until it is closed.
    """
    made: sqlite3.Cursor = _cursor(connection, getattr(connection, "_bare_cursor_class", sqlite3.Cursor))
    made.row_factory = None
    return made
