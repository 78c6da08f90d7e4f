"""The three-way merge of one row: what it was, what either side made of it, and what it should be.

Rows are tuples of values in the same order of columns, None where there is no row. Nothing here knows of a database.
"""

from __future__ import annotations

from enum import Enum
from operator import is_
from typing import Any, NamedTuple

Row = tuple[Any, ...]


class Verdict(Enum):
    """What is to be done about a row on our side."""

    KEEP = "keep"
    TAKE = "take"  # make it what Outcome.row says: a row, or None
    CLASH = "clash"


class Outcome(NamedTuple):
    """What a row should be, or where the two sides exclude each other."""

    verdict: Verdict
    row: Row | None = None
    """The row to have; for a clash of cells, with ours in these cells."""
    cells: tuple[int, ...] = ()
    """The places of the cells that both sides changed differently; none when the clash is about the whole row."""


_KEEP = Outcome(Verdict.KEEP)


UNSETTLED = b"_heliosdb_unsettled_6b1f0c1e9d6f4a3f"
"""A cell for which there is no one value that both sides had: each of them has decided between others."""


def settled(row: Row | None) -> Row | None:
    """Return a row to be shown: None for a cell that was never settled."""
    return None if row is None else tuple(None if cell == UNSETTLED else cell for cell in row)


def carried(was: Row | None, row: Row | None, now: Row | None) -> Row | None:
    """Return a row with the change made to it that leads from one row to another.

    >>> carried(("ann", 1), ("ann", 5), ("Ann", 1))
    ('Ann', 5)
    """
    outcome = merge_row(was, row, now)
    if outcome.verdict is Verdict.KEEP:
        return row
    if outcome.verdict is Verdict.TAKE or not outcome.cells:
        return outcome.row if outcome.verdict is Verdict.TAKE else (UNSETTLED,) * len(row or now or ())
    return tuple(
        UNSETTLED if place in outcome.cells else cell for place, cell in enumerate(outcome.row or ())
    )


def same_value(one: Any, other: Any) -> bool:
    """Return whether two values are the same to SQLite, type and all: 1 is not 1.0."""
    return bool(one == other) and type(one) is type(other)


def same_row(one: Row | None, other: Row | None) -> bool:
    """Return whether two rows are the same, or both not there."""
    if one is None or other is None:
        return one is other
    return one == other and all(map(is_, map(type, one), map(type, other)))


def merge_row(base: Row | None, ours: Row | None, theirs: Row | None) -> Outcome:
    """Return what becomes of a row of ours.

    >>> merge_row(("ann", 1), ("ann", 2), ("Ann", 1)).row
    ('Ann', 2)
    >>> merge_row(("ann", 1), ("ann", 2), ("ann", 3))
    Outcome(verdict=<Verdict.CLASH: 'clash'>, row=('ann', 2), cells=(1,))
    >>> merge_row(("ann", 1), None, ("ann", 3)).cells
    ()
    """
    if same_row(theirs, base) or same_row(ours, theirs):
        return _KEEP
    if same_row(ours, base):
        return Outcome(Verdict.TAKE, theirs)
    if base is None or ours is None or theirs is None:
        return Outcome(Verdict.CLASH)
    merged = list(ours)
    clashes = []
    for place, (was, our, their) in enumerate(zip(base, ours, theirs, strict=True)):
        if same_value(their, was) or same_value(our, their):
            continue
        if same_value(our, was):
            merged[place] = their
        else:
            clashes.append(place)
    row = tuple(merged)
    if clashes:
        return Outcome(Verdict.CLASH, row, tuple(clashes))
    return _KEEP if same_row(row, ours) else Outcome(Verdict.TAKE, row)
