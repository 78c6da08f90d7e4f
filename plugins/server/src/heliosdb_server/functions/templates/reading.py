"""to_date(), to_timestamp() and to_number(): texts read by a template."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from ...protocol.errors import PgError
from ...types import numbers
from .moments import MONTHS, ROMAN
from .pieces import Piece, cut

_SIZES = {"YYYY": 4, "IYYY": 4, "YYY": 3, "IYY": 3, "DDD": 3, "IDDD": 3, "MS": 3, "US": 6, "J": 7, "Y": 1, "I": 1, "D": 1,
          "ID": 1, "Q": 1, "W": 1, "SSSS": 5, "SSSSS": 5, "Y,YYY": 9,
          **{f"FF{n}": n for n in range(1, 7)}}  # fmt: skip
_RANGES = {"MM": (1, 12), "DD": (1, 31), "DDD": (1, 366), "HH24": (0, 23), "HH12": (1, 12), "HH": (1, 12), "MI": (0, 59),
           "SS": (0, 59), "SSSS": (0, 86400), "SSSSS": (0, 86400), "ID": (1, 7), "IW": (1, 53),
           "WW": (1, 53)}  # fmt: skip


class _Reader:
    """Reads a text by the pieces of a template."""

    def __init__(self, text: str, form: str) -> None:
        self.text, self.pieces = text, cut(form, "moments")
        self.place = 0
        self.found: dict[str, int] = {}

    def run(self) -> dict[str, int]:
        """Return the numbers found, by what they are of."""
        strict = False
        for at, piece in enumerate(self.pieces):
            code = piece.code.upper()
            if code == "FX":
                strict = True
            elif not code:
                self._separator(piece, strict=strict)
            else:
                if not strict:
                    self._spaces()
                if self.place >= len(self.text):
                    break
                self._one(piece, code, self._next_is_number(at))
                if piece.ordinal:
                    self.place += 2
        return self.found

    def _spaces(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def _separator(self, piece: Piece, *, strict: bool) -> None:
        if piece.text.isspace() or not piece.text.isalnum():
            char = self.text[self.place : self.place + 1]
            if (
                char
                and (char.isspace() or not char.isalnum())
                and (strict or char not in "+-" or piece.text == char)
            ):
                self.place += 1
                if not strict and not char.isspace():
                    self._spaces()
        elif self.place < len(self.text):
            self.place += 1

    def _next_is_number(self, at: int) -> bool:
        """Do digits of another piece follow at once, so that this one's number has to end?"""
        if at + 1 >= len(self.pieces):
            return False
        code = self.pieces[at + 1].code.upper()
        return bool(code) and code not in ("MONTH", "MON", "DAY", "DY", "RM", "AM", "PM", "A.M.", "P.M.", "BC", "AD",
                                           "B.C.", "A.D.", "TZ", "TZH", "OF")  # fmt: skip

    def _word(self, piece: Piece, words: tuple[str, ...], *, whole: bool = False) -> int:
        rest = self.text[self.place :].lower()
        tried = sorted(enumerate(words), key=lambda each: -len(each[1]))
        for at, word in tried:
            if rest.startswith(word.lower()):
                self.place += len(word)
                return at
        size = len(max(words, key=len)) if whole else 3
        raise PgError(
            "22007",
            f'invalid value "{self.text[self.place : self.place + size]}" for "{piece.code}"',
            detail="The given value did not match any of the allowed values for this field.",
        )

    def _one(self, piece: Piece, code: str, ends: bool) -> None:
        if code in ("MONTH", "MON"):
            names = MONTHS if code == "MONTH" else tuple(name[:3] for name in MONTHS)
            self._set("month", self._word(piece, names) + 1, piece)
        elif code in ("DAY", "DY"):
            days = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
            self._word(piece, days if code == "DAY" else tuple(day[:3] for day in days))
        elif code == "RM":
            self._set("month", self._word(piece, ROMAN) + 1, piece)
        elif code in ("AM", "PM", "A.M.", "P.M."):
            words = ("a.m.", "p.m.") if "." in code else ("am", "pm")
            self._set("afternoon", self._word(piece, words), piece)
        elif code in ("BC", "AD", "B.C.", "A.D."):
            words = ("a.d.", "b.c.") if "." in code else ("ad", "bc")
            self._set("before", self._word(piece, words), piece)
        elif code in ("TZ", "OF"):
            raise PgError("0A000", f'formatting field "{piece.code}" is only supported in to_char')
        elif code == "TZH":
            sign = self.text[self.place : self.place + 1]
            self.place += sign in "+-"
            self.found["zone sign"] = -1 if sign == "-" else 1
            self._set("zone hours", int(self._digits(2, piece)[0]), piece)
        elif code == "TZM":
            self._set("zone minutes", int(self._digits(2, piece)[0]), piece)
        elif code == "Y,YYY":
            match = re.compile(r"(\d+),(\d{3})").match(self.text, self.place)
            if match is None:
                raise PgError("22007", 'invalid input string for "Y,YYY"')
            self.place = match.end()
            self._set("year", int(match[1]) * 1000 + int(match[2]), piece)
        else:
            self._number(piece, code, ends)

    def _digits(self, size: int, piece: Piece) -> tuple[str, int]:
        match = re.compile(rf"[+-]?\d{{1,{size}}}").match(self.text, self.place)
        if match is None:
            raise PgError(
                "22007",
                f'invalid value "{self.text[self.place : self.place + size]}" for "{piece.code}"',
                detail="Value must be an integer.",
            )
        self.place = match.end()
        return match[0], len(match[0])

    def _number(self, piece: Piece, code: str, ends: bool) -> None:
        size = _SIZES.get(code, 2)
        free = not piece.fill or not ends
        text, read = self._digits(size if (ends and piece.fill) or code in ("MS", "US") or code[:2] == "FF" else
                                  9 if free else size, piece)  # fmt: skip
        number = int(text)
        if code in _RANGES and not _RANGES[code][0] <= number <= _RANGES[code][1]:
            if code in ("HH12", "HH"):
                raise PgError(
                    "22007",
                    f'hour "{number}" is invalid for the 12-hour clock',
                    hint="Use the 24-hour clock, or give an hour between 1 and 12.",
                )
            raise self._out_of_range()
        name = {"YYYY": "year", "MM": "month", "DD": "day", "HH24": "hour", "MI": "minute", "SS": "second", "DDD": "of year",
                "IYYY": "iso year", "IW": "iso week", "ID": "iso day", "IDDD": "iso of year", "J": "julian",
                "CC": "century", "WW": "week", "W": "week of month"}.get(code)  # fmt: skip
        if name is not None:
            self._set(name, number, piece)
        elif code in ("YYY", "YY", "Y"):
            if read <= 3:
                base = 2000 if (number < 70 if code != "YYY" else number < 520) or read == 3 else 1900
                base = (1000 if number >= 520 else 2000) if read == 3 else base
                number += base
            self._set("year", number, piece)
        elif code in ("IYY", "IY", "I"):
            self._set("iso year", number + (2000 if number < 70 else 1900), piece)
        elif code in ("HH12", "HH"):
            self._set("hour12", number, piece)
        elif code in ("SSSS", "SSSSS"):
            for part, value in (
                ("hour", number // 3600),
                ("minute", number // 60 % 60),
                ("second", number % 60),
            ):
                self._set(part, value, piece)
        elif code in ("MS", "US") or code[:2] == "FF":
            self._set("micros", int(text.ljust(6, "0")), piece)

    def _out_of_range(self) -> PgError:
        return PgError("22008", f'date/time field value out of range: "{self.text}"')

    def _set(self, name: str, value: int, piece: Piece) -> None:
        if self.found.get(name, value) != value:
            raise PgError(
                "22007",
                f'conflicting values for "{piece.code}" field in formatting string',
                detail="This value contradicts a previous setting for the same field type.",
            )
        self.found[name] = value


def moment_from(text: str, form: str) -> tuple[datetime, timedelta | None]:
    """Return the moment that a text means by a template, and how far its time zone is ahead if it names one.

    :raises PgError: the text is not of the template
    """
    reader = _Reader(text, form)
    found = reader.run()
    try:
        day = _day(found, text)
        made = day.replace(hour=_hour(found), minute=found.get("minute", 0), second=found.get("second", 0),
                           microsecond=found.get("micros", 0))  # fmt: skip
    except (ValueError, OverflowError):
        raise PgError("22008", f'date/time field value out of range: "{text}"') from None
    if "zone hours" not in found and "zone minutes" not in found:
        return made, None
    ahead = timedelta(hours=found.get("zone hours", 0), minutes=found.get("zone minutes", 0))
    return made, ahead * found.get("zone sign", 1)


def _hour(found: dict[str, int]) -> int:
    hour = found.get("hour", found.get("hour12", 0))
    if "afternoon" in found:
        if not 1 <= hour <= 12:
            raise PgError("22007", f'hour "{hour}" is invalid for the 12-hour clock')
        hour = hour % 12 + 12 * found["afternoon"]
    elif "hour12" in found:
        hour %= 12 if hour == 12 else 24
    return hour


def _day(found: dict[str, int], text: str) -> datetime:
    if "julian" in found:
        return datetime.fromordinal(found["julian"] - 1721425)
    if any(name.startswith("iso") for name in found):
        if "year" in found or "month" in found or "day" in found:
            raise PgError("22007", "invalid combination of date conventions")
        year = found.get("iso year", 0)
        if year < 1:
            raise _before_christ(text)
        if "iso of year" in found:
            return datetime.fromisocalendar(year, 1, 1) + timedelta(days=found["iso of year"] - 1)
        return datetime.fromisocalendar(year, found.get("iso week", 1), found.get("iso day", 1))
    year = found.get("year", 0)
    if "century" in found:
        year = (
            found["century"] * 100 - 99 if "year" not in found else found["century"] * 100 - 100 + year % 100
        )
    if year < 1 or found.get("before"):
        raise _before_christ(text)
    if "of year" in found:
        day = datetime(year, 1, 1) + timedelta(days=found["of year"] - 1)
        if day.year != year:
            raise ValueError
        return day
    if "week" in found:
        return datetime(year, 1, 1) + timedelta(days=(found["week"] - 1) * 7)
    number = found.get("day", 1 if "week of month" not in found else (found["week of month"] - 1) * 7 + 1)
    return datetime(year, found.get("month", 1), number)


def _before_christ(text: str) -> PgError:
    return PgError("0A000", f'"{text}" is before the year 1, or names no year: such dates can\'t be kept')


def number_from(text: str, form: str) -> Decimal:
    """Return the number that a text means by a template."""
    codes = [piece.code.upper() for piece in cut(form, "numbers")]
    if "EEEE" in codes or "RN" in codes:
        raise PgError("0A000", '"EEEE" and "RN" are not supported for input')
    negative = "-" in text or ("PR" in codes and "<" in text)
    digits, at, places = "", 0, 0
    text = text.strip()
    if "V" in codes:
        places = codes[codes.index("V") :].count("9") + codes[codes.index("V") :].count("0")
    for piece in cut(form, "numbers"):
        code = piece.code.upper()
        if code in ("9", "0"):
            while at < len(text) and text[at] in "+-< ":
                at += 1
            if at < len(text) and text[at].isdigit():
                digits += text[at]
                at += 1
        elif code in (".", "D"):
            if text[at : at + 1] == ".":
                digits, at = digits + ".", at + 1
        elif code in (",", "G"):
            at += text[at : at + 1] == ","
        elif code == "L":
            while at < len(text) and not text[at].isdigit() and text[at] not in "+-.,":
                at += 1
        elif code == "TH":
            at += 2
        elif not code:
            at += 1
    if not digits.strip("."):
        raise numbers.wrong("numeric", text)
    return Decimal(("-" if negative else "") + digits).scaleb(-places)
