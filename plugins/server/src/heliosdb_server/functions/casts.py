"""Casts from one type to another, as PostgreSQL makes them; what does not fit is its error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, moments, numbers, reading, writing
from ..types.registry import (
    BOOL,
    BPCHAR,
    BY_NAME,
    BY_OID,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INET,
    INTEGERS,
    INTERVAL,
    JSON,
    JSONB,
    NUMERIC,
    STRINGS,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    VARCHAR,
    VECTOR,
    PgType,
)  # fmt: skip
from . import networks

Cast = Callable[[Any], Any]


@lru_cache(maxsize=1024)
def cast(was: str, name: str, modifier: int, here: tzinfo, assignment: bool) -> Cast:
    """Return the function that casts values of one type to another.

    :param was: the type before, "" when it is not known
    """
    was, _, scale = was.partition("@")
    source, target = BY_NAME.get(was), BY_NAME[name]
    if scale:
        write, fit = writing.text_out(NUMERIC, int(scale)), cast("text", name, modifier, here, assignment)
        return lambda value: fit(write(value))
    if target.element:
        return _array(source, target, modifier, here, assignment)
    if target in STRINGS:
        return _to_text(source, target, modifier, here, assignment)
    if source is JSONB and (target in INTEGERS or target in (FLOAT4, FLOAT8, NUMERIC, BOOL)):
        whole = cast("" if target is BOOL else "numeric", name, modifier, here, assignment)
        return lambda value: whole(_scalar(value, target))
    if target in INTEGERS:
        return lambda value: _integer(value, target, source)
    if target is FLOAT8 or target is FLOAT4:
        return lambda value: _float(value, target)
    if target is NUMERIC and source is FLOAT4:  # which has six digits
        return lambda value: numbers.numeric(Decimal(f"{value:.6g}"), modifier)
    if target is NUMERIC:
        return lambda value: numbers.numeric(numbers.decimal(value), modifier)
    if target is BOOL:
        return lambda value: int(writing.boolean(value))
    if target is BYTEA:
        return lambda value: value if isinstance(value, bytes) else reading.bytes_in(writing.text(value))
    if target in (JSON, JSONB):
        read = reading.text_in(target)
        return lambda value: read(writing.text(value))
    if target in (DATE, TIMESTAMP, TIMESTAMPTZ, TIME):
        made = _moment(source, target, here)
        if modifier == -1 or target is DATE:
            return made
        return lambda value: moments.rounded(made(value), modifier)
    read = reading.text_in(target, modifier, here)
    if target is VECTOR:
        return lambda value: (
            _sized(value, modifier) if isinstance(value, bytes) else read(writing.text(value))
        )
    return lambda value: read(writing.text(value))


def _sized(vector: bytes, modifier: int) -> bytes:
    """Return a vector that is one already."""
    if modifier > 0 and len(vector) // 4 != modifier:
        raise PgError("22000", f"expected {modifier} dimensions, not {len(vector) // 4}")
    return vector


def _array(source: PgType | None, target: PgType, modifier: int, here: tzinfo, assignment: bool) -> Cast:
    element = BY_OID[target.element]
    before = BY_OID[source.element].name if source is not None and source.element else ""
    one = cast(before, element.name, modifier, here, assignment)
    read = arrays.from_text

    def items(values: list[Any]) -> list[Any]:
        return [items(v) if isinstance(v, list) else None if v is None else one(v) for v in values]

    def run(value: Any) -> str:
        if isinstance(value, str) and (value[:1] == "{" or source in STRINGS):
            return arrays.dump(read(value, reading.text_in(element, modifier, here)))
        return arrays.dump(items(arrays.load(value)))

    return run


def _to_text(source: PgType | None, target: PgType, modifier: int, here: tzinfo, assignment: bool) -> Cast:
    write = (
        writing.text_out(source, -1, here) if source is not None and source not in STRINGS else writing.text
    )
    if source is BOOL:
        write = _word
    if source is INET:
        write = networks.pg_inet_text
    size = modifier - 4 if modifier > 4 and target in (VARCHAR, BPCHAR) else None

    def run(value: Any) -> str:
        text = write(value)
        if target is BPCHAR:
            text = text.rstrip(" ") if size is None or len(text) > size else text
        if size is not None and len(text) > size:
            if assignment and text[size:].strip(" "):
                raise PgError("22001", f"value too long for type {target.title}({size})")
            text = text[:size]
        return text

    return run


def _word(value: Any) -> str:
    return "true" if writing.boolean(value) else "false"


def _integer(value: Any, target: PgType, source: PgType | None) -> int:
    if source is NUMERIC and isinstance(value, str):  # a calculated number, with all its digits
        value = int(numbers.decimal(value).to_integral_value(ROUND_HALF_UP))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise PgError("22003", f"{target.title} out of range")
        half = source is NUMERIC  # rounds halves away from zero, floating-point numbers to the even
        value = math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1) if half else round(value)
        if not numbers.RANGES[target][0] <= value <= numbers.RANGES[target][1]:
            raise PgError("22003", f"{target.title} out of range")
        return int(value)
    if isinstance(value, int):
        low, high = numbers.RANGES[target]
        if not low <= value <= high:
            raise PgError("22003", f"{target.title} out of range")
        return value
    return numbers.integer_in(writing.text(value), target)


def _scalar(value: Any, target: PgType) -> Any:
    """Return the number or the truth that a document is.

    :raises PgError: it is something else
    """
    found = json.loads(value) if isinstance(value, str) else value
    if isinstance(found, bool) if target is BOOL else type(found) in (int, float):
        return found
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    raise PgError("22023", f"cannot cast jsonb {kinds.get(type(found), 'numeric')} to type {target.title}")


def _float(value: Any, target: PgType) -> float:
    made = numbers.floating(value, target)
    return numbers.single(made) if target is FLOAT4 else made


def _moment(source: PgType | None, target: PgType, here: tzinfo) -> Cast:
    read = reading.text_in(target, -1, here)

    def run(value: Any) -> str:
        if isinstance(value, str) and value in ("infinity", "-infinity"):
            return value
        if source in (TIMESTAMP, TIMESTAMPTZ, DATE):
            found = moments.moment(value, utc=source is TIMESTAMPTZ)
            if source is TIMESTAMPTZ:
                found = found.astimezone(here).replace(tzinfo=None)
            if target is DATE:
                return found.date().isoformat()
            if target is TIME:
                return found.time().isoformat()
            if target is TIMESTAMP:
                return found.isoformat(" ")
            return moments.placed(found, here).astimezone(moments.UTC).isoformat(" ")
        if source is INTERVAL and target is TIME:
            from ..types import intervals

            micros = intervals.parse(value).micros % intervals.DAY
            return moments.time_in(str(intervals.Interval(0, 0, micros)))
        if isinstance(value, (int, float)):
            value = moments.moment(value).isoformat(" ")
        return str(read(writing.text(value)))

    return run
