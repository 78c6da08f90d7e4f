"""The one error of a pool that a program may want to tell from SQLite's own."""

from __future__ import annotations

from .._standard import sqlite3


class PoolTimeout(sqlite3.OperationalError):
    """No connection came free in time. The message says how many are out and, with ``debug=True``, who has them."""

    __module__ = "heliosdb_sqlite.connection_pool"  # as users know it, in tracebacks
