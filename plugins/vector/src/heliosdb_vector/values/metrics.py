"""The distances between two vectors, by the name that SQL calls them.

Each takes two float64 arrays of one length and their squared lengths, all finite, and returns a float, or None where
the distance is not defined. float32 values are exact in float64 and their products can't overflow there, so that a
result is off by rounding alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType
from typing import Any

import numpy as np

Metric = Callable[[Any, float, Any, float], "float | None"]

_absolute = np.absolute
_sum = np.add.reduce


def cosine(a: Any, a_squared: float, b: Any, b_squared: float) -> float | None:
    """1 - cos(angle): 0 for one direction, 1 for a right angle, 2 for opposite ones; None when either is zero."""
    if not a_squared or not b_squared:
        return None
    distance = 1.0 - float(a.dot(b)) / sqrt(a_squared * b_squared)
    if 0.0 <= distance <= 2.0:
        return distance
    return min(max(distance, 0.0), 2.0)  # rounding stepped over an end


def euclidean(a: Any, a_squared: float, b: Any, b_squared: float) -> float:
    """The straight line between the two points."""
    difference = a - b
    return sqrt(difference.dot(difference))


def manhattan(a: Any, a_squared: float, b: Any, b_squared: float) -> float:
    """The sum of the differences, each without its sign."""
    return float(_sum(_absolute(a - b)))


def dot(a: Any, a_squared: float, b: Any, b_squared: float) -> float:
    """The inner product with its sign turned, so that the smallest is the nearest here too."""
    return 0.0 - float(a.dot(b))


def hamming(a: Any, a_squared: float, b: Any, b_squared: float) -> float:
    """The number of places in which the two differ."""
    return float(np.count_nonzero(a != b))


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "cosine": cosine,
        "euclidean": euclidean,
        "l2": euclidean,
        "manhattan": manhattan,
        "l1": manhattan,
        "dot": dot,
        "hamming": hamming,
    }
)


def metric(name: object) -> Metric:
    """Return the metric of that name; case does not count.

    :raises ValueError: there is none; the message lists those there are
    """
    if isinstance(name, str) and (found := METRICS.get(name.lower())) is not None:
        return found
    raise ValueError(f"unknown metric {name!r}: use one of {', '.join(METRICS)}")
