"""Which rows can be among the nearest: chosen by bounds, so that none that belongs there is left out.

Let t be the k-th smallest upper bound. k rows are at most t away, so the k-th nearest is, and so is every row that ties
with it; a row whose lower bound is above t is not one of them.
"""

from __future__ import annotations

import numpy as np

from .bounds import CANONICAL, Bounds, Query
from .matrix import Array, Snapshot

_BLOCK = 64
_REFINE = 12  # candidates more than asked for, from which on they are looked at again in float64
_SURE = 1e-9  # what float64 may be off by, in units of the vectors' lengths; a thousand times what it is


def kth_smallest(values: Array, k: int) -> float:
    """Return the k-th smallest value, k from 1; infinity if there are fewer."""
    if k > len(values):
        return float("inf")
    values = values[_fewer(values, k, 0.0)]
    return float(np.partition(values, k - 1)[k - 1])


def _fewer(values: Array, k: int, room: float) -> Array:
    """Return the places of the k smallest values, of whatever is at most ``room`` larger, and of some others."""
    if len(values) <= 64 * _BLOCK or k > len(values) // (4 * _BLOCK):
        return np.arange(len(values))
    # The k smallest of all are no larger than the k-th smallest of the groups' least values.
    size = len(values) // _BLOCK
    least = values[: size * _BLOCK].reshape(_BLOCK, size).min(axis=0)
    limit = np.partition(least, k - 1)[k - 1]
    return np.flatnonzero(values <= limit + values.dtype.type(room))


def nearest(bounds: Bounds, k: int, slack: float = 0.0) -> Array | None:
    """Return the places of all rows that may be among the k nearest; None if fewer have a distance.

    :param slack: how much farther, as a distance, a row may be and yet count as tied
    """
    if k > len(bounds.middle):
        return None
    if slack or not isinstance(bounds.off, float):
        limit = kth_smallest(bounds.high, k)
        if np.isinf(limit):
            return None
        if slack:
            limit = bounds.on_scale(bounds.distance(limit) + slack)
        low = bounds.low
        return np.flatnonzero((low <= limit) & np.isfinite(low))
    room = 2.000001 * bounds.off
    places = _fewer(bounds.middle, k, room)
    few = bounds.middle[places]
    limit = np.partition(few, k - 1)[k - 1]
    return None if np.isinf(limit) else places[few <= limit + room]


def within(bounds: Bounds, distance: float) -> Array:
    """Return the places of all rows that may be at most ``distance`` away."""
    limit = bounds.on_scale(distance + _SURE * (1 + abs(distance)))
    low = bounds.low
    return np.flatnonzero((low <= limit) & np.isfinite(low))


def refined(snapshot: Snapshot, metric: str, query: Query, places: Array, k: int, *, farthest: bool) -> Array:
    """Return fewer places, where there are many more than asked for, by computing their distances in float64."""
    if len(places) <= k + _REFINE:
        return places
    distances = exact(snapshot, metric, query, places)
    if farthest:
        distances = -distances
    lengths = query.norm + snapshot.base.longest + snapshot.extra.longest
    unit = {"cosine": 1.0, "dot": query.norm * lengths, "hamming": 1.0}.get(
        metric, lengths * snapshot.dimensions
    )
    finite = distances[~np.isnan(distances)]
    if k > len(finite):
        return places
    limit = kth_smallest(finite, k) + _SURE * unit
    return places[distances <= limit]


def exact(snapshot: Snapshot, metric: str, query: Query, places: Array) -> Array:
    """Return the distances of these rows in float64; NaN for a row that has none."""
    made = np.empty(len(places), np.float64)
    for start in range(0, len(places), 8192):
        rows = snapshot.vectors(places[start : start + 8192]).astype(np.float64)
        made[start : start + 8192] = distances(rows, CANONICAL[metric], query)
    return made


def distances(rows: Array, metric: str, query: Query) -> Array:
    """Return the distances of float64 rows from the query."""
    if metric == "cosine":
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        with np.errstate(all="ignore"):
            return np.where(lengths == 0, np.nan, 1 - rows @ query.wide / (lengths * query.norm))
    if metric == "dot":
        return -(rows @ query.wide)
    if metric == "hamming":
        return np.count_nonzero(rows != query.wide, axis=1).astype(np.float64)
    rows -= query.wide
    if metric == "l2":
        return np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return np.abs(rows).sum(axis=1)
