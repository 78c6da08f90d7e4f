"""The fields of moments and intervals: years, quarters, seconds, what date_part() and date_trunc() know."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from typing import Any

from ..protocol.errors import PgError
from ..types.intervals import Interval


def truncated(unit: str, moment: datetime) -> datetime:
    """Return the moment at which the unit began that it lies in."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return {
            "microseconds": lambda: moment,
            "milliseconds": lambda: moment.replace(microsecond=moment.microsecond // 1000 * 1000),
            "second": lambda: moment.replace(microsecond=0),
            "minute": lambda: moment.replace(second=0, microsecond=0),
            "hour": lambda: moment.replace(minute=0, second=0, microsecond=0),
            "day": lambda: day,
            "week": lambda: day - timedelta(days=day.weekday()),
            "month": lambda: day.replace(day=1),
            "quarter": lambda: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
            "year": lambda: day.replace(month=1, day=1),
            "decade": lambda: day.replace(year=day.year // 10 * 10, month=1, day=1),
            "century": lambda: day.replace(year=(day.year - 1) // 100 * 100 + 1, month=1, day=1),
            "millennium": lambda: day.replace(year=(day.year - 1) // 1000 * 1000 + 1, month=1, day=1),
        }[unit.removesuffix("s") if unit not in ("microseconds", "milliseconds") else unit]()
    except KeyError:
        raise _no_unit(unit) from None


def _no_unit(unit: str) -> PgError:
    return PgError("22023", f'unit "{unit}" not recognized for type timestamp with time zone')


def truncated_interval(unit: str, span: Interval) -> Interval:
    """Return the interval without what is smaller than the unit."""
    micros = {
        "microseconds": 1,
        "milliseconds": 1000,
        "second": 10**6,
        "minute": 60 * 10**6,
        "hour": 3600 * 10**6,
    }
    if unit in micros:
        return span._replace(micros=int(span.micros / micros[unit]) * micros[unit])
    months = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
    if unit == "day":
        return span._replace(micros=0)
    if unit in months:
        return Interval(int(span.months / months[unit]) * months[unit])
    raise _no_unit(unit)


def number(value: float) -> Any:
    """Return a number of fields: whole where it is whole."""
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def part(unit: str, moment: datetime, here: tzinfo) -> Any:
    """Return a field of a moment in local time."""
    iso = moment.isocalendar()
    seconds = moment.second + moment.microsecond / 10**6
    local = moment.replace(tzinfo=here)
    offset = (local.utcoffset() or timedelta()).total_seconds()
    found: dict[str, Any] = {
        "year": moment.year, "month": moment.month, "day": moment.day, "hour": moment.hour, "minute": moment.minute,
        "second": seconds, "milliseconds": seconds * 1000, "microseconds": round(seconds * 10**6),
        "dow": (moment.weekday() + 1) % 7, "isodow": moment.weekday() + 1, "doy": moment.timetuple().tm_yday,
        "week": iso[1], "isoyear": iso[0], "quarter": (moment.month - 1) // 3 + 1, "decade": moment.year // 10,
        "century": (moment.year - 1) // 100 + 1, "millennium": (moment.year - 1) // 1000 + 1,
        "epoch": (moment - datetime(1970, 1, 1)) / timedelta(seconds=1), "timezone": offset,
        "timezone_hour": int(offset / 3600), "timezone_minute": int(offset % 3600 / 60),
        "julian": moment.toordinal() + 1721425 + (moment - truncated("day", moment)) / timedelta(days=1),
    }  # fmt: skip
    if unit not in found:
        raise _no_unit(unit)
    return number(found[unit]) if unit != "julian" else found[unit]


def interval_part(unit: str, span: Interval) -> Any:
    """Return a field of an interval."""
    seconds = abs(span.micros) % (60 * 10**6) / 10**6 * (1 if span.micros >= 0 else -1)
    found = {
        "year": int(span.months / 12), "month": span.months - int(span.months / 12) * 12, "day": span.days,
        "hour": int(span.micros / (3600 * 10**6)), "minute": int(span.micros / (60 * 10**6)) % 60, "second": seconds,
        "milliseconds": seconds * 1000, "microseconds": seconds * 10**6, "decade": int(span.months / 120),
        "quarter": int(span.months % 12 / 3) + 1, "century": int(span.months / 1200),
        "epoch": int(span.months / 12) * 31557600 + math.fmod(span.months, 12) * 30 * 86400 + span.days * 86400
        + span.micros / 10**6,
    }  # fmt: skip
    if unit not in found:
        raise PgError("22023", f'unit "{unit}" not recognized for type interval')
    return number(found[unit])
