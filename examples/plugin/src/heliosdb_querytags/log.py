"""The table of commits: how a row gets in, and how programs read it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import run

# Without a rowid, a row of ours leaves last_insert_rowid() as the user's own INSERT set it.
_CREATE = (
    "CREATE TABLE IF NOT EXISTS main.querytags_commits (id INTEGER NOT NULL PRIMARY KEY,"
    " at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')),"
    " tag TEXT, changes INTEGER NOT NULL) WITHOUT ROWID"
)


class Commit(NamedTuple):
    """A commit that was written down."""

    id: int
    at: datetime
    """In UTC, to the millisecond."""
    tag: str | None
    """The connection's ``query_tag``."""
    changes: int
    """How many rows it had inserted, updated and deleted."""


def write(connection: sqlite3.Connection, tag: str | None, changes: int, again: int | None) -> int:
    """Write a commit down as part of the transaction that it will commit, and return its id.

    :param again: the id that an earlier try at this commit got
    """
    run(connection, _CREATE)
    cursor = run(connection, "SELECT ifnull(max(id), 0) + 1 FROM main.querytags_commits")
    number: int = _rows(cursor)[0][0] if again is None else again
    run(
        connection,
        "INSERT OR REPLACE INTO main.querytags_commits (id, tag, changes) VALUES (?, ?, ?)",
        (number, tag, changes),
    )
    return number


def audit_log(connection: sqlite3.Connection, *, limit: int = 100) -> list[Commit]:
    """Return the last commits that were written down, the newest first; none where nothing was.

    :raises ProgrammingError: ``limit`` is below 1
    """
    if limit < 1:
        raise sqlite3.ProgrammingError(f"limit={limit!r}: ask for one commit at least")
    text_factory, connection.text_factory = connection.text_factory, str
    try:
        cursor = connection.cursor()
        there = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = 'querytags_commits'"
        if not _rows(cursor.execute(there)):
            return []
        query = "SELECT id, at, tag, changes FROM main.querytags_commits ORDER BY id DESC LIMIT ?"
        rows = _rows(cursor.execute(query, (limit,)))
    finally:
        connection.text_factory = text_factory
    return [Commit(number, datetime.fromisoformat(at), tag, changes) for number, at, tag, changes in rows]


def read_audit_log(database: str | os.PathLike[str], *, limit: int = 100) -> list[Commit]:
    """Return the last commits that were written down in a database file, which is opened for reading alone.

    :raises OperationalError: there is no such file
    """
    uri = f"{Path(database).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return audit_log(connection, limit=limit)


def _rows(cursor: sqlite3.Cursor) -> Sequence[tuple[Any, ...]]:
    """Return the rows as tuples: the connection's row_factory is for the user's rows."""
    cursor.row_factory = None
    return cursor.fetchall()
