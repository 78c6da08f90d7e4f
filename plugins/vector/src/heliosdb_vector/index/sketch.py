"""The contents of a ``bits`` index in memory, as they were at one moment of the log; a later one is another sketch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..memory.matrix import GONE
from ..memory.position import Position
from ..values.decoding import FLOAT32
from .bits import Array, code_words, differences, encode, fewest

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
    """Rows that are no vector of this length: SQL judges them."""
    changed_rows: int = 0
    """How many rows have changed since it was stored."""

    @property
    def count(self) -> int:
        """How many vectors it has."""
        return len(self.base.rowids) - len(self.gone) + len(self.extra.rowids)

    def nearest(self, vector: Array, count: int) -> Array:
        """Return the rowids of the ``count`` rows, or somewhat more, whose codes are nearest to a vector's."""
        code = encode(vector[None, :].astype(FLOAT32), self.mean, self.unit)[0]
        found = differences(self.base.columns, code)
        found[self.gone] = _NEVER
        if len(self.extra.rowids):
            found = np.concatenate([found, differences(self.extra.columns, code)])
        places = fewest(found, count)
        places = places[found[places] != _NEVER]
        if not len(self.extra.rowids):
            return self.base.rowids[places]
        return np.concatenate([self.base.rowids, self.extra.rowids])[places]

    def changed(self, rows: Mapping[int, Any], position: Position) -> Sketch:
        """Return the sketch with these rows as they are now, at a later position."""
        touched = np.array(sorted(rows), np.int64)
        size = self.dimensions * 4
        news = {rowid: rows[rowid] for rowid in touched.tolist() if _is_vector(rows[rowid], size)}
        odd = {rowid for rowid in rows if rowid not in news and rows[rowid] not in (None, GONE)}
        fresh = coded(self.dimensions, self.mean, self.unit, list(news), list(news.values()))
        keep = ~np.isin(self.extra.rowids, touched)
        extra = joined([Coded(self.extra.rowids[keep], self.extra.codes[keep]), fresh])
        gone = np.union1d(self.gone, self.base.places(touched))
        made = Sketch(
            self.dimensions,
            self.unit,
            self.mean,
            self.base,
            extra,
            gone,
            position,
            (self.odd - rows.keys()) | odd,
            self.changed_rows + len(rows),
        )
        return (
            made.merged() if len(extra.rowids) + len(gone) > max(_FEW, len(self.base.rowids) // 8) else made
        )

    def merged(self) -> Sketch:
        """Return the same sketch with all its rows in the base."""
        keep = np.ones(len(self.base.rowids), bool)
        keep[self.gone] = False
        base = joined([Coded(self.base.rowids[keep], self.base.codes[keep]), self.extra])
        none = Coded(base.rowids[:0], base.codes[:0])
        return replace(self, base=base, extra=none, gone=self.gone[:0])


def _is_vector(value: Any, size: int) -> bool:
    return type(value) is bytes and len(value) == size


def coded(dimensions: int, mean: Array, unit: bool, rowids: list[int], blobs: list[bytes]) -> Coded:
    """Return the codes of vectors as they are stored; those with NaN or infinity are left out."""
    vectors = np.frombuffer(b"".join(blobs), FLOAT32).reshape(-1, dimensions)
    with np.errstate(all="ignore"):
        finite = np.isfinite(vectors).all(axis=1)
    return Coded(np.array(rowids, np.int64)[finite], encode(vectors[finite], mean, unit))


def joined(parts: list[Coded]) -> Coded:
    """Return the rows of all parts in the order of their rowids."""
    rowids = np.concatenate([part.rowids for part in parts])
    codes = np.concatenate([part.codes for part in parts])
    if len(rowids) > 1 and not np.all(rowids[1:] > rowids[:-1]):
        order = np.argsort(rowids)
        rowids, codes = rowids[order], codes[order]
    return Coded(rowids, codes)


def sketch_of(
    dimensions: int,
    unit: bool,
    mean: Array,
    rowids: Array,
    codes: Array,
    position: Position,
    odd: frozenset[int],
) -> Sketch:
    """Return the sketch of rows that are coded already."""
    none = Coded(np.empty(0, np.int64), np.empty((0, code_words(dimensions)), "<u8"))
    base = Coded(rowids, codes.reshape(len(rowids), code_words(dimensions)))
    return Sketch(dimensions, unit, mean, base, none, np.empty(0, np.int64), position, odd)
