"""Walking along a graph with numpy: several slots at a step, since each call of numpy's costs as much as a distance."""

from __future__ import annotations

import numpy as np

from ...memory.matrix import Array
from ...values.decoding import FLOAT32
from .graph import Graph

_TOPS = 512  # slots that are compared at once to begin with
_AT_ONCE = 8
_ABOVE = 16  # slots that are kept in layers above 0


class Walker:
    """Finds the slots nearest to a vector."""

    backend = "numpy"

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        layer = 0
        counts = np.bincount(graph.levels, minlength=1)[::-1].cumsum()[::-1]  # slots that are in each layer
        while layer + 1 < len(counts) and counts[layer] > _TOPS:
            layer += 1
        self._layer = layer
        self._tops = np.flatnonzero(graph.levels >= layer)

    def nearest(self, code: Array, count: int) -> tuple[Array, int]:
        """Return the slots nearest to a coded vector, the nearest first, and how many were compared."""
        graph = self._graph
        query = code.astype(FLOAT32)
        found = graph.distances(query, self._tops)
        keep = max(_ABOVE, count) if self._layer == 0 else _ABOVE
        order = np.argsort(found, kind="stable")[:keep]
        slots, distances, compared = self._tops[order], found[order], len(self._tops)
        for layer in range(self._layer - 1, -1, -1):
            kept = max(count, _ABOVE) if layer == 0 else _ABOVE
            slots, distances, seen = walk(graph, query, layer, slots, distances, kept)
            compared += seen
        return slots[:count], compared


def walk(
    graph: Graph, query: Array, layer: int, slots: Array, distances: Array, count: int
) -> tuple[Array, Array, int]:
    """Return the ``count`` nearest slots that a layer's links lead to, their distances, and how many were compared.

    :param slots: where to begin
    :param distances: theirs
    """
    seen = np.zeros(graph.count, bool)
    seen[slots] = True
    open_: Array = np.ones(len(slots), bool)  # whose links have not been followed
    compared = 0
    while True:
        ahead = np.flatnonzero(open_)[:_AT_ONCE]  # the nearest come first
        if not len(ahead):
            return slots, distances, compared
        open_[ahead] = False
        reached = graph.links(slots[ahead], layer).ravel()
        reached = reached[reached >= 0]
        reached = np.unique(reached[~seen[reached]])
        if not len(reached):
            continue
        seen[reached] = True
        compared += len(reached)
        found = graph.distances(query, reached)
        if len(slots) >= count:
            near = found < distances[-1]
            reached, found = reached[near], found[near]
        slots = np.concatenate([slots, reached])
        distances = np.concatenate([distances, found])
        open_ = np.concatenate([open_, np.ones(len(reached), bool)])
        order = np.argsort(distances, kind="stable")[:count]
        slots, distances, open_ = slots[order], distances[order], open_[order]
