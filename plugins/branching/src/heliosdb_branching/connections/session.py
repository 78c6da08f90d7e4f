"""What a connection to a branch does by itself: it is listed as open, its tables are watched, its commits counted."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import Any

from heliosdb_sqlite import plugins

from ..files import locks
from ..files.state import lock_path
from ..logs.watching import is_watched, watch
from ..names import MAIN
from ..registry.entries import Entry, now_us
from ..running import run, value
from . import open as connections

NAME = "branching"


@dataclass
class Session:
    """The branching side of one connection."""

    database: str
    """The path of main."""
    entry: Entry | None
    """The branch; None for main."""
    path: str
    lock: locks.Lock | None = None
    changes: int = 0
    """total_changes at the last commit."""
    schema: int = 0
    """The schema's version at the last commit."""
    performer: Any = None
    """Does what statements about branches ask for."""

    @property
    def branch(self) -> str:
        """The name of the branch."""
        return self.entry.name if self.entry is not None else MAIN


def session_of(connection: Any) -> Session | None:
    """Return the connection's session; None when it was opened without ``branch=``."""
    try:
        found: Session | None = plugins.state(connection).get(NAME)
    except sqlite3.ProgrammingError:
        return None
    return found


def begin(connection: Any, session: Session) -> None:
    """Introduce a connection that was just opened."""
    plugins.state(connection)[NAME] = session
    if session.entry is None:
        return
    session.lock = locks.hold(lock_path(session.path))
    connections.opened(session.entry.id, connection)
    try:
        if not is_watched(connection):
            watch(connection)
    except sqlite3.OperationalError:  # locked or opened for reading: the merge sees to it
        pass
    session.changes = connection.total_changes
    session.schema = value(connection, "PRAGMA main.schema_version")


def before_commit(connection: Any, session: Session) -> None:
    """See to new and changed tables, and count the commit if it has changed anything.

    :raises OperationalError: the branch was deleted
    """
    if session.entry is None:
        return
    if not os.path.exists(session.path):
        raise sqlite3.OperationalError(
            f"branch {session.branch!r} was deleted: nothing can be written to it any more; roll back and close"
        )
    schema = value(connection, "PRAGMA main.schema_version")
    if connection.total_changes == session.changes and schema == session.schema:
        return
    if schema != session.schema:
        watch(connection)
    run(connection, "INSERT INTO _heliosdb_commits (at_us) VALUES (?)", (now_us(),))


def after_end(connection: Any, session: Session) -> None:
    """Take note of where things stand after a transaction."""
    if session.entry is None:
        return
    session.changes = connection.total_changes
    session.schema = value(connection, "PRAGMA main.schema_version")


def end(connection: Any, session: Session) -> None:
    """Say that the branch is no longer open here."""
    connections.closed(connection)
    if session.lock is not None:
        session.lock.release()
