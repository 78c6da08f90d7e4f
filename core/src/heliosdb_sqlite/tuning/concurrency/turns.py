"""A queue for the one place of the writer: who comes first is first, and is handed the place by the one before.

SQLite lets a writer that finds the file locked sleep and try again, for longer and longer. Whoever happens to try in
the right moment wins, and some wait for seconds. Here each waiter sleeps until it is its turn, and nobody overtakes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

_LOOK = 0.001  # seconds from one look of the first in line to the next: is the one before still at it?
_SELDOM = 50  # times as long, at most, those behind it wait for theirs
_ROW, _ROUND = 0.018, 0.15  # seconds in which one may begin turns in a row, and of a round of all who wait
_PAUSE = 0.001  # seconds after which who may go on is taken not to


class _Waiter:
    """One who waits, and what wakes it."""

    __slots__ = ("called", "looks", "thread", "who")

    def __init__(self, who: object, *, looks: bool) -> None:
        self.who = who
        self.looks = looks  # by itself, now and then
        self.thread = threading.get_ident()
        self.called = threading.Lock()
        self.called.acquire()


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
        # Reentrant: in the midst of each method, the garbage collector may close another connection, which leaves.
        self._guard = threading.RLock()
        self._holder: object | None = None
        self._last: object | None = None  # to have held it
        self._began = self._left = 0.0  # when the first of its turns in a row began, and the last ended
        self._waiting: deque[_Waiter] = deque()
        self.since = 0.0
        """When the turn was given to the one who has it, in seconds of time.monotonic()."""

    @property
    def holder(self) -> object | None:
        """Whose turn it is."""
        return self._holder

    def take(self, who: object, timeout: float, is_idle: Callable[[object], bool] | None = None) -> bool:
        """Wait for the turn, at most ``timeout`` seconds, and return whether it has come.

        :param is_idle: tells of one whose turn it is whether it has gone without leaving
        """
        waiter = None
        try:
            with self._guard:
                if self._may_go_on(who):
                    self._give(who)
                    return True
                if timeout <= 0:
                    return False
                waiter = _Waiter(who, looks=is_idle is not None)
                self._waiting.append(waiter)
                if not waiter.looks:
                    self._call()  # the one before may have left
            return self._is_called(waiter, timeout, is_idle) or self._give_up(waiter)
        except BaseException:  # Ctrl-C
            if waiter is not None:
                self._give_up(waiter)
            self.leave(who)
            raise

    def _may_go_on(self, who: object) -> bool:
        if self._holder is not None:
            return self._holder is who
        return not self._waiting or (self._last is who and not self._is_over())

    def _is_over(self) -> bool:
        """Return whether the last one's turns in a row have been enough for now."""
        enough = min(_ROW, _ROUND / max(1, len(self._waiting)))
        return time.monotonic() - self._began >= enough

    def _give(self, who: object) -> None:
        self._holder, self.since = who, time.monotonic()
        if self._last is not who:
            self._last, self._began = who, self.since

    def _is_called(self, waiter: _Waiter, timeout: float, is_idle: Callable[[object], bool] | None) -> bool:
        timeout = min(timeout, threading.TIMEOUT_MAX)
        if is_idle is None:
            return waiter.called.acquire(timeout=timeout)
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if waiter.called.acquire(timeout=max(0.0, min(self._until_look(waiter), left))):
                return True
            holder = self._holder
            if holder is not None and is_idle(holder):
                self.leave(holder)
            elif holder is None and time.monotonic() - self._left >= _PAUSE:
                with self._guard:
                    self._call()
            elif left <= 0:
                return False

    def _until_look(self, waiter: _Waiter) -> float:
        """Return the seconds until one who waits should look again: the fewer are before it, the sooner."""
        before = 0
        for each in self._in_line():
            if each is waiter or before == _SELDOM - 1:
                break
            before += 1
        return _LOOK * (before + 1)

    def _give_up(self, waiter: _Waiter) -> bool:
        """Leave the queue, and return whether the turn came just before."""
        with self._guard:
            try:
                self._waiting.remove(waiter)
            except ValueError:
                return True
            return False

    def leave(self, who: object, *, may_go_on: bool = False) -> None:
        """Hand the turn to the next in line. Does nothing for one whose turn it is not.

        :param may_go_on: have the next in line wait while who leaves comes back at once, for a short time: handing the
            turn from thread to thread takes as long as a transaction or two
        """
        with self._guard:
            if self._holder is not who:
                return
            self._holder, self._left = None, time.monotonic()
            if not (may_go_on and self._waiting and self._waiting[0].looks) or self._is_over():
                self._call()

    def _call(self) -> None:
        """Wake the first who waits, if it is nobody's turn."""
        if self._holder is None and self._waiting:
            first = self._waiting.popleft()
            self._last = None  # its turns in a row begin now
            self._give(first.who)
            first.called.release()

    def is_held_by(self, who: object) -> bool:
        """Return whether it is this one's turn."""
        return self._holder is who

    def is_awaited_in(self, thread: int) -> bool:
        """Return whether somebody waits in that thread: what it was interrupted for must not wait for it."""
        return any(waiter.thread == thread for waiter in self._in_line())

    def _in_line(self) -> list[_Waiter]:
        while True:
            try:
                return list(self._waiting)
            except RuntimeError:  # somebody left, by way of the garbage collector
                continue
