"""The graph of an ``hnsw`` index: rows by *slot*, in one byte a dimension, and the neighbours of each in every layer.

Layer 0 has all slots, each higher one about an m-th of those below it. It is kept in the shape in which it is stored,
which belongs to no library: usearch walks along it where it is installed (``native``), numpy elsewhere (``walking``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...memory.matrix import Array
from ...values.decoding import FLOAT32

MOST_LAYERS = 15


@dataclass(frozen=True)
class Graph:
    """Slots and their links; -1 stands for no link."""

    metric: str
    m: int
    codes: Array  # int8
    levels: Array  # uint8: the highest layer that each slot is in
    base: Array  # int32, 2 m for each slot: layer 0
    upper: Array  # int32, m for each slot and layer above 0: those of a slot one after another

    @property
    def count(self) -> int:
        """How many slots it has."""
        return len(self.levels)

    @property
    def bytes(self) -> int:
        """What it takes in memory, usearch's copy included."""
        return int(2 * (self.codes.nbytes + self.base.nbytes + self.upper.nbytes))

    @cached_property
    def offsets(self) -> Array:
        """Where each slot's links above layer 0 begin."""
        return np.concatenate([[0], np.cumsum(self.levels, dtype=np.int64)])

    @cached_property
    def shifts(self) -> Array:
        """What a slot's distance has beside its inner product: the square of its length, for ``l2``."""
        return self._squares if self.metric == "l2" else np.zeros(self.count, FLOAT32)

    @cached_property
    def factors(self) -> Array:
        """What a slot's inner product counts in its distance."""
        if self.metric == "l2":
            return np.full(self.count, -2, FLOAT32)
        if self.metric == "dot":
            return np.full(self.count, -1, FLOAT32)
        return -1 / np.sqrt(np.maximum(self._squares, 1)).astype(FLOAT32)

    @cached_property
    def _squares(self) -> Array:
        made = np.empty(self.count, FLOAT32)
        for start in range(0, self.count, 65_536):
            some = self.codes[start : start + 65_536].astype(FLOAT32)
            made[start : start + 65_536] = np.einsum("ij,ij->i", some, some)
        return made

    def distances(self, query: Array, slots: Array) -> Array:
        """Return how far slots are from a vector in float32, on a scale of the graph's own."""
        products: Array = self.codes[slots].astype(FLOAT32) @ query
        products *= self.factors[slots]
        products += self.shifts[slots]
        return products

    def links(self, slots: Array, layer: int) -> Array:
        """Return the neighbours of slots in a layer, a row for each."""
        return self.base[slots] if layer == 0 else self.upper[self.offsets[slots] + layer - 1]


def levels_for(count: int, m: int, seed: int) -> Array:
    """Return the highest layer of so many slots, drawn by lot; the same for the same seed."""
    lot = 1 - np.random.default_rng(seed).random(count)
    return np.minimum(-np.log(lot) / np.log(max(m, 2)), MOST_LAYERS).astype(np.uint8)


def code(vectors: Array, scale: float) -> Array:
    """Return vectors in one byte a dimension, all on one scale."""
    return np.clip(np.rint(vectors / FLOAT32.type(scale)), -127, 127).astype(np.int8)
