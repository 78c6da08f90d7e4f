"""Results in a bounded amount of memory, the least recently used of which give way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from ...plugins import Answer


class Entry(NamedTuple):
    """The result of one query with one set of parameters."""

    answer: Answer
    bytes: int
    seconds: float  # that SQLite needed for it


class Store:
    """The results that a connection keeps."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self.evictions = 0
        self.invalidations = 0
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Entry | None:
        """Return the entry under a key, which becomes the most recently used one."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: Entry) -> None:
        """Keep an entry, and let go of others where the memory is needed."""
        self.drop(key)
        self._entries[key] = entry
        self.bytes += entry.bytes
        while self.bytes > self.limit:
            _, oldest = self._entries.popitem(last=False)
            self.bytes -= oldest.bytes
            self.evictions += 1

    def drop(self, key: Hashable) -> None:
        """Let go of an entry, if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.bytes

    def clear(self) -> None:
        """Let go of everything: none of it holds any more."""
        self.invalidations += len(self._entries)
        self._entries.clear()
        self.bytes = 0
