"""How far each row of a snapshot is from a query: between which bounds ``vector_distance`` returns a number.

Distances are computed in float32, which rounds. What the rounding of n products and their sum can amount to, in
whatever order a BLAS adds them, is at most n * u * sum(|x_i q_i|) <= n * u * |x| |q|, u being 2**-24 (Higham, *Accuracy
and Stability of Numerical Algorithms*, 3.1). The bounds have that, and as much again for the rest, on either side.
"""

from __future__ import annotations

from math import copysign, sqrt
from typing import Any, NamedTuple

import numpy as np

from ..values.decoding import FLOAT32
from .codes import Coded, Codes, Cosines, coded, dots
from .matrix import Array, Part, Snapshot

_UNIT = 2.0**-24
_CHUNK = 4096  # rows at a time where a metric needs a copy of them

CANONICAL = {
    "cosine": "cosine",
    "euclidean": "l2",
    "l2": "l2",
    "manhattan": "l1",
    "l1": "l1",
    "dot": "dot",
    "hamming": "hamming",
}


class Bounds(NamedTuple):
    """Each row's distance and what it may be off by, on a scale on which places compare as distances do.

    A row that has no distance, or does not hold any more, is at infinity.
    """

    middle: Array
    off: Any
    """On either side: a number, or one for each row."""
    squared: bool = False
    """Whether the scale has the squares of distances, with their sign."""
    base: float = 0.0
    factor: float = 1.0
    """A distance is ``base + factor * place``."""

    @property
    def low(self) -> Array:
        """The least that each may be."""
        return self.middle - self.off

    @property
    def high(self) -> Array:
        """The most that each may be."""
        return self.middle + self.off

    def at(self, places: Array) -> Bounds:
        """Return the bounds of these rows alone."""
        off = self.off if np.ndim(self.off) == 0 else self.off[places]
        return self._replace(middle=self.middle[places], off=off)

    def turned(self) -> Bounds:
        """Return the bounds of the distances with their sign turned, for the farthest rows."""
        middle = -self.middle
        middle[np.isinf(middle)] = np.inf
        return Bounds(middle, self.off, self.squared, -self.base, self.factor)

    def on_scale(self, distance: float) -> float:
        """Return where a distance stands on the scale."""
        return distance * abs(distance) if self.squared else (distance - self.base) / self.factor

    def distance(self, place: float) -> float:
        """Return the distance that stands there on the scale."""
        return copysign(sqrt(abs(place)), place) if self.squared else self.base + self.factor * place


class Query(NamedTuple):
    """A vector to be searched for, made ready."""

    wide: Array  # float64
    norm: float
    unit: Array  # float32, of length 1

    @classmethod
    def of(cls, vector: Array) -> Query | None:
        """Return the query for a float32 vector; None for one that bounds can't be given for."""
        wide = vector.astype(np.float64)
        square = float(wide.dot(wide))
        if not 1e-24 <= square <= 1e30:
            return None
        norm = sqrt(square)
        return cls(wide, norm, (wide / norm).astype(FLOAT32))


class Asked(NamedTuple):
    """The values of one search."""

    query: Query
    dimensions: int
    metric: str
    most: int = 0  # rows: LIMIT and OFFSET together
    distance: float = 0.0  # the most, or the least, that the distance may be


def gamma(dimensions: int) -> float:
    """Return the relative error of an inner product of so many dimensions in float32, with room to spare."""
    return 1.1 * (dimensions + 8) * _UNIT


def products(part: Part, query: Query) -> Array:
    """Return the inner product of each row with the query's unit vector."""
    return part.vectors @ query.unit


def bounds(snapshot: Snapshot, metric: str, query: Query, given: list[Array] | None = None) -> Bounds:
    """Return the bounds of every row's distance.

    :param given: the ``products`` of each part, where they are known already
    """
    parts = snapshot.parts
    if not parts:
        return Bounds(np.empty(0, FLOAT32), 0.0, metric == "l2")
    found = []
    g = gamma(snapshot.dimensions)
    with np.errstate(all="ignore"):
        for number, part in enumerate(parts):
            if metric in _OF_DIFFERENCES:
                each = _OF_DIFFERENCES[metric](part, query, g)
            elif given is not None:
                each = _OF_PRODUCTS[metric](part, query, given[number], None, g)
            elif (codes := part.codes()) is None:
                each = _OF_PRODUCTS[metric](part, query, products(part, query), None, g)
            elif metric == "cosine":
                each = _cosine_of_codes(part, query, codes)
            else:
                each = _OF_PRODUCTS[metric](part, query, *codes.products(query.unit), g)
            if part.alive is not None:
                each.middle[~part.alive] = np.inf
            found.append(each)
        return found[0] if len(found) == 1 else joined(found)


def joined(found: list[Bounds]) -> Bounds:
    """Return the bounds of several parts on the scale of the first."""
    first = found[0]
    middles, offs = [first.middle], [np.broadcast_to(np.asarray(first.off), first.middle.shape)]
    for each in found[1:]:
        middle, off = each.middle, np.broadcast_to(np.asarray(each.off), each.middle.shape)
        if (each.base, each.factor) != (first.base, first.factor):
            middle = (middle * each.factor + (each.base - first.base)) / first.factor
            off = off * (each.factor / first.factor) + 8 * _UNIT * (1 + abs(each.base)) / first.factor
        middles.append(middle)
        offs.append(off)
    return Bounds(np.concatenate(middles), np.concatenate(offs), first.squared, first.base, first.factor)


# Each takes the products with the query's unit vector and what they are off by; None: by the rounding of float32 alone.


def _cosine(part: Part, query: Query, product: Array, error: Any, g: float) -> Bounds:
    middle = product * -part.inverse_lengths
    if len(part.zeros):
        middle[part.zeros] = np.inf
    off = 2 * g + 4 * _UNIT
    return Bounds(
        middle, off if error is None else error * part.inverse_lengths + FLOAT32.type(off), base=1.0
    )


def _cosine_of_codes(part: Part, query: Query, codes: Codes) -> Bounds:
    """Return the same on a scale on which it takes one multiplication a row."""
    asked = coded(query.unit)
    known = part.cosines()
    middle = dots(asked, codes)
    middle = np.multiply(middle, known.factors, out=middle if middle.flags.writeable else None)
    if len(part.zeros):
        middle[part.zeros] = np.inf
    off = cosine_off(known, asked, query.wide.size)
    return Bounds(middle, off if isinstance(off, float) else off.astype(FLOAT32), base=1.0, factor=asked.step)


def cosine_off(known: Cosines, asked: Coded, dimensions: int) -> Any:
    """Return what cosine distances from coded rows may be off by, on the scale of the products with a query."""
    return (known.lost + (known.sizes * asked.rest + 2 * gamma(dimensions) + 4 * _UNIT)) / asked.step


def _dot(part: Part, query: Query, product: Array, error: Any, g: float) -> Bounds:
    middle = product.astype(np.float64) * -query.norm
    off = np.sqrt(part.squares) * FLOAT32.type(2 * g * query.norm)
    if error is not None:
        off += error * FLOAT32.type(1.001 * query.norm)
    return Bounds(middle, off)


def _l2(part: Part, query: Query, product: Array, error: Any, g: float) -> Bounds:
    middle = part.squares - 2 * query.norm * product + query.norm * query.norm
    off = 2 * g * np.square(np.sqrt(part.squares) + query.norm)
    if error is not None:
        off += error * FLOAT32.type(2.002 * query.norm)
    return Bounds(middle, off, squared=True)


def _l1(part: Part, query: Query, g: float) -> Bounds:
    asked = query.wide.astype(FLOAT32)
    distance = np.empty(len(part.rowids), FLOAT32)
    for start in range(0, len(distance), _CHUNK):
        difference = part.vectors[start : start + _CHUNK] - asked
        np.abs(difference, out=difference)
        difference.sum(axis=1, out=distance[start : start + _CHUNK])
    return Bounds(distance, distance * FLOAT32.type(2 * g))


def _hamming(part: Part, query: Query, g: float) -> Bounds:
    asked = query.wide.astype(FLOAT32)
    distance = np.empty(len(part.rowids), np.float64)
    for start in range(0, len(distance), _CHUNK):
        distance[start : start + _CHUNK] = np.count_nonzero(
            part.vectors[start : start + _CHUNK] != asked, axis=1
        )
    return Bounds(distance, 0.0)


_OF_PRODUCTS = {"cosine": _cosine, "dot": _dot, "l2": _l2}
PRODUCTS = frozenset(_OF_PRODUCTS)
"""Metrics that inner products are enough for."""
_OF_DIFFERENCES = {"l1": _l1, "hamming": _hamming}
