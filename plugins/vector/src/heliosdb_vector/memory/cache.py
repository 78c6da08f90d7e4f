"""The matrices and indexes of this process, shared by its connections and bounded in memory.

A snapshot is held under a key that says whose it is: the file, the table's number in the log, the column. One that only
its own connection can judge is held under that connection's key. What has not been used for longest goes first.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from .matrix import Snapshot
from .position import Position


@dataclass(frozen=True)
class Held:
    """A snapshot, and what tells whether it still holds."""

    snapshot: Snapshot
    schema_version: int
    position: Position | None = None  # in the log
    data_version: int = -1  # without a log: SQLite's count of what others have committed
    total_changes: int = -1  # ... and of what the connection itself has changed
    extras: Any = None  # what approximate indexes keep with it

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Return what it takes: snapshots made of one another share their vectors."""
        return ((id(part.vectors), part.bytes) for part in self.snapshot.parts)


class Holdable(Protocol):
    """Whatever is held."""

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Return pairs of what tells a piece of memory from others, and its bytes."""


class Cache:
    """Snapshots by key, with a limit on the bytes of all."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Holdable] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """Return what is held under a key, and count it as used."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: Hashable, held: Holdable, limit: int) -> None:
        """Hold a snapshot, letting go of others until all together keep to ``limit`` bytes."""
        with self._lock:
            self._held[key] = held
            self._held.move_to_end(key)
            while len(self._held) > 1 and self._bytes() > limit:
                self._held.popitem(last=False)

    def make_room(self, size: int, limit: int) -> None:
        """Let go of what has not been used for longest, so that so many bytes more keep to ``limit`` too."""
        with self._lock:
            while self._held and self._bytes() + size > limit:
                self._held.popitem(last=False)

    def drop(self, of: Hashable) -> None:
        """Let go of what is held for one connection."""
        with self._lock:
            for key in [key for key in self._held if isinstance(key, tuple) and key[0] == of]:
                del self._held[key]

    def discard(self, key: Hashable) -> None:
        """Let go of what is held under a key."""
        with self._lock:
            self._held.pop(key, None)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._held.clear()

    @property
    def bytes(self) -> int:
        """What all snapshots take in memory."""
        with self._lock:
            return self._bytes()

    def _bytes(self) -> int:
        return sum(dict(piece for held in self._held.values() for piece in held.pieces()).values())


CACHE = Cache()


def default_limit() -> int:
    """Return a quarter of the machine's memory in bytes; 1 GiB where that can't be told."""
    try:
        return max(64 << 20, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4)
    except (AttributeError, ValueError, OSError):
        return 1 << 30
