"""Conditions of many parts, in a form that SQLite takes."""

from __future__ import annotations

from collections.abc import Iterable

_TOGETHER = 50


def any_of(conditions: Iterable[str]) -> str:
    """Return the condition that one of many holds, "0" for none of none.

    SQLite's expressions have at most 1,000 levels, and each OR in a row of them is one: so many are put in groups.

    >>> any_of(["a", "b"])
    'a OR b'
    """
    parts = list(conditions)
    while len(parts) > _TOGETHER:
        parts = [
            f"({' OR '.join(parts[begin : begin + _TOGETHER])})" for begin in range(0, len(parts), _TOGETHER)
        ]
    return " OR ".join(parts) or "0"
