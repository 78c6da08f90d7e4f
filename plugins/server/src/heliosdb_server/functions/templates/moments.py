"""to_char() of dates, times and intervals: ``YYYY-MM-DD HH24:MI:SS``, ``FMDDth Month``."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from ...protocol.errors import PgError
from ...types.intervals import Interval
from .numbers import ordinal
from .pieces import Piece, cut

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_NEVER_FILLED = ("MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "TZH", "TZM")


def moment_text(moment: datetime, form: str, here: tzinfo, *, zoned: bool) -> str:
    """Return a date or time by a template.

    :param zoned: is it one that has a time zone?
    """
    local = moment.replace(tzinfo=here)
    return "".join(_piece(piece, moment, local, zoned=zoned) for piece in cut(form, "moments"))


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.lower() if like.islower() else word


def _named(piece: Piece, word: str) -> str:
    return _cased(word.ljust(9) if piece.fill and not piece.local else word, piece.code)


def _numbered(piece: Piece, text: str) -> str:
    if not piece.fill and piece.code.upper() not in _NEVER_FILLED:
        text = text.lstrip("0") or "0"
    made = ordinal(text) if piece.ordinal else ""
    return text + (made.upper() if piece.ordinal == "TH" else made)


def _piece(piece: Piece, moment: datetime, local: datetime, *, zoned: bool) -> str:
    code = piece.code.upper()
    if not code or code == "FX":
        return piece.text
    if code == "MONTH":
        return _named(piece, MONTHS[moment.month - 1])
    if code == "DAY":
        return _named(piece, DAYS[moment.weekday()])
    if code == "MON":
        return _cased(MONTHS[moment.month - 1][:3], piece.code)
    if code == "DY":
        return _cased(DAYS[moment.weekday()][:3], piece.code)
    if code in ("AM", "PM", "A.M.", "P.M."):
        dots = "." if "." in code else ""
        return _cased(f"{'A' if moment.hour < 12 else 'P'}{dots}M{dots}", piece.code)
    if code in ("BC", "AD", "B.C.", "A.D."):
        return _cased("A.D." if "." in code else "AD", piece.code)
    if code == "RM":
        text = _cased(ROMAN[moment.month - 1], piece.code)
        return text.ljust(4) if piece.fill else text
    if code in ("TZ", "TZH", "TZM", "OF"):
        return _zone(code, piece, local) if zoned else _unzoned(code)
    found = _of_clock(code, moment.hour, moment.minute, moment.second, moment.microsecond)
    return _numbered(piece, _of_calendar(code, moment) if found is None else found)


def _unzoned(code: str) -> str:
    return {"TZH": "+00", "TZM": "00", "OF": "+00"}.get(code, "")


def _zone(code: str, piece: Piece, local: datetime) -> str:
    if code == "TZ":
        return _cased(local.tzname() or "", piece.code)
    offset = int((local.utcoffset() or timedelta()).total_seconds())
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    if code == "TZM":
        return f"{minutes:02}"
    return f"{sign}{hours:02}" + (f":{minutes:02}" if code == "OF" and minutes else "")


def _of_clock(code: str, hour: int, minute: int, second: int, micros: int) -> str | None:
    if code.startswith("FF"):
        return f"{micros:06}"[: int(code[2])]
    found = {
        "HH24": f"{hour:02}", "HH12": f"{(hour - 1) % 12 + 1:02}", "HH": f"{(hour - 1) % 12 + 1:02}",
        "MI": f"{minute:02}", "SS": f"{second:02}", "MS": f"{micros // 1000:03}", "US": f"{micros:06}",
        "SSSS": str(hour * 3600 + minute * 60 + second),
    }  # fmt: skip
    return found["SSSS"] if code == "SSSSS" else found.get(code)


def _of_calendar(code: str, moment: datetime) -> str:
    iso = moment.isocalendar()
    days = moment.timetuple().tm_yday
    year = {"Y,YYY": f"{moment.year // 1000},{moment.year % 1000:03}", "YYYY": f"{moment.year:04}",
            "YYY": f"{moment.year % 1000:03}", "YY": f"{moment.year % 100:02}", "Y": str(moment.year % 10),
            "IYYY": f"{iso[0]:04}", "IYY": f"{iso[0] % 1000:03}", "IY": f"{iso[0] % 100:02}", "I": str(iso[0] % 10)}  # fmt: skip
    return year.get(code) or {
        "MM": f"{moment.month:02}", "DD": f"{moment.day:02}", "DDD": f"{days:03}", "D": str(iso[2] % 7 + 1),
        "IDDD": f"{(iso[1] - 1) * 7 + iso[2]:03}", "ID": str(iso[2]), "IW": f"{iso[1]:02}",
        "WW": f"{(days - 1) // 7 + 1:02}", "W": str((moment.day - 1) // 7 + 1), "CC": f"{(moment.year + 99) // 100:02}",
        "J": str(moment.toordinal() + 1721425), "Q": str((moment.month - 1) // 3 + 1),
    }[code]  # fmt: skip


def interval_text(span: Interval, form: str) -> str:
    """Return an interval by a template; its hours go beyond 24."""
    hours, rest = divmod(abs(span.micros), 3600 * 10**6)
    minutes, rest = divmod(rest, 60 * 10**6)
    seconds, micros = divmod(rest, 10**6)
    years, months = divmod(abs(span.months), 12)
    sign = -1 if span.micros < 0 else 1
    whole = -1 if span.months < 0 else 1
    made = []
    for piece in cut(form, "moments"):
        code = piece.code.upper()
        if not code or code == "FX":
            made.append(piece.text)
            continue
        calendar = {"DD": f"{span.days:02}", "MM": f"{months * whole:0{2 if whole > 0 else 3}}", "YYYY": f"{years * whole:0{4 if whole > 0 else 5}}",
                    "YYY": f"{years % 1000 * whole:0{3 if whole > 0 else 4}}",
                    "YY": f"{years % 100 * whole:0{2 if whole > 0 else 3}}",
                    "Y": str(years % 10 * whole), "DDD": f"{span.months * 30 + span.days:03}",
                    "CC": f"{years // 100 * whole:02}", "Q": str((months - 1) // 3 + 1) if months else ""}  # fmt: skip
        text = calendar.get(code)
        if text is None and code == "RM":
            text = (
                _cased(ROMAN[months - 1 if whole > 0 else 12 - months], piece.code).ljust(4) if months else ""
            )
        if text is None and code in ("HH24", "HH12", "HH"):
            twelve = 12 if hours % 12 == 0 else sign * (hours % 12)
            text = f"{sign * hours if code == 'HH24' else twelve:0{2 if sign > 0 else 3}}"
        if text is None:
            text = _of_clock(code, hours, minutes, seconds, micros)
            if text is not None and sign < 0 and text.strip("0"):
                text = f"-{text}"
        if text is None and code in ("AM", "PM", "A.M.", "P.M."):
            dots = "." if "." in code else ""
            text = _cased(f"{'A' if sign < 0 or hours % 24 < 12 else 'P'}{dots}M{dots}", piece.code)
        if text is None:
            raise PgError(
                "22007",
                "invalid format specification for an interval value",
                hint="Intervals are not tied to specific calendar dates.",
            )
        made.append(_numbered(piece, text) if text.strip().isdigit() else text)
    return "".join(made)
