"""Building a graph with numpy: the neighbours of all rows at once, by products of matrices.

Each row's candidates are its nearest in the lists around it and, so that clusters hang together, its nearest in the
layer above. Of these it is linked to the ones that are nearer to it than to one another (Malkov and Yashunin,
*Efficient and robust approximate nearest neighbor search using HNSW graphs*, 2016, algorithm 4), and those to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ...memory.matrix import Array
from ...values.decoding import FLOAT32
from ..ivf.clusters import assigned, centres
from .graph import Graph, levels_for
from .walking import Walker

_WHOLE = 3000  # rows that are all compared with one another
_LISTS = 12  # around a row, that its neighbours are looked for in
_AT_ONCE = 256
_FROM_ABOVE = 4
_MOST_KEPT = 64  # candidates of a row

Done = Callable[[int], None]


def linked(metric: str, m: int, effort: int, codes: Array, done: Done) -> Graph:
    """Return the graph of coded vectors.

    :param effort: candidates for each row's links
    :param done: called with the number of further rows
    """
    count, kept = len(codes), max(4, min(effort // 2, _MOST_KEPT))
    levels = levels_for(count, m, 0)
    base = np.full((count, 2 * m), -1, np.int32)
    graph = Graph(metric, m, codes, levels, base, np.empty((0, m), np.int32))
    upper = np.full((int(graph.offsets[-1]), m), -1, np.int32)
    above: Array = np.empty(0, np.int64)
    for layer in range(int(levels.max(initial=0)), -1, -1):
        slots = np.flatnonzero(levels >= layer)
        links = [np.empty((0, 3))]
        for rows, some in _candidates(graph, slots, above, kept, done):
            near, far = ranked(graph, rows, some)
            one, at = np.nonzero(diverse(graph, near, far, m if layer == 0 else max(1, m // 2)))
            links.append(np.stack([rows[one], near[one, at], far[one, at]], axis=1))
            done(0 if layer else len(rows))
        if layer:
            table = both_ways(np.concatenate(links), count, m)[slots]
            upper[graph.offsets[slots] + layer - 1] = table
        else:
            base[:] = both_ways(np.concatenate(links), count, 2 * m)
        above = slots
    return Graph(metric, m, codes, levels, base, upper)


def both_ways(links: Array, count: int, width: int) -> Array:
    """Return a table of ``width`` links for each slot: its own first, then those of others to it, the nearest first.

    :param links: rows of from, to and distance
    """
    one, other = links[:, 0].astype(np.int64), links[:, 1].astype(np.int64)
    begin, end = np.concatenate([one, other]), np.concatenate([other, one])
    table = np.full((count, width), -1, np.int32)
    if not len(begin):
        return table
    # A slot's own link stands before another's to it.
    _, first = np.unique(begin * count + end, return_index=True)
    returned = first >= len(one)
    order = first[np.lexsort((np.concatenate([links[:, 2]] * 2)[first], returned, begin[first]))]
    begin, end = begin[order], end[order]
    place = np.arange(len(begin)) - np.searchsorted(begin, begin)
    inside = place < width
    table[begin[inside], place[inside]] = end[inside]
    return table


def _candidates(
    graph: Graph, slots: Array, above: Array, kept: int, done: Done
) -> Iterator[tuple[Array, Array]]:
    """Yield some slots of a layer at a time, and the candidates for the links of each."""
    groups = [(slots, slots)] if len(slots) <= _WHOLE else _groups(graph, slots, done)
    for members, around in groups:
        for start in range(0, len(members), _AT_ONCE):
            rows = members[start : start + _AT_ONCE]
            near = nearest(graph, rows, around, kept)
            if 0 < len(above) < len(slots):
                chosen = np.random.default_rng(int(rows[0])).permutation(len(above))[:_WHOLE]
                near = np.hstack([near, nearest(graph, rows, above[chosen], _FROM_ABOVE)])
            yield rows, near


def _groups(graph: Graph, slots: Array, done: Done) -> Iterator[tuple[Array, Array]]:
    """Yield the slots of one list after another, and those of the lists around it."""
    count = round(len(slots) ** 0.5)
    sample = slots[:: max(1, len(slots) // (32 * count))]
    middles = centres(graph.codes[sample].astype(FLOAT32), count, lambda: done(0))
    lists = np.empty(len(slots), np.int64)
    for start in range(0, len(slots), 65_536):
        some = graph.codes[slots[start : start + 65_536]].astype(FLOAT32)
        lists[start : start + 65_536], _ = assigned(some, middles, lambda: done(0))
    order = np.argsort(lists, kind="stable")
    starts = np.searchsorted(lists[order], np.arange(len(middles) + 1))
    squares = np.einsum("ij,ij->i", middles, middles)
    for each in range(len(middles)):
        members = slots[order[starts[each] : starts[each + 1]]]
        if len(members):
            closest = np.argsort(squares - 2 * (middles @ middles[each]), kind="stable")[:_LISTS]
            around = [slots[order[starts[one] : starts[one + 1]]] for one in closest]
            yield members, np.concatenate(around)


def nearest(graph: Graph, rows: Array, others: Array, kept: int) -> Array:
    """Return for each of some slots the nearest of others, in no order; a slot is not its own neighbour: -1."""
    found = graph.codes[rows].astype(FLOAT32) @ graph.codes[others].astype(FLOAT32).T
    found *= graph.factors[others]
    found += graph.shifts[others]
    found[rows[:, None] == others] = np.inf
    kept = min(kept, len(others))
    best = np.argpartition(found, kept - 1, axis=1)[:, :kept]
    return np.where(np.isinf(np.take_along_axis(found, best, 1)), -1, others[best])


def ranked(graph: Graph, rows: Array, near: Array) -> tuple[Array, Array]:
    """Return candidates, the nearest first, and how far they are; infinity for -1 and for what is there twice."""
    order = np.argsort(near, axis=1, kind="stable")
    near = np.take_along_axis(near, order, 1)
    absent = near < 0
    absent[:, 1:] |= near[:, 1:] == near[:, :-1]
    absent |= near == rows[:, None]
    queries = graph.codes[rows].astype(FLOAT32)
    far = np.einsum("ijk,ik->ij", graph.codes[near].astype(FLOAT32), queries)
    far = _completed(graph, far, near, queries)
    far[absent] = np.inf
    order = np.argsort(far, axis=1, kind="stable")
    return np.take_along_axis(near, order, 1), np.take_along_axis(far, order, 1)


def _completed(graph: Graph, products: Array, near: Array, queries: Array) -> Array:
    """Return distances from inner products, on one scale for all queries; their last axis but one is the queries'."""
    far: Array = products * graph.factors[near] + graph.shifts[near]
    own = np.einsum("...k,...k->...", queries, queries)[..., None]
    if graph.metric == "l2":
        far += own
    elif graph.metric == "cosine":
        far /= np.sqrt(np.maximum(own, 1))
    return far


def diverse(graph: Graph, near: Array, far: Array, most: int) -> Array:
    """Return which candidates to link to: those that are nearer to the row than to any that is linked already."""
    rows = graph.codes[near].astype(FLOAT32)
    among = _completed(graph, rows @ rows.transpose(0, 2, 1), near[:, None, :], rows)
    there = np.isfinite(far)
    chosen = np.zeros(far.shape, bool)
    for place in range(far.shape[1]):
        nearer = (among[:, :place, place] < far[:, place, None]) & chosen[:, :place]
        chosen[:, place] = there[:, place] & ~nearer.any(axis=1) & (chosen.sum(axis=1) < most)
    return chosen


def grown(graph: Graph, effort: int, codes: Array, done: Done) -> Graph:
    """Return a graph with further coded vectors, which are in layer 0 alone."""
    if not graph.count:
        return linked(graph.metric, graph.m, effort, codes, done)
    kept = max(4, min(effort // 2, _MOST_KEPT))
    for start in range(0, len(codes), 2048):
        graph = _grown(graph, kept, codes[start : start + 2048], done)
    return graph


def _grown(graph: Graph, kept: int, codes: Array, done: Done) -> Graph:
    walker, old, width = Walker(graph), graph.count, 2 * graph.m
    slots = old + np.arange(len(codes))
    near = np.full((len(codes), kept), -1, np.int64)
    for place, code in enumerate(codes):
        found, _ = walker.nearest(code, kept)
        near[place, : len(found)] = found
        if place % _AT_ONCE == 0:
            done(0)
    graph = Graph(
        graph.metric,
        graph.m,
        np.concatenate([graph.codes, codes]),
        np.concatenate([graph.levels, np.zeros(len(codes), np.uint8)]),
        np.concatenate([graph.base, np.full((len(codes), width), -1, np.int32)]),
        graph.upper,
    )
    among = np.concatenate(
        [nearest(graph, slots[at : at + _AT_ONCE], slots, kept) for at in range(0, len(slots), _AT_ONCE)]
    )
    _link(graph, slots, np.hstack([near, among]), graph.m)
    new = graph.base[old:]
    one, at = np.nonzero(new >= 0)
    ends, begins = new[one, at], slots[one]
    order = np.argsort(ends, kind="stable")
    ends, begins = ends[order], begins[order]
    targets, starts, counts = np.unique(ends, return_index=True, return_counts=True)
    reverse = np.full((len(targets), width), -1, np.int64)
    column = np.arange(len(ends)) - np.repeat(starts, counts)
    inside = column < width
    reverse[np.repeat(np.arange(len(targets)), counts)[inside], column[inside]] = begins[inside]
    _link(graph, targets, np.hstack([graph.base[targets], reverse]), width)
    done(len(codes))
    return graph


def _link(graph: Graph, slots: Array, near: Array, most: int) -> None:
    """Link slots to up to ``most`` of the candidates, in layer 0, in place of their links."""
    for start in range(0, len(slots), _AT_ONCE):
        rows = slots[start : start + _AT_ONCE]
        some, far = ranked(graph, rows, near[start : start + _AT_ONCE])
        chosen = diverse(graph, some, far, most)
        one, at = np.nonzero(chosen)
        place = chosen.cumsum(axis=1)[one, at] - 1
        table = np.full((len(rows), graph.base.shape[1]), -1, np.int32)
        table[one, place] = some[one, at]
        graph.base[rows] = table
