"""Inner products of vectors in one byte a dimension: what numpy has no instructions for, and NumKong has.

Without NumKong, or where it does not do what it should, there are none, and columns are compared in float32.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..values.decoding import FLOAT32


class Kernels(NamedTuple):
    """Products of int8 vectors."""

    one: Any
    """Of one vector with many rows: float32, exact up to 1,040 dimensions and rounded once beyond."""
    several: Any
    """Of many rows with several vectors: int32, a line for each row."""


@cache
def kernels() -> Kernels | None:
    """Return the products that this machine can compute fast; None if it can't."""
    try:
        import numkong
    except Exception:  # noqa: BLE001 - not installed, or not made for this machine
        return None

    def one(vector: Any, rows: Any) -> Any:
        return np.asarray(numkong.cdist(vector[None, :], rows, "dot", out_dtype="float32"))[0]

    def several(rows: Any, vectors: Any) -> Any:
        return np.asarray(numkong.dots_packed(rows, numkong.dots_pack(vectors)))

    found = Kernels(one, several)
    return found if _are_right(found) else None


def _are_right(found: Kernels) -> bool:
    """Return whether they compute what they should, on this machine, at lengths that fit no register."""
    try:
        for rows, dimensions in ((65, 1027), (33, 384), (7, 3)):
            numbers = np.random.default_rng(rows).integers(-127, 128, (rows, dimensions)).astype(np.int8)
            wide = numbers.astype(np.int64)
            right = wide @ wide.T
            one = found.one(numbers[1], numbers)
            several = found.several(numbers, numbers[:5])
            if not (np.array_equal(one, right[1]) and np.array_equal(several, right[:, :5])):
                return False
            if one.dtype != FLOAT32 or several.dtype != np.int32:
                return False
        full = np.full((3, 65_535), 127, np.int8)
        most = 65_535 * 127**2
        return bool(
            found.one(full[0], full)[1] == FLOAT32.type(most) and found.several(full, full)[1, 2] == most
        )
    except Exception:  # noqa: BLE001 - another NumKong than is known here
        return False
