"""The pool for coroutines."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType
from typing import Any

from .._standard import sqlite3
from ..aio import Connection
from ._entry import Entry
from ._holders import caller
from ._ledger import Ledger, log
from ._settings import Settings

_LOOK = 0.01  # seconds between two looks whether the last connection is back
_FORK = 10.0  # seconds that an idle connection gets to close before a fork


class AsyncPool(Ledger[Connection]):
    """Connections to one database for coroutines, each of which has one at a time. Made by :func:`create_async`.

    As :class:`Pool`, but that what may take time is awaited. ``async with`` closes the pool at the end. It may be used
    from several event loops.
    """

    def __init__(self, settings: Settings, iter_chunk_size: int = 64) -> None:
        super().__init__(settings)
        self._chunk = iter_chunk_size

    @staticmethod
    def _shut(connection: Any) -> None:
        connection.stop()
        if connection._thread is not threading.current_thread():
            connection._thread.join(_FORK)

    def connection(self) -> AsyncCheckout:
        """Return a context manager: ``async with pool.connection() as conn`` takes one and brings it back."""
        return AsyncCheckout(self)

    async def acquire(self) -> Connection:
        """Return a connection, which :meth:`release` brings back. ``async with`` does not forget to.

        :raises PoolTimeout: none came free in time
        :raises ProgrammingError: the pool is closed
        """
        return (await self._take())[1]

    async def release(self, connection: Connection) -> None:
        """Bring back a connection that :meth:`acquire` returned. What still runs on it is interrupted.

        :raises ProgrammingError: the pool has handed out no such connection, or it is back already
        """
        entry = self._out.get(id(connection))
        if entry is None:
            raise sqlite3.ProgrammingError(
                f"{connection!r} is not out: it is another pool's, or back already"
            )
        await self._give(entry, connection, entry.loan)

    async def warm_up(self, connections: int | None = None) -> None:
        """Open connections until there are so many; ``pool_size`` where no number is given.

        :raises ProgrammingError: more than ``pool_size``, or the pool is closed
        """
        number = self._size if connections is None else connections
        if not 0 <= number <= self._size:
            raise sqlite3.ProgrammingError(
                f"warm_up({number!r}): should be between 0 and pool_size={self._size}, which is what is kept open"
            )
        while True:
            with self._lock:
                if self._refused:
                    raise sqlite3.ProgrammingError(self._refused)
                if self._total >= number:
                    return
                self._total += 1
            entry = await self._open()
            with self._lock:
                self._checkouts -= 1  # nobody asked for it
            self._hand_back(entry)

    async def close(self, wait: float = 0.0) -> None:
        """Close the pool: idle connections now, those that are out when they are brought back.

        Whoever waits for a connection gets an error. Does nothing the second time.

        :param wait: seconds to wait for the connections that are out
        """
        idle = self._refuse(f"the pool to {self.settings.database!r} is closed")
        ends = [entry.connection.stop() for entry in idle if entry.connection is not None]
        for error in await asyncio.gather(*filter(None, ends), return_exceptions=True):
            if isinstance(error, Exception):
                log.warning("a connection of %r could not be closed: %s", self, error)
        deadline = time.monotonic() + wait
        # They come back in other threads, of other loops:
        while not self._emptied.is_set() and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)

    async def __aenter__(self) -> AsyncPool:  # noqa: PYI034 - typing has no Self before 3.11
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _take(self) -> tuple[Entry[Connection], Connection]:
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
                waiter = TaskWaiter(asyncio.get_running_loop())
                self._enqueue(waiter)
        if waiter is not None:
            entry = await self._wait(waiter)
        if entry is None:
            entry = await self._open()
        elif self._checks:
            entry = await self._checked(entry)
        if self._debug:
            task = asyncio.current_task()
            entry.holder = caller(task.get_name() if task is not None else None)
        connection = entry.connection
        entry.connection = None  # so that a connection which nobody has any more is missed
        return entry, connection  # type: ignore[return-value]  # it has one while it is nobody's

    async def _give(self, entry: Entry[Connection], connection: Connection, loan: int) -> None:
        if entry.loan != loan or entry.key not in self._out:
            if self._refused:
                return  # in a forked child
            raise sqlite3.ProgrammingError(f"{connection!r} is not out: it is back already")
        worker = connection._worker
        raw = worker.raw
        if raw is None or not connection._running:  # closed by who had it
            self._drop(entry)
            return
        if worker.running:
            worker.interrupt()  # whoever asked for it has gone
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def come_back() -> None:
            """Run in the connection's thread, so that no cancellation leaves it half done."""
            try:
                entry.restore(raw, self.settings)
            except BaseException as problem:  # noqa: BLE001 - what it is, it can't be used again
                log.warning("a connection of %r could not be reset and is replaced", self, exc_info=problem)
                self._drop(entry)
                connection.stop()
            else:
                entry.connection = connection
                self._hand_back(entry)
            finally:
                _tell(loop, done)

        worker.jobs.put((None, come_back))
        await asyncio.shield(done)

    async def _wait(self, waiter: TaskWaiter) -> Entry[Connection] | None:
        try:
            await asyncio.wait({waiter.future}, timeout=self.settings.timeout)
        except BaseException:  # cancelled
            if not self._gave_up(waiter):
                self._hand_back(waiter.entry)
            raise
        if self._gave_up(waiter):
            raise self._timeout(waiter)
        return waiter.entry

    def _hand_back(self, entry: Entry[Connection] | None) -> None:
        """Give a connection to whoever waits, or keep it; without one, give away the room for it."""
        surplus = None
        with self._lock:
            if entry is None:
                self._make_room()
            else:
                surplus = self._pass_on(entry)
        if surplus is not None and surplus.connection is not None:
            surplus.connection.stop()

    async def _open(self) -> Entry[Connection]:
        try:
            entry = await self._opened_entry()
        except BaseException:
            self._no_room_after_all()
            raise
        assert entry.connection is not None  # noqa: S101
        return self._added(entry, entry.connection)

    async def _opened_entry(self) -> Entry[Connection]:
        connection = Connection(self.settings.open, self._chunk)
        await connection
        try:
            made: Entry[Connection] = await connection._execute(Entry, connection, connection._conn)
            return made
        except BaseException:
            connection.stop()
            raise

    async def _checked(self, entry: Entry[Connection]) -> Entry[Connection]:
        """Return the connection if it is young and healthy, or a new one in its place."""
        connection = entry.connection
        assert connection is not None  # noqa: S101
        recycle = self.settings.recycle
        old = recycle is not None and time.monotonic() - entry.born > recycle
        try:
            if not old and (
                not self.settings.pre_ping or await connection._execute(entry.alive, connection._conn)
            ):
                return entry
            replacing = await self._opened_entry()  # before the old one is closed: see Pool
        except BaseException:
            self._drop(entry)
            connection.stop()
            raise
        with self._lock:
            del self._out[entry.key]
            self._checkouts -= 1
            self._recycled += old
            self._failed += not old
        connection.stop()
        assert replacing.connection is not None  # noqa: S101
        return self._added(replacing, replacing.connection)


class AsyncCheckout:
    """One use of a connection: ``async with pool.connection() as conn``."""

    __slots__ = ("_connection", "_entry", "_loan", "_pool")

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool
        self._entry: Entry[Connection] | None = None

    async def __aenter__(self) -> Connection:
        if self._entry is not None:
            raise sqlite3.ProgrammingError(
                "this pool.connection() is in use: each with statement needs one of its own"
            )
        entry, connection = await self._pool._take()
        self._entry, self._connection, self._loan = entry, connection, entry.loan
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        entry, connection = self._entry, self._connection
        assert entry is not None  # noqa: S101
        self._entry = None
        del self._connection
        await self._pool._give(entry, connection, self._loan)


class TaskWaiter:
    """A task that waits. Its future is done when there is something for it."""

    __slots__ = ("entry", "future", "served", "since")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.future = loop.create_future()
        self.entry: Entry[Connection] | None = None
        self.served = False
        self.since = time.monotonic()

    def wake(self) -> None:
        """Let the task go on, whichever thread calls this."""
        _tell(self.future.get_loop(), self.future)


def _tell(loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]) -> None:
    def tell() -> None:
        if not future.done():
            future.set_result(None)

    try:
        loop.call_soon_threadsafe(tell)
    except RuntimeError:  # the loop is closed: nobody waits any more
        pass
