"""Whose turn it is to answer: one session at a time, as long as it is quick.

Python runs one thread at a time anyway. SQLite's module lets go of the interpreter at each step of a statement, though,
and with many busy sessions another one takes it each time: a statement of 20 microseconds then waits five or six times
for the interpreter, which costs more than the statement. So sessions wait here, once, before they answer a message.
Who takes long (a large scan, a lock, a client that does not read) keeps the others for five milliseconds at most: then
the next in line goes on beside it, and both share the interpreter as threads do. A session whose last answer took long
does not wait here for its next one, and keeps nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_FEW = 4  # sessions that get on better without: they seldom meet


class Floor:
    """A lock that is as good as free once it has been held for too long.

    :param patience: in seconds; for how long one may keep the others

    >>> floor = Floor()
    >>> floor.take()
    >>> floor.leave()
    """

    def __init__(self, patience: float = 0.005) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._since = 0.0
        self._own = threading.local()
        self._sessions: set[int] = set()

    def enter(self, session: object) -> None:
        """Count a session in."""
        self._sessions.add(id(session))

    def exit(self, session: object) -> None:
        """Count it out, and let the next one answer."""
        self._sessions.discard(id(session))
        self.leave()

    def take(self) -> None:
        """Wait for the turn, unless this thread has it, or there are only a few sessions."""
        if len(self._sessions) > _FEW and getattr(self._own, "lock", None) is None:
            lock = self._lock
            self._own.lock = lock if lock.acquire(blocking=False) else self._wait()
            self._since = time.monotonic()

    def _wait(self) -> threading.Lock:
        while True:
            lock = self._lock
            if lock.acquire(timeout=self._patience):
                if lock is self._lock:
                    return lock
                lock.release()  # left behind by one who took long
            elif lock is self._lock and time.monotonic() - self._since >= self._patience:
                fresh = threading.Lock()
                fresh.acquire()
                self._lock = fresh
                return fresh

    def leave(self) -> None:
        """Let the next one answer. Does nothing where it is not this thread's turn."""
        lock = getattr(self._own, "lock", None)
        if lock is not None:
            self._own.lock = None
            lock.release()

    def is_free(self) -> bool:
        """Is it nobody's turn?"""
        return not self._lock.locked()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Let others answer during a wait."""
        had = getattr(self._own, "lock", None) is not None
        self.leave()
        try:
            yield
        finally:
            if had:
                self.take()


FLOOR = Floor()
"""The floor of this process, whose sessions share one interpreter."""
