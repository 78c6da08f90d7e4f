"""Vectors to search: the demo's 3,000 definitions, and more of the same kind made from them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import heliosdb_vector.demo

DIMENSIONS = 384
FILE = Path(heliosdb_vector.demo.__file__).parent / "wordnet3k.npz"
SHARES = {"1%": 10, "10%": 100, "50%": 500}  # of a number from 0 to 999 that each row has


@cache
def _real() -> tuple[Any, Any]:
    with np.load(FILE) as found:
        return found["embedding"].astype("f4"), found["query_embedding"].astype("f4")


def queries() -> Any:
    """Return 30 vectors of texts that are not among the rows."""
    return _real()[1]


@cache
def vectors(rows: int) -> Any:
    """Return vectors of length 1: real ones, or as many as asked for, each between two of these and with some noise."""
    real, _ = _real()
    if rows <= len(real):
        return real[:rows]
    random = np.random.default_rng(1)
    made = np.empty((rows, DIMENSIONS), "f4")
    for start in range(0, rows, 20_000):
        count = min(20_000, rows - start)
        share = random.random((count, 1), dtype="f4")
        one, two = (real[random.integers(0, len(real), count)] for _ in range(2))
        some = one * share + two * (1 - share) + random.normal(0, 0.03, (count, DIMENSIONS)).astype("f4")
        made[start : start + count] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return made


@cache
def nearest(rows: int, count: int = 10) -> list[set[int]]:
    """Return the row numbers, from 1, of the nearest rows of each query."""
    found = queries() @ vectors(rows).T
    return [set((np.argpartition(-each, count)[:count] + 1).tolist()) for each in found]
