"""What a method knows of an index's rows: the seam between the methods and what builds, stores and searches them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..memory.bounds import Query
from ..memory.matrix import GONE, Array, Part, Reader
from ..memory.position import Position


class Candidates(NamedTuple):
    """Rows that may be among the nearest, and how many were compared to tell."""

    rowids: Array
    compared: int


class Contents(Protocol):
    """An index's rows as they were at one moment of the log. Nothing changes it: a later moment is another one."""

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""

    @property
    def position(self) -> Position:
        """The place in the log at which it holds."""

    @property
    def odd(self) -> frozenset[int]:
        """Rows that only SQL can judge."""

    @property
    def changed_rows(self) -> int:
        """How many rows have changed since it was stored."""

    @property
    def count(self) -> int:
        """How many vectors it has."""

    @property
    def bytes(self) -> int:
        """What it takes in memory."""

    @property
    def worn(self) -> bool:
        """Whether so much has changed that it had better be built anew."""

    def covers(self, effort: int) -> bool:
        """Return whether a search of this effort goes through so many rows that it may as well go through all."""

    def nearest(self, query: Query, effort: int, most: int, slack: float = 0.0) -> Candidates:
        """Return rows that the ``most`` nearest are likely to be among."""

    def changed(self, rows: Mapping[int, Any], position: Position) -> Contents:
        """Return it with these rows as they are now: by rowid, a BLOB, None, or ``GONE``."""

    def merged(self, changed_rows: int) -> Contents:
        """Return it with all its changes sorted in, as it is stored."""


class Builder(Protocol):
    """Takes in the rows of a column, in the order of their rowids."""

    def add(self, part: Part) -> None:
        """Take rows in."""

    def finish(self, position: Position, odd: frozenset[int]) -> Contents:
        """Return what was taken in."""


class Task(NamedTuple):
    """An index that is to be built."""

    dimensions: int
    metric: str
    options: Mapping[str, float]
    sample: Array  # vectors from all over the table
    total: int  # rows
    done: Callable[[int], None]
    """Called with the number of further rows that are done, and 0 now and then: raises where the build is cancelled."""


class Method(Protocol):
    """A way to find candidates."""

    @property
    def knob(self) -> str:
        """The option that says how much effort a search takes."""

    def begin(self, task: Task) -> Builder:
        """Begin to build an index."""

    def steps(self, contents: Contents, options: Mapping[str, float]) -> Sequence[int]:
        """Return the efforts to try, the least first, until the recall is reached."""

    def effort(self, stored: int, most: int) -> int:
        """Return the effort of a search for so many rows."""

    def facts(self, contents: Any) -> dict[str, Any]:
        """Return what else there is to know of it: sizes by the names of the options."""

    def head(self, contents: Any) -> bytes:
        """Return what all parts have in common, as it is stored."""

    def parts(self, contents: Any) -> Iterator[tuple[bytes, bytes]]:
        """Return the rowids and the codes of some thousand rows at a time, as they are stored."""

    def load(self, stored: StoredContents) -> Contents:
        """Return what was stored."""


class StoredContents(NamedTuple):
    """An index's contents as they are read from the file."""

    dimensions: int
    metric: str
    facts: Mapping[str, Any]
    head: bytes
    parts: Iterable[tuple[bytes, bytes]]
    position: Position
    odd: frozenset[int]


class Sorted(NamedTuple):
    """Changed rows, told apart."""

    vectors: Part
    odd: frozenset[int]
    touched: Array  # the rowids of all of them


def sorted_out(dimensions: int, rows: Mapping[int, Any]) -> Sorted:
    """Return which of some rows are vectors, and which are for SQL to judge."""
    reader = Reader(dimensions)
    reader.add([(rowid, rows[rowid]) for rowid in sorted(rows) if rows[rowid] is not GONE])
    vectors = reader.part()
    return Sorted(vectors, reader.odd, np.array(sorted(rows), np.int64))
