"""What is remembered of conditions: which rows of a snapshot meet them."""

from __future__ import annotations

from weakref import ref

import numpy as np

from ..memory.matrix import Array, Snapshot


class Known:
    """What has been found out of the rows of one snapshot, by the same conditions with the same values."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.of = ref(snapshot)
        rows = sum(len(part.rowids) for part in snapshot.parts)
        self.tested = np.zeros(rows, bool)
        self.good = np.zeros(rows, bool)
        self.tests = 0
        self.places: Array | None = None
        """Of all rows that qualify, once all have been tested."""

    @property
    def bytes(self) -> int:
        """What it takes in memory, at most."""
        return 2 * len(self.good) + (0 if self.places is None else 8 * len(self.places))

    def learn(self, tested: Array, good: Array) -> None:
        """Take note of rows that were tested, and of those of them that qualify."""
        self.tested[tested] = True
        self.good[good] = True
        self.tests += len(tested)

    def learn_all(self, good: Array) -> None:
        """Take note of all rows that qualify."""
        self.good[:] = False
        self.good[good] = True
        self.tested[:] = True
        self.places = good
