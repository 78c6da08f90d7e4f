"""A queue for the one place of the writer: who comes first is first, and is handed the place by the one before.

SQLite lets a writer that finds the file locked sleep and try again, for longer and longer. Whoever happens to try in
the right moment wins, and some wait for seconds. Here each waiter sleeps until it is its turn, and nobody overtakes.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """The queue of one file in one process.

    >>> turns = Turns()
    >>> turns.take("first", timeout=1)
    True
    >>> turns.take("second", timeout=0)
    False
    >>> turns.leave("first")
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder: object | None = None
        self._waiting: deque[tuple[object, threading.Lock]] = deque()

    def take(self, who: object, timeout: float) -> bool:
        """Wait for the turn, at most ``timeout`` seconds, and return whether it has come."""
        with self._guard:
            if self._holder is None:
                self._holder = who
                return True
            if self._holder is who:
                return True
            called = threading.Lock()
            called.acquire()
            entry = (who, called)
            self._waiting.append(entry)
        try:
            if called.acquire(timeout=max(0.0, min(timeout, threading.TIMEOUT_MAX))):
                return True
        except BaseException:  # Ctrl-C
            self._give_up(entry)
            self.leave(who)
            raise
        return self._give_up(entry)

    def _give_up(self, entry: tuple[object, threading.Lock]) -> bool:
        """Leave the queue, and return whether the turn came just before."""
        with self._guard:
            if self._holder is entry[0]:
                return True
            self._waiting.remove(entry)
            return False

    def leave(self, who: object) -> None:
        """Hand the turn to the next in line. Does nothing for one whose turn it is not."""
        with self._guard:
            if self._holder is not who:
                return
            if not self._waiting:
                self._holder = None
                return
            self._holder, called = self._waiting.popleft()
            called.release()

    def is_held_by(self, who: object) -> bool:
        """Return whether it is this one's turn."""
        return self._holder is who
