"""``ivf`` as a method: centres are found in a sample, each row joins the list of the nearest one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...memory.matrix import Part
from ...memory.position import Position
from ...values.decoding import FLOAT32
from ..bits.codes import to_unit
from ..contents import Builder, Contents, StoredContents, Task
from .clusters import centres
from .coding import Coded
from .lists import Lists, Rows, joined, listed, nothing

_ROWS = 16_384
_STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096)
_FLOATS = 3  # a row has beside its numbers: scale, lost, length


class Ivf:
    """Lists of neighbours; a search compares the rows of the ``probes`` lists that are nearest."""

    knob = "probes"

    def begin(self, task: Task) -> Builder:
        """Begin to build an index."""
        return _Builder(task)

    def steps(self, contents: Contents, options: Mapping[str, float]) -> Sequence[int]:
        """Return how many lists a search may look into."""
        assert isinstance(contents, Lists)  # noqa: S101 - for the type checker
        every = len(contents.centres)
        return [*(step for step in _STEPS if step < every), every]

    def effort(self, stored: int, most: int) -> int:
        """Return how many lists are looked into, however many rows are asked for."""
        return stored

    def facts(self, contents: Lists) -> dict[str, Any]:
        """Return the number of lists."""
        return {"lists": len(contents.centres)}

    def head(self, contents: Lists) -> bytes:
        """Return the centres."""
        return bytes(contents.centres.astype(FLOAT32).tobytes())

    def parts(self, contents: Lists) -> Iterator[tuple[bytes, bytes]]:
        """Return rowids; and list numbers, three floats a row, and the coded numbers, one after another."""
        rows = contents.base
        for start in range(0, len(rows.rowids), _ROWS):
            some = rows.taken(slice(start, start + _ROWS))
            codes = [
                some.lists.astype("<u2").tobytes(),
                some.codes.facts.astype(FLOAT32).tobytes(),
                some.codes.codes.tobytes(),
            ]
            yield some.rowids.astype("<i8").tobytes(), b"".join(codes)

    def load(self, stored: StoredContents) -> Lists:
        """Return the lists that were stored."""
        middles = np.frombuffer(stored.head, FLOAT32).reshape(-1, stored.dimensions)
        parts = [_read(stored.dimensions, *part) for part in stored.parts]
        base = joined(parts) if parts else nothing(stored.dimensions)
        return _lists(stored.dimensions, stored.metric, middles, base, stored.position, stored.odd)


class _Builder:
    def __init__(self, task: Task) -> None:
        self._task = task
        count = int(task.options.get("lists", max(1, round(task.total**0.5))))
        sample = task.sample if task.metric == "l2" else to_unit(task.sample)
        self._centres = centres(sample, count, lambda: task.done(0))
        self._parts: list[Rows] = []

    def add(self, part: Part) -> None:
        """Put rows into their lists."""
        self._parts.append(listed(self._task.metric, self._centres, part))
        self._task.done(len(part.rowids))

    def finish(self, position: Position, odd: frozenset[int]) -> Lists:
        """Return the lists."""
        rows = joined(self._parts) if self._parts else nothing(self._task.dimensions)
        rows = rows.taken(np.argsort(rows.lists, kind="stable"))
        return _lists(self._task.dimensions, self._task.metric, self._centres, rows, position, odd)


def _lists(
    dimensions: int, metric: str, middles: Any, base: Rows, position: Position, odd: frozenset[int]
) -> Lists:
    return Lists(dimensions, metric, middles, base, nothing(dimensions), None, position, odd)


def _read(dimensions: int, rowids: bytes, codes: bytes) -> Rows:
    numbers = np.frombuffer(rowids, "<i8").astype(np.int64)
    count = len(numbers)
    lists = np.frombuffer(codes, "<u2", count).astype(np.int32)
    floats = np.frombuffer(codes, FLOAT32, _FLOATS * count, 2 * count).reshape(_FLOATS, count)
    coded = np.frombuffer(codes, np.int8, count * dimensions, (2 + 4 * _FLOATS) * count)
    return Rows(numbers, lists, Coded(coded.reshape(count, dimensions), floats))
