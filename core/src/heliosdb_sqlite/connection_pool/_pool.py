"""The pool for threads."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .._standard import sqlite3
from ._entry import Entry
from ._holders import caller
from ._ledger import Ledger, log

if TYPE_CHECKING:
    from .._connection import Connection
else:
    Connection = sqlite3.Connection


class Pool(Ledger[Connection]):
    """Connections to one database that any thread may have, one at a time. Made by :func:`create`.

    A connection is for whoever took it until it is brought back. It then loses what was not committed, its cursors and
    blobs are closed, and ``row_factory``, ``text_factory``, ``isolation_level`` and ``autocommit`` are as they were.
    Use as a context manager closes the pool at the end.
    """

    @staticmethod
    def _shut(connection: Any) -> None:
        connection.close()

    def connection(self) -> Checkout:
        """Return a context manager: ``with pool.connection() as conn`` takes a connection and brings it back."""
        return Checkout(self)

    def acquire(self) -> Connection:
        """Return a connection, which :meth:`release` brings back. ``with pool.connection()`` does not forget to.

        :raises PoolTimeout: none came free in time
        :raises ProgrammingError: the pool is closed
        """
        return self._take()[1]

    def release(self, connection: Connection) -> None:
        """Bring back a connection that :meth:`acquire` returned.

        :raises ProgrammingError: the pool has handed out no such connection, or it is back already
        """
        entry = self._out.get(id(connection))
        if entry is None:
            raise sqlite3.ProgrammingError(
                f"{connection!r} is not out: it is another pool's, or back already"
            )
        self._give(entry, connection, entry.loan)

    def warm_up(self, connections: int | None = None) -> None:
        """Open connections until there are so many; ``pool_size`` where no number is given.

        :raises ProgrammingError: more than ``pool_size``, or the pool is closed
        """
        number = self._size if connections is None else connections
        if not 0 <= number <= self._size:
            raise sqlite3.ProgrammingError(
                f"warm_up={number!r}: should be between 0 and pool_size={self._size}, which is what is kept open"
            )
        while True:
            with self._lock:
                if self._refused:
                    raise sqlite3.ProgrammingError(self._refused)
                if self._total >= number:
                    return
                self._total += 1
            entry = self._open()
            with self._lock:
                self._checkouts -= 1  # nobody asked for it
                surplus = self._pass_on(entry)
            if surplus is not None:
                self._close(surplus)

    def close(self, wait: float = 0.0) -> None:
        """Close the pool: idle connections now, those that are out when they are brought back.

        Whoever waits for a connection gets an error. Does nothing the second time.

        :param wait: seconds to wait for the connections that are out
        """
        for entry in self._refuse(f"the pool to {self.settings.database!r} is closed"):
            self._close(entry)
        if wait:
            self._emptied.wait(wait)

    def __enter__(self) -> Pool:  # noqa: PYI034 - typing has no Self before 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self) -> tuple[Entry[Connection], Connection]:
        entry: Entry[Connection] | None
        waiter = None
        with self._lock:
            if self._idle:
                entry = self._idle.pop()
                self._lend(entry)
            elif self._total < self._limit:
                self._total += 1
                entry = None
            else:
                waiter = ThreadWaiter()
                self._enqueue(waiter)
        if waiter is not None:
            entry = self._wait(waiter)
        if entry is None:
            entry = self._open()
        elif self._checks:
            entry = self._checked(entry)
        if self._debug:
            entry.holder = caller()
        connection = entry.connection
        entry.connection = None  # so that a connection which nobody has any more is missed
        return entry, connection  # type: ignore[return-value]  # it has one while it is nobody's

    def _give(self, entry: Entry[Connection], connection: Connection, loan: int) -> None:
        if entry.loan != loan or entry.key not in self._out:
            if self._refused:
                return  # in a forked child
            raise sqlite3.ProgrammingError(f"{connection!r} is not out: it is back already")
        try:
            if self.settings.reset is None:
                entry.slate.wipe(connection)
            else:
                entry.restore(connection, self.settings)
        except BaseException as problem:  # noqa: BLE001 - the connection is as unfit
            self._replace_later(entry, connection, problem)
            return
        with self._lock:
            entry.connection = connection
            surplus = self._pass_on(entry)
        if surplus is not None:
            self._close(surplus)

    def _replace_later(
        self, entry: Entry[Connection], connection: Connection, problem: BaseException
    ) -> None:
        """Do without a connection that can't be reset; what was not committed is lost, as it should be."""
        closed = _is_closed(connection)
        try:
            connection.close()
        except sqlite3.Error as error:
            log.warning("a connection of %r could not be closed: %s", self, error)
        self._drop(entry)
        if not isinstance(problem, Exception):
            raise problem
        if not closed:
            log.warning("a connection of %r could not be reset and is replaced", self, exc_info=problem)

    def _wait(self, waiter: ThreadWaiter) -> Entry[Connection] | None:
        timeout = self.settings.timeout
        try:
            waiter.lock.acquire(timeout=-1 if timeout is None else min(timeout, threading.TIMEOUT_MAX))
        except BaseException:  # KeyboardInterrupt
            if not self._gave_up(waiter):
                self._hand_back(waiter.entry)
            raise
        if self._gave_up(waiter):
            raise self._timeout(waiter)
        return waiter.entry

    def _hand_back(self, entry: Entry[Connection] | None) -> None:
        """Give away what came too late."""
        surplus = None
        with self._lock:
            if entry is None:
                self._make_room()
            else:
                surplus = self._pass_on(entry)
        if surplus is not None:
            self._close(surplus)

    def _open(self) -> Entry[Connection]:
        connection = None
        try:
            connection = self.settings.open()
            entry = Entry(connection, connection)
        except BaseException:
            self._no_room_after_all()
            if connection is not None:
                connection.close()
            raise
        return self._added(entry, connection)

    def _checked(self, entry: Entry[Connection]) -> Entry[Connection]:
        """Return the connection if it is young and healthy, or a new one in its place."""
        connection = entry.connection
        assert connection is not None  # noqa: S101
        recycle = self.settings.recycle
        old = recycle is not None and time.monotonic() - entry.born > recycle
        try:
            if not old and (not self.settings.pre_ping or entry.alive(connection)):
                return entry
            # Before the old one is closed: one in memory lives in its connections.
            replacing = self.settings.open()
        except BaseException:
            self._drop(entry)
            self._close(entry)
            raise
        with self._lock:
            del self._out[entry.key]
            self._checkouts -= 1
            self._recycled += old
            self._failed += not old
        self._close(entry)
        return self._added(Entry(replacing, replacing), replacing)

    def _close(self, entry: Entry[Connection]) -> None:
        try:
            self._shut(entry.connection)
        except sqlite3.Error as error:
            log.warning("a connection of %r could not be closed: %s", self, error)


class Checkout:
    """One use of a connection: ``with pool.connection() as conn``."""

    __slots__ = ("_connection", "_entry", "_loan", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._entry: Entry[Connection] | None = None

    def __enter__(self) -> Connection:
        if self._entry is not None:
            raise sqlite3.ProgrammingError(
                "this pool.connection() is in use: each with statement needs one of its own"
            )
        entry, connection = self._pool._take()
        self._entry, self._connection, self._loan = entry, connection, entry.loan
        return connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        entry, connection = self._entry, self._connection
        assert entry is not None  # noqa: S101
        self._entry = None
        del self._connection
        self._pool._give(entry, connection, self._loan)


class ThreadWaiter:
    """A thread that waits. Its lock is free when there is something for it."""

    __slots__ = ("entry", "lock", "served", "since")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.entry: Entry[Connection] | None = None
        self.served = False
        self.since = time.monotonic()

    def wake(self) -> None:
        """Let the thread go on."""
        self.lock.release()


def _is_closed(connection: Any) -> bool:
    try:
        connection.total_changes  # noqa: B018 - raises when the database is closed
    except sqlite3.ProgrammingError:
        return True
    return False
