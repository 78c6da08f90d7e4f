"""One connection of a pool, with what the pool has to know about it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .._bare_cursor import bare_cursor
from .._standard import sqlite3
from ._returning import Slate

if TYPE_CHECKING:
    from ._holders import Holder
    from ._settings import Settings

C = TypeVar("C")


class Entry(Generic[C]):
    """A connection that was opened for a pool. The pool refers to it only while it is idle."""

    __slots__ = ("_file", "born", "connection", "holder", "key", "loan", "reference", "slate")

    def __init__(self, connection: C, inside: sqlite3.Connection) -> None:
        self.connection: C | None = connection
        self.key = id(connection)
        self.loan = 0  # how often it was handed out: tells one loan from the next
        self.reference: Any = None  # for as long as somebody has it
        self.holder: Holder | None = None
        self.look_at(inside)

    def look_at(self, inside: sqlite3.Connection) -> None:
        """Remember what the connection is like, freshly opened."""
        self.born = time.monotonic()
        self.slate = Slate(inside)
        self._file = _file_of(inside)

    def alive(self, inside: sqlite3.Connection) -> bool:
        """Return whether the connection can read, from the file that has its path now.

        A lock of somebody else's is no reason to give a connection up: the next statement waits for it. Nor is an
        authorizer that does not let the pool look.
        """
        try:
            bare_cursor(inside).execute("PRAGMA schema_version")  # SELECT 1 would not look into the file
        except sqlite3.Error as error:
            if not any(word in str(error) for word in ("locked", "not authorized")):
                return False
        if inside.in_transaction:  # autocommit=False
            inside.rollback()
        if self._file is None:
            return True
        path, identity = self._file
        return _identity(path) == identity

    def restore(self, inside: sqlite3.Connection, settings: Settings) -> None:
        """Make the connection as it was when it was new.

        :raises Exception: it can't be: closed meanwhile, or what SQLite or ``reset`` raises
        """
        self.slate.wipe(inside)
        if settings.reset is not None:
            settings.reset(inside)
            self.slate.wipe(inside)


def _file_of(connection: sqlite3.Connection) -> tuple[str, object] | None:
    """Return the path of the main database with what tells its file from another one at that path."""
    cursor = bare_cursor(connection)
    try:
        rows = cursor.execute("PRAGMA database_list").fetchall()
    except sqlite3.Error:  # an authorizer may forbid it
        return None
    finally:
        cursor.close()
    path = next((os.fsdecode(path) for _, name, path in rows if name in ("main", b"main")), "")
    return (path, _identity(path)) if path else None


def _identity(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
