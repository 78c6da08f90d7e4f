"""to_char() and to_date(): PostgreSQL's templates for dates and numbers."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from ..protocol.errors import PgError
from ..types.intervals import Interval

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_PATTERN = re.compile(
    r'"([^"]*)"|(FM|TH|th|SP)|(HH24|HH12|HH|MI|SSSSS?|SS|MS|US|FF[1-6]|AM|am|PM|pm|A\.M\.|a\.m\.|P\.M\.|p\.m\.'
    r"|Y,YYY|YYYY|IYYY|YYY|YY|Y|IW|WW|W|MONTH|Month|month|MON|Mon|mon|MM|DAY|Day|day|DY|Dy|dy|DDD|DD|D|ID|CC|J|Q|RM|rm"
    r"|TZH|TZM|TZ|tz|OF|BC|AD|bc|ad)"
)
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]


def moment_text(moment: datetime, form: str, here: tzinfo) -> str:
    """Return a date or time by a template: ``YYYY-MM-DD HH24:MI:SS``."""
    local = moment.replace(tzinfo=here)
    fill = True

    def one(match: re.Match[str]) -> str:
        nonlocal fill
        if match[1] is not None:
            return match[1]
        if match[2]:
            fill = match[2] != "FM" and fill
            return ""
        text = _piece(match[3], moment, local)
        if not fill:
            text = (
                text.lstrip("0") or "0" if text.isdigit() and match[3] not in ("US", "MS") else text.rstrip()
            )
            fill = True
        suffix = form[match.end() : match.end() + 2]
        if suffix in ("TH", "th") and text.strip().isdigit():
            text += _ordinal(int(text)).upper() if suffix == "TH" else _ordinal(int(text))
        return text

    return _PATTERN.sub(one, form)


def _ordinal(number: int) -> str:
    if 10 < number % 100 < 14:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.lower() if like.islower() else word


def _piece(code: str, moment: datetime, local: datetime) -> str:
    upper = code.upper()
    offset = int((local.utcoffset() or timedelta()).total_seconds())
    if upper in ("MONTH", "MON"):
        name = _MONTHS[moment.month - 1]
        return _cased(name.ljust(9) if upper == "MONTH" else name[:3], code)
    if upper in ("DAY", "DY"):
        name = _DAYS[moment.weekday()]
        return _cased(name.ljust(9) if upper == "DAY" else name[:3], code)
    if upper in ("AM", "PM"):
        return _cased("AM" if moment.hour < 12 else "PM", code)
    if upper in ("A.M.", "P.M."):
        return _cased("A.M." if moment.hour < 12 else "P.M.", code)
    if upper in ("BC", "AD"):
        return _cased("AD", code)
    if upper.startswith("FF"):
        return f"{moment.microsecond:06}"[: int(upper[2])]
    if upper == "TZ":
        return _cased(local.tzname() or "", code)
    sign = "-" if offset < 0 else "+"
    hours, minutes = divmod(abs(offset) // 60, 60)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return {
        "HH24": f"{moment.hour:02}", "HH12": f"{(moment.hour - 1) % 12 + 1:02}", "HH": f"{(moment.hour - 1) % 12 + 1:02}",
        "MI": f"{moment.minute:02}", "SS": f"{moment.second:02}", "SSSS": str(seconds), "SSSSS": str(seconds),
        "MS": f"{moment.microsecond // 1000:03}", "US": f"{moment.microsecond:06}", "YYYY": f"{moment.year:04}",
        "Y,YYY": f"{moment.year // 1000},{moment.year % 1000:03}", "IYYY": f"{moment.isocalendar()[0]:04}",
        "YYY": f"{moment.year % 1000:03}", "YY": f"{moment.year % 100:02}", "Y": str(moment.year % 10),
        "IW": f"{moment.isocalendar()[1]:02}", "WW": f"{(moment.timetuple().tm_yday - 1) // 7 + 1:02}",
        "W": str((moment.day - 1) // 7 + 1), "MM": f"{moment.month:02}", "DDD": f"{moment.timetuple().tm_yday:03}",
        "DD": f"{moment.day:02}", "D": str((moment.weekday() + 1) % 7 + 1), "ID": str(moment.weekday() + 1),
        "CC": f"{(moment.year - 1) // 100 + 1:02}", "J": str(moment.toordinal() + 1721425),
        "Q": str((moment.month - 1) // 3 + 1), "RM": _cased(_ROMAN[moment.month - 1].ljust(4), code),
        "TZH": f"{sign}{hours:02}", "TZM": f"{minutes:02}", "OF": f"{sign}{hours:02}" + (f":{minutes:02}" if minutes else ""),
    }[upper]  # fmt: skip


def interval_text(span: Interval, form: str) -> str:
    """Return an interval by a template; hours go beyond 24."""
    hours, rest = divmod(abs(span.micros), 3600 * 10**6)
    minutes, rest = divmod(rest, 60 * 10**6)
    seconds, micros = divmod(rest, 10**6)
    sign = "-" if span.micros < 0 else ""
    found = {
        "HH24": f"{sign}{hours:02}", "HH12": f"{sign}{(hours - 1) % 12 + 1:02}", "HH": f"{sign}{(hours - 1) % 12 + 1:02}",
        "MI": f"{minutes:02}", "SS": f"{seconds:02}", "MS": f"{micros // 1000:03}", "US": f"{micros:06}",
        "DD": f"{span.days:02}", "MM": f"{abs(span.months) % 12:02}", "YYYY": f"{int(span.months / 12):04}",
    }  # fmt: skip
    return _PATTERN.sub(lambda m: m[1] if m[1] is not None else found.get((m[3] or "").upper(), ""), form)


def moment_from(text: str, form: str) -> datetime:
    """Return the moment that a text means by a template.

    :raises PgError: the text is not of the template
    """
    year, month, day, hour, minute, second, micro, afternoon = 1, 1, 1, 0, 0, 0, 0, None
    day_of_year = None
    at = place = 0
    while at < len(form):
        match = _PATTERN.match(form, at)
        if match is None:
            if (
                place < len(text)
                and (form[at].isspace() or not form[at].isalnum())
                and not text[place].isalnum()
            ) or (place < len(text) and text[place] == form[at]):
                place += 1
            at += 1
            continue
        at = match.end()
        if match[1] is not None:
            place += len(match[1])
            continue
        code = (match[3] or "").upper()
        if not code:
            continue
        while place < len(text) and text[place].isspace():
            place += 1
        if code in ("MONTH", "MON"):
            found = re.match(r"[A-Za-z]+", text[place:])
            names = [name for name in _MONTHS if found and name[:3].lower() == found[0][:3].lower()]
            if not names or found is None:
                raise PgError("22007", f'invalid value "{text[place:]}" for "{code}"')
            month = _MONTHS.index(names[0]) + 1
            place += len(found[0]) if code == "MONTH" else 3
            continue
        if code in ("DAY", "DY", "AM", "PM", "A.M.", "P.M.", "TZ", "TZH", "TZM", "OF"):
            found = re.match(r"[A-Za-z.+:\d-]+", text[place:])
            word = found[0] if found else ""
            if code[0] in "AP":
                afternoon = word.lower().startswith("p")
            place += len(word)
            continue
        size = {"YYYY": 4, "DDD": 3, "MS": 3, "US": 6, "YYY": 3, "IYYY": 4, "J": 7}.get(code, 2)
        found = re.match(rf"\d{{1,{6 if code == 'YYYY' and at >= len(form) else size}}}", text[place:])
        if found is None:
            if place >= len(text):
                break
            raise PgError("22007", f'invalid value "{text[place : place + size]}" for "{code}"')
        number = int(found[0])
        place += len(found[0])
        if code in ("YYYY", "IYYY"):
            year = number
        elif code == "YY":
            year = number + (2000 if number < 70 else 1900)
        elif code == "MM":
            month = number
        elif code == "DD":
            day = number
        elif code == "DDD":
            day_of_year = number
        elif code.startswith("HH"):
            hour = number
        elif code == "MI":
            minute = number
        elif code == "SS":
            second = number
        elif code == "MS":
            micro = int(found[0].ljust(3, "0")) * 1000
        elif code == "US":
            micro = int(found[0].ljust(6, "0"))
    if afternoon is not None:
        hour = hour % 12 + (12 if afternoon else 0)
    try:
        made = datetime(year, month, day, hour, minute, second, micro)
    except ValueError:
        raise PgError("22008", f'date/time field value out of range: "{text}"') from None
    return made if day_of_year is None else made.replace(month=1, day=1) + timedelta(days=day_of_year - 1)


_NUMERALS = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
          (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


def _roman(value: Decimal, *, fill: bool) -> str:
    number, text = int(value.quantize(Decimal(1), ROUND_HALF_UP)), ""
    if not 0 < number < 4000:
        text = "#" * 15
    for size, letters in _NUMERALS:
        while number >= size and "#" not in text:
            text, number = text + letters, number - size
    return text.rjust(15) if fill else text


def _with_fraction(text: str, rest: str, fraction: str, *, fill: bool) -> str:
    if not fraction:
        return text
    if not fill:
        places = [char for char in fraction if char in "09"]
        required = max((at + 1 for at, char in enumerate(places) if char == "0"), default=0)
        while len(rest) > required and rest.endswith("0"):
            rest = rest[:-1]
    return f"{text}.{rest}"


def number_text(value: Decimal, form: str) -> str:
    """Return a number by a template: ``FM999,990.00``."""
    fill = "FM" not in form.upper()
    body = re.sub(r"FM", "", form, flags=re.IGNORECASE)
    if body.strip().upper() == "RN":
        return _roman(value, fill=fill)
    pattern = re.sub(r'"[^"]*"', "", body)
    whole, _, fraction = pattern.upper().replace("D", ".").replace("G", ",").partition(".")
    decimals = sum(char in "09" for char in fraction)
    rounded = abs(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    digits, _, rest = f"{rounded:f}".partition(".")
    places = [char for char in whole if char in "09,"]
    count = sum(char in "09" for char in places)
    digits = digits.lstrip("0")
    if len(digits) > count:
        text = re.sub(r"[09]", "#", "".join(places)) + ("." + "#" * decimals if fraction else "")
        return (" " if fill else "") + text
    padded = digits.rjust(count)
    first_zero = next((at for at, char in enumerate(c for c in places if c != ",") if char == "0"), count)
    made, at, started = [], 0, False
    for char in places:
        if char == ",":
            made.append("," if started else " ")
            continue
        digit = padded[at]
        if digit == " " and at >= first_zero:
            digit = "0"
        started = started or digit != " "
        made.append(digit)
        at += 1
    text = "".join(made)
    if not digits and first_zero == count and not (decimals and fill is False):
        text = text[:-1] + ("0" if not decimals else " ") if text else text
    negative = value < 0 and rounded != 0
    stripped = text.lstrip(" ")
    sign = "-" if negative else (" " if fill else "")
    if "S" in pattern.upper() and "PR" not in pattern.upper():
        mark = "-" if negative else "+"
        if pattern.upper().rstrip().endswith("S"):
            return _with_fraction(text if fill else stripped, rest, fraction, fill=fill) + mark
        sign = mark
    if "PR" in pattern.upper():
        sign = "<" if negative else (" " if fill else "")
    text = sign.rjust(len(text) - len(stripped) + 1) + stripped if fill else sign + stripped
    text = _with_fraction(text, rest, fraction, fill=fill)
    if "%" in pattern:
        text += "%"
    if "PR" in pattern.upper():
        text += ">" if negative else (" " if fill else "")
    return text
