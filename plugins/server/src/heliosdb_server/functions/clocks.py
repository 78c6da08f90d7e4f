"""Functions of dates and times."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, intervals, moments, writing
from ..types.intervals import Interval
from ..types.numbers import numeric
from ..types.reading import json_dump
from ..types.registry import BY_NAME
from .marks import collected, sees_null
from .moment_fields import interval_part, number, part, truncated, truncated_interval


def _interval(text: Any) -> Interval:
    return intervals.parse(writing.text(text))


_WITHIN_A_DAY = frozenset(("hour", "minute", "second", "milliseconds", "microseconds"))


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
            return str(truncated_interval(unit.lower(), _interval(value)))
        here = _zone(more[0]) if len(more) > 1 else here_now()
        kind = (
            kind if kind in ("timestamptz", "timestamp") else "timestamptz" if kind == "date" else "timestamp"
        )
        found = truncated(unit.lower(), _local(value, kind, here))
        if (
            kind == "timestamptz" and unit.lower() in _WITHIN_A_DAY
        ):  # an hour that occurs twice stays the one it is
            return found.replace(tzinfo=here).astimezone(moments.UTC).isoformat(" ")
        return _text(found, kind, here)

    def pg_date_part(unit: str, value: Any, kind: str) -> Any:
        unit = unit.lower()
        if kind == "interval":
            return interval_part(unit, _interval(value))
        if kind == "time":
            return part(unit, datetime.combine(date(1970, 1, 1), moments.clock(value)), moments.UTC)
        here = here_now()
        if unit == "epoch":
            found = moments.moment(value, utc=True)
            return number((found - datetime(1970, 1, 1, tzinfo=moments.UTC)) / timedelta(seconds=1))
        return part(unit, _local(value, kind, here), here)

    def pg_at_zone(value: Any, name: str, to_utc: int) -> str:
        there = _zone(name)
        if to_utc:
            return moments.placed(moments.moment(value), there).astimezone(moments.UTC).isoformat(" ")
        return moments.moment(value, utc=True).astimezone(there).replace(tzinfo=None).isoformat(" ")

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

    def pg_json_moments(value: str) -> str:
        """Return an array of moments as JSON has it."""

        def shown(item: Any) -> Any:
            if isinstance(item, list):
                return [shown(each) for each in item]
            return None if item is None else pg_json_moment(item)

        return json_dump(shown(arrays.load(value)))

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


def pg_moment_order(value: Any) -> int:
    """Return a moment as a number: in microseconds."""
    text = writing.text(value)
    if "infinity" in text:
        return -(2**62) if text.startswith("-") else 2**62
    moment = moments.moment(f"2000-01-01 {text}" if text[2:3] == ":" else value, utc=True)
    return (moment - datetime(2000, 1, 1, tzinfo=moments.UTC)) // timedelta(microseconds=1)


def pg_days_between(a: Any, b: Any) -> int:
    return (moments.moment(a).date() - moments.moment(b).date()).days


def pg_between(a: Any, b: Any) -> str:
    return str(intervals.between(moments.moment(a), moments.moment(b)))


def pg_add_days(day: Any, count: int) -> str:
    try:
        return (moments.moment(day).date() + timedelta(days=count)).isoformat()
    except OverflowError:
        raise PgError("22008", "date out of range") from None


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


def pg_zone_of(text: str) -> str:
    """Return the name of the time zone whose clocks are so far ahead."""
    span = intervals.parse(text)
    if span.months or span.days:
        raise PgError("22023", f'interval time zone "{text}" must not include months or days')
    return moments.fixed(timedelta(microseconds=span.micros))


def _zone(name: str) -> Any:
    """Return a time zone by its name, or by an interval: what its clocks are ahead."""
    try:
        return moments.zone(name, posix=True)
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


def pg_isfinite(value: Any) -> int:
    return int(value not in ("infinity", "-infinity"))


@sees_null
def pg_overlaps(a: str | None, b: str | None, c: str | None, d: str | None) -> int | None:
    """Do two periods overlap? Their ends are texts of one type, which sort as they follow each other."""
    (one, two), (three, four) = _period(a, b), _period(c, d)
    if one is None or three is None:
        return None
    if one > three:
        one, two, three, four = three, four, one, two
    if one == three:
        return None if two is None or four is None else 1
    if two is None:
        return None
    return 1 if three < two else 0 if four is not None else None


def _period(a: str | None, b: str | None) -> tuple[str | None, str | None]:
    """Return the begin of a period and its end, None where that is not known."""
    if a is None or b is None:
        return a or b, None
    return min(a, b), max(a, b)


def pg_to_date(text: str, form: str) -> str:
    from .templates.reading import moment_from

    return moment_from(text, form)[0].date().isoformat()


def pg_to_number(text: str, form: str) -> Any:
    from .templates.reading import number_from

    return numeric(number_from(text, form))


FUNCTIONS = collected(globals())
