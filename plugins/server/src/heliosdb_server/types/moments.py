"""Dates and times: what people write in, what stands in the file, what clients get.

In the file a moment is ISO 8601 text as Python's own sqlite3 adapters write it, so that SQLite compares, sorts and
computes with it: ``2024-02-29``, ``2024-02-29 13:45:00[.123456]``, and with a time zone always UTC, ``...+00:00``.
"""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..protocol.errors import PgError
from .loosely import usual

_MOMENT = re.compile(
    r"\s*(?:(?P<year>\d{4,8})-(?P<month>\d{1,2})-(?P<day>\d{1,2})|(?P<compact>\d{8}))?"
    r"(?:(?:[T\s]\s*|^)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d*))?)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?(?::\d{2})?|[A-Za-z_]+/[A-Za-z_/+-]+)?\s*",
    re.IGNORECASE,
)
UTC = timezone.utc
_INFINITE = {"infinity": "infinity", "+infinity": "infinity", "inf": "infinity", "-infinity": "-infinity"}


def _wrong(kind: str, text: str) -> PgError:
    return PgError("22007", f'invalid input syntax for type {kind}: "{text}"')


def _range(kind: str, text: str) -> PgError:
    return PgError("22008", f'{kind} field value out of range: "{text}"')


@lru_cache(maxsize=256)
def zone(name: str, *, posix: bool = False) -> tzinfo:
    """Return the time zone of this name: ``UTC``, ``Europe/Vienna``, ``+02:00``.

    :param posix: it is no part of a moment, but a name: then +02 is two hours west, as in POSIX
    :raises PgError: there is none
    """
    folded = re.sub(r"^<[^>]*>", "", name.strip()) if posix else name.strip()
    if folded.upper() in ("UTC", "GMT", "Z", "ETC/UTC", "ZULU"):
        return UTC
    match = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?", folded, re.IGNORECASE)
    if match:
        sign = -1 if (match[1] == "-") != posix else 1
        return timezone(
            sign * timedelta(hours=int(match[2]), minutes=int(match[3] or 0), seconds=int(match[4] or 0))
        )
    try:
        return ZoneInfo(folded)
    except (KeyError, ValueError, OSError):
        raise PgError("22023", f'time zone "{name}" not recognized') from None


def fixed(ahead: timedelta) -> str:
    """Return the name of the time zone whose clocks are so far ahead: ``<+02>-02``."""
    minutes = round(ahead / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    digits = f"{hours:02d}" + (f":{rest:02d}" if rest else "")
    return f"<{'-' if minutes < 0 else '+'}{digits}>{'+' if minutes < 0 else '-'}{digits}"


def placed(local: datetime, here: tzinfo) -> datetime:
    """Return a local time as the moment it is: one that occurs twice in autumn is the later one, of standard time.

    One that spring leaves out is as far behind the change as it would have been without it.
    """
    first, second = local.replace(tzinfo=here, fold=0), local.replace(tzinfo=here, fold=1)
    before, behind = first.utcoffset(), second.utcoffset()
    return second if before is not None and behind is not None and before > behind else first


def _read(text: str, kind: str, here: tzinfo) -> tuple[date | None, time | None, tzinfo | None]:
    match = _MOMENT.fullmatch(text)
    if match is None or not (match["year"] or match["compact"] or match["hour"]):
        if re.search(r"\bBC$", text.strip(), re.IGNORECASE):
            raise PgError(
                "22008", f'date/time field value out of range: "{text}"', hint="Years begin with 1 here."
            )
        try:
            match = _MOMENT.fullmatch(usual(text, kind))
        except (ValueError, OverflowError):
            raise _range("date/time", text) from None
    if match is None or not (match["year"] or match["compact"] or match["hour"]):
        return _word(text, kind, here)
    day = None
    try:
        if match["year"]:
            day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        elif match["compact"]:
            digits = match["compact"]
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        clock = None
        if match["hour"]:
            fraction = ((match["fraction"] or "") + "000000")[:7]
            micros = int(fraction[:6]) + (len(fraction) > 6 and fraction[6] >= "5")
            seconds = int(match["hour"]) * 3600 + int(match["minute"]) * 60 + int(match["second"] or 0)
            if int(match["minute"]) > 59 or int(match["second"] or 0) > 60 or seconds > 86400:
                raise ValueError
            whole = datetime(1, 1, 1) + timedelta(seconds=seconds, microseconds=micros)
            clock = whole.time()
            if whole.day > 1:
                if day is None:
                    raise PgError("0A000", "the time of day 24:00 can't be kept: 00:00 can")
                day += timedelta(days=1)
    except (ValueError, OverflowError):
        raise _range("date/time", text) from None
    return day, clock, zone(match["zone"]) if match["zone"] else None


def _word(text: str, kind: str, here: tzinfo) -> tuple[date | None, time | None, tzinfo | None]:
    now = datetime.now(here)
    word = text.strip().lower()
    if word == "now":
        return now.date(), now.time(), here
    days = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if word in days:
        return now.date() + timedelta(days=days[word]), time(), here
    if word == "allballs" and kind.startswith("time "):
        return None, time(), UTC
    if word == "allballs" and kind == "time":
        return None, time(), None
    if word == "epoch":
        return date(1970, 1, 1), time(), UTC
    raise _wrong(kind, text)


def rounded(text: str, digits: int) -> str:
    """Return a moment or time of day with no more than so many digits of a second."""
    if not 0 <= digits < 6 or "." not in text:
        return text
    head, _, tail = text.partition(".")
    fraction = tail[:6]
    zone_text = tail[6:]
    if not fraction.isdigit():
        return text
    unit = 10 ** (6 - digits)
    early = len(head) > 8 and head < "2000"  # moments are counted from 2000 on: halves go away from there
    micros = (int(fraction) + unit // 2 - early) // unit * unit
    day = head if len(head) > 8 else f"2000-01-01 {head}"
    whole = datetime.fromisoformat(day) + timedelta(microseconds=micros)
    made = whole.isoformat(" ") if len(head) > 8 else whole.time().isoformat()
    return made + zone_text


def date_in(text: str, here: tzinfo = UTC) -> str:
    """Return a date as it stands in the file."""
    if (word := _INFINITE.get(text.strip().lower())) is not None:
        return word
    day, _, _ = _read(text, "date", here)
    if day is None:
        raise _wrong("date", text)
    return day.isoformat()


def time_in(text: str, here: tzinfo = UTC) -> str:
    """Return a time of day as it stands in the file."""
    _, clock, _ = _read(text, "time", here)
    if clock is None:
        raise _wrong("time", text)
    return clock.isoformat()


def timetz_in(text: str, here: tzinfo = UTC) -> str:
    """Return a time of day with its offset."""
    _, clock, there = _read(text, "time with time zone", here)
    if clock is None:
        raise _wrong("time with time zone", text)
    return clock.isoformat() + _offset(datetime.combine(date(2000, 1, 1), clock, there or here))


def timestamp_in(text: str, here: tzinfo = UTC) -> str:
    """Return a moment without time zone as it stands in the file; a zone in the text is ignored, as PostgreSQL does."""
    if (word := _INFINITE.get(text.strip().lower())) is not None:
        return word
    day, clock, _ = _read(text, "timestamp", here)
    if day is None:
        raise _wrong("timestamp", text)
    return datetime.combine(day, clock or time()).isoformat(" ")


def timestamptz_in(text: str, here: tzinfo = UTC) -> str:
    """Return a moment as it stands in the file, in UTC; without a zone in the text it is one of ``here``."""
    if (word := _INFINITE.get(text.strip().lower())) is not None:
        return word
    day, clock, there = _read(text, "timestamp with time zone", here)
    if day is None:
        raise _wrong("timestamp with time zone", text)
    try:
        return placed(datetime.combine(day, clock or time()), there or here).astimezone(UTC).isoformat(" ")
    except OverflowError:
        raise _range("date/time", text) from None


def moment(value: object, *, utc: bool = False) -> datetime:
    """Return what stands in the file as a datetime, aware when ``utc``; numbers are seconds since 1970.

    :raises PgError: it is no moment
    """
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            day, clock, there = _read(value, "timestamp", UTC)
            if day is None:
                raise _wrong("timestamp", value) from None
            found = datetime.combine(day, clock or time(), there)
    elif isinstance(value, (int, float)):
        try:
            found = datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            raise _range("date/time", str(value)) from None
        if not utc:
            found = found.replace(tzinfo=None)
    else:
        raise _wrong("timestamp", repr(value))
    if utc:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return found.replace(tzinfo=None) if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def clock(value: object) -> time:
    """Return a time of day that stands in the file."""
    if isinstance(value, str):
        _, found, _ = _read(value, "time", UTC)
        if found is not None:
            return found
    raise _wrong("time", str(value))


def _trimmed(text: str) -> str:
    return text.rstrip("0") if "." in text else text


def date_out(value: object) -> str:
    """Return a date as PostgreSQL writes it."""
    if isinstance(value, str):
        if len(value) == 10 and value[4] == "-" and value[7] == "-" and value.replace("-", "").isdigit():
            return value
        if value in ("infinity", "-infinity"):
            return value
    return moment(value).date().isoformat()


def timestamp_out(value: object) -> str:
    """Return a moment without time zone as PostgreSQL writes it."""
    if value in ("infinity", "-infinity"):
        return str(value)
    return _trimmed(moment(value).isoformat(" "))


def timestamptz_out(value: object, here: tzinfo = UTC) -> str:
    """Return a moment in the client's time zone as PostgreSQL writes it."""
    if value in ("infinity", "-infinity"):
        return str(value)
    local = moment(value, utc=True).astimezone(here)
    return _trimmed(local.replace(tzinfo=None).isoformat(" ")) + _offset(local)


def time_out(value: object) -> str:
    """Return a time of day as PostgreSQL writes it."""
    return _trimmed(clock(value).isoformat())


def _offset(local: datetime) -> str:
    seconds = int((local.utcoffset() or timedelta()).total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return (
        f"{sign}{hours:02}"
        + (f":{minutes:02}" if minutes or seconds else "")
        + (f":{seconds:02}" if seconds else "")
    )
