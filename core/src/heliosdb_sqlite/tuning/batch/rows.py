"""Rows from any iterable, in pieces of bounded size, and each row's values in the order of the columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import countOf
from sys import getsizeof
from typing import Any

from ..._standard import sqlite3

# Rows that are taken at a time, large ones and others; the last of them is weighed for all.
_FEW, _MANY = 16, 128
_ENOUGH = 1 << 20  # bytes that are held at a time, however few rows that is
_LARGE = _ENOUGH // _MANY
_SEQUENCES = (tuple, list)


def pieces(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield the rows in lists of ``size``; shorter ones at the end, and where rows are so large that few are enough."""
    source = iter(rows)
    piece: list[Any] = []
    held, take = 0, min(_FEW, size)
    while glance := list(islice(source, take)):
        piece += glance
        weight = _weight(glance[-1])
        held += weight * len(glance)
        if len(piece) == size or held > _ENOUGH:
            yield piece
            piece, held = [], 0
        take = min(_FEW if weight > _LARGE else _MANY, size - len(piece))
    if piece:
        yield piece


def _weight(row: Any) -> int:
    """Return about how many bytes a row's values take."""
    if type(row) in _SEQUENCES:
        return sum(map(getsizeof, row))
    return sum(map(getsizeof, row.values())) if type(row) is dict else getsizeof(row)


def are_sequences(piece: Sequence[Any]) -> bool:
    """Return whether these rows are all tuples, or all lists, as nearly all are."""
    return any(countOf(map(type, piece), kind) == len(piece) for kind in _SEQUENCES)


def are_wide(piece: Sequence[Any], width: int) -> bool:
    """Return whether each row has so many values."""
    return countOf(map(len, piece), width) == len(piece)


def flat(piece: Iterable[Sequence[Any]]) -> list[Any]:
    """Return the values of all these rows, one after the other."""
    together: list[Any] = []
    deque(map(together.extend, piece), maxlen=0)  # a third of the time that chain() takes
    return together


def values(row: Any, columns: Sequence[str]) -> Sequence[Any]:
    """Return the row's values in the order of the columns.

    :raises ProgrammingError: the row has not one value for each column
    """
    if isinstance(row, Mapping):
        missing = [name for name in columns if name not in row]
        if missing:
            raise sqlite3.ProgrammingError(
                f"the row has no value for column {missing[0]!r}: it has {_some(row)}"
            )
        return [row[name] for name in columns]
    kind = type(row)
    if isinstance(row, str | bytes | bytearray | memoryview) or not (
        hasattr(kind, "__len__") and hasattr(kind, "__getitem__")
    ):
        raise sqlite3.ProgrammingError(
            f"a row is a sequence of values or a mapping, and this one is of type {kind.__name__!r}: "
            "for a single column, give (value,)"
        )
    if len(row) != len(columns):
        raise sqlite3.ProgrammingError(
            f"the row has {len(row)} values, and there are {len(columns)} columns: {', '.join(map(repr, columns))}"
        )
    return row if kind in _SEQUENCES else tuple(row)


def _some(row: Mapping[Any, Any]) -> str:
    names = [repr(name) for name in islice(row, 5)]
    return ", ".join(names) + (", ..." if len(row) > 5 else "") if names else "none"
