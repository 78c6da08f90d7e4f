"""``hnsw`` as a method: a graph built by usearch where it is installed, and by numpy where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...memory.matrix import Array, Part
from ...memory.position import Position
from ..bits.codes import to_unit
from ..contents import Builder, Contents, StoredContents, Task
from . import native
from .contents import Linked, Slots, coded
from .graph import Graph
from .linking import linked

_ROWS = 16_384
_M, _EFFORT = 16, 64
_STEPS = (24, 40, 64, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000)


class Hnsw:
    """A graph of neighbours; a search keeps the ``ef_search`` nearest rows that it has met, and follows their links."""

    knob = "ef_search"

    def begin(self, task: Task) -> Builder:
        """Begin to build an index."""
        return _Builder(task)

    def steps(self, contents: Contents, options: Mapping[str, float]) -> Sequence[int]:
        """Return how many rows a search may keep."""
        return [*(step for step in _STEPS if step < contents.count), max(1, min(contents.count, 4000))]

    def effort(self, stored: int, most: int) -> int:
        """Return how many rows are kept for so many."""
        return max(stored, most + most // 2)

    def facts(self, contents: Linked) -> dict[str, Any]:
        """Return the graph's sizes, and what built it."""
        backend = native.Walker.backend if native.available() else "numpy"
        return {"m": contents.slots.graph.m, "ef_construction": contents.effort, "backend": backend}

    def head(self, contents: Linked) -> bytes:
        """Return the scale of the codes, and m."""
        return _number(contents.scale, "<f8") + _number(contents.slots.graph.m, "<u4")

    def parts(self, contents: Linked) -> Iterator[tuple[bytes, bytes]]:
        """Return rowids; and flags, layers, links and coded numbers, one after another."""
        graph = contents.slots.graph
        for start in range(0, graph.count, _ROWS):
            some = slice(start, start + _ROWS)
            rowids = contents.slots.rowids[some]
            upper = graph.upper[graph.offsets[start] : graph.offsets[start + len(rowids)]]
            pieces = (
                contents.dead[some].astype(np.uint8),
                graph.levels[some],
                graph.base[some].astype("<i4"),
                upper.astype("<i4"),
                graph.codes[some],
            )
            yield rowids.astype("<i8").tobytes(), b"".join(each.tobytes() for each in pieces)

    def load(self, stored: StoredContents) -> Linked:
        """Return the graph that was stored."""
        scale = float(np.frombuffer(stored.head, "<f8", 1)[0])
        m = int(np.frombuffer(stored.head, "<u4", 1, 8)[0])
        parts = [_read(m, stored.dimensions, *part) for part in stored.parts] or [
            _read(m, stored.dimensions, b"", b"")
        ]
        rowids, dead, levels, base, upper, codes = (np.concatenate(each) for each in zip(*parts, strict=True))
        graph = Graph(stored.metric, m, codes, levels, base, upper)
        effort = int(stored.facts.get("ef_construction", _EFFORT))
        slots = Slots(graph, rowids)
        return _contents(stored.dimensions, scale, effort, slots, dead, stored.position, stored.odd)


class _Builder:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._m = int(task.options.get("m", _M))
        self._effort = int(task.options.get("ef_construction", _EFFORT))
        sample = to_unit(task.sample) if task.metric == "cosine" else task.sample
        self._scale = float(np.abs(sample).max()) / 127 or 1.0
        self._rowids = [np.empty(0, np.int64)]
        self._codes = [np.empty((0, task.dimensions), np.int8)]
        self._grower = None
        if native.available():
            self._grower = native.Grower(task.metric, task.dimensions, self._m, self._effort)

    def add(self, part: Part) -> None:
        """Take rows in: into usearch's graph at once, into numpy's at the end."""
        codes = coded(self._task.metric, self._scale, part)
        self._rowids.append(part.rowids)
        if self._grower is not None:
            self._grower.add(codes, self._task.done)
        else:
            self._codes.append(codes)
            self._task.done(0)

    def finish(self, position: Position, odd: frozenset[int]) -> Linked:
        """Return the graph."""
        rowids = np.concatenate(self._rowids)
        if self._grower is not None:
            graph, keys = self._grower.graph()
            rowids = rowids[keys]
        else:
            codes = np.concatenate(self._codes)
            graph = linked(self._task.metric, self._m, self._effort, codes, self._task.done)
        dead = np.zeros(len(rowids), bool)
        slots = Slots(graph, rowids)
        return _contents(self._task.dimensions, self._scale, self._effort, slots, dead, position, odd)


def _contents(
    dimensions: int,
    scale: float,
    effort: int,
    slots: Slots,
    dead: Array,
    position: Position,
    odd: frozenset[int],
) -> Linked:
    none, no_codes = np.empty(0, np.int64), np.empty((0, dimensions), np.int8)
    return Linked(dimensions, scale, effort, slots, dead, none, no_codes, position, odd)


def _number(value: float, kind: str) -> bytes:
    return np.array([value], kind).tobytes()


def _read(m: int, dimensions: int, rowids: bytes, codes: bytes) -> tuple[Array, ...]:
    numbers = np.frombuffer(rowids, "<i8").astype(np.int64)
    count = len(numbers)
    dead = np.frombuffer(codes, np.uint8, count).astype(bool)
    levels = np.frombuffer(codes, np.uint8, count, count)
    at = 2 * count
    base = np.frombuffer(codes, "<i4", count * 2 * m, at).astype(np.int32).reshape(count, 2 * m)
    at += base.nbytes
    above = int(levels.sum())
    upper = np.frombuffer(codes, "<i4", above * m, at).astype(np.int32).reshape(above, m)
    at += upper.nbytes
    coded_rows = np.frombuffer(codes, np.int8, count * dimensions, at).reshape(count, dimensions)
    return numbers, dead, levels, base, upper, coded_rows
