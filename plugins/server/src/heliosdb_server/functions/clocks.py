"""Functions of dates and times."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import calendar
import json
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

from ..protocol.errors import PgError
from ..types import intervals, moments, writing
from ..types.intervals import DAY, Interval
from ..types.registry import BY_NAME
from .marks import collected, sees_null


def _interval(text: Any) -> Interval:
    return intervals.parse(writing.text(text))


_WITHIN_A_DAY = frozenset(("hour", "minute", "second", "milliseconds", "microseconds"))


def _aware(kind: str) -> bool:
    return kind == "timestamptz"


def _text(moment: datetime, kind: str, here: tzinfo) -> str:
    """Return a moment, in local time, as it stands in the file."""
    if kind == "date":
        return moment.date().isoformat()
    if kind == "time":
        return moment.time().isoformat()
    if kind == "timestamptz":
        return moments.placed(moment, here).astimezone(moments.UTC).isoformat(" ")
    return moment.replace(tzinfo=None).isoformat(" ")


def _local(value: Any, kind: str, here: tzinfo) -> datetime:
    """Return a moment of the file in local time."""
    if kind == "timestamptz":
        return moments.moment(value, utc=True).astimezone(here).replace(tzinfo=None)
    return moments.moment(value)


def make(here_now: Any) -> dict[str, Any]:
    """Return the functions that need to know the session's time zone.

    :param here_now: called for it
    """

    def pg_add_interval(moment: Any, interval: str, sign: int, kind: str) -> str:
        if kind == "time":
            base = datetime.combine(date(2000, 1, 1), moments.clock(moment))
            return Interval(0, 0, sign * _interval(interval).micros).added_to(base).time().isoformat()
        if moment in ("infinity", "-infinity"):
            return str(moment)
        here = here_now()
        span = Interval(*(sign * each for each in _interval(interval)))
        base = _local(moment, kind, here)
        if kind != "timestamptz":
            return _text(span.added_to(base), kind, here)
        if span.months or span.days:
            later = Interval(span.months, span.days).added_to(base)
            moved = moments.placed(later, here).astimezone(moments.UTC)
        else:
            moved = moments.moment(moment, utc=True)
        return (moved + timedelta(microseconds=span.micros)).isoformat(" ")

    def pg_date_trunc(unit: str, value: Any, *more: Any) -> str:
        kind = more[-1]
        if kind == "interval":
            return str(_truncated_interval(unit.lower(), _interval(value)))
        here = moments.zone(more[0]) if len(more) > 1 else here_now()
        kind = (
            kind if kind in ("timestamptz", "timestamp") else "timestamptz" if kind == "date" else "timestamp"
        )
        found = _truncated(unit.lower(), _local(value, kind, here))
        if (
            kind == "timestamptz" and unit.lower() in _WITHIN_A_DAY
        ):  # an hour that occurs twice stays the one it is
            return found.replace(tzinfo=here).astimezone(moments.UTC).isoformat(" ")
        return _text(found, kind, here)

    def pg_date_part(unit: str, value: Any, kind: str) -> Any:
        unit = unit.lower()
        if kind == "interval":
            return _interval_part(unit, _interval(value))
        if kind == "time":
            return _part(unit, datetime.combine(date(1970, 1, 1), moments.clock(value)), moments.UTC)
        here = here_now()
        if unit == "epoch":
            found = moments.moment(value, utc=True)
            return _number((found - datetime(1970, 1, 1, tzinfo=moments.UTC)) / timedelta(seconds=1))
        return _part(unit, _local(value, kind, here), here)

    def pg_at_zone(value: Any, name: str, to_utc: int) -> str:
        there = _zone(name)
        if to_utc:
            return moments.placed(moments.moment(value), there).astimezone(moments.UTC).isoformat(" ")
        return moments.moment(value, utc=True).astimezone(there).replace(tzinfo=None).isoformat(" ")

    def pg_timezone(name: str, value: Any, kind: str) -> str:
        return pg_at_zone(value, name, int(kind != "timestamptz"))

    @sees_null
    def pg_age(later: Any, *more: Any) -> str | None:
        kind, rest = more[-1], more[:-1]
        here = here_now()
        if later is None or (rest and rest[0] is None):
            return None
        if rest:
            return str(intervals.age(_local(later, kind, here), _local(rest[0], kind, here)))
        today = datetime.combine(datetime.now(here).date(), datetime.min.time())
        return str(intervals.age(today, _local(later, kind, here)))

    def pg_to_char(value: Any, *more: Any) -> str:
        from .templates.moments import interval_text, moment_text
        from .templates.numbers import number_text

        form, kind = more[0], more[-1]
        if kind == "interval":
            return interval_text(_interval(value), form)
        if kind in ("timestamp", "timestamptz", "date", "time") or (
            kind in ("", "text") and isinstance(value, str)
        ):
            here = here_now()
            found = (
                datetime.combine(date(1, 1, 1), moments.clock(value))
                if kind == "time"
                else _local(value, kind, here)
            )
            return moment_text(found, form, here, zoned=kind == "timestamptz")
        return number_text(value, form, kind)

    def pg_json_moment(value: Any) -> str:
        text = writing.text_out(BY_NAME["timestamptz"], -1, here_now())(value).replace(" ", "T")
        return text + ":00" if text[-3:-2] in "+-" else text

    def pg_to_timestamp(value: Any, *more: Any) -> str:
        from .templates.reading import moment_from

        if len(more) == 1 or isinstance(value, (int, float)):
            return moments.moment(float(value), utc=True).isoformat(" ")
        found, ahead = moment_from(value, more[0])
        return _text(found, "timestamptz", here_now() if ahead is None else timezone(ahead))

    def pg_make_timestamptz(
        y: int, mo: int, d: int, h: int, mi: int, s: float, name: str | None = None
    ) -> str:
        there = moments.zone(name) if name else here_now()
        return _text(datetime.fromisoformat(pg_make_timestamp(y, mo, d, h, mi, s)), "timestamptz", there)

    def pg_moment_series(start: Any, stop: Any, step: str, kind: str) -> str:
        here = here_now()
        span = _interval(step)
        if not span.order:
            raise PgError("22023", "step size cannot equal zero")
        if kind == "timestamptz" and not (span.months or span.days):
            here = moments.UTC  # hours are as long in the night that the clocks are changed
        at, end = _local(start, kind, here), _local(stop, kind, here)
        made = []
        while (at <= end) if span.order > 0 else (at >= end):
            made.append(_text(at, kind, here))
            if len(made) > 1_000_000:
                raise PgError("54000", "generate_series() would return more than 1000000 rows")
            if kind == "timestamptz":  # another time than was counted to, where there is no such time
                at = _local(made[-1], kind, here)
            at = span.added_to(at)  # from the one before: behind a short month its day stays
        return json.dumps(made)

    def pg_date_bin(stride: str, value: Any, origin: Any) -> str:
        span = _interval(stride)
        if span.months or span.order <= 0:
            raise PgError("0A000", "timestamps cannot be binned into intervals containing months or years")
        base = moments.moment(origin, utc=True)
        steps = (moments.moment(value, utc=True) - base) // timedelta(microseconds=span.order)
        return (base + steps * timedelta(microseconds=span.order)).isoformat(" ")

    return collected(locals())


# ---- those that don't ----


def _truncated(unit: str, moment: datetime) -> datetime:
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


def _truncated_interval(unit: str, span: Interval) -> Interval:
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


def _number(value: float) -> Any:
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _part(unit: str, moment: datetime, here: tzinfo) -> Any:
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
        "julian": moment.toordinal() + 1721425 + (moment - _truncated("day", moment)) / timedelta(days=1),
    }  # fmt: skip
    if unit not in found:
        raise _no_unit(unit)
    return _number(found[unit])


def _interval_part(unit: str, span: Interval) -> Any:
    seconds = abs(span.micros) % (60 * 10**6) / 10**6 * (1 if span.micros >= 0 else -1)
    found = {
        "year": int(span.months / 12), "month": span.months - int(span.months / 12) * 12, "day": span.days,
        "hour": int(span.micros / (3600 * 10**6)), "minute": int(span.micros / (60 * 10**6)) % 60, "second": seconds,
        "milliseconds": seconds * 1000, "microseconds": seconds * 10**6, "decade": int(span.months / 120),
        "quarter": int(span.months % 12 / 3) + 1, "century": int(span.months / 1200),
        "epoch": int(span.months / 12) * 31557600 + span.months % 12 * 30 * 86400 + span.days * 86400 + span.micros / 10**6,
    }  # fmt: skip
    if unit not in found:
        raise PgError("22023", f'unit "{unit}" not recognized for type interval')
    return _number(found[unit])


def pg_days_between(a: Any, b: Any) -> int:
    return (moments.moment(a).date() - moments.moment(b).date()).days


def pg_between(a: Any, b: Any) -> str:
    return str(intervals.between(moments.moment(a), moments.moment(b)))


def pg_add_days(day: Any, count: int) -> str:
    try:
        return (moments.moment(day).date() + timedelta(days=count)).isoformat()
    except OverflowError:
        raise PgError("22008", "date out of range") from None


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


def _made(build: Any) -> Any:
    try:
        return build()
    except ValueError:
        raise PgError("22008", "date/time field value out of range") from None


def pg_make_date(year: int, month: int, day: int) -> str:
    return str(_made(lambda: date(year, month, day).isoformat()))


def pg_make_time(hour: int, minute: int, second: float) -> str:
    whole = int(second)
    micros = round((second - whole) * 10**6)
    return str(_made(lambda: datetime(1, 1, 1, hour, minute, whole, micros).time().isoformat()))


def pg_make_timestamp(year: int, month: int, day: int, hour: int, minute: int, second: float) -> str:
    return f"{pg_make_date(year, month, day)} {pg_make_time(hour, minute, second)}"


def pg_make_interval(*parts: Any) -> str:
    years, months, weeks, days, hours, minutes, seconds = [*parts, *[0] * 7][:7]
    micros = round((hours * 3600 + minutes * 60 + seconds) * 10**6)
    return str(Interval(years * 12 + months, weeks * 7 + days, micros))


def _zone(name: str) -> Any:
    """Return a time zone by its name, or by an interval: what its clocks are ahead."""
    try:
        return moments.zone(name)
    except PgError:
        try:
            span = intervals.parse(name)
        except PgError:
            span = None
        if span is None or not any(char.isdigit() for char in name):
            raise
    if span.months or span.days:
        raise PgError("22023", f'interval time zone "{name}" must not include months or days')
    return timezone(timedelta(microseconds=span.micros))


def pg_justify_days(text: str) -> str:
    span = _interval(text)
    return str(Interval(span.months + int(span.days / 30), span.days - int(span.days / 30) * 30, span.micros))


def pg_justify_hours(text: str) -> str:
    span = _interval(text)
    return str(
        Interval(span.months, span.days + int(span.micros / DAY), span.micros - int(span.micros / DAY) * DAY)
    )


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


def pg_isfinite(value: Any) -> int:
    return int(value not in ("infinity", "-infinity"))


def pg_overlaps(a: Any, b: Any, c: Any, d: Any) -> int:
    def end(start: datetime, other: Any) -> datetime:
        try:
            return moments.moment(other)
        except PgError:
            return _interval(other).added_to(start)

    one, three = moments.moment(a), moments.moment(c)
    two, four = end(one, b), end(three, d)
    one, two, three, four = min(one, two), max(one, two), min(three, four), max(three, four)
    return int((one < four and three < two) or (one == three))


def pg_to_date(text: str, form: str) -> str:
    from .templates.reading import moment_from

    return moment_from(text, form)[0].date().isoformat()


def pg_to_number(text: str, form: str) -> Any:
    from .templates.reading import number_from

    return number_from(text, form)


def days_in_month(year: int, month: int) -> int:
    """Return how many days the month has."""
    return calendar.monthrange(year, month)[1]


FUNCTIONS = collected(globals())
