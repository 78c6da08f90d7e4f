"""The memory that a result takes, as Python and its allocator count it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from sys import getsizeof
from typing import Any

from ...plugins import Parameters

_ROUNDING = 8  # bytes: memory is handed out in multiples of 16
_ENTRY = 640  # bytes: the entry, its answer, the key's tuples and its place in the dictionary


def of_rows(rows: Sequence[tuple[Any, ...]]) -> int:
    """Return the bytes that some rows of a result take, which all have the same number of columns."""
    if not rows:
        return 0
    width = len(rows[0])
    each = getsizeof(rows[0]) + _ROUNDING + width * _ROUNDING + 8  # 8: its place in the list
    return len(rows) * each + sum(map(getsizeof, chain.from_iterable(rows)))


def of_entry(rows: int, parameters: Parameters) -> int:
    """Return the bytes of an entry whose rows take so many, found under a key made of these parameters."""
    values = parameters.values() if isinstance(parameters, Mapping) else parameters
    return _ENTRY + rows + sum(map(getsizeof, values)) + 32 * len(parameters)
