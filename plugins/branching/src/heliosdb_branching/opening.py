"""Connections of the plugin's own, to the database and its branches, opened as the calling connection was."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import heliosdb_sqlite
from heliosdb_sqlite import plugins
from heliosdb_sqlite.sql.schema import database_files

from .running import rows, run, value

_NOT_INSIDE = ("branch", "heliosdb_mode")
"""The options that connections of the plugin's own go without: they choose no branch, and serve nobody."""


@dataclass(frozen=True)
class Opener:
    """Opens files with the features and the patience that a connection has.

    A connection of one's own sees what is committed, shares no transaction with the program's other threads, and has
    none of the caller's settings.
    """

    database: str
    """The database's path: the file of main, whichever branch the connection is on."""
    timeout: float = 5.0
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def connect(self, path: str) -> Any:
        """Open a database file."""
        return self._connect(path)

    def connect_to_attach(self, path: str) -> Any:
        """Open a database file so that others can be attached for reading, where no plugin minds."""
        try:
            return self._connect(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True)
        except sqlite3.NotSupportedError:  # it wants a path
            return self.connect(path)

    def _connect(self, target: str, **keywords: Any) -> Any:
        return heliosdb_sqlite.connect(
            target,
            timeout=self.timeout,
            isolation_level=None,
            check_same_thread=False,
            **keywords,
            **self.options,
        )

    @contextmanager
    def opened(self, path: str, *, timeout: float | None = None, attaching: bool = False) -> Iterator[Any]:
        """Open a database file until the end of the block.

        :param attaching: another one is going to be attached
        """
        if not os.path.exists(path):
            raise sqlite3.OperationalError(f"unable to open database file: there is no {path!r}")
        connection = self.connect_to_attach(path) if attaching else self.connect(path)
        try:
            if timeout is not None:
                run(connection, f"PRAGMA busy_timeout = {int(timeout * 1000)}")
            yield connection
        finally:
            connection.close()


def read_only(path: str) -> str:
    """Return the URI by which a file is attached to a connection that reads it, and begins no transaction on it."""
    return f"{Path(path).absolute().as_uri()}?mode=ro"


def file_behind(connection: Any) -> str:
    """Return the path of the file that a connection has open.

    :raises NotSupportedError: the database is in memory
    """
    if file := database_files(connection).get("main"):
        return os.path.realpath(file)
    raise sqlite3.NotSupportedError(
        "a database in memory has no branches: save it to a file first, conn.backup(connect('app.db'))"
    )


def opener_for(connection: Any, database: str) -> Opener:
    """Return what opens further connections to ``database`` with what this one was given."""
    options = {key: given for key, given in plugins.options_of(connection).items() if key not in _NOT_INSIDE}
    patience = value(connection, "PRAGMA busy_timeout") or 0
    return Opener(database, patience / 1000, MappingProxyType(options))


def refuse_open_transaction(connection: Any, what: str) -> None:
    """Raise when the connection is in a transaction of its caller's: what it wrote would not be part of ``what``.

    Under ``autocommit=False`` a transaction is always open; there it counts once it has read or written.

    :raises OperationalError: it is
    """
    if connection.in_transaction and has_locks(connection):
        raise sqlite3.OperationalError(
            f"{what} works with what is committed, and this connection has a transaction open: commit or roll back "
            "first"
        )


def refuse_read_only(connection: Any, what: str) -> None:
    """Raise when the connection was opened to read: others are opened to do the work, and would write after all.

    :raises OperationalError: it was, or has ``PRAGMA query_only``
    """
    # Of a database that can't be written to, SQLite begins no transaction that writes; asked so, it begins none at all.
    begun = rows(connection, "EXPLAIN BEGIN IMMEDIATE")
    reads = any(row[1] in ("Transaction", b"Transaction") and row[2:4] == (0, 0) for row in begun)
    if reads or value(connection, "PRAGMA query_only"):
        raise sqlite3.OperationalError(
            f"attempt to write a readonly database: {what} writes, and this connection only reads; open another one"
        )


def has_locks(connection: Any) -> bool:
    """Return whether the connection has a transaction with a lock, or a query that is not finished."""
    try:
        run(connection, "PRAGMA main.wal_checkpoint").fetchall()
    except sqlite3.OperationalError:
        # The one thing that SQLite refuses to a connection with locks of its own.
        return True
    return False
