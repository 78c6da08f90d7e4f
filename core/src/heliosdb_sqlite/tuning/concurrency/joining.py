"""A new connection's way to the others of its process, and into WAL mode."""

from __future__ import annotations

import time
from typing import Any

from ..._standard import sqlite3
from ...plugins import run
from ...sql.schema import database_files
from . import files
from .writer import Writer


def join(connection: Any, *, must: bool) -> Writer | None:
    """Return the connection's part in the line; None for a database that is in memory.

    :param must: raise where that can't be, instead of leaving the connection as it is
    :raises OperationalError: the file can't be written to, or is on a file system that WAL mode can't be used on
    """
    path = database_files(connection).get("main")
    if not path:
        return None
    if connection.in_transaction:  # autocommit=False has begun one, in which the mode can't be changed
        run(connection, "COMMIT")
        try:
            return _join(connection, path, must=must)
        finally:
            run(connection, "BEGIN")
    return _join(connection, path, must=must)


def _join(connection: Any, path: str, *, must: bool) -> Writer | None:
    timeout = _timeout(connection)
    try:
        mode = _switch(connection, time.monotonic() + timeout)
        if mode != "wal":
            raise sqlite3.OperationalError(f"the journal mode stays {mode!r}")
        run(connection, "SELECT count(*) FROM main.sqlite_master").fetchone()  # makes the -wal file
    except sqlite3.OperationalError as error:
        if not must or "locked" in str(error):
            if "locked" in str(error):
                raise
            return None
        raise sqlite3.OperationalError(
            f"concurrency='wal' can't be had for {path!r}: {error}; leave it out for a file that is only read"
        ) from error
    return Writer(files.opened(path, wal=True), timeout)


def _timeout(connection: Any) -> float:
    milliseconds: int = run(connection, "PRAGMA main.busy_timeout").fetchone()[0]
    return milliseconds / 1000


def _switch(connection: Any, deadline: float) -> str:
    """Return the journal mode after asking for WAL. SQLite does not wait for others here, so this does."""
    while True:
        try:
            return str(run(connection, "PRAGMA main.journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
        time.sleep(0.005)
