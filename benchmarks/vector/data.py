"""Vectors to search: the demo's 3,000 definitions, and clusters of the same kind made from them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import heliosdb_vector.demo

DIMENSIONS = 384
FILE = Path(heliosdb_vector.demo.__file__).parent / "wordnet3k.npz"
CLASSES = 1000
SHARES = {"1 %": 10, "10 %": 100, "50 %": 500}
"""How many of the 1,000 classes, which the rows take in turns, a condition leaves."""


@cache
def _real() -> tuple[Any, Any]:
    with np.load(FILE) as found:
        return found["embedding"].astype("f4"), found["query_embedding"].astype("f4")


def real() -> Any:
    """Return the demo's vectors."""
    return _real()[0]


def queries() -> Any:
    """Return 30 vectors of texts that are not among the rows."""
    return _real()[1]


def make(rows: int, path: Path) -> None:
    """Write vectors of length 1: the real ones, or as many as asked for, around the lines between two of these."""
    real, _ = _real()
    made = np.lib.format.open_memmap(path, "w+", "<f4", (rows, DIMENSIONS))
    if rows <= len(real):
        made[:] = real[:rows]
    else:
        random = np.random.default_rng(1)
        for start in range(0, rows, 20_000):
            count = min(20_000, rows - start)
            share = random.random((count, 1), dtype="f4")
            one, two = (real[random.integers(0, len(real), count)] for _ in range(2))
            some = one * share + two * (1 - share)
            some += random.normal(0, 0.03, some.shape).astype("f4")
            made[start : start + count] = some / np.linalg.norm(some, axis=1, keepdims=True)
    made.flush()


def vectors(path: Path) -> Any:
    """Return what :func:`make` wrote, mapped into memory: processes share it."""
    return np.load(path, mmap_mode="r")


def nearest(found: Any, below: int | None = None, count: int = 10) -> list[set[int]]:
    """Return the numbers, from 1, of each query's nearest rows, among those of the first classes alone."""
    distances = np.concatenate(
        [queries() @ found[at : at + 50_000].T for at in range(0, len(found), 50_000)], axis=1
    )
    if below is not None:
        distances[:, np.arange(len(found)) % CLASSES >= below] = -np.inf
    return [set((np.argpartition(-each, count)[:count] + 1).tolist()) for each in distances]
