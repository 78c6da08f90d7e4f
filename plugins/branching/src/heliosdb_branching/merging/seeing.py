"""Rows as their connection reads them: what a plugin shows as one value is one, though it is stored in two ways.

An encrypted column seals a value anew each time it is written, so that the bytes alone would be a conflict.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from ..running import is_active
from .reading import Trio
from .rows import UNSETTLED, Row, same_value

_Cells = tuple[Any, ...]


def as_read(connection: Any, rows: Iterable[Trio]) -> Iterator[Trio]:
    """Yield the rows with values that read the same made the same: theirs become ours, or what they were."""
    if not is_active(connection):
        yield from rows
        return
    for row in rows:
        yield _as_read(connection, row)


def _as_read(connection: Any, row: Trio) -> Trio:
    sides = [None if side is None else list(side) for side in (row.base, row.ours, row.theirs)]
    present = [side for side in sides if side is not None]
    if len(present) < 2:
        return row
    base, ours, theirs = sides
    for place in range(len(present[0])):
        cells = tuple(side[place] for side in present)
        if UNSETTLED in cells or sum(isinstance(cell, bytes) for cell in cells) < 2:
            continue
        read = iter(seen(connection, cells))
        was, our, their = (None if side is None else (next(read),) for side in sides)
        if base is not None and ours is not None and _same(was, our):
            base[place] = ours[place]
        if theirs is not None and ours is not None and _same(their, our):
            theirs[place] = ours[place]
        elif theirs is not None and base is not None and _same(their, was):
            theirs[place] = base[place]
    return row._replace(base=_row(base), ours=row.ours, theirs=_row(theirs))


def seen(connection: Any, cells: _Cells) -> _Cells:
    """Return what a program reads where these values are stored; the values themselves where it can read none."""
    try:
        found: _Cells = tuple(connection.execute(f"SELECT {', '.join('?' * len(cells))}", cells).fetchone())
    except sqlite3.Error:
        # Sealed with a key that this connection does not have: no two values are known to be one.
        return cells
    return found


def _same(one: _Cells | None, other: _Cells | None) -> bool:
    return one is not None and other is not None and same_value(one[0], other[0])


def _row(cells: list[Any] | None) -> Row | None:
    return None if cells is None else tuple(cells)
