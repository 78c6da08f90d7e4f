"""Graphs built and walked along by usearch, which is an optional extra: one whose links are usearch's and ours alike.

What usearch saves is taken apart into a graph, and put together of one: rows and columns of its matrix, a head, then
each slot's key, level, and neighbours in each layer. Whether the installed version writes it in this way is tried
before it is used; otherwise numpy does the work.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ...memory.matrix import Array
from .graph import Graph

_METRICS = {"cosine": "cos", "l2": "l2sq", "dot": "ip"}
_HEAD = 64
_PRESENT = 17  # where the head has the number of vectors
_AT_ONCE = 16_384


@cache
def available() -> bool:
    """Return whether usearch is installed and saves what it builds in the way that is known here."""
    try:
        numbers = np.random.default_rng(0).integers(-127, 128, (700, 9)).astype(np.int8)
        for metric in _METRICS:
            index = _index(metric, 9, 4, 20)
            index.add(np.arange(700), numbers, threads=1)
            saved = bytes(index.save())
            graph, keys = _graph(saved, metric, 4, 9)
            if not np.array_equal(keys, np.arange(700)) or not np.array_equal(graph.codes, numbers):
                return False
            walker = Walker(graph)
            index.expansion_search = 80
            for number in numbers[:20]:
                if not np.array_equal(walker.nearest(number, 80)[0], index.search(number, 80).keys):
                    return False
    except Exception:  # noqa: BLE001 - not installed, or another one than is known here
        return False
    return True


def _index(metric: str, dimensions: int, m: int, effort: int) -> Any:
    from usearch.index import Index

    return Index(
        ndim=dimensions,
        metric=_METRICS[metric],
        dtype="i8",
        connectivity=m,
        expansion_add=effort,
        expansion_search=64,
    )


class Walker:
    """Finds the slots nearest to a vector."""

    backend = "usearch"

    def __init__(self, graph: Graph) -> None:
        self._index = _index(graph.metric, graph.codes.shape[1], graph.m, 64)
        self._index.load(_saved(graph))

    def nearest(self, code: Array, count: int) -> tuple[Array, int]:
        """Return the slots nearest to a coded vector, the nearest first, and how many were compared."""
        self._index.expansion_search = max(self._index.expansion_search, count)
        found = self._index.search(code, count, threads=1)
        return found.keys.astype(np.int64), int(found.computed_distances)


class Grower:
    """Builds a graph, or makes one larger."""

    def __init__(self, metric: str, dimensions: int, m: int, effort: int, graph: Graph | None = None) -> None:
        self._metric, self._m, self._dimensions = metric, m, dimensions
        self._index = _index(metric, dimensions, m, effort)
        self._count = 0
        if graph is not None:
            self._index.load(_saved(graph))
            self._index.expansion_add = effort
            self._count = graph.count

    def add(self, codes: Array, done: Callable[[int], None]) -> None:
        """Take coded vectors in."""
        for start in range(0, len(codes), 1024):  # so that a cancelled build ends soon
            some = np.ascontiguousarray(codes[start : start + 1024])
            # Threads that all begin with an empty graph may not see one another's vectors, and leave some unlinked.
            threads = 1 if self._count == 0 else 0  # 0: as many as there are processors
            self._index.add(np.arange(self._count, self._count + len(some)), some, threads=threads)
            self._count += len(some)
            done(len(some))

    def graph(self) -> tuple[Graph, Array]:
        """Return the graph, and for each slot when it was taken in."""
        return _graph(bytes(self._index.save()), self._metric, self._m, self._dimensions)


def _tape(m: int) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return how a slot begins, with its links in layer 0, and its links in each further layer."""
    first = np.dtype([("key", "<u8"), ("level", "<i2"), ("count", "<u4"), ("links", "<u4", (2 * m,))])
    return first, np.dtype([("count", "<u4"), ("links", "<u4", (m,))])


def _graph(saved: bytes, metric: str, m: int, dimensions: int) -> tuple[Graph, Array]:
    count, width = (int(each) for each in np.frombuffer(saved, "<u4", 2))
    codes = np.frombuffer(saved, np.int8, count * width, 8).reshape(count, width)
    at = 8 + codes.nbytes + _HEAD
    sizes = np.frombuffer(saved, "<u8", 5, at)
    if width != dimensions or [int(each) for each in sizes[:3]] != [count, m, 2 * m]:
        raise ValueError("usearch has saved something else")
    levels = np.frombuffer(saved, "<i2", count, at + 40).astype(np.uint8)
    first, further = _tape(m)
    starts, above = _places(levels, m, at + 40 + 2 * count)
    raw = np.frombuffer(saved, np.uint8)
    slots = _gathered(raw, starts, first)
    links = _gathered(raw, above, further)
    base, upper = _table(slots["count"], slots["links"]), _table(links["count"], links["links"])
    return Graph(metric, m, codes, levels, base, upper), slots["key"].astype(np.int64)


def _saved(graph: Graph) -> bytes:
    from usearch.index import Index

    count, width = graph.codes.shape
    one = Index(ndim=width, metric=_METRICS[graph.metric], dtype="i8", connectivity=graph.m)
    one.add(np.arange(1), np.ones((1, width), np.int8), threads=1)
    head = np.frombuffer(bytes(one.save() or b""), np.uint8, _HEAD, 8 + width).copy()
    head[_PRESENT : _PRESENT + 8] = np.frombuffer(np.array([count], "<u8").tobytes(), np.uint8)
    first, further = _tape(graph.m)
    begin = 8 + graph.codes.nbytes + _HEAD + 40 + 2 * count
    starts, above = _places(graph.levels, graph.m, begin)
    raw = np.zeros(begin + count * first.itemsize + len(above) * further.itemsize, np.uint8)
    entry = int(graph.levels.argmax()) if count else 0
    sizes = [count, graph.m, 2 * graph.m, int(graph.levels[entry]) if count else 0, entry]
    front = b"".join(
        (
            np.array([count, width], "<u4").tobytes(),
            graph.codes.tobytes(),
            head.tobytes(),
            np.array(sizes, "<u8").tobytes(),
            graph.levels.astype("<i2").tobytes(),
        )
    )
    raw[:begin] = np.frombuffer(front, np.uint8)
    for start in range(0, count, _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        slots = np.zeros(len(starts[some]), first)
        slots["key"] = np.arange(start, start + len(slots))
        slots["level"] = graph.levels[some]
        slots["count"], slots["links"] = _counted(graph.base[some])
        _scatter(raw, starts[some], slots)
    links = np.zeros(len(above), further)
    links["count"], links["links"] = _counted(graph.upper)
    _scatter(raw, above, links)
    return raw.tobytes()


def _places(levels: Array, m: int, begin: int) -> tuple[Array, Array]:
    """Return where each slot's record begins, and those of its layers above 0."""
    first, further = _tape(m)
    high = levels.astype(np.int64)
    sizes = first.itemsize + high * further.itemsize
    starts = begin + np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else np.empty(0, np.int64)
    tall = np.flatnonzero(high)
    repeats = high[tall]
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    above = np.repeat(starts[tall] + first.itemsize, repeats) + within * further.itemsize
    return starts, above


def _gathered(raw: Array, starts: Array, kind: np.dtype[Any]) -> Array:
    made = np.empty(len(starts), kind)
    bytes_ = made.view(np.uint8).reshape(len(starts), kind.itemsize)
    for start in range(0, len(starts), _AT_ONCE):
        some = starts[start : start + _AT_ONCE, None] + np.arange(kind.itemsize)
        bytes_[start : start + _AT_ONCE] = raw[some]
    return made


def _scatter(raw: Array, starts: Array, records: Array) -> None:
    size = records.dtype.itemsize
    bytes_ = records.view(np.uint8).reshape(len(records), size)
    for start in range(0, len(starts), _AT_ONCE):
        raw[starts[start : start + _AT_ONCE, None] + np.arange(size)] = bytes_[start : start + _AT_ONCE]


def _table(counts: Array, links: Array) -> Array:
    """Return links as int32, -1 behind the last of each row."""
    made: Array = links.astype(np.int32)
    made[np.arange(links.shape[1]) >= counts[:, None]] = -1
    return made


def _counted(table: Array) -> tuple[Array, Array]:
    """Return how many links each row has, and the links, which stand at its beginning."""
    counts = (table >= 0).sum(axis=1)
    return counts, np.where(table >= 0, table, 0).astype(np.uint32)
