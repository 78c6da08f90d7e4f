"""One thread that calls back when a time is over: for statement timeouts, without a thread each."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

_LOG = logging.getLogger("heliosdb_server")
_SPARE = 64  # times that were called off and may stay: short statements with a long timeout must not pile up


class Watchdog:
    """Calls functions at their time. Its thread begins with the first of them, or with :meth:`start`."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, list[Callable[[], None] | None]]] = []
        self._off = 0  # how many of them were called off
        self._number = itertools.count()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def after(self, seconds: float, function: Callable[[], None]) -> Callable[[], None]:
        """Call the function in so many seconds; return what calls it off."""
        cell: list[Callable[[], None] | None] = [function]
        with self._condition:
            if not self._stopped:
                heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._number), cell))
                self._start()
                if self._heap[0][2] is cell:
                    self._condition.notify()

        def cancel() -> None:
            cell[0] = None
            with self._condition:
                self._off += 1
                if self._off > _SPARE and self._off > len(self._heap) // 2:
                    self._heap = [each for each in self._heap if each[2][0] is not None]
                    heapq.heapify(self._heap)
                    self._off = 0

        return cancel

    def start(self) -> None:
        """Start the thread now, where a later moment may be too late for it.

        :raises RuntimeError: there can be none
        """
        with self._condition:
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="heliosdb-watchdog", daemon=True)
            thread.start()
            self._thread = thread

    def stop(self) -> None:
        """End the thread; nothing more is called."""
        with self._condition:
            self._stopped = True
            self._heap.clear()
            thread = self._thread
            self._condition.notify()
        if thread is not None:
            thread.join(5)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._stopped and not (self._heap and self._heap[0][0] <= time.monotonic()):
                    wait = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._condition.wait(wait)
                if self._stopped:
                    return
                _, _, cell = heapq.heappop(self._heap)
                if (function := cell[0]) is None:
                    self._off = max(self._off - 1, 0)
            if function is not None:
                try:
                    function()
                except Exception:  # noqa: BLE001 - others wait for their time
                    _LOG.exception("what was to be done at its time failed")
