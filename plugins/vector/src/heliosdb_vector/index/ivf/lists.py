"""The contents of an ``ivf`` index in memory: its rows in the order of their lists, in one byte a dimension.

Within the lists that a search looks into it leaves out nothing: bounds on the distances tell which rows can be among
the nearest there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...memory.bounds import Query
from ...memory.matrix import Array, Part
from ...memory.position import Position
from ...values.decoding import FLOAT32
from ..bits.codes import to_unit
from ..contents import Candidates, sorted_out
from . import coding
from .clusters import assigned
from .coding import Coded, code

_MORE = 10  # times as many rows as are asked for are compared, at least
_FEW = 4096  # changed rows, from which on they are sorted in among the others


@dataclass(frozen=True)
class Rows:
    """Rows, and the list that each is in."""

    rowids: Array
    lists: Array
    codes: Coded

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return int(self.codes.bytes + self.rowids.nbytes + self.lists.nbytes)

    def taken(self, which: Array | slice) -> Rows:
        """Return some of them."""
        return Rows(self.rowids[which], self.lists[which], self.codes.taken(which))

    @cached_property
    def order(self) -> Array:
        """Where the rows stand in the order of their rowids."""
        return np.argsort(self.rowids)

    def places(self, rowids: Array) -> Array:
        """Return where these rows stand; those that are not there are left out."""
        if not len(self.rowids):
            return np.empty(0, np.int64)
        at = np.searchsorted(self.rowids, rowids, sorter=self.order)
        at = self.order[np.minimum(at, len(self.rowids) - 1)]
        found: Array = at[self.rowids[at] == rowids]
        return found


def joined(parts: list[Rows]) -> Rows:
    """Return the rows of all parts, one part after another."""
    if len(parts) == 1:
        return parts[0]
    codes = coding.joined(part.codes for part in parts)
    rowids = np.concatenate([part.rowids for part in parts])
    return Rows(rowids, np.concatenate([part.lists for part in parts]), codes)


def listed(metric: str, centres: Array, part: Part) -> Rows:
    """Return rows with the lists that they belong to."""
    vectors = part.vectors if metric == "l2" else to_unit(part.vectors)
    lists, _ = assigned(vectors, centres, lambda: None)
    return Rows(part.rowids, lists.astype(np.int32), code(part))


def nothing(dimensions: int) -> Rows:
    """Return no rows."""
    codes = Coded(np.empty((0, dimensions), np.int8), np.empty((3, 0), FLOAT32))
    return Rows(np.empty(0, np.int64), np.empty(0, np.int32), codes)


@dataclass(frozen=True)
class Lists:
    """Lists of rows around their centres, and the place in the log at which they hold."""

    dimensions: int
    metric: str
    centres: Array
    base: Rows  # in the order of their lists
    extra: Rows  # rows that have changed since the base was made
    alive: Array | None  # which of the base still hold; None: all
    position: Position
    odd: frozenset[int] = frozenset()
    changed_rows: int = 0
    worn: bool = False

    @cached_property
    def starts(self) -> Array:
        """Where each list begins in the base, and where the last one ends."""
        return np.searchsorted(self.base.lists, np.arange(len(self.centres) + 1))

    @cached_property
    def count(self) -> int:
        """How many vectors it has."""
        base = len(self.base.rowids) if self.alive is None else int(np.count_nonzero(self.alive))
        return base + len(self.extra.rowids)

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return int(self.base.bytes + self.extra.bytes + self.centres.nbytes)

    def covers(self, effort: int) -> bool:
        """Return False: looking into all lists is exact, and no slower than anything else."""
        return False

    def nearest(self, query: Query, effort: int, most: int, slack: float = 0.0) -> Candidates:
        """Return the rows that can be among the nearest of those in the ``effort`` lists around a vector.

        Where these have few rows for what is asked for, it looks into more.
        """
        ranked = self._ranked(query)
        starts = self.starts
        also: Array = np.empty(0, np.int64)
        while True:
            chosen = ranked[:effort]
            first, last = starts[chosen], starts[chosen + 1]
            places = _ranges(first, last)
            holding = len(places) if self.alive is None else int(np.count_nonzero(self.alive[places]))
            if len(self.extra.rowids):
                also = np.flatnonzero(np.isin(self.extra.lists, chosen))
            if effort >= len(ranked) or holding + len(also) >= _MORE * most:
                break
            effort *= 2
        if not len(places) and not len(also):
            return Candidates(places, 0)
        spans = [slice(one, two) for one, two in zip(first, last, strict=True) if two > one]
        parts = [self.base.codes.taken(span) for span in spans]
        parts += [self.extra.codes.taken(also)] if len(also) else []
        product, off = coding.products(query, parts)
        if self.alive is not None:
            product[: len(places)][~self.alive[places]] = np.nan
        facts = np.concatenate([part.facts for part in parts], axis=1)
        found = coding.nearest(product, off, facts, self.metric, query, most, slack)
        late = found >= len(places)
        rowids = np.concatenate(
            [self.base.rowids[places[found[~late]]], self.extra.rowids[also[found[late] - len(places)]]]
        )
        return Candidates(rowids, len(product))

    def _ranked(self, query: Query) -> Array:
        """Return the lists, those first that are likely to have the nearest rows."""
        if self.metric == "l2":
            centres = self.centres
            near = np.einsum("ij,ij->i", centres, centres) - 2 * (centres @ query.wide.astype(FLOAT32))
            return np.argsort(near, kind="stable")
        return np.argsort(-(self.centres @ query.unit), kind="stable")

    def changed(self, rows: Mapping[int, Any], position: Position) -> Lists:
        """Return it with these rows as they are now, at a later position."""
        news = sorted_out(self.dimensions, rows)
        kept = self.extra.taken(np.flatnonzero(~np.isin(self.extra.rowids, news.touched)))
        fresh = listed(self.metric, self.centres, news.vectors) if len(news.vectors.rowids) else None
        gone = self.base.places(news.touched)
        alive = self.alive
        if len(gone):
            alive = np.ones(len(self.base.rowids), bool) if alive is None else alive.copy()
            alive[gone] = False
        made = replace(
            self,
            extra=kept if fresh is None else joined([kept, fresh]),
            alive=alive,
            position=position,
            odd=(self.odd - rows.keys()) | news.odd,
            changed_rows=self.changed_rows + len(rows),
        )
        lost = 0 if alive is None else len(alive) - int(np.count_nonzero(alive))
        many = len(made.extra.rowids) + lost > max(_FEW, len(self.base.rowids) // 8)
        return made.merged(made.changed_rows) if many else made

    def merged(self, changed_rows: int) -> Lists:
        """Return it with all rows in the order of their lists."""
        base = self.base if self.alive is None else self.base.taken(np.flatnonzero(self.alive))
        both = joined([base, self.extra]) if len(self.extra.rowids) else base
        both = both.taken(np.argsort(both.lists, kind="stable")) if both is not base else base
        return replace(self, base=both, extra=nothing(self.dimensions), alive=None, changed_rows=changed_rows)


def _ranges(first: Array, last: Array) -> Array:
    """Return the numbers from each first up to its last, without that."""
    counts = last - first
    found: Array = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return found
