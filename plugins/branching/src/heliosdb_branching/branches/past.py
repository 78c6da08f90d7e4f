"""A branch from a past instant: the time travel plugin puts the fresh copy back to it, where it is installed."""

from __future__ import annotations

import sqlite3
from typing import Any

import heliosdb_sqlite

from ..opening import Opener


def restore(opener: Opener, path: str, as_of: Any) -> None:
    """Put the database in the file back to the state it had at ``as_of``.

    :raises NotSupportedError: the plugin that remembers past states is not installed
    """
    options = {**opener.options, "enable_time_travel": True}
    options.setdefault("time_travel_tables", "explicit")
    connection = heliosdb_sqlite.connect(
        path, timeout=opener.timeout, isolation_level=None, check_same_thread=False, **options
    )
    try:
        connection.restore(at=as_of)
    finally:
        connection.close()


def can_restore() -> bool:
    """Return whether past states can be had: the time travel plugin is installed, and does more than refuse."""
    return hasattr(heliosdb_sqlite.Connection, "restore")


def refuse_without_history(as_of: Any) -> None:
    """Raise when a branch from the past is asked for that nobody can make.

    :raises NotSupportedError: the plugin that remembers past states is not installed
    """
    if as_of is not None and not can_restore():
        raise sqlite3.NotSupportedError(
            "a branch from a past instant (as_of) needs the timetravel plugin: pip install 'heliosdb[timetravel]'"
        )
