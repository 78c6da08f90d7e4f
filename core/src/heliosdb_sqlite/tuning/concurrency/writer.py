"""One connection's part: it waits before a transaction that will write, and for the disk after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import get_ident
from typing import Any
from weakref import ref

from ..._standard import sqlite3
from ...plugins import run
from ...sql.lexer import tokenize
from . import files
from .snapshots import can_tell, is_looking
from .syncing import SharedSync

_DML = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})
_DDL = frozenset({"CREATE", "DROP", "ALTER", "REINDEX", "ANALYZE"})
_FULL, _NORMAL = 2, 1  # PRAGMA synchronous
_LEGACY = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", -1)


class Writer:
    """A connection that stands in line."""

    def __init__(self, file: files.File, timeout: float) -> None:
        self.file = file
        self.timeout = timeout  # seconds
        self._relaxed: SharedSync | None = None  # SQLite does not sync this transaction: this will
        self._is_normal = False  # is "synchronous" NORMAL, where FULL is wanted?
        self._recent: SharedSync | None = None  # the last that was to sync a transaction
        self._thread = 0  # that wrote first
        self._is_shared = False  # have other threads written with this connection?

    def around(self, connection: Any, statement: Any) -> Callable[[], AbstractContextManager[None]] | None:
        """Return what happens around a statement that writes, or makes a transaction that will."""
        does = statement.verb
        if does in _DML:
            begins = True
        elif does in _DDL or (does == "BEGIN" and _at_once(statement.text)):
            begins = False
        else:
            return None

        weakly: Any = ref(connection)  # which keeps its plans, and this among them

        @contextmanager
        def in_turn() -> Iterator[None]:
            connection = weakly()
            began = self._begin(connection, begins=begins)
            try:
                yield
            except BaseException:
                if began and not _compiles(connection, statement.text):
                    run(connection, "ROLLBACK")  # as sqlite3, which begins nothing for a text that is no SQL
                if not connection.in_transaction:
                    self.ended(connection)  # there is no commit that would
                raise
            finally:
                if not connection.in_transaction and self._relaxed is None:
                    self.file.leave(self)

        in_turn.begins = True  # type: ignore[attr-defined]
        return in_turn

    def _begin(self, connection: Any, *, begins: bool) -> bool:
        """Wait for the turn; begin the transaction where sqlite3 would by itself, and return whether it was begun."""
        self._is_shared = self._is_shared or self._thread not in (0, get_ident())
        self._thread = get_ident()
        inside = connection.in_transaction
        if not is_looking(connection):
            if not self.file.enter(self, self.timeout):
                raise files.locked()
        elif inside or can_tell():
            return False
        if not inside:
            self._relax(connection)
        if inside or not begins or not _begins_by_itself(connection):
            return False
        try:
            run(connection, "BEGIN IMMEDIATE")
        except BaseException:
            self.ended(connection)
            raise
        return True

    def _relax(self, connection: Any) -> None:
        """Let this transaction end without SQLite's own sync."""
        sync = self.file.shared_sync()
        if self._is_normal and sync is None:
            run(connection, f"PRAGMA main.synchronous = {_FULL}")
            self._is_normal = False
        elif sync is not None and self._wants_syncs(connection):
            if not self._is_normal:
                run(connection, f"PRAGMA main.synchronous = {_NORMAL}")
                self._is_normal = True
            self._relaxed = self._recent = sync

    def _wants_syncs(self, connection: Any) -> bool:
        if self._is_normal:
            return True
        row = run(connection, "PRAGMA main.synchronous").fetchone()
        # None: another thread that uses the connection has taken the row. SQLite does then what it is set to.
        return row is not None and row[0] == _FULL

    def ended(self, connection: Any) -> SharedSync | None:
        """The transaction is over: let the next one write. Return what syncs it, where SQLite has not."""
        sync, self._relaxed = self._relaxed, None
        self.file.leave(self)
        if self._is_normal:
            try:
                run(connection, f"PRAGMA main.synchronous = {_FULL}")
                self._is_normal = False
            except sqlite3.Error:
                # Of an authorizer's, or of memory: the next transaction is synced like this one.
                pass
        return sync

    def committed(self, connection: Any) -> None:
        """Return once what was committed is on the disk.

        :raises OperationalError: it may not be
        """
        sync = self.ended(connection)
        if sync is None and self._is_shared:
            sync = self._recent  # another thread may have ended this one's transaction with its own
        if sync is None:
            return
        try:
            sync.wait()
        except OSError as error:
            raise sqlite3.OperationalError(
                f"disk I/O error: the transaction was committed, but may not last: {error.strerror}; "
                "make sure of the disk, then close every connection to the file and open it again"
            ) from error

    def close(self) -> None:
        """The connection is closed, or was forgotten."""
        files.closed(self.file, self)


def _at_once(sql: str) -> bool:
    """Return whether BEGIN says that it will write: IMMEDIATE or EXCLUSIVE."""
    return any(token.word in ("IMMEDIATE", "EXCLUSIVE") for token in tokenize(sql))


def _begins_by_itself(connection: Any) -> bool:
    """Return whether sqlite3 begins a deferred transaction for a statement that writes: not so in a script."""
    if getattr(connection, "autocommit", _LEGACY) != _LEGACY or connection.isolation_level is None:
        return False
    if connection._session.in_script:
        return False
    return str(connection.isolation_level).upper() in ("", "DEFERRED")


def _compiles(connection: Any, sql: str) -> bool:
    try:
        run(connection, f"EXPLAIN {sql}")
    except sqlite3.ProgrammingError:
        return True  # the text is right; its parameters are missing
    except sqlite3.Error:
        return False
    return True
