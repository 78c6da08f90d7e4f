"""Who has which connection, and who waits for one: what the pools for threads and for asyncio have in common."""

from __future__ import annotations

import sys
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable
from logging import getLogger
from typing import Any, Generic, Protocol, TypeVar

from .._standard import sqlite3
from . import _forking
from ._entry import Entry
from ._errors import PoolTimeout
from ._holders import Holder
from ._metrics import PoolMetrics
from ._settings import Settings

C = TypeVar("C")
log = getLogger("heliosdb_sqlite")
FORKED_IN_USE = (
    "this process was forked while connections of the pool were in use, and SQLite would take their locks for its own: "
    "fork when none is out, or start processes with 'spawn' or 'forkserver'"
)
FORKED_IN_MEMORY = "this process was forked, and a database in memory stays with the process that made it"


class Waiter(Protocol):
    """Someone who waits for a connection."""

    entry: Any
    """The connection that was handed over; None: room to open one."""
    served: bool
    since: float

    def wake(self) -> None:
        """Go on: served, or the pool was closed."""


class Ledger(Generic[C]):
    """The part of a pool that neither waits nor touches SQLite.

    Invariant: nobody waits while a connection is idle or one may be opened. Whoever brings a connection back hands it
    to the one who has waited longest, so that a newcomer can't take it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._idle: list[Entry[C]] = []  # the last one back is the first one out: its caches are warm
        self._out: dict[int, Entry[C]] = {}  # by the connection's id
        self._waiters: deque[Waiter] = deque()
        self._limit = settings.limit
        self._size = settings.pool_size
        self._checks = settings.checks
        self._debug = settings.debug
        self._total = 0  # connections there are, those being opened included
        self._refused = ""  # why nothing is handed out any more
        self._emptied = threading.Event()
        self._checkouts = self._waits = self._timeouts = self._most = 0
        self._opened = self._recycled = self._failed = self._lost = 0
        self._wait_seconds = self._longest_wait = 0.0
        self._on_loss = _on_loss(weakref.ref(self))
        _forking.watch(self)
        weakref.finalize(self, _end, self._idle, self._shut)

    @staticmethod
    def _shut(connection: Any) -> None:
        """Close a connection, and return when it is closed."""
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        """Whether the pool was closed."""
        return bool(self._refused)

    def metrics(self) -> PoolMetrics:
        """Return how the pool is doing."""
        with self._lock:
            idle = len(self._idle)
            return PoolMetrics(
                pool_size=self._size,
                max_overflow=self.settings.max_overflow,
                idle=idle,
                in_use=self._total - idle,
                overflow=max(0, self._total - self._size),
                waiting=len(self._waiters),
                checkouts=self._checkouts,
                waits=self._waits,
                wait_seconds=self._wait_seconds,
                longest_wait_seconds=self._longest_wait,
                timeouts=self._timeouts,
                most_in_use=self._most,
                opened=self._opened,
                recycled=self._recycled,
                failed=self._failed,
                lost=self._lost,
            )

    def holders(self) -> tuple[Holder, ...]:
        """Return who has a connection, the longest first. Only a pool with ``debug=True`` knows."""
        with self._lock:
            found = [entry.holder for entry in self._out.values()]
        return tuple(sorted((each for each in found if each is not None), key=lambda holder: holder.since))

    def __repr__(self) -> str:
        now = self.metrics()
        return (
            f"<{type(self).__name__} {self.settings.database!r}: {now.in_use} in use, {now.idle} idle, "
            f"{now.waiting} waiting{', closed' if self.closed else ''}>"
        )

    # With the lock held.

    def _lend(self, entry: Entry[C]) -> None:
        entry.loan += 1
        self._out[entry.key] = entry
        self._checkouts += 1
        if self._total - len(self._idle) > self._most:  # noqa: PLR1730 - max() costs more than all the rest
            self._most = self._total - len(self._idle)

    def _pass_on(self, entry: Entry[C]) -> Entry[C] | None:
        """Hand a connection that is as new to whoever waits, or keep it. Return it when it is to be closed."""
        self._out.pop(entry.key, None)
        if self._waiters:
            waiter = self._waiters.popleft()
            self._lend(entry)
            waiter.entry = entry
            self._serve(waiter)
        elif self._refused or self._total > self._size:
            self._leave()
            return entry
        else:
            self._idle.append(entry)
        return None

    def _make_room(self) -> None:
        """A connection is gone: let whoever waits open another one."""
        if self._waiters:
            self._serve(self._waiters.popleft())
        else:
            self._leave()

    def _leave(self) -> None:
        self._total -= 1
        if self._refused and not self._total:
            self._emptied.set()

    def _serve(self, waiter: Waiter) -> None:
        waited = time.monotonic() - waiter.since
        self._waits += 1
        self._wait_seconds += waited
        self._longest_wait = max(self._longest_wait, waited)
        waiter.served = True
        waiter.wake()

    def _enqueue(self, waiter: Waiter) -> None:
        if self._refused:
            raise sqlite3.ProgrammingError(self._refused)
        self._waiters.append(waiter)

    # Without the lock.

    def _added(self, entry: Entry[C], connection: C) -> Entry[C]:
        """Enter a connection, just opened, which is going out."""
        try:
            entry.reference = weakref.ref(connection, self._on_loss)
        except TypeError:  # a factory's connection that can't be referred to weakly can't be missed either
            entry.reference = connection
        with self._lock:
            self._opened += 1
            self._lend(entry)
        return entry

    def _drop(self, entry: Entry[C]) -> None:
        """Strike a connection that is out and of no more use; closing it is the caller's."""
        with self._lock:
            if self._out.pop(entry.key, None) is not None:
                self._failed += 1
                self._make_room()

    def _no_room_after_all(self) -> None:
        """A connection could not be opened."""
        with self._lock:
            self._make_room()

    def _gave_up(self, waiter: Waiter) -> bool:
        """Return whether a waiter that stops waiting has got nothing; True takes it out of the queue."""
        with self._lock:
            if waiter.served:
                return False
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            return True

    def _timeout(self, waiter: Waiter) -> Exception:
        """Return the error for a waiter whose time is up."""
        if self._refused:
            return sqlite3.ProgrammingError(self._refused)
        waited = time.monotonic() - waiter.since
        with self._lock:
            self._timeouts += 1
            out, waiting = self._total - len(self._idle), len(self._waiters)
        text = (
            f"no connection of the pool to {self.settings.database!r} came free within {waited:.1f} s: {out} of "
            f"{self._limit} are out (pool_size={self._size}, max_overflow={self.settings.max_overflow})"
        )
        if waiting:
            text += f", and {waiting} more wait"
        if not self._debug:
            return PoolTimeout(f"{text}: create(..., debug=True) would tell here who has them")
        holders = self.holders()
        mine = sum(holder.ident == threading.get_ident() for holder in holders)
        lines = [text, *(f"  {holder}" for holder in holders)]
        if mine:
            lines.append(f"  {mine} of them by the thread that asks")
        return PoolTimeout("\n".join(lines))

    def _refuse(self, reason: str) -> list[Entry[C]]:
        """Hand out nothing more; wake whoever waits. Return what is to be closed."""
        with self._lock:
            self._refused = self._refused or reason
            self._limit = 0
            idle, self._idle[:] = list(self._idle), []
            waiters = list(self._waiters)
            self._waiters.clear()
            self._total -= len(idle)
            if not self._total:
                self._emptied.set()
        for waiter in waiters:
            waiter.wake()
        return idle

    def _find_lost(self, reference: object) -> None:
        """Nobody refers to a connection any more: make room for another one."""
        with self._lock:
            entry = next((each for each in self._out.values() if each.reference is reference), None)
            if entry is None:
                return
            del self._out[entry.key]
            self._lost += 1
            self._make_room()
        who = f": {entry.holder}" if entry.holder is not None else ""
        warnings.warn(
            f"a connection of {self!r} was never brought back{who}",
            ResourceWarning,
            stacklevel=2,
            source=self,
        )

    # Around a fork.

    def before_fork(self) -> None:
        """Close what is idle, and let nobody in until the fork is done."""
        self._lock.acquire()
        if not self.settings.in_memory:
            self._total -= len(self._idle)
            _end(self._idle, self._shut)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Begin anew, without what was inherited."""
        if self._total and not self._refused:
            self._refused = FORKED_IN_MEMORY if self.settings.in_memory else FORKED_IN_USE
            self._limit = 0
        for entry in (*self._idle, *self._out.values()):
            found = entry.connection or (entry.reference() if callable(entry.reference) else None)
            _forking.keep_forever(found)
        self._idle.clear()
        self._out.clear()
        self._waiters.clear()
        self._total = 0
        self._emptied = threading.Event()
        self._lock.release()


def _on_loss(pool: weakref.ref[Any]) -> Callable[[Any], None]:
    """Return what a weak reference to a connection calls. The garbage collector may run it anywhere, locks held."""

    def lost(reference: object) -> None:
        found = pool()
        if found is None or sys.is_finalizing():
            return
        if found._lock.locked():  # maybe by this very thread
            threading.Thread(target=found._find_lost, args=(reference,)).start()
        else:
            found._find_lost(reference)

    return lost


def _end(idle: list[Entry[Any]], shut: Callable[[Any], None]) -> None:
    """Close what is idle: before a fork, when an unclosed pool is collected, and at the end of the process."""
    for entry in idle:
        try:
            shut(entry.connection)
        except Exception:  # a plugin's, too
            log.exception("a connection of a pool could not be closed")
    idle.clear()
