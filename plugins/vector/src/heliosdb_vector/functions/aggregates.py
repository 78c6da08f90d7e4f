"""vector_sum and vector_avg: of the rows of a group, or of a window where Python can define such functions."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

import numpy as np

from ..values.decoding import FIRST, FLOAT32, FLOAT64, float32
from .failure import Failure

AGGREGATES = ("vector_avg", "vector_sum")


def define_aggregate(connection: sqlite3.Connection, name: str, failure: Failure) -> None:
    """Define ``vector_avg`` or ``vector_sum`` on a connection."""
    make = partial(_Total, name, failure)
    if hasattr(connection, "create_window_function") and sqlite3.sqlite_version_info >= (3, 25):
        connection.create_window_function(name, 1, make)  # from Python 3.11 on
    else:
        connection.create_aggregate(name, 1, make)  # type: ignore[arg-type]


class _Total:
    """The running sum of one group or window.

    It is kept in two float64 numbers for each dimension, the second one being what rounding took from the first
    (Knuth's TwoSum): a window that rows have left has the sum of those still in it, and not a trace of the others.
    """

    def __init__(self, name: str, failure: Failure) -> None:
        self._name = name
        self._failure = failure
        self._count = 0
        self._size = 0
        self._sum: Any = 0.0
        self._lost: Any = 0.0

    def step(self, value: Any) -> None:
        """Take a row in."""
        self._apply(value, 1)

    def inverse(self, value: Any) -> None:
        """Let go of a row that was taken in."""
        self._apply(value, -1)

    def value(self) -> bytes | None:
        """Return the total of the rows that are in."""
        if not self._count:
            return None
        total = self._sum + self._lost
        if self._name == "vector_avg":
            total /= self._count
        with np.errstate(over="ignore"):
            narrow = total.astype(FLOAT32)
        finite = np.isfinite(narrow)
        if not finite.all():
            reason = f"no float32 can hold the result at index {int(finite.argmin())}"
            self._failure.note(f"{self._name}(): {reason}")
            raise ValueError(reason)
        return narrow.tobytes()  # type: ignore[no-any-return]

    finalize = value

    def _apply(self, value: Any, sign: int) -> None:
        if value is None:
            return
        try:
            vector = float32(value, FIRST)
            if self._count and vector.size != self._size:
                raise ValueError(
                    f"the vectors have {self._size} and {vector.size} dimensions: all must have the same number"
                )
        except ValueError as error:
            self._failure.note(f"{self._name}(): {error}")
            raise
        with np.errstate(all="ignore"):
            if not np.isfinite(vector).all():
                return  # NaN or infinity, which only a writer without this plugin can have stored, counts as NULL
            if not self._count:
                self._size, self._sum, self._lost = vector.size, np.zeros(vector.size), np.zeros(vector.size)
            self._count += sign
            if not self._count:
                return
            row = vector.astype(FLOAT64) * sign
            total = self._sum + row
            rest = total - self._sum
            self._lost += (self._sum - (total - rest)) + (row - rest)
            self._sum = total
