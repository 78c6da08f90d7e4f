"""Constants and parameters: what they are written as once their type is known, and casts from one type to another."""

from __future__ import annotations

from datetime import timezone, tzinfo
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types import reading
from ..types.conversions import NEVER, way
from ..types.registry import (
    BOOL,
    BPCHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTEGERS,
    JSON,
    NUMERIC,
    OID,
    REG,
    REGCLASS,
    STRINGS,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    VARCHAR,
    VOID,
    PgType,
    Sized,
    array_of,
    item_of,
    working_name,
)  # fmt: skip
from .scope import Ex

_RANK = {INT2: 1, INT4: 2, INT8: 3, OID: 3, NUMERIC: 4, FLOAT4: 5, FLOAT8: 6}
_MOMENTS = {DATE: 1, TIMESTAMP: 2, TIMESTAMPTZ: 3}
_RELATIVE = frozenset(("now", "today", "tomorrow", "yesterday"))
S_TEXT, S_BOOL, S_INT4, S_INT8, S_FLOAT8 = Sized(TEXT), Sized(BOOL), Sized(INT4), Sized(INT8), Sized(FLOAT8)


def value_text(value: Any) -> str:
    """Return a value of SQLite's as a literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        if value in (float("inf"), float("-inf")):
            return "9e999" if value > 0 else "-9e999"
        return f"({value!r})" if value < 0 else repr(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    text = str(value)
    if "\0" in text:
        raise PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return quote_text(text)


def typed_literal(text: str, sized: Sized, at: int, here: tzinfo = timezone.utc) -> Ex:
    """Return the literal of a type that a text is, as SQLite has such values.

    :raises PgError: the text is no value of the type
    """
    kind = sized.type
    try:
        if kind in REG and not text.strip().isdigit():
            return Ex(f"pg_reg({quote_text(kind.name)}, {quote_text(text)})", sized)
        if kind in _MOMENTS and text.strip().lower() in _RELATIVE:  # another one at each run
            return Ex(f"pg_relative({quote_text(text.strip().lower())}, '{kind.name}')", sized, not_null=True)
        value = reading.text_in(kind, sized.modifier, here)(text)
        if kind in (VARCHAR, BPCHAR) and sized.modifier > 4:
            value = value[: sized.modifier - 4]
    except PgError as error:
        error.position = error.position or at + 1
        raise
    return Ex(value_text(value), sized, not_null=True)


def wider(a: Sized | None, b: Sized | None) -> Sized | None:
    """Return the type that values of both become when they meet: in CASE, COALESCE, UNION, arithmetic."""
    if a is None or b is None:
        return a or b
    one, two = a.type, b.type
    if one is two:
        return a if a.modifier == b.modifier else Sized(one)
    if one is UNKNOWN or two is UNKNOWN:
        return b if one is UNKNOWN else a
    if one in _RANK and two in _RANK:
        return Sized(one if _RANK[one] >= _RANK[two] else two)
    if one in _MOMENTS and two in _MOMENTS:
        return Sized(one if _MOMENTS[one] >= _MOMENTS[two] else two)
    if one in STRINGS and two in STRINGS:
        return Sized(one if one in (TEXT, VARCHAR, BPCHAR) else TEXT)  # each becomes the others by itself
    if one.element and two.element:
        item = wider(Sized(item_of(one) or TEXT), Sized(item_of(two) or TEXT))
        array = array_of(item.type) if item is not None else None
        return Sized(array) if array is not None else a
    return a


def is_number(kind: PgType | None) -> bool:
    """Is it a type that one can calculate with?"""
    return kind in _RANK


def rank(kind: PgType) -> int:
    """How wide a type of numbers is."""
    return _RANK.get(kind, 0)


def can_cast(source: PgType, target: PgType) -> bool:
    """Has PostgreSQL a cast from one type to another?"""
    if source.category in "PX" or target.category in "PX":
        return True
    return way(source, target) < NEVER


def cast(ex: Ex, target: Sized, *, explicit: bool = True) -> str:
    """Return the expression as a value of another type: SQLite's own means where they do the same, else a function."""
    kind, was = target.type, ex.type
    same = was is kind and (target.modifier in (-1, ex.sized.modifier if ex.sized else -1))
    if same or kind in (UNKNOWN, VOID):
        return ex.text
    if was is not None:
        if kind in STRINGS and was in STRINGS and target.modifier == -1:
            return ex.text
        if kind in (FLOAT8, NUMERIC) and was in INTEGERS and target.modifier == -1:
            return f"CAST({ex.text} AS REAL)" if kind is FLOAT8 else ex.text
        if kind is FLOAT8 and was in (NUMERIC, FLOAT4):
            return f"CAST({ex.text} AS REAL)"
        if kind is INT8 and (was in INTEGERS or was is BOOL):
            return ex.text
        if kind is INT4 and was in (INT2, BOOL):
            return ex.text
        if kind in (OID, *REG) and was in (OID, INT4, INT8, *REG):
            return ex.text
        if kind is INT8 and was in REG:
            return ex.text
        if was.category == "E" and target.modifier == -1:
            return ex.text
        if kind in STRINGS and was in INTEGERS and target.modifier == -1:
            return f"CAST({ex.text} AS TEXT)"
        if kind in STRINGS and was is REGCLASS:
            return f"pg_reg_out('regclass', {ex.text})"
        if kind in STRINGS and was in REG:
            return f"pg_reg_out({quote_text(was.name)}, {ex.text})"
        if kind in REG:
            return f"pg_reg({quote_text(kind.name)}, {ex.text})"
        if kind in STRINGS and was in (JSON, DATE) and target.modifier == -1:
            return ex.text
    name = working_name(was)
    if ex.sized is not None and was is NUMERIC and ex.sized.modifier != -1 and kind in STRINGS:
        name += f"@{ex.sized.modifier}"
    how = "" if explicit else ", 'assignment'"
    return f"pg_cast({ex.text}, {quote_text(name)}, {quote_text(kind.name)}, {target.modifier}{how})"
