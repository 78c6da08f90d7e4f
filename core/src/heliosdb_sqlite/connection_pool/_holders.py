"""Who has a connection: remembered by a pool with ``debug=True``, told by the error when nothing is left."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_DEPTH = 3  # lines of the program: enough to tell two ways into one function apart


@dataclass(frozen=True)
class Holder:
    """Who took a connection, when, and where in the program."""

    thread: str
    ident: int
    since: float  # time.monotonic()
    where: tuple[str, ...]
    """``file:line in function``, the innermost first; of the program, not of the pool."""

    @property
    def seconds(self) -> float:
        """How long it is out."""
        return time.monotonic() - self.since

    def __str__(self) -> str:
        return (
            f"{self.thread} for {self.seconds:.1f} s, taken at {' < '.join(self.where) or 'an unknown place'}"
        )


def caller(task: str | None = None) -> Holder:
    """Return who is taking a connection just now.

    :param task: the name of the asyncio task, where one takes it
    """
    thread = threading.current_thread()
    name = f"thread {thread.name!r}" if task is None else f"task {task!r}"
    return Holder(name, threading.get_ident(), time.monotonic(), _places(sys._getframe(1)))


def _places(frame: FrameType | None) -> tuple[str, ...]:
    places: list[str] = []
    while frame is not None and len(places) < _DEPTH:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE):
            places.append(f"{code.co_filename}:{frame.f_lineno} in {code.co_name}")
        frame = frame.f_back
    return tuple(places)
