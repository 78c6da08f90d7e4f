"""Rows in one byte a dimension: a quarter of the memory to go through, and bounds that are wider but still bounds.

A row x is c * s + r: codes c from -127 to 127, a scale s, and what rounding left, r. The product with a query, coded in
the same way, is off by no more than |r| |q| + s |c| |rest of q| (Cauchy and Schwarz). That leaves some dozens of rows
to be looked at again, and none that belongs among the nearest is left out.

They need the products of ``products``; where there are none, float32 is used.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from ..values.decoding import FLOAT32
from .products import kernels

_FROM = 10_000  # rows, below which there is nothing to gain
_AFTER = 2  # searches of the same rows: making codes takes as long as several of them
_CHUNK = 8192
_UNEVEN = 3  # times the middle one: rows that lost more than that have a bound of their own


class Coded(NamedTuple):
    """A query in one byte a dimension."""

    codes: Any  # int8
    step: float
    rest: float  # the length of what rounding left, from above


class Codes(NamedTuple):
    """The rows of a part, coded."""

    codes: Any  # int8
    scales: Any
    lost: Any  # the length of what rounding left, from above
    sizes: Any  # the length of what is coded, from above

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        return len(self.codes) * bytes_of_codes(self.codes.shape[1])

    def products(self, unit: Any) -> tuple[Any, Any]:
        """Return the inner product of each row with a vector, and what it may be off by."""
        query = coded(unit)
        product = dots(query, self)
        product = np.multiply(product, self.scales)
        product *= FLOAT32.type(query.step)
        error = self.sizes * FLOAT32.type(query.rest)
        error += self.lost
        return product, error


class Cosines(NamedTuple):
    """What the cosine distance from coded rows is computed with, for rows of whatever length."""

    factors: Any
    """What a product of codes and a query's step are multiplied by; its sign is turned."""
    lost: Any
    """What it is off by: one number, or one for each row."""
    sizes: float


def coded(unit: Any) -> Coded:
    """Return the codes of a vector of length 1."""
    step = float(np.abs(unit).max()) / 127 or 1.0
    wide = unit.astype(np.float64)
    codes = np.rint(wide / step)
    wide -= codes * step
    return Coded(codes.astype(np.int8), step, 1.001 * sqrt(wide.dot(wide)))


def dots(query: Coded, rows: Codes) -> Any:
    """Return the product of a query's codes with those of each row."""
    found = kernels()
    assert found is not None  # noqa: S101 - or there would be no codes
    return found.one(query.codes, rows.codes)


def cosines(rows: Codes, inverse_lengths: Any) -> Cosines:
    """Return what cosine distances are computed with; rows of length 0 must be looked at apart."""
    inverse = np.where(np.isfinite(inverse_lengths), inverse_lengths, FLOAT32.type(0))
    lost = rows.lost * inverse
    most = float(lost.max(initial=0.0))
    if len(lost) and most <= _UNEVEN * float(np.median(lost)):
        lost = most
    return Cosines(rows.scales * -inverse, lost, float((rows.sizes * inverse).max(initial=0.0)))


def encode(vectors: Any) -> Codes:
    """Return the codes of float32 vectors."""
    count = len(vectors)
    codes = np.empty(vectors.shape, np.int8)
    scales, lost, sizes = (np.empty(count, FLOAT32) for _ in range(3))
    for start in range(0, count, _CHUNK):
        rows = vectors[start : start + _CHUNK]
        scale = np.abs(rows).max(axis=1) / FLOAT32.type(127)
        scale[scale == 0] = 1
        near = np.rint(rows / scale[:, None])
        codes[start : start + _CHUNK] = near
        near *= scale[:, None]
        left = rows - near
        # A thousandth more than it is: these numbers are rounded as well.
        scales[start : start + _CHUNK] = scale
        lost[start : start + _CHUNK] = np.sqrt(np.einsum("ij,ij->i", left, left)) * FLOAT32.type(1.001)
        sizes[start : start + _CHUNK] = np.sqrt(np.einsum("ij,ij->i", near, near)) * FLOAT32.type(1.001)
    lost += sizes * FLOAT32.type(1e-5)
    return Codes(codes, scales, lost, sizes)


def bytes_of_codes(dimensions: int) -> int:
    """Return what the codes of a vector take in memory, with what they are used with."""
    return dimensions + 20


def bytes_to_come(rows: int, dimensions: int) -> int:
    """Return what the codes of so many rows will take, should they be made."""
    return rows * bytes_of_codes(dimensions) if rows >= _FROM else 0


def wanted(rows: int, searches: int) -> bool:
    """Return whether so many rows that were searched so often are worth coding."""
    return rows >= _FROM and searches > _AFTER and available()


def available() -> bool:
    """Return whether products of bytes can be computed fast here."""
    return kernels() is not None
