"""Rows in one byte a dimension, and which of them can be among the nearest to a vector.

A row x is c * s + r: numbers c from -127 to 127, a scale s, and what rounding left, r. Its product with a vector of
length 1 is off by no more than |r| (Cauchy and Schwarz), and where that vector is coded as well, by |x| times the
length of what that left.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from ...memory.bounds import Query
from ...memory.choosing import kth_smallest
from ...memory.matrix import Array, Part
from ...memory.products import kernels
from ...values.decoding import FLOAT32

_CHUNK = 8192
_MORE = FLOAT32.type(1.0001)  # than it is: lengths are rounded as well


class Coded(NamedTuple):
    """Rows, coded."""

    codes: Array  # int8
    facts: Array  # float32, three lines: scales, the lengths of what rounding left, the lengths of the rows

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        return int(self.codes.nbytes + self.facts.nbytes)

    def taken(self, which: Any) -> Coded:
        """Return some of them."""
        return Coded(self.codes[which], self.facts[:, which])


def joined(parts: Iterable[Coded]) -> Coded:
    """Return the rows of all parts, one part after another."""
    codes, facts = zip(*parts, strict=True)
    return Coded(np.concatenate(codes), np.concatenate(facts, axis=1))


def code(part: Part) -> Coded:
    """Return rows coded."""
    count = len(part.vectors)
    made = Coded(np.empty(part.vectors.shape, np.int8), np.empty((3, count), FLOAT32))
    for start in range(0, count, _CHUNK):
        some = slice(start, start + _CHUNK)
        rows = part.vectors[some]
        scales = np.abs(rows).max(axis=1) / FLOAT32.type(127)
        scales[scales == 0] = 1
        coded = np.rint(rows / scales[:, None])
        made.codes[some] = coded
        left = rows - coded * scales[:, None]
        lengths = np.sqrt(part.squares[some])
        lost = np.sqrt(np.einsum("ij,ij->i", left, left)) * _MORE + lengths * FLOAT32.type(1e-6)
        made.facts[:, some] = scales, lost, lengths
    return made


def products(query: Query, parts: Iterable[Coded]) -> tuple[Array, float]:
    """Return the inner products of all parts' rows with the query's direction, less the scales, one after another.

    The number is what they are off by, for a row of length 1, beside what the rows have lost.
    """
    fast = kernels()
    if fast is None:
        found = [part.codes.astype(FLOAT32) @ query.unit for part in parts]
        return np.concatenate(found), 1e-5 * sqrt(len(query.unit))
    step = float(np.abs(query.unit).max()) / 127 or 1.0
    asked = np.rint(query.unit / FLOAT32.type(step))
    rest = query.unit - asked * FLOAT32.type(step)
    asked = asked.astype(np.int8)
    found = [fast.one(asked, part.codes) for part in parts]
    return np.concatenate(found) * FLOAT32.type(step), 1.001 * sqrt(float(rest.dot(rest))) + 1e-6


def nearest(
    product: Array, off: float, facts: Array, metric: str, query: Query, most: int, slack: float
) -> Array:
    """Return the places of the rows that can be among the ``most`` nearest.

    :param product: and ``off``, of :func:`products`; NaN for a row that does not count
    :param facts: of these rows
    :param slack: how much farther, as a distance, a row may be and yet count as tied
    """
    scales, lost, lengths = facts
    product = product * scales
    error = lost + lengths * FLOAT32.type(off)
    with np.errstate(all="ignore"):
        if metric == "cosine":
            middle, error = 1 - product / lengths, error / lengths
        elif metric == "dot":
            middle, error = product * FLOAT32.type(-query.norm), error * FLOAT32.type(query.norm)
        else:
            middle = np.square(lengths) - product * FLOAT32.type(2 * query.norm)
            error *= FLOAT32.type(2 * query.norm)
        middle[~np.isfinite(middle)] = np.inf
        limit = kth_smallest(middle + error, most)
        if slack and metric == "l2":  # the scale has squares there, less the query's own
            length = max(0.0, limit + query.norm**2) ** 0.5
            limit += (2 * length + slack) * slack
        else:
            limit += slack
        return np.flatnonzero((middle - error <= limit) & np.isfinite(middle))
