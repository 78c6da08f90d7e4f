"""Intervals: months, days and microseconds, as PostgreSQL counts them. In the file: its own text, ``1 mon 2 days``."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from typing import NamedTuple

from ..protocol.errors import PgError

_UNITS = {
    "us": (0, 0, 1), "usec": (0, 0, 1), "usecs": (0, 0, 1), "microsecond": (0, 0, 1), "microseconds": (0, 0, 1),
    "ms": (0, 0, 1000), "msec": (0, 0, 1000), "msecs": (0, 0, 1000), "millisecond": (0, 0, 1000),
    "milliseconds": (0, 0, 1000), "s": (0, 0, 10**6), "sec": (0, 0, 10**6), "secs": (0, 0, 10**6),
    "second": (0, 0, 10**6), "seconds": (0, 0, 10**6), "m": (0, 0, 60 * 10**6), "min": (0, 0, 60 * 10**6),
    "mins": (0, 0, 60 * 10**6), "minute": (0, 0, 60 * 10**6), "minutes": (0, 0, 60 * 10**6),
    "h": (0, 0, 3600 * 10**6), "hr": (0, 0, 3600 * 10**6), "hrs": (0, 0, 3600 * 10**6),
    "hour": (0, 0, 3600 * 10**6), "hours": (0, 0, 3600 * 10**6), "d": (0, 1, 0), "day": (0, 1, 0),
    "days": (0, 1, 0), "w": (0, 7, 0), "week": (0, 7, 0), "weeks": (0, 7, 0), "mon": (1, 0, 0), "mons": (1, 0, 0),
    "month": (1, 0, 0), "months": (1, 0, 0), "y": (12, 0, 0), "yr": (12, 0, 0), "yrs": (12, 0, 0),
    "year": (12, 0, 0), "years": (12, 0, 0), "decade": (120, 0, 0), "decades": (120, 0, 0),
    "century": (1200, 0, 0), "centuries": (1200, 0, 0),
}  # fmt: skip
_ISO = {"Y": "year", "M": "month", "W": "week", "D": "day", "H": "hour", "S": "second"}
_PART = re.compile(
    r"\s*(?:(?P<clock>[+-]?\d+:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[A-Za-z]+)?)"
)
DAY = 86_400 * 10**6


class Interval(NamedTuple):
    """A span of time. A month has no fixed number of days, nor a day of hours."""

    months: int = 0
    days: int = 0
    micros: int = 0

    def __str__(self) -> str:
        parts = []
        years, months = divmod(abs(self.months), 12)
        sign = "-" if self.months < 0 else ""
        before = False  # PostgreSQL writes a plus behind a negative part
        for count, unit in ((years, "year"), (months, "mon")):
            if count:
                parts.append(f"{sign}{count} {unit}{'' if count == 1 and not sign else 's'}")
                before = bool(sign)
        if self.days:
            plus = "+" if before and self.days > 0 else ""
            parts.append(f"{plus}{self.days} day{'' if self.days == 1 else 's'}")
            before = self.days < 0
        if self.micros or not parts:
            hours, rest = divmod(abs(self.micros), 3600 * 10**6)
            minutes, rest = divmod(rest, 60 * 10**6)
            seconds, micros = divmod(rest, 10**6)
            sign = "-" if self.micros < 0 else "+" if before else ""
            fraction = f".{micros:06}".rstrip("0") if micros else ""
            parts.append(f"{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
        return " ".join(parts)

    def scaled(self, factor: float) -> Interval:
        """Return the interval ``factor`` times; what is left of a month becomes days of 30 to the month."""
        months = self.months * factor
        days = self.days * factor
        rest = round((months - int(months)) * 30, 6)
        seconds = round((days - int(days) + rest - int(rest)) * 86_400, 6)
        whole = int(days) + int(rest)
        if abs(seconds) >= 86_400:
            whole, seconds = whole + int(seconds / 86_400), seconds - int(seconds / 86_400) * 86_400
        return Interval(int(months), whole, round(self.micros * factor + seconds * 10**6))

    def plus(self, other: Interval) -> Interval:
        """Return both together."""
        return Interval(self.months + other.months, self.days + other.days, self.micros + other.micros)

    def added_to(self, moment: datetime) -> datetime:
        """Return the moment this much later.

        :raises PgError: beyond the years 1 to 9999
        """
        try:
            if self.months:
                year, month = divmod(moment.year * 12 + moment.month - 1 + self.months, 12)
                last = calendar.monthrange(year, month + 1)[1]
                moment = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
            return moment + timedelta(days=self.days, microseconds=self.micros)
        except (ValueError, OverflowError):
            raise PgError("22008", "timestamp out of range") from None

    @property
    def order(self) -> int:
        """What intervals are compared by: a month has thirty days here, a day twenty-four hours."""
        return (self.months * 30 + self.days) * DAY + self.micros


_BITS = {
    "year": 1 << 2,
    "month": 1 << 1,
    "day": 1 << 3,
    "hour": 1 << 10,
    "minute": 1 << 11,
    "second": 1 << 12,
}
_EVERY, _WHOLE = 0x7FFF, 0xFFFF  # all fields, and all digits of a second


def modifier(first: str = "", last: str = "", digits: int = _WHOLE) -> int:
    """Return the modifier of a type like ``interval day to second(3)``, as PostgreSQL has it."""
    if not first:
        return _EVERY << 16 | digits
    names = list(_BITS)
    named = names[names.index(first) : names.index(last or first) + 1]
    return sum(_BITS[name] for name in named) << 16 | digits


def unit_of(modifier: int) -> str:
    """Return the field that a bare number is, for a type with this modifier."""
    fields = modifier >> 16 & _EVERY
    return "" if modifier == -1 or fields == _EVERY else [n for n, bit in _BITS.items() if fields & bit][-1]


def fitted(span: Interval, modifier: int) -> Interval:
    """Return what a type with this modifier keeps of an interval."""
    if modifier == -1:
        return span
    months, days, micros = span
    last = unit_of(modifier)
    if last == "year":
        return Interval(int(months / 12) * 12)
    if last == "month":
        return Interval(months)
    if last == "day":
        return Interval(months, days)
    if last in ("hour", "minute"):
        unit = (60 if last == "minute" else 3600) * 10**6
        return Interval(months, days, (abs(micros) // unit * unit) * (1 if micros >= 0 else -1))
    if (digits := modifier & _WHOLE) < 6:
        unit = 10 ** (6 - digits)
        micros = ((abs(micros) + unit // 2) // unit * unit) * (1 if micros >= 0 else -1)
    return Interval(months, days, micros)


def parse(text: str, unit: str = "") -> Interval:
    """Return the interval that the text means: ``1 day 02:03``, ``-3 months``, ``P1Y2M3DT4H``, ``2 weeks ago``.

    :param unit: of a bare number; seconds without one
    :raises PgError: it means none
    """
    original, months, days, micros = text, 0.0, 0.0, 0.0
    text = text.strip()
    if re.match(r"[+-]?P", text, re.IGNORECASE):
        text = _from_iso(text)
    text = text.removeprefix("@").strip()
    back = text.lower().endswith(" ago")
    text = text[:-4] if back else text
    at, found = 0, False
    if match := re.match(r"([+-]?)(\d+)-(\d{1,2})(?=\s|$)", text):  # years and months, as SQL has them
        sign = -1 if match[1] == "-" else 1
        months += sign * (int(match[2]) * 12 + int(match[3]))
        at, found = match.end(), True
        if bare := re.match(r"\s+([+-]?\d+)(?=\s+[+-]?\d+:)", text[at:]):
            days += int(bare[1])
            at += bare.end()
    elif match := re.match(r"([+-]?\d+)(?=\s+[+-]?\d+:)", text):  # days and a time
        days += int(match[1])
        at, found = match.end(), True
    while at < len(text.rstrip()):
        match = _PART.match(text, at)
        if match is None:
            raise _wrong(original)
        at, found = match.end(), True
        if match["clock"]:
            sign = -1 if match["clock"][0] == "-" else 1
            pieces = match["clock"].lstrip("+-").split(":")
            amount = sum(float(piece) * each for piece, each in zip(pieces, (3600, 60, 1), strict=False))
            micros += sign * round(amount * 10**6)
            continue
        factors = _UNITS.get((match["unit"] or unit or "second").lower())
        if factors is None:
            raise _wrong(original)
        number = float(match["number"])
        months += number * factors[0]
        days += number * factors[1]
        micros += number * factors[2]
    if not found:
        raise _wrong(original)
    days += (months - int(months)) * 30
    micros += (days - int(days)) * DAY
    made = Interval(int(months), int(days), round(micros))
    return Interval(*(-each for each in made)) if back else made


def _from_iso(text: str) -> str:
    sign = -1 if text[0] == "-" else 1
    days, _, clock = text.lstrip("+-")[1:].upper().partition("T")
    parts = []
    for piece, in_clock in ((days, False), (clock, True)):
        for number, letter in re.findall(r"([+-]?[\d.]+)([A-Z])", piece):
            word = "minute" if in_clock and letter == "M" else _ISO.get(letter)
            if word is None:
                raise _wrong(text)
            parts.append(f"{sign * float(number)} {word}")
        if re.sub(r"[+-]?[\d.]+[A-Z]", "", piece):
            raise _wrong(text)
    return " ".join(parts)


def _wrong(text: str) -> PgError:
    return PgError("22007", f'invalid input syntax for type interval: "{text}"')


def between(later: datetime, earlier: datetime) -> Interval:
    """Return what ``later - earlier`` is in PostgreSQL: days and time, no months."""
    span = later - earlier
    micros = span // timedelta(microseconds=1)
    sign = -1 if micros < 0 else 1
    days, micros = divmod(abs(micros), DAY)
    return Interval(0, sign * days, sign * micros)


def age(later: datetime, earlier: datetime) -> Interval:
    """Return what age() does: years, months and days as a calendar counts them."""  # noqa: D402
    if later < earlier:
        return Interval(*(-each for each in age(earlier, later)))
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    days = later.day - earlier.day
    micros = (later - later.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(microseconds=1)
    micros -= (earlier - earlier.replace(hour=0, minute=0, second=0, microsecond=0)) // timedelta(
        microseconds=1
    )
    if micros < 0:
        micros, days = micros + DAY, days - 1
    if days < 0:  # borrowed from the earlier date's month, as PostgreSQL does
        days, months = days + calendar.monthrange(earlier.year, earlier.month)[1], months - 1
    return Interval(months, days, micros)
