"""The nearest rows of several queries at once: one product of matrices, gone through once, block by block.

A block's products are looked at while they are in the processor's cache: what can't be among the nearest by what was
seen so far is forgotten at once. So the rows cost little more memory traffic for all queries than for one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..values.decoding import FLOAT32
from .bounds import Bounds, Query, bounds, cosine_off, joined
from .choosing import nearest
from .codes import Coded, Codes, coded
from .matrix import Array, Part, Snapshot
from .products import kernels

_ROWS = 2048  # a block
_GROUP = 32  # rows, of which the nearest is kept to tell how near the k-th is
_LEAST_LEFT = 100_000
_MOST = 500  # rows that are asked for, beyond which too many groups would be needed


def nearest_of_several(snapshot: Snapshot, queries: Sequence[Query], k: int) -> list[Array] | None:
    """Return the places of all rows that may be among the k nearest by cosine distance, for each query.

    None where that is not faster than one after the other, or where fewer rows have a distance.
    """
    codes = snapshot.base.codes()
    found = kernels()
    if codes is None or found is None or not 0 < k <= _MOST or snapshot.base.count < 8 * k * _GROUP:
        return None
    known = snapshot.base.cosines()
    if not isinstance(known.lost, float):
        return None
    asked = [coded(query.unit) for query in queries]
    offs = np.array([cosine_off(known, each, snapshot.dimensions) for each in asked])
    chosen = _of_base(snapshot.base, codes, asked, (2.000001 * offs).astype(FLOAT32), k)
    if chosen is None:
        return None
    return [
        _with_extra(snapshot, query, k, Bounds(middle, float(off), base=1.0, factor=each.step), places)
        for query, each, off, (places, middle) in zip(queries, asked, offs, chosen, strict=True)
    ]


def _of_base(
    part: Part, codes: Codes, asked: Sequence[Coded], room: Array, k: int
) -> list[tuple[Array, Array]] | None:
    """Return the places in a part that may be among the k nearest of each query, and where they are on its scale."""
    kernel = kernels()
    assert kernel is not None  # noqa: S101 - or there would be no codes
    stacked = np.stack([each.codes for each in asked])
    factors = part.cosines().factors
    absent = part.absent
    limit = np.full(len(asked), np.inf, FLOAT32)
    least: list[Array] = []
    rows, columns, values = [], [], []
    starts = range(0, len(part.rowids), _ROWS)
    left = max(_LEAST_LEFT, len(part.rowids) * len(asked) // 16)
    for number, start in enumerate(starts):
        stop = min(start + _ROWS, len(part.rowids))
        middle = kernel.several(codes.codes[start:stop], stacked).astype(FLOAT32)
        middle *= factors[start:stop, None]
        if absent is not None:
            middle[absent[start:stop]] = np.inf
        groups = (stop - start) // _GROUP
        least.append(middle[: groups * _GROUP].reshape(_GROUP, groups, -1).min(axis=0))
        if number & (number + 1) == 0 or number == len(starts) - 1:  # the first, and less and less often
            nearest_groups = np.concatenate(least)
            if len(nearest_groups) >= k:
                nearest_groups = np.partition(nearest_groups, k - 1, axis=0)[:k]
                limit = nearest_groups[-1]
            least = [nearest_groups]
        row, column = np.divmod(np.flatnonzero(middle <= limit + room), len(asked))
        left -= len(row)
        if left < 0:
            return None  # too many are as near as each other
        rows.append(row + start)
        columns.append(column)
        values.append(middle[row, column])
    if not np.isfinite(limit).all():
        return None
    row, column, value = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
    keep = value <= (limit + room)[column]
    row, column, value = row[keep], column[keep], value[keep]
    order = np.argsort(column, kind="stable")
    cuts = np.searchsorted(column[order], np.arange(1, len(asked)))
    return list(zip(np.split(row[order], cuts), np.split(value[order], cuts), strict=True))


def _with_extra(snapshot: Snapshot, query: Query, k: int, found: Bounds, places: Array) -> Array:
    """Return the places that are left of a part's when the rows that have changed since are looked at as well."""
    if len(snapshot.extra.rowids):
        others = bounds(snapshot.of_changes(), "cosine", query)
        found = joined([found, others])
        places = np.concatenate([places, np.arange(len(others.middle)) + len(snapshot.base.rowids)])
    chosen = nearest(found, k)
    return places if chosen is None else places[chosen]
