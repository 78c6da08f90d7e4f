"""Times as users write them, and microseconds since 1970 as they are stored.

A time without a zone is local in a literal and in a parameter, as ``datetime.now()`` is, and UTC as the value of an SQL
expression, as ``datetime('now')`` is. Where clocks are set back an hour comes twice: ``datetime.fold`` says which, and
a text means the first.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import date, datetime, timedelta, timezone
from typing import Any

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ONE = timedelta(microseconds=1)
_FIRST_UNIX = 100_000_000  # 1973: a smaller number is a Julian day, or a mistake
_LAST_UNIX = 253_402_300_800  # the year 10000: beyond it no text could say the time
_TEXT = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ]\s*(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?\s*"
)
_FORMS = "give a date or datetime, or text such as '2024-12-31', '2024-12-31 12:00:00' or '2024-12-31T12:00:00+01:00'"


def to_microseconds(value: Any, *, utc: bool, end_of_day: bool = False) -> int:
    """Return a time as microseconds since 1970.

    :param utc: a time without a zone is UTC; else it is local
    :param end_of_day: a date alone means its last microsecond, else its first
    :raises DataError: it is no time
    """
    if isinstance(value, datetime):
        return _of_datetime(value, utc=utc)
    if isinstance(value, date):
        return _of_day(value, utc=utc, end_of_day=end_of_day)
    if isinstance(value, str):
        return _of_text(value, utc=utc, end_of_day=end_of_day)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _FIRST_UNIX <= value < _LAST_UNIX:
        return round(value * MICROSECONDS)
    raise sqlite3.DataError(f"not a time: {value!r}: {_FORMS}")


def is_now(value: Any) -> bool:
    """Return whether a time is the text that means the present."""
    return isinstance(value, str) and value.strip().lower() == "now"


def is_day(value: Any) -> bool:
    """Return whether a time is a date alone."""
    if isinstance(value, str):
        match = _TEXT.fullmatch(value)
        return match is not None and match[4] is None
    return isinstance(value, date) and not isinstance(value, datetime)


def to_text(microseconds: int) -> str:
    """Return a stored time as text, in UTC and with its zone, so that it means the same wherever it is used.

    >>> to_text(1_700_000_000_123_456)
    '2023-11-14 22:13:20.123456+00:00'
    """
    return to_datetime(microseconds).isoformat(sep=" ", timespec="microseconds")


def to_datetime(microseconds: int) -> datetime:
    """Return a stored time as a datetime in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def sql_text(microseconds: str) -> str:
    """Return an SQL expression that is the text of a stored time.

    :param microseconds: an expression
    """
    return (
        f"strftime('%Y-%m-%d %H:%M:%S', {microseconds} / {MICROSECONDS}, 'unixepoch') "
        f"|| printf('.%06d+00:00', {microseconds} % {MICROSECONDS})"
    )


def sql_microseconds(time: str) -> str:
    """Return an SQL expression for a time without a zone, UTC, to the millisecond; of SQLite's own functions."""
    return f"CAST(round((julianday({time}) - 2440587.5) * 86400000) AS INTEGER) * 1000"


def _of_datetime(value: datetime, *, utc: bool) -> int:
    if value.tzinfo is None:
        try:
            value = value.replace(tzinfo=timezone.utc) if utc else value.astimezone(timezone.utc)
        except (OverflowError, OSError, ValueError):  # a platform's local time has its limits
            value = value.replace(tzinfo=timezone.utc)
    return (value - _EPOCH) // _ONE


def _of_day(day: date, *, utc: bool, end_of_day: bool) -> int:
    if end_of_day:
        if day == date.max:
            return _of_datetime(datetime.max.replace(tzinfo=timezone.utc), utc=True)
        return _of_day(day + timedelta(days=1), utc=utc, end_of_day=False) - 1
    return _of_datetime(datetime(day.year, day.month, day.day), utc=utc)  # noqa: DTZ001 - what utc says


def _of_text(text: str, *, utc: bool, end_of_day: bool) -> int:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise sqlite3.DataError(f"not a time: {text!r}: {_FORMS}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        if hour is None:
            return _of_day(date(int(year), int(month), int(day)), utc=utc, end_of_day=end_of_day)
        micro = int((fraction or "0")[:6].ljust(6, "0"))
        value = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)  # noqa: DTZ001
        if zone is not None:
            value = value.replace(tzinfo=_zone(zone))
        return _of_datetime(value, utc=utc)
    except ValueError as error:
        raise sqlite3.DataError(f"not a time: {text!r}: {error}") from None


def _zone(text: str) -> timezone:
    if text in "Zz":
        return timezone.utc
    digits = text[1:].replace(":", "").ljust(6, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:6]))
    return timezone(-offset if text[0] == "-" else offset)
