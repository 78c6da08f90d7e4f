"""A session's transaction: what the client believes it is in, and what SQLite is in.

Under READ COMMITTED, the default as in PostgreSQL, each query sees what is committed when it begins: SQLite's
transaction begins with the first statement that writes, which waits for the other writers and then can't fail for their
sake. Under REPEATABLE READ and SERIALIZABLE it begins with the first statement, and sees one state of the database; a
write then is a serialization failure (40001) when somebody else has written since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from .writers import WriterQueue

Run = Callable[[str], Any]


class Transaction:
    """The states: idle, in a block (``T``), in a failed block (``E``); inside an implicit one between Sync and Sync."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        run: Run,
        queue: WriterQueue,
        sync: Callable[[], None],
        waits: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.run = run
        self.queue = queue
        self.sync = sync
        self.waits = waits
        self.block = False
        self.failed = False
        self.isolation = ""  # of this transaction; "" is the session's default
        self.read_only: bool | None = None
        self.number = 0  # of transactions that SQLite was told to begin
        self.began = False  # SQLite was told to begin: if it is in none, it has undone it
        self.savepoints: list[str] = []
        self.passing: dict[str, bool] = {}  # temporary tables that COMMIT drops, or empties
        self.default_isolation = "read committed"
        self.default_read_only = False

    @property
    def status(self) -> str:
        """What ReadyForQuery says."""
        return "E" if self.failed else "T" if self.block else "I"

    @property
    def level(self) -> str:
        """The isolation level in force."""
        return self.isolation or self.default_isolation

    @property
    def sees_one_state(self) -> bool:
        """Is a snapshot of the database held, beside which others may write?"""
        return (
            self.block
            and self.level in ("repeatable read", "serializable")
            and self.connection.in_transaction
        )

    @property
    def is_read_only(self) -> bool:
        """May nothing be written?"""
        return self.default_read_only if self.read_only is None else self.read_only

    @property
    def queued(self) -> bool:
        """Has the turn to write been taken?"""
        return self.queue.held_by(self)

    # ---- statements ----

    def check(self) -> None:
        """Refuse a statement in a block that has failed."""
        if self.failed:
            raise PgError(
                "25P02", "current transaction is aborted, commands ignored until end of transaction block"
            )

    def before_read(self) -> None:
        """Prepare for a query."""
        if (
            self.block
            and self.level in ("repeatable read", "serializable")
            and not self.connection.in_transaction
        ):
            self._begin("BEGIN")

    def before_write(
        self, *, alone: bool, timeout: float | None, cancelled: Callable[[], PgError | None]
    ) -> None:
        """Prepare for a statement that writes: wait for the turn, and begin unless it stands alone.

        :raises PgError: the transaction is read-only, or others don't let go in time
        """
        if self.is_read_only:
            raise PgError("25006", "cannot execute a statement that writes in a read-only transaction")
        self.queue.acquire(self, timeout, cancelled, self.waits)
        if self.connection.in_transaction:
            return
        if self.block and self.level in ("repeatable read", "serializable"):
            self._begin("BEGIN")
        elif not alone or self.block:
            self._begin("BEGIN IMMEDIATE")

    def _begin(self, how: str) -> None:
        self.number += 1
        self.run(how)
        self.began = True
        for name in self.savepoints:
            self.run(f"SAVEPOINT {quote_identifier(name)}")

    def settle(self) -> None:
        """A statement is over: let the next writer go on, if SQLite's transaction has ended."""
        if not self.connection.in_transaction and self.queued:
            self.queue.release(self)
            self.sync()

    def fail(self) -> None:
        """A statement has failed: a block fails with it, an implicit transaction is undone."""
        if self.block:
            self.failed = True
            if not self.connection.in_transaction:
                self.queue.release(self)
        else:
            self.undo()

    # ---- blocks ----

    def begin(self, isolation: str = "", read_only: bool | None = None) -> bool:
        """Begin a block; return False when there is one already."""
        if self.block:
            return False
        self.block = True
        self.set_modes(isolation, read_only)
        return True

    def set_modes(self, isolation: str = "", read_only: bool | None = None) -> None:
        """Set what SET TRANSACTION and BEGIN may say."""
        if isolation:
            self.isolation = isolation
        if read_only is not None:
            self.read_only = read_only

    def commit(self) -> bool:
        """End the transaction; return False when it had failed and was undone instead.

        :raises sqlite3.Error: it can't be committed, and was undone
        """
        if self.failed:
            self.undo()
            return False
        wrote = self.queued
        try:
            if self.connection.in_transaction:
                for table, dropped in self.passing.items():
                    how = "DROP TABLE IF EXISTS" if dropped else "DELETE FROM"
                    self.run(f"{how} temp.{quote_identifier(table)}")
                self.run("COMMIT")
        except BaseException:
            self.undo()
            raise
        self._over()
        if wrote:
            self.sync()  # others may write meanwhile, and share it
        return True

    def undo(self) -> None:
        """Undo the transaction, whatever state it is in."""
        try:
            if self.connection.in_transaction:
                self.run("ROLLBACK")
        finally:
            self._over()

    def _over(self) -> None:
        self.passing = {table: dropped for table, dropped in self.passing.items() if not dropped}
        self.block = self.failed = self.began = False
        self.isolation, self.read_only = "", None
        self.savepoints.clear()
        self.queue.release(self)

    # ---- savepoints ----

    def savepoint(self, name: str) -> None:
        """Set a savepoint."""
        if not self.block:
            raise PgError("25P01", "SAVEPOINT can only be used in transaction blocks")
        if self.connection.in_transaction:
            self.run(f"SAVEPOINT {quote_identifier(name)}")
        self.savepoints.append(name)

    def _place(self, name: str) -> int:
        if not self.block:
            raise PgError("25P01", "a savepoint can only be used in transaction blocks")
        for at in range(len(self.savepoints) - 1, -1, -1):
            if self.savepoints[at] == name:
                return at
        raise PgError("3B001", f'savepoint "{name}" does not exist')

    def release(self, name: str) -> None:
        """Give up a savepoint, and those after it."""
        place = self._place(name)
        if self.connection.in_transaction:
            self.run(f"RELEASE {quote_identifier(name)}")
        del self.savepoints[place:]

    def rollback_to(self, name: str) -> None:
        """Undo what came after a savepoint, which stays; the block goes on."""
        place = self._place(name)
        if self.connection.in_transaction:
            self.run(f"ROLLBACK TO {quote_identifier(name)}")
        elif self.began:
            # SQLite has undone it all by itself (a full disk, RAISE(ROLLBACK)): what stood before the savepoint, too.
            raise PgError(
                "3B001", f'savepoint "{name}" is gone: the whole transaction was undone', hint="Use ROLLBACK."
            )
        del self.savepoints[place + 1 :]
        self.failed = False
