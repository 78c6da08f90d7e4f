"""How far each row of a snapshot is from a query: a lower and an upper bound of what ``vector_distance`` returns.

Distances are computed in float32, which rounds. What the rounding of n products and their sum can amount to, in
whatever order a BLAS adds them, is at most n * u * sum(|x_i q_i|) <= n * u * |x| |q|, u being 2**-24 (Higham, *Accuracy
and Stability of Numerical Algorithms*, 3.1). The bounds have that, and as much again for the rest, on either side.
"""

from __future__ import annotations

from math import copysign, sqrt
from typing import Any, NamedTuple

import numpy as np

from ..values.decoding import FLOAT32
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
    """Bounds of each row's distance, on a scale on which they compare as distances do.

    A row that has no distance, or does not hold any more, is at infinity.
    """

    low: Array
    high: Array
    squared: bool = False
    """Whether the scale has the squares of distances, with their sign."""

    def turned(self) -> Bounds:
        """Return the bounds of the distances with their sign turned, for the farthest rows."""
        low, high = -self.high, -self.low
        absent = np.isinf(self.low)
        low[absent] = high[absent] = np.inf
        return Bounds(low, high, self.squared)

    def on_scale(self, distance: float) -> float:
        """Return where a distance stands on the scale."""
        return distance * abs(distance) if self.squared else distance

    def distance(self, place: float) -> float:
        """Return the distance that stands there on the scale."""
        return copysign(sqrt(abs(place)), place) if self.squared else place


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
    lows, highs = [], []
    for number, part in enumerate(snapshot.parts):
        with np.errstate(all="ignore"):
            if metric in _OF_PRODUCTS:
                codes = part.codes() if given is None else None
                if codes is not None:
                    product, error = codes.products(query.unit)
                else:
                    product, error = (products(part, query) if given is None else given[number]), None
                low, high = _OF_PRODUCTS[metric](part, query, product, error, gamma(snapshot.dimensions))
            else:
                low, high = _OF_DIFFERENCES[metric](part, query, gamma(snapshot.dimensions))
        if part.alive is not None:
            low[~part.alive] = np.inf
            high[~part.alive] = np.inf
        lows.append(low)
        highs.append(high)
    if len(lows) == 1:
        return Bounds(lows[0], highs[0], metric == "l2")
    if not lows:
        return Bounds(np.empty(0, FLOAT32), np.empty(0, FLOAT32), metric == "l2")
    return Bounds(np.concatenate(lows), np.concatenate(highs), metric == "l2")


# Each takes the products with the query's unit vector and what they are off by; None: by the rounding of float32 alone.


def _cosine(part: Part, query: Query, product: Array, error: Any, g: float) -> tuple[Array, Array]:
    middle = product * part.inverse_lengths
    np.subtract(1, middle, out=middle)
    if part.has_zero:
        middle[part.squares == 0] = np.inf
    if error is None:
        off = FLOAT32.type(2 * g + 4 * _UNIT)
        return middle - off, middle + off
    off = error * part.inverse_lengths
    off += FLOAT32.type(2 * g + 4 * _UNIT)
    high = middle + off
    middle -= off
    if part.has_zero:
        middle[part.squares == 0] = high[part.squares == 0] = np.inf
    return middle, high


def _dot(part: Part, query: Query, product: Array, error: Any, g: float) -> tuple[Array, Array]:
    middle = product.astype(np.float64) * -query.norm
    off = np.sqrt(part.squares) * FLOAT32.type(2 * g * query.norm)
    if error is not None:
        off += error * FLOAT32.type(1.001 * query.norm)
    return middle - off, middle + off


def _l2(part: Part, query: Query, product: Array, error: Any, g: float) -> tuple[Array, Array]:
    middle = part.squares - 2 * query.norm * product + query.norm * query.norm
    off = 2 * g * np.square(np.sqrt(part.squares) + query.norm)
    if error is not None:
        off += error * FLOAT32.type(2.002 * query.norm)
    return middle - off, middle + off


def _l1(part: Part, query: Query, g: float) -> tuple[Array, Array]:
    asked = query.wide.astype(FLOAT32)
    distance = np.empty(len(part.rowids), FLOAT32)
    for start in range(0, len(distance), _CHUNK):
        difference = part.vectors[start : start + _CHUNK] - asked
        np.abs(difference, out=difference)
        difference.sum(axis=1, out=distance[start : start + _CHUNK])
    error = distance * FLOAT32.type(2 * g)
    return distance - error, distance + error


def _hamming(part: Part, query: Query, g: float) -> tuple[Array, Array]:
    asked = query.wide.astype(FLOAT32)
    distance = np.empty(len(part.rowids), np.float64)
    for start in range(0, len(distance), _CHUNK):
        distance[start : start + _CHUNK] = np.count_nonzero(
            part.vectors[start : start + _CHUNK] != asked, axis=1
        )
    return distance, distance.copy()


_OF_PRODUCTS = {"cosine": _cosine, "dot": _dot, "l2": _l2}
_OF_DIFFERENCES = {"l1": _l1, "hamming": _hamming}
