"""Something that needs two connections at once, each of which has a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from ._errors import ConnectionClosed
from ._worker import Worker, answer

_LOOK = 0.1  # seconds between two looks whether the other thread is still there
_pairs = threading.Lock()


def together(mine: Worker, other: Worker, function: Callable[[], Any], future: asyncio.Future[Any]) -> None:
    """Have ``function`` run in the thread of ``mine`` while ``other`` rests; ``future`` tells what came of it.

    The two jobs are given at once, so that all queues have them in one order: two connections may back each other up.
    """
    rests, go_on = threading.Event(), threading.Event()

    def rest() -> None:
        rests.set()
        _wait(go_on, mine)

    def run() -> None:
        try:
            if not _wait(rests, other):
                raise ConnectionClosed("Connection closed")
            if not future.cancelled():
                answer(future, function())
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            answer(future, error=error)
        finally:
            go_on.set()

    with _pairs:
        other.jobs.put((None, rest))
        mine.jobs.put((None, run))


def _wait(event: threading.Event, other: Worker) -> bool:
    """Wait for what the other thread does. Return whether it did: it may have ended before."""
    while not event.wait(_LOOK):
        if not other.thread.is_alive():
            return event.is_set()
    return True
