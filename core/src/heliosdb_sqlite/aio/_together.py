"""Something that needs two connections at once, each of which has a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from ._errors import ConnectionClosed
from ._worker import Worker

_LOOK = 0.1  # seconds between two looks whether the other thread is still there


def together(mine: Worker, other: Worker, function: Callable[[], Any]) -> tuple[Worker, Callable[[], Any]]:
    """Return the worker to give a job, and the job: ``function`` in the thread of ``mine`` while ``other`` rests.

    Of two connections it is always the same one whose thread waits for the other: two may back each other up.
    """
    if id(mine) < id(other):
        return mine, partial(_while_resting, other, function)
    return other, partial(_done_by, mine, function)


def _while_resting(other: Worker, function: Callable[[], Any]) -> Any:
    rests, go_on = threading.Event(), threading.Event()

    def rest() -> None:
        rests.set()
        go_on.wait()

    try:
        other.jobs.put((None, rest))
        _wait(rests, other)
        return function()
    finally:
        go_on.set()


def _done_by(other: Worker, function: Callable[[], Any]) -> Any:
    done = threading.Event()
    outcome: list[Any] = []
    error: list[BaseException] = []

    def do() -> None:
        try:
            outcome.append(function())
        except BaseException as raised:  # noqa: BLE001 - raised where it is waited for
            error.append(raised)
        finally:
            done.set()

    other.jobs.put((None, do))
    _wait(done, other)
    if error:
        raise error.pop()
    return outcome.pop()


def _wait(event: threading.Event, other: Worker) -> None:
    while not event.wait(_LOOK):
        if not other.thread.is_alive() and not event.is_set():
            raise ConnectionClosed("Connection closed")
