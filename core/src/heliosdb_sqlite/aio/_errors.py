"""The error of a connection that is closed."""

from __future__ import annotations

from .._standard import sqlite3


class ConnectionClosed(sqlite3.ProgrammingError, ValueError):
    """A connection was used that is closed, or was never opened.

    A ``sqlite3.ProgrammingError``, as with sqlite3, and a ``ValueError``, as with aiosqlite.
    """

    __module__ = "heliosdb_sqlite.aio"  # as users know it, in tracebacks
