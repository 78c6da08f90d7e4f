"""``bits`` as a method: built in one pass, stored as rowids and codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...memory.matrix import Array, Part
from ...memory.position import Position
from ...values.decoding import FLOAT32
from ..contents import Builder, Contents, StoredContents, Task
from .codes import code_words, to_unit
from .sketch import Coded, Sketch, coded, joined, sketch_of

_ROWS = 16_384
_STEPS = (100, 200, 500, 1000, 2000, 5000, 10_000)


class Bits:
    """Signs of directions; the ``rescore`` rows that differ in the fewest are looked at again."""

    knob = "rescore"

    def begin(self, task: Task) -> Builder:
        """Begin to build an index."""
        return _Builder(task)

    def steps(self, contents: Contents, options: Mapping[str, float]) -> Sequence[int]:
        """Return how many rows may be looked at again."""
        return _STEPS

    def effort(self, stored: int, most: int) -> int:
        """Return how many rows are looked at again for so many."""
        return max(stored, 10 * most)

    def facts(self, contents: Any) -> dict[str, Any]:
        """Return nothing: there are no sizes to choose."""
        return {}

    def head(self, contents: Sketch) -> bytes:
        """Return the mean."""
        return bytes(contents.mean.astype(FLOAT32).tobytes())

    def parts(self, contents: Sketch) -> Iterator[tuple[bytes, bytes]]:
        """Return rowids and codes."""
        rowids, codes = contents.base.rowids, contents.base.codes
        for start in range(0, len(rowids), _ROWS):
            some = slice(start, start + _ROWS)
            yield rowids[some].astype("<i8").tobytes(), codes[some].astype("<u8").tobytes()

    def load(self, stored: StoredContents) -> Sketch:
        """Return the sketch that was stored."""
        parts = list(stored.parts)
        rowids = np.frombuffer(b"".join(part[0] for part in parts), "<i8").astype(np.int64)
        codes = np.frombuffer(b"".join(part[1] for part in parts), "<u8")
        base = Coded(rowids, codes.reshape(len(rowids), code_words(stored.dimensions)))
        mean = np.frombuffer(stored.head, FLOAT32)
        unit = stored.metric == "cosine"
        return sketch_of(stored.dimensions, unit, mean, base, stored.position, stored.odd)


class _Builder:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._unit = task.metric == "cosine"
        sample: Array = to_unit(task.sample) if self._unit else task.sample
        self._mean = sample.mean(axis=0, dtype=np.float64).astype(FLOAT32)
        words = code_words(task.dimensions)
        self._parts = [Coded(np.empty(0, np.int64), np.empty((0, words), "<u8"))]

    def add(self, part: Part) -> None:
        """Code rows."""
        self._parts.append(coded(self._mean, self._unit, part))
        self._task.done(len(part.rowids))

    def finish(self, position: Position, odd: frozenset[int]) -> Sketch:
        """Return the sketch of all."""
        return sketch_of(self._task.dimensions, self._unit, self._mean, joined(self._parts), position, odd)
