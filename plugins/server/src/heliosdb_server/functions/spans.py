"""Functions of intervals."""

from __future__ import annotations

import math
from typing import Any

from ..protocol.errors import PgError
from ..types import intervals, writing
from ..types.intervals import DAY, Interval
from .marks import collected, sees_null


def _interval(text: Any) -> Interval:
    return intervals.parse(writing.text(text))


def pg_interval_add(a: str, b: str, sign: int) -> str:
    return str(_interval(a).plus(Interval(*(sign * each for each in _interval(b)))))


def pg_interval_scale(a: str, factor: float) -> str:
    return str(_interval(a).scaled(float(factor)))


def pg_interval_order(a: str) -> int:
    return _interval(a).order


def _ranked(values: tuple[Any, ...], pick: Any) -> str | None:
    there = [value for value in values if value is not None]
    return pick(there, key=lambda text: _interval(text).order) if there else None


@sees_null
def pg_interval_greatest(*values: Any) -> str | None:
    return _ranked(values, max)


@sees_null
def pg_interval_least(*values: Any) -> str | None:
    return _ranked(values, min)


def pg_make_interval(*parts: Any) -> str:
    years, months, weeks, days, hours, minutes, seconds = [*parts, *[0] * 7][:7]
    micros = round((hours * 3600 + minutes * 60 + seconds) * 10**6) if math.isfinite(seconds) else 1 << 64
    if max(abs(micros) >> 32, abs(years * 12 + months), abs(weeks * 7 + days)) >= 2**31:
        raise PgError("22008", "interval out of range")
    return str(Interval(years * 12 + months, weeks * 7 + days, micros))


def pg_justify_days(text: str) -> str:
    span = _interval(text)
    months, days = span.months + int(span.days / 30), span.days - int(span.days / 30) * 30
    if months > 0 > days:
        months, days = months - 1, days + 30
    elif months < 0 < days:
        months, days = months + 1, days - 30
    return str(Interval(months, days, span.micros))


def pg_justify_hours(text: str) -> str:
    span = _interval(text)
    days, micros = span.days + int(span.micros / DAY), span.micros - int(span.micros / DAY) * DAY
    if days > 0 > micros:
        days, micros = days - 1, micros + DAY
    elif days < 0 < micros:
        days, micros = days + 1, micros - DAY
    return str(Interval(span.months, days, micros))


def pg_justify_interval(text: str) -> str:
    span = _interval(pg_justify_days(pg_justify_hours(text)))
    months, days, micros = span
    if days > 0 > micros:
        days, micros = days - 1, micros + DAY
    elif days < 0 < micros:
        days, micros = days + 1, micros - DAY
    if months > 0 and (days < 0 or (days == 0 and micros < 0)):
        months, days = months - 1, days + 30
    elif months < 0 and (days > 0 or (days == 0 and micros > 0)):
        months, days = months + 1, days - 30
    if days > 0 > micros:
        days, micros = days - 1, micros + DAY
    elif days < 0 < micros:
        days, micros = days + 1, micros - DAY
    return str(Interval(months, days, micros))


FUNCTIONS = collected(globals())
