"""The contents of a ``bits`` index in memory, as they were at one moment of the log; a later one is another sketch."""

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
from ..contents import Candidates, sorted_out
from .codes import code_words, differences, encode, fewest

_FEW = 4096  # changed rows, from which on they are sorted in among the others
_NEVER = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Coded:
    """Rowids in order, and their codes."""

    rowids: Array
    codes: Array

    @cached_property
    def columns(self) -> Array:
        """The codes word by word."""
        return np.ascontiguousarray(self.codes.T)

    def places(self, rowids: Array) -> Array:
        """Return where these rows stand; those that are not there are left out."""
        at: Array = np.searchsorted(self.rowids, rowids)
        inside = at < len(self.rowids)
        at = at[inside]
        return at[self.rowids[at] == rowids[inside]]


@dataclass(frozen=True)
class Sketch:
    """Rows and their codes, and the place in the log at which they hold."""

    dimensions: int
    unit: bool  # the lengths of vectors do not matter
    mean: Array
    base: Coded
    extra: Coded  # rows that have changed since the base was made
    gone: Array  # places in the base that do not hold any more
    position: Position
    odd: frozenset[int] = frozenset()
    changed_rows: int = 0
    worn: bool = False

    @property
    def count(self) -> int:
        """How many vectors it has."""
        return len(self.base.rowids) - len(self.gone) + len(self.extra.rowids)

    @property
    def bytes(self) -> int:
        """What it takes in memory: the codes are there twice, by rows and by words."""
        return int(self.base.rowids.nbytes + 2 * self.base.codes.nbytes)

    def covers(self, effort: int) -> bool:
        """Return whether so many rows would be looked at again that all may as well be compared."""
        return effort * 2 >= self.count

    def nearest(self, query: Query, effort: int, most: int, slack: float = 0.0) -> Candidates:
        """Return the ``effort`` rows, or somewhat more, whose codes are nearest to a vector's."""
        code = encode(query.wide[None, :].astype(FLOAT32), self.mean, self.unit)[0]
        found = differences(self.base.columns, code)
        found[self.gone] = _NEVER
        if len(self.extra.rowids):
            found = np.concatenate([found, differences(self.extra.columns, code)])
        places = fewest(found, effort)
        places = places[found[places] != _NEVER]
        if not len(self.extra.rowids):
            return Candidates(self.base.rowids[places], self.count)
        return Candidates(np.concatenate([self.base.rowids, self.extra.rowids])[places], self.count)

    def changed(self, rows: Mapping[int, Any], position: Position) -> Sketch:
        """Return the sketch with these rows as they are now, at a later position."""
        news = sorted_out(self.dimensions, rows)
        keep = ~np.isin(self.extra.rowids, news.touched)
        kept = Coded(self.extra.rowids[keep], self.extra.codes[keep])
        extra = joined([kept, coded(self.mean, self.unit, news.vectors)])
        made = replace(
            self,
            extra=extra,
            gone=np.union1d(self.gone, self.base.places(news.touched)),
            position=position,
            odd=(self.odd - rows.keys()) | news.odd,
            changed_rows=self.changed_rows + len(rows),
        )
        many = len(extra.rowids) + len(made.gone) > max(_FEW, len(self.base.rowids) // 8)
        return made.merged(made.changed_rows) if many else made

    def merged(self, changed_rows: int) -> Sketch:
        """Return the same sketch with all its rows in the base."""
        keep = np.ones(len(self.base.rowids), bool)
        keep[self.gone] = False
        base = joined([Coded(self.base.rowids[keep], self.base.codes[keep]), self.extra])
        none = Coded(base.rowids[:0], base.codes[:0])
        return replace(self, base=base, extra=none, gone=self.gone[:0], changed_rows=changed_rows)


def coded(mean: Array, unit: bool, part: Part) -> Coded:
    """Return the codes of vectors."""
    return Coded(part.rowids, encode(part.vectors, mean, unit))


def joined(parts: list[Coded]) -> Coded:
    """Return the rows of all parts in the order of their rowids."""
    rowids = np.concatenate([part.rowids for part in parts])
    codes = np.concatenate([part.codes for part in parts])
    if len(rowids) > 1 and not np.all(rowids[1:] > rowids[:-1]):
        order = np.argsort(rowids)
        rowids, codes = rowids[order], codes[order]
    return Coded(rowids, codes)


def sketch_of(
    dimensions: int, unit: bool, mean: Array, base: Coded, position: Position, odd: frozenset[int]
) -> Sketch:
    """Return the sketch of rows that are coded already."""
    none = Coded(np.empty(0, np.int64), np.empty((0, code_words(dimensions)), "<u8"))
    return Sketch(dimensions, unit, mean, base, none, np.empty(0, np.int64), position, odd)
