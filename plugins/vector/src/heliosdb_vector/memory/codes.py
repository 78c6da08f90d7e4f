"""Rows in one byte a dimension: a quarter of the memory to go through, and bounds that are wider but still bounds.

A row x is c * s + r: codes c from -127 to 127, a scale s, and what rounding left, r. The product with a query, coded in
the same way, is off by no more than |r| |q| + s |c| |rest of q| (Cauchy and Schwarz). That leaves some dozens of rows
to be looked at again, and none that belongs among the nearest is left out.

Products of bytes need instructions that numpy does not use: the library SimSIMD, an optional extra, brings them.
Without it, or where it does not do what it should, float32 is used.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..values.decoding import FLOAT32

_FROM = 10_000  # rows, below which there is nothing to gain
_AFTER = 2  # searches of the same rows: making codes takes as long as several of them
_CHUNK = 8192


class Codes(NamedTuple):
    """The rows of a part, coded."""

    codes: Any  # int8
    scales: Any
    lost: Any  # the length of what rounding left, from above
    sizes: Any  # the length of what is coded, from above

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        return int(self.codes.nbytes + 3 * self.scales.nbytes)

    def products(self, unit: Any) -> tuple[Any, Any]:
        """Return the inner product of each row with a vector, and what it may be off by."""
        step = float(np.abs(unit).max()) / 127 or 1.0
        coded = np.rint(unit.astype(np.float64) / step).astype(np.int8)
        rest = unit.astype(np.float64) - coded * step
        exact = _dot_products()(coded, self.codes)
        product = np.multiply(exact, step, dtype=np.float64).astype(FLOAT32) * self.scales
        error = self.sizes * FLOAT32.type(1.001 * float(np.sqrt(rest.dot(rest))))
        error += self.lost
        return product, error


def encode(vectors: Any) -> Codes:
    """Return the codes of float32 vectors."""
    count = len(vectors)
    codes = np.empty(vectors.shape, np.int8)
    scales, lost, sizes = (np.empty(count, FLOAT32) for _ in range(3))
    for start in range(0, count, _CHUNK):
        rows = vectors[start : start + _CHUNK]
        scale = np.abs(rows).max(axis=1) / FLOAT32.type(127)
        scale[scale == 0] = 1
        coded = np.rint(rows / scale[:, None])
        codes[start : start + _CHUNK] = coded
        coded *= scale[:, None]
        left = rows - coded
        # A thousandth more than it is: these numbers are rounded as well.
        scales[start : start + _CHUNK] = scale
        lost[start : start + _CHUNK] = np.sqrt(np.einsum("ij,ij->i", left, left)) * FLOAT32.type(1.001)
        sizes[start : start + _CHUNK] = np.sqrt(np.einsum("ij,ij->i", coded, coded)) * FLOAT32.type(1.001)
    lost += sizes * FLOAT32.type(1e-5)
    return Codes(codes, scales, lost, sizes)


def wanted(rows: int, searches: int) -> bool:
    """Return whether so many rows that were searched so often are worth coding."""
    return rows >= _FROM and searches > _AFTER and available()


def available() -> bool:
    """Return whether products of bytes can be computed fast here."""
    return _dot_products() is not None


@cache
def _dot_products() -> Any:
    """Return a function for the inner products of a coded vector with coded rows; None where there is none."""
    try:
        import simsimd

        def products(one: Any, rows: Any) -> Any:
            return np.asarray(simsimd.cdist(one[None, :], rows, metric="dot"))[0]

        numbers = np.random.default_rng(0).integers(-127, 128, (65, 1027)).astype(np.int8)
        right = numbers.astype(np.int64) @ numbers[0].astype(np.int64)
        full = np.full((3, 65_535), 127, np.int8)
        good = (
            np.array_equal(products(numbers[0], numbers), right)
            and products(full[0], full)[1] == 65_535 * 127**2
        )
    except Exception:  # noqa: BLE001 - not installed, or another one than is known here
        return None
    return products if good else None
