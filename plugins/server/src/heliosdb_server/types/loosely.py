"""The looser ways to write a date that PostgreSQL reads: ``May 6, 2024``, ``05/06/2024``, ``2024-127``, ``7:08 PM``."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAYS = re.compile(r"^\s*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
_DATES = [
    re.compile(pattern + r"(?=$|[\sT,])", re.IGNORECASE)
    for pattern in (
        rf"\s*{_NAME}[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+(?P<year>\d{{4}})",
        rf"\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_NAME}[\s,-]+(?P<year>\d{{4}})",
        rf"\s*(?P<year>\d{{4}})[\s-]+{_NAME}[\s-]+(?P<day>\d{{1,2}})",
        r"\s*(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
        r"\s*(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d{4})",
        r"\s*(?P<year>\d{4})[./](?P<month>\d{1,2})[./](?P<day>\d{1,2})",
        r"\s*(?P<year>\d{4})[.-](?P<nth>\d{3})",
    )
]
_HALF = re.compile(r"(?P<hour>\d{1,2})(?P<rest>(?::\d{2}){0,2}(?:\.\d+)?)\s*(?P<half>am|pm)\b", re.IGNORECASE)


def usual(text: str) -> str:
    """Return the text with its date and time as ISO 8601 has them; the same text where nothing of it is known.

    >>> usual("Mon, 6 May 2024 7:08 PM")
    '2024-05-06 19:08'
    """
    made = _HALF.sub(_clock, _DAYS.sub("", text))
    for pattern in _DATES:
        match = pattern.match(made)
        if match is None:
            continue
        found = match.groupdict()
        if found.get("nth"):
            day = date(int(found["year"]), 1, 1) + timedelta(days=int(found["nth"]) - 1)
            iso = day.isoformat()
        else:
            name = found.get("name")
            month = _MONTHS.index(name.lower()) + 1 if name else int(found["month"])
            iso = f"{found['year']}-{month:02}-{int(found['day']):02}"
        return iso + made[match.end() :].replace(",", " ", 1)
    return made


def _clock(match: re.Match[str]) -> str:
    hour = int(match["hour"])
    if not 1 <= hour <= 12:
        return match[0]
    hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
    return f"{hour:02}{match['rest'] or ':00'}"
