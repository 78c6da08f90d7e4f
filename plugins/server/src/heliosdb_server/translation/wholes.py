"""Sums, differences and products, checked where they arise: SQLite calculates integers in 64 bits, whatever the type.

The check stands once around a whole calculation, and asks after each of its steps: SQL has no name for a value in the
middle of an expression, so that one around each step would write the first steps again and again.
"""

from __future__ import annotations

import re

from ..types import numbers
from ..types.registry import BOOL, INT2, INT4, INT8, PgType
from .scope import Ex

_PLAIN = re.compile(r'(?!.*(?:\w\s*\(|\bSELECT\b))[\w\s.,"`?+*()-]*', re.IGNORECASE | re.DOTALL)
_LONGEST, _MOST = 300, 8  # of what may be written twice, and steps


def outside(text: str, kind: PgType) -> str:
    """Return the condition that a number is none of its type."""
    if kind not in (INT2, INT4):
        return f"typeof({text}) = 'real'"  # what SQLite makes of integers that are too great
    low, high = numbers.RANGES[kind]
    return f"{text} NOT BETWEEN {low} AND {high}"


def guarded(text: str, steps: tuple[str, ...], kind: PgType) -> str:
    """Return an expression that is an error where one of its steps is."""
    what = f"{kind.title} out of range" if kind in numbers.RANGES else "value out of range: overflow"
    return f"(CASE WHEN {' OR '.join(steps)} THEN pg_out_of_range('{what}') ELSE {text} END)"


def fits(op: str, a: Ex, b: Ex, kind: PgType) -> bool:
    """Can no sum, difference or product of these be too great for the type?"""
    one, two = _bounds(a), _bounds(b)
    if one is None or two is None:
        return False
    made = [x * y if op == "*" else x + y if op == "+" else x - y for x in one for y in two]
    low, high = numbers.RANGES.get(kind, numbers.RANGES[INT8])
    return low <= min(made) and max(made) <= high


def is_plain(text: str, steps: tuple[str, ...]) -> bool:
    """May this be written twice: is it short, and without a function or query that is better called once?"""
    return len(text) < _LONGEST and len(steps) < _MOST and _PLAIN.fullmatch(text) is not None


def _bounds(ex: Ex) -> tuple[int, int] | None:
    bare = ex.text.strip("() ")
    if re.fullmatch(r"-?\d+", bare):
        return int(bare), int(bare)
    if ex.type is BOOL:
        return 0, 1
    return numbers.RANGES.get(ex.type) if ex.type is not None else None
