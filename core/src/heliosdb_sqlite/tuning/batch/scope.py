"""All or nothing: what happens inside is undone when it fails, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from ..._standard import sqlite3

_SAVEPOINT = "heliosdb_batch"
_LEGACY: Any = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", -1)


class AllOrNothing:
    """A context in which rows are inserted; leaving it by any exception, Ctrl-C too, leaves the database as it was.

    Inside a transaction it is a savepoint. Outside of one the transaction is the one that CPython begins before an
    INSERT, which stays open for the program to commit; where CPython begins none, because the connection commits each
    statement by itself, it is one that is committed at the end.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._inside = connection.in_transaction
        autocommit = getattr(connection, "autocommit", _LEGACY)
        self._begins_by_itself = autocommit == _LEGACY and connection.isolation_level is not None

    def __enter__(self) -> None:
        try:
            if self._inside:
                self._connection.execute(f"SAVEPOINT {_SAVEPOINT}")
            elif not self._begins_by_itself:
                self._connection.execute("BEGIN")
        except BaseException:
            self._undo()  # Ctrl-C, just after it
            raise

    def check(self) -> None:
        """Raise when the transaction is not open any more: the iterable of rows ended it, and what was inserted stays.

        :raises ProgrammingError: it did
        """
        if not self._connection.in_transaction:
            raise sqlite3.ProgrammingError(
                "the transaction of batch_insert() was ended while it took rows: "
                "what gives the rows must not commit or roll back on the same connection"
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._keep()
        except BaseException:
            self._undo()
            raise
        if error is not None:
            self._undo()

    def _keep(self) -> None:
        if self._inside:
            self._connection.execute(f"RELEASE {_SAVEPOINT}")
        elif not self._begins_by_itself:
            self._connection.execute("COMMIT")

    def _undo(self) -> None:
        """Undo, and do so again when a second Ctrl-C comes in between."""
        try:
            self._undo_once()
        except KeyboardInterrupt:
            self._undo_once()

    def _undo_once(self) -> None:
        if self._inside:
            self._attempt(lambda: self._connection.execute(f"ROLLBACK TO {_SAVEPOINT}"))
            self._attempt(lambda: self._connection.execute(f"RELEASE {_SAVEPOINT}"))
        elif self._begins_by_itself:
            self._attempt(self._connection.rollback)
        else:
            self._attempt(lambda: self._connection.in_transaction and self._connection.execute("ROLLBACK"))

    def _attempt(self, undo: Callable[[], Any]) -> None:
        try:
            undo()
        except sqlite3.Error:
            pass  # SQLite has ended the transaction already, or the connection is closed: nothing is left to undo
