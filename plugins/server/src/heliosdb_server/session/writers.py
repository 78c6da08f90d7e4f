"""Who may write: SQLite has one writer at a time, and here those who wait for it stand in a queue.

SQLite's own way to wait is to try again after a while, so that with sixteen writers luck decides who waits ten times as
long as the others. Programs outside the server don't know this queue; SQLite's lock stands between them and us.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from ..protocol.errors import PgError


class WriterQueue:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: object | None = None
        self._waiting: deque[tuple[object, threading.Lock]] = (
            deque()
        )  # a lock that is opened when it is one's turn

    @property
    def waiting(self) -> int:
        """How many stand in the queue."""
        return len(self._waiting)

    def held_by(self, who: object) -> bool:
        """Does this one hold it?"""
        return self._owner is who

    def acquire(
        self,
        who: object,
        timeout: float | None,
        cancelled: Callable[[], PgError | None],
        waits: Callable[[], None] = lambda: None,
    ) -> None:
        """Wait for the turn.

        :param timeout: in seconds; None waits without end
        :param cancelled: asked now and then; the error that ends the wait
        :param waits: called before the wait, if there is one
        :raises PgError: the time is over, or it was cancelled
        """
        with self._lock:
            if self._owner is who:
                return
            if self._owner is None:
                self._owner = who
                return
            turn = threading.Lock()
            turn.acquire()
            place = (who, turn)
            self._waiting.append(place)
        waits()
        self._wait(who, place, timeout, cancelled)

    def _wait(
        self,
        who: object,
        place: tuple[object, threading.Lock],
        timeout: float | None,
        cancelled: Callable[[], PgError | None],
    ) -> None:
        waited = 0.0
        while not place[1].acquire(timeout=0.1):
            waited += 0.1
            error = cancelled()
            if error is None and timeout is not None and waited >= timeout:
                error = PgError("55P03", "canceling statement due to lock timeout")
            if error is not None:
                with self._lock:
                    if self._owner is who:  # handed over in this moment
                        self._hand_on()
                    else:
                        self._waiting.remove(place)
                raise error

    def release(self, who: object) -> None:
        """Hand it on, if this one holds it."""
        with self._lock:
            if self._owner is who:
                self._hand_on()

    def _hand_on(self) -> None:
        if self._waiting:
            self._owner, turn = self._waiting.popleft()
            turn.release()
        else:
            self._owner = None
