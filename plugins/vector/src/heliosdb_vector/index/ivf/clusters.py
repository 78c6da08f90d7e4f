"""The centres of clusters, found by k-means in a sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...memory.matrix import Array
from ...values.decoding import FLOAT32

_ROUNDS = 10
_CHUNK = 8192
_PER_CENTRE = 64  # rows of the sample, beyond which the centres hardly move


def centres(rows: Array, count: int, poll: Callable[[], None]) -> Array:
    """Return up to ``count`` centres of float32 rows; the same ones for the same rows.

    :param poll: called now and then
    """
    random = np.random.default_rng(0)
    distinct = np.unique(rows, axis=0) if len(rows) <= 4 * count else rows
    if len(distinct) <= count:
        return distinct.astype(FLOAT32)
    if len(rows) > count * _PER_CENTRE:
        rows = rows[random.choice(len(rows), count * _PER_CENTRE, replace=False)]
    found = distinct[random.choice(len(distinct), count, replace=False)].astype(FLOAT32)
    for _ in range(_ROUNDS):
        nearest, off = assigned(rows, found, poll)
        sums = np.zeros((count, rows.shape[1]), np.float64)
        order = np.argsort(nearest, kind="stable")
        members = np.bincount(nearest, minlength=count)
        there = np.flatnonzero(members)
        starts = np.concatenate([[0], np.cumsum(members[there])[:-1]])
        sums[there] = np.add.reduceat(rows[order], starts, axis=0, dtype=np.float64)
        means = (sums / np.maximum(members, 1)[:, None]).astype(FLOAT32)
        empty = np.flatnonzero(members == 0)
        if len(empty):  # each takes a row that is far from its own centre
            means[empty] = rows[np.argpartition(-off, len(empty) - 1)[: len(empty)]]
        found = means
    return found


def assigned(rows: Array, found: Array, poll: Callable[[], None]) -> tuple[Array, Array]:
    """Return the nearest centre of each row, and the square of its distance, up to rounding."""
    squares = np.einsum("ij,ij->i", found, found)
    nearest, off = np.empty(len(rows), np.int64), np.empty(len(rows), FLOAT32)
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        distances = squares - 2 * (some @ found.T)
        best = distances.argmin(axis=1)
        nearest[start : start + _CHUNK] = best
        own = np.einsum("ij,ij->i", some, some)
        off[start : start + _CHUNK] = distances[np.arange(len(some)), best] + own
        poll()
    return nearest, off
