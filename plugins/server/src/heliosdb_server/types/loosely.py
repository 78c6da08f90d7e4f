"""The looser ways to write a date that PostgreSQL reads: ``May 6, 2024``, ``05/06/2024``, ``2024-127``, ``7:08 PM``."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_CLOCK = r"(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d*)?)?)"
_DAYS = re.compile(r"^\s*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
_DATES = [
    re.compile(pattern + r"(?=$|[\sT,])", re.IGNORECASE)
    for pattern in (
        rf"\s*{_NAME}[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+(?P<year>\d{{4}}|\d{{2}}(?!:))",
        rf"\s*{_NAME}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s+(?P<year>\d{{4}})",  # as C's asctime() writes it
        rf"\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_NAME}[\s,-]+(?P<year>\d{{4}}|\d{{2}}(?!:))",
        rf"\s*(?P<year>\d{{4}})[\s-]+{_NAME}[\s-]+(?P<day>\d{{1,2}})",
        r"\s*(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4}|\d{2})",
        r"\s*(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d{4})",
        r"\s*(?P<year>\d{4})[./](?P<month>\d{1,2})[./](?P<day>\d{1,2})",
        r"\s*(?P<year>\d{4})[.-](?P<nth>\d{3})",
        r"\s*J(?P<julian>\d{5,7})",
        r"\s*(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"\s*(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
    )
]
_SHORT = re.compile(r"\s*(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})(?=$|[\sT])")
_HALF = re.compile(r"(?P<hour>\d{1,2})(?P<rest>(?::\d{2}){0,2}(?:\.\d+)?)\s*(?P<half>am|pm)\b", re.IGNORECASE)
_DIGITS = re.compile(
    r"(?P<before>^\s*T?|[T\s])(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?=$|[\s.Z+-])"
)
_JULIAN = 1721425  # the number of the day before the first of all years
_ABBREVIATIONS = {  # hours from UTC: those that PostgreSQL knows by default
    "AKDT": -8, "AKST": -9, "AST": -4, "ADT": -3, "BST": 1, "CDT": -5, "CEST": 2, "CET": 1, "CST": -6, "EDT": -4,
    "EEST": 3, "EET": 2, "EST": -5, "HST": -10, "JST": 9, "KST": 9, "MDT": -6, "MSK": 3, "MST": -7, "NZDT": 13,
    "NZST": 12, "PDT": -7, "PST": -8, "WEST": 1, "WET": 0,
}  # fmt: skip
_ABBREVIATION = re.compile(rf"(?<=[\d\s])(?P<zone>{'|'.join(_ABBREVIATIONS)})\s*$", re.IGNORECASE)


def usual(text: str, kind: str = "timestamp") -> str:
    """Return the text with its date and time as ISO 8601 has them; the same text where nothing of it is known.

    :param kind: the type it is to be: digits alone are a date or a time
    :raises ValueError: there is no such day

    >>> usual("Mon, 6 May 2024 7:08 PM")
    '2024-05-06 19:08'
    """
    made = _ABBREVIATION.sub(lambda match: f"{_ABBREVIATIONS[match['zone'].upper()]:+03}", text)
    made = _HALF.sub(_clock, _DAYS.sub("", made))
    patterns = _DATES if kind.startswith("time") and not kind.startswith("timestamp") else [*_DATES, _SHORT]
    for pattern in patterns:
        match = pattern.match(made)
        if match is not None:
            found = match.groupdict()
            if int(found.get("nth") or 0) > 366:
                return text
            clock = f" {found['clock']}" if found.get("clock") else ""
            rest = made[match.end() :].replace(",", " ", 1)
            return _day(found) + clock + (rest if ":" in rest else _DIGITS.sub(_colons, rest))
    return made if ":" in made or kind in ("date", "timestamp") else _DIGITS.sub(_colons, made)


def _day(found: dict[str, str | None]) -> str:
    if found.get("julian"):
        return date.fromordinal(int(found["julian"] or 0) - _JULIAN).isoformat()
    year = int(found["year"] or 0)
    if len(found["year"] or "") == 2:
        year += 2000 if year < 70 else 1900
    if found.get("nth"):
        return (date(year, 1, 1) + timedelta(days=int(found["nth"] or 0) - 1)).isoformat()
    name = found.get("name")
    month = _MONTHS.index(name.lower()) + 1 if name else int(found["month"] or 0)
    return f"{year:04}-{month:02}-{int(found['day'] or 0):02}"


def _clock(match: re.Match[str]) -> str:
    hour = int(match["hour"])
    if not 1 <= hour <= 12:
        return match[0]
    hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    return f"{hour:02}{match['rest'] or ':00'}"


def _colons(match: re.Match[str]) -> str:
    seconds = f":{match['second']}" if match["second"] else ""
    return f"{match['before'].replace('T', ' ')}{match['hour']}:{match['minute']}{seconds}"
