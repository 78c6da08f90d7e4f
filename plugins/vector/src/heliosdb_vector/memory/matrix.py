"""A column of vectors in memory, as it was at one moment. Nothing here changes: a later moment is another snapshot.

A snapshot is a large base, in the order of its rowids, and a small part with the rows that have changed since. Both are
shared by whatever snapshots are made of them, in any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..values.decoding import FLOAT32
from ..values.halves import FLOAT16, MARK, halves, is_half
from .codes import Codes, Cosines, bytes_to_come, cosines, encode, wanted

ODD_LIMIT = 1000
"""Rows that only SQL can judge. A column with more of them is not searched in memory."""
_FEW = (
    4096  # changed rows are copied again for each new snapshot, so they are merged into the base from here on
)
_TINY, _HUGE = 1e-24, 1e30  # squared lengths between these can be computed with in float32

Array = Any


@dataclass(frozen=True)
class Part:
    """Rows of a column: their rowids, vectors and squared lengths."""

    rowids: Array
    vectors: Array
    squares: Array
    alive: Array | None = None  # which of them still hold; None: all

    @cached_property
    def inverse_lengths(self) -> Array:
        """1 / the length of each vector; infinity for zero."""
        with np.errstate(divide="ignore"):
            return 1 / np.sqrt(self.squares)

    @cached_property
    def zeros(self) -> Array:
        """Where the vectors are zero."""
        return np.flatnonzero(self.squares == 0)

    @property
    def absent(self) -> Array | None:
        """Which rows have no direction, or do not hold any more; None: none."""
        if self.alive is None and not len(self.zeros):
            return None
        absent = np.zeros(len(self.rowids), bool) if self.alive is None else ~self.alive
        absent[self.zeros] = True
        return absent

    @cached_property
    def longest(self) -> float:
        """The length of the longest vector."""
        return float(np.sqrt(self.squares.max(initial=0.0)))

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """What is made of the vectors when it is needed, shared with parts that differ in ``alive`` alone."""
        return {"searches": 0}

    def codes(self) -> Codes | None:
        """Return the vectors in a byte a dimension, once they have been searched often enough for that."""
        shared = self._shared
        if "codes" not in shared:
            shared["searches"] += 1
            if not wanted(len(self.rowids), shared["searches"]):
                return None
            shared["codes"] = encode(self.vectors)
        found: Codes | None = shared["codes"]
        return found

    def keep_uncoded(self) -> None:
        """Have no codes made, which take memory as well."""
        self._shared["codes"] = None

    def made_codes(self) -> Codes | None:
        """Return the codes if they have been made."""
        found: Codes | None = self._shared.get("codes")
        return found

    def keep_codes(self, codes: Codes) -> None:
        """Have these be the codes."""
        self._shared["codes"] = codes

    def cosines(self) -> Cosines:
        """Return what cosine distances are computed with from the codes, which are there."""
        shared = self._shared
        if "cosines" not in shared:
            shared["cosines"] = cosines(shared["codes"], self.inverse_lengths)
        found: Cosines = shared["cosines"]
        return found

    def with_alive(self, alive: Array) -> Part:
        """Return the same rows of which these still hold."""
        part = Part(self.rowids, self.vectors, self.squares, alive)
        part.__dict__["_shared"] = self._shared
        for name in ("inverse_lengths", "zeros", "longest"):
            if name in self.__dict__:
                part.__dict__[name] = self.__dict__[name]
        return part

    @property
    def count(self) -> int:
        """How many rows still hold."""
        return len(self.rowids) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def bytes(self) -> int:
        """What it takes in memory, or will soon."""
        coming = bytes_to_come(len(self.rowids), self.vectors.shape[1]) if "codes" not in self._shared else 0
        codes = self._shared.get("codes")
        return int(sum(each.nbytes for each in self.arrays)) + (codes.bytes if codes is not None else coming)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """What takes memory."""
        return (self.vectors, self.rowids, self.squares)


@dataclass(frozen=True)
class Snapshot:
    """A column at one moment."""

    dimensions: int
    base: Part
    extra: Part
    nulls: Array
    """Rowids of rows without a distance: NULL, NaN, infinity."""
    odd: frozenset[int] = field(default_factory=frozenset)
    """Rowids of what is no vector of this length, or one too long or short for float32: for SQL to judge."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that have rows."""
        return tuple(part for part in (self.base, self.extra) if len(part.rowids))

    @property
    def count(self) -> int:
        """How many vectors it has."""
        return self.base.count + self.extra.count

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return self.base.bytes + self.extra.bytes

    def of_changes(self) -> Snapshot:
        """Return a snapshot of nothing but the rows that have changed since the base was made."""
        return Snapshot(self.dimensions, _joined([], self.dimensions), self.extra, self.nulls[:0])

    def changed(self, rows: Mapping[int, Any]) -> Snapshot | None:
        """Return the snapshot with these rows as they are now; None if it is better read anew.

        :param rows: by rowid: a BLOB, None for NULL, ``GONE``, or anything else for what is no vector
        """
        if len(rows) > max(_FEW, self.count // 4):
            return None
        touched = np.fromiter(rows, np.int64, len(rows))
        reader = Reader(self.dimensions)
        reader.add([(rowid, value) for rowid, value in sorted(rows.items()) if value is not GONE])
        news = reader.part()
        nulls, odd = reader.nulls, reader.odd
        keep = ~np.isin(self.extra.rowids, touched)
        extra = _joined([_taken(self.extra, keep), news], self.dimensions)
        kept_nulls = self.nulls[~np.isin(self.nulls, touched)] if len(self.nulls) else self.nulls
        snapshot = Snapshot(
            self.dimensions,
            _without(self.base, touched),
            extra,
            np.concatenate([kept_nulls, nulls]),
            (self.odd - rows.keys()) | odd,
        )
        return snapshot.merged() if len(extra.rowids) > max(_FEW, self.count // 8) else snapshot

    def merged(self) -> Snapshot:
        """Return the same snapshot with all its rows in the base."""
        base = self.base if self.base.alive is None else _taken(self.base, self.base.alive)
        both = _joined([base, self.extra], self.dimensions)
        if len(base.rowids) and len(self.extra.rowids) and not np.all(np.diff(both.rowids) > 0):
            both = _taken(both, np.argsort(both.rowids))
        if self.base._shared.get("codes", both) is None:
            both.keep_uncoded()
        return Snapshot(self.dimensions, both, _joined([], self.dimensions), self.nulls, self.odd)

    def places(self, rowids: Array) -> Array:
        """Return where these rows stand among ``rowids_of(self)``; those that are not there are left out."""
        found = []
        start = 0
        for part in self.parts:
            order = None if part is self.base else np.argsort(part.rowids)
            at: Array = np.searchsorted(part.rowids, rowids, sorter=order)
            at = np.minimum(at, len(part.rowids) - 1)
            at = at if order is None else order[at]
            good = part.rowids[at] == rowids
            if part.alive is not None:
                good &= part.alive[at]
            found.append(at[good] + start)
            start += len(part.rowids)
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def rowids(self, places: Array) -> Array:
        """Return the rowids at these places."""
        cut = len(self.base.rowids)
        if not len(self.extra.rowids):
            return self.base.rowids[places]
        return np.where(
            places < cut,
            self.base.rowids[np.minimum(places, cut - 1)] if cut else 0,
            self.extra.rowids[np.maximum(places - cut, 0)],
        )

    def vectors(self, places: Array) -> Array:
        """Return a copy of the vectors at these places."""
        cut = len(self.base.rowids)
        if not len(self.extra.rowids):
            return self.base.vectors[places]
        made = np.empty((len(places), self.dimensions), FLOAT32)
        late = places >= cut
        made[~late] = self.base.vectors[places[~late]]
        made[late] = self.extra.vectors[places[late] - cut]
        return made

    def only(self, places: Array) -> Snapshot:
        """Return a snapshot of nothing but the rows at these places, in their order."""
        vectors = self.vectors(places)
        squares = (
            np.concatenate([part.squares for part in self.parts])[places]
            if len(places)
            else np.empty(0, FLOAT32)
        )
        part = Part(self.rowids(places), vectors, squares)
        return Snapshot(self.dimensions, part, _joined([], self.dimensions), self.nulls[:0])

    def only_codes(self, places: Array) -> Snapshot | None:
        """Return a snapshot of nothing but the codes of these rows, for products alone; None if there are none."""
        found = self.base.made_codes()
        if found is None or len(self.extra.rowids):
            return None
        part = Part(self.base.rowids[places], self.base.vectors[:0], self.base.squares[places])
        part.keep_codes(Codes(*(each[places] for each in found)))
        return Snapshot(self.dimensions, part, self.extra, self.nulls[:0])


GONE = object()
"""Stands for a row that is not there any more."""


class Reader:
    """Rows as SQLite gives them, taken in and sorted into vectors, rows without a distance, and odd ones."""

    def __init__(self, dimensions: int, expected: int = 0) -> None:
        self._dimensions = dimensions
        self._size = dimensions * 4
        self._vectors = np.empty((expected, dimensions), FLOAT32)
        self._rowids = np.empty(expected, np.int64)
        self._count = 0
        self._nulls: list[int] = []
        self._odd: list[int] = []

    def add(self, rows: list[tuple[int, Any]]) -> None:
        """Take rows in, in the order of their rowids."""
        if not rows:
            return
        rowids, values = zip(*rows, strict=True)
        size = self._size
        lengths = set(map(len, values)) if set(map(type, values)) == {bytes} else set()
        if lengths == {self._dimensions * 2 + 1}:
            self._add_halves(rows)
            return
        if lengths != {size}:
            good = []
            for rowid, value in rows:
                if type(value) is bytes and len(value) == size:
                    good.append((rowid, value))
                elif type(value) is bytes and len(value) == self._dimensions * 2 + 1 and is_half(value):
                    good.append((rowid, halves(value).astype(FLOAT32).tobytes()))
                elif value is None:
                    self._nulls.append(rowid)
                else:
                    self._odd.append(rowid)
            if not good:
                return
            rowids, values = zip(*good, strict=True)
        self._take(rowids, np.frombuffer(b"".join(values), FLOAT32).reshape(-1, self._dimensions))

    def _add_halves(self, rows: list[tuple[int, Any]]) -> None:
        """Take in rows of the length of a vector of 2-byte floats."""
        width = self._dimensions * 2
        bytes_ = np.frombuffer(b"".join(value for _, value in rows), np.uint8).reshape(-1, width + 1)
        marked = bytes_[:, width] == MARK[0]
        rowids = np.array([rowid for rowid, _ in rows], np.int64)
        self._odd += rowids[~marked].tolist()
        self._take(rowids[marked], np.ascontiguousarray(bytes_[marked, :width]).view(FLOAT16))

    def _take(self, rowids: Any, found: Array) -> None:
        end = self._count + len(rowids)
        if end > len(self._rowids):
            self._grow(end)
        self._vectors[self._count : end] = found
        self._rowids[self._count : end] = rowids
        self._count = end

    def _grow(self, wanted: int) -> None:
        room = max(wanted, len(self._rowids) * 3 // 2) if len(self._rowids) else wanted
        for name in ("_vectors", "_rowids"):
            old = getattr(self, name)
            new = np.empty((room, *old.shape[1:]), old.dtype)
            new[: self._count] = old[: self._count]
            setattr(self, name, new)

    def part(self) -> Part:
        """Return the vectors; from now on ``nulls`` and ``odd`` are complete."""
        rowids, vectors = self._rowids[: self._count], self._vectors[: self._count]
        with np.errstate(all="ignore"):
            squares = np.einsum("ij,ij->i", vectors, vectors)
            strange = np.flatnonzero(~((squares >= _TINY) & (squares <= _HUGE)))
            drop = []
            for place in strange:
                vector = vectors[place]
                if not np.isfinite(vector).all():
                    self._nulls.append(int(rowids[place]))
                elif vector.any():
                    self._odd.append(int(rowids[place]))
                else:
                    squares[place] = 0.0
                    continue
                drop.append(place)
        if drop:
            keep = np.ones(len(rowids), bool)
            keep[drop] = False
            return Part(rowids[keep], vectors[keep], squares[keep])
        return Part(rowids, vectors, squares)

    @property
    def nulls(self) -> Array:
        """Rowids of rows that have no distance."""
        return np.array(self._nulls, np.int64)

    @property
    def odd(self) -> frozenset[int]:
        """Rowids of rows that only SQL can judge."""
        return frozenset(self._odd)

    def snapshot(self) -> Snapshot:
        """Return what was taken in."""
        part = self.part()
        return Snapshot(self._dimensions, part, _joined([], self._dimensions), self.nulls, self.odd)


def _taken(part: Part, which: Array) -> Part:
    return Part(part.rowids[which], part.vectors[which], part.squares[which])


def _joined(parts: Iterable[Part], dimensions: int) -> Part:
    there = [part for part in parts if len(part.rowids)]
    if not there:
        return Part(np.empty(0, np.int64), np.empty((0, dimensions), FLOAT32), np.empty(0, FLOAT32))
    if len(there) == 1:
        return there[0]
    return Part(
        np.concatenate([part.rowids for part in there]),
        np.concatenate([part.vectors for part in there]),
        np.concatenate([part.squares for part in there]),
    )


def _without(part: Part, rowids: Array) -> Part:
    """Return the base with these rows marked as no longer holding."""
    if not len(part.rowids):
        return part
    at: Array = np.searchsorted(part.rowids, rowids)
    inside = at < len(part.rowids)
    at = at[inside]
    at = at[part.rowids[at] == rowids[inside]]
    if not len(at):
        return part
    alive = np.ones(len(part.rowids), bool) if part.alive is None else part.alive.copy()
    alive[at] = False
    return part.with_alive(alive)
