"""The database that is served: how to open it, what it is called, and what its sessions share."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Mapping
from typing import Any

import heliosdb_sqlite

from .protocol.errors import PgError
from .session.syncing import SharedSync
from .session.writers import WriterQueue

_SECRETS = frozenset(("encryption_key",))


class Database:
    """A database file with the options that its connections are opened with.

    :param path: of the file
    :param options: connect() keywords of HeliosDB's features: vectors, time travel, the encryption key, a branch
    :param wal: switch the write-ahead log on, so that a slow reader holds up no writer
    """

    def __init__(self, path: str | os.PathLike[str], options: Mapping[str, Any], *, wal: bool = True) -> None:
        given = os.fsdecode(path)
        self.path = (
            given if given in ("", ":memory:") or given.startswith("file:") else os.path.abspath(given)
        )
        self.options = dict(options)
        self.wal = wal
        self.journal = ""
        self._files: dict[bytes, tuple[WriterQueue, SharedSync]] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        shown = {key: "..." if key in _SECRETS else value for key, value in self.options.items()}
        return f"Database({self.path!r}, {shown!r})"

    @property
    def name(self) -> str:
        """What clients call it: ``app`` for ``app.db``."""
        base = os.path.basename(self.path)
        return os.path.splitext(base)[0] or base

    @property
    def encrypted(self) -> bool:
        """Does it take a key to open it?"""
        return self.options.get("encryption_key") is not None

    def branch_of(self, name: str) -> str | None:
        """Return the branch that the name of a database asks for, None for the one that is served.

        :raises PgError: it is another database's name
        """
        base, at, branch = name.partition("@")
        if base not in (self.name, os.path.basename(self.path)) or (at and not branch):
            raise PgError(
                "3D000",
                f'database "{name}" does not exist',
                hint=f'This server serves "{self.name}".',
                fatal=True,
            )
        return branch or None

    def connect(self, branch: str | None = None) -> Any:
        """Open a connection for one session.

        :raises PgError: there is no such branch, or no way to open the file
        """
        options = dict(self.options)
        if options.get("enable_time_travel"):
            options.setdefault("system_versions", "flat")  # a client knows no rows within rows
        if branch is not None and branch != options.get("branch"):
            options["branch"] = branch
        try:
            connection = heliosdb_sqlite.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False, **options
            )
        except sqlite3.Error as error:
            code = "3D000" if branch is not None else "58030"
            if isinstance(error, sqlite3.NotSupportedError):
                raise PgError("0A000", str(error), fatal=True) from None
            raise PgError(code, f'database "{self.name}" can\'t be opened: {error}', fatal=True) from None
        return connection

    def prepare(self) -> None:
        """Open it once, to fail now if it can't be, and switch the write-ahead log on.

        :raises sqlite3.Error: it can't be opened
        """
        connection = heliosdb_sqlite.connect(self.path, timeout=30, isolation_level=None, **self.options)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if self.wal:
                try:
                    connection.execute("PRAGMA journal_mode = WAL").fetchone()
                except sqlite3.OperationalError:
                    pass  # somebody has it locked, or the file can't have one: then it stays as it is
            self.journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        finally:
            connection.close()

    def writing(self, connection: sqlite3.Connection) -> tuple[WriterQueue, SharedSync]:
        """Return what those share who write to the file that the connection has open: their queue, and the disk."""
        factory, connection.text_factory = connection.text_factory, bytes  # a path may be no UTF-8
        try:
            file = next(
                (row[2] for row in connection.execute("PRAGMA database_list") if row[1] == b"main"), b""
            )
        finally:
            connection.text_factory = factory
        with self._lock:
            path = bytes(file or b"")
            return self._files.setdefault(path, (WriterQueue(), SharedSync(path + b"-wal")))
