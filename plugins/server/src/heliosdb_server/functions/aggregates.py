"""Aggregates that SQLite has not: they collect their rows, sort them where ORDER BY says so, and compute at the end."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cmp_to_key, lru_cache, reduce
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, intervals, numbers, writing
from ..types.intervals import Interval
from ..types.reading import Literal, jsonb_dump
from . import samples
from .arrays import pg_array_order
from .documents import pg_jsonb_order
from .exact import spread
from .json_making import NO_KEYS, jsonable, key_of


@lru_cache(maxsize=256)
def _spec(text: str) -> tuple[str, bool, int, list[tuple[bool, bool]], list[str]]:
    name, distinct, count, directions, types = json.loads(text)
    order = [(directions[at] == "d", directions[at + 1] == "f") for at in range(0, len(directions), 2)]
    return name, distinct, count, order, types


class Aggregate:
    """``pg_aggregate(spec, arguments..., sort keys...)``; see translation.calls for the specification's form."""

    failed: Callable[[PgError], None]

    def __init__(self) -> None:
        self.spec = ""
        self.rows: list[tuple[Any, ...]] = []

    def step(self, spec: str, *row: Any) -> None:
        """Take a row."""
        self.spec = spec
        self.rows.append(row)

    def inverse(self, spec: str, *row: Any) -> None:
        """Give up the row that leaves the window: always the first."""
        del self.rows[0]

    def value(self) -> Any:
        """Return what the rows so far come to."""
        if not self.spec:
            return None
        try:
            return self._computed()
        except PgError as error:
            self.failed(error)
            raise

    finalize = value

    def _computed(self) -> Any:
        name, distinct, count, order, types = _spec(self.spec)
        rows = self.rows
        if distinct:
            rows = list({_keys(row[:count], types): row for row in reversed(rows)}.values())
            if not order:
                rows = sorted(rows, key=lambda row: [_sortable(item) for item in _keys(row[:count], types)])
        if order:
            rows = _sorted(rows, count, order)
        return _COMPUTE[name](rows, count, types)


def _keys(row: tuple[Any, ...], types: list[str]) -> tuple[Any, ...]:
    """Return what the values of a row are compared by."""
    return tuple(
        value
        if value is None or (order := _ORDERS.get(kind[:1] if kind[:1] == "_" else kind)) is None
        else order(value)
        for value, kind in zip(row, types, strict=False)
    )


_ORDERS: dict[str, Callable[[Any], Any]] = {
    "interval": lambda value: intervals.parse(value).order,
    "jsonb": pg_jsonb_order,
    "numeric": numbers.decimal,
    "_": pg_array_order,
}


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return (9, 0)
    return (0 if isinstance(value, (int, float)) else 1 if isinstance(value, str) else 2, value)


def _sorted(rows: list[Any], count: int, order: list[tuple[bool, bool]]) -> list[Any]:
    def compare(a: Any, b: Any) -> int:
        return _compare(a[count:], b[count:], order)

    return sorted(rows, key=cmp_to_key(compare))


def _compare(a: tuple[Any, ...], b: tuple[Any, ...], order: list[tuple[bool, bool]]) -> int:
    for one, two, (descending, nulls_first) in zip(a, b, order, strict=True):
        if one is None or two is None:
            if one is two:
                continue
            return (-1 if nulls_first else 1) if one is None else (1 if nulls_first else -1)
        x, y = _sortable(one), _sortable(two)
        if x != y:
            return (1 if x > y else -1) * (-1 if descending else 1)
    return 0


def _string(rows: list[Any], count: int, types: list[str]) -> Any:
    there = [row for row in rows if row[0] is not None]
    if not there:
        return None
    if isinstance(there[0][0], bytes):
        return b"".join(
            part for at, row in enumerate(there) for part in ((row[1] or b"") if at else b"", row[0])
        )
    parts = []
    for at, row in enumerate(there):
        if at and row[1] is not None:
            parts.append(writing.text(row[1]))
        parts.append(writing.text(row[0]))
    return "".join(parts)


def _array(rows: list[Any], count: int, types: list[str]) -> str:
    items = [row[0] for row in rows]
    if types[0] == "numeric":  # with the zeros that they end with
        return arrays.dump_numbers([None if item is None else numbers.decimal(item) for item in items])
    if types[0].startswith("_"):
        if None in items:
            raise PgError("22004", "cannot accumulate null arrays")
        items = [arrays.load(item) for item in items]
        if [] in items:
            raise PgError("2202E", "cannot accumulate empty arrays")
        if not arrays.is_even(items):
            raise PgError("2202E", "cannot accumulate arrays of different dimensionality")
    return arrays.dump(items)


def _json(rows: list[Any], count: int, types: list[str]) -> str:
    if types[0] == "record":  # each on a line of its own
        items = (jsonb_dump(jsonable(row[0], "record")) for row in rows)
        return "[" + ", \n ".join(items) + "]"
    return jsonb_dump([jsonable(row[0], types[0]) for row in rows])


def _json_object(rows: list[Any], count: int, types: list[str]) -> str:
    if any(row[0] is None for row in rows):
        raise PgError("22023", "field name must not be null")
    if types[0] in NO_KEYS or types[0].startswith("_"):
        raise PgError("22023", "key value must be scalar, not array, composite, or json")
    made = [(key_of(row[0], types[0]), jsonable(row[1], types[1])) for row in rows]
    pairs = (f"{name} : {jsonb_dump(value)}" for name, value in made)
    return "{ " + ", ".join(pairs) + " }"


def _binary(made: str) -> str:
    """Return JSON as jsonb keeps it."""
    return jsonb_dump(json.loads(made, parse_float=Literal))


def _numbers(rows: list[Any]) -> list[float]:
    return [float(row[0]) for row in rows if row[0] is not None]


def _statistic(*, sample: bool, root: bool) -> Callable[..., Any]:
    function = samples.variance(sample=sample, root=root)

    def run(rows: list[Any], count: int, types: list[str]) -> Any:
        return function(_numbers(rows))

    return run


def _spread(*, sample: bool, root: bool) -> Callable[..., Any]:
    """Return a variance or its root as PostgreSQL shows it."""

    def run(rows: list[Any], count: int, types: list[str]) -> Any:
        values = [numbers.decimal(row[0]) for row in rows if row[0] is not None]
        return spread(values, sample=sample, root=root)

    return run


def _bits(function: Callable[[int, int], int]) -> Callable[..., Any]:
    def run(rows: list[Any], count: int, types: list[str]) -> Any:
        values = [row[0] for row in rows if row[0] is not None]
        return reduce(function, values) if values else None

    return run


def _pairs(function: Callable[[samples.Sums], float | None]) -> Callable[..., Any]:
    def run(rows: list[Any], count: int, types: list[str]) -> Any:
        there = [(float(row[0]), float(row[1])) for row in rows if row[0] is not None and row[1] is not None]
        return function(samples.sums(*zip(*there, strict=True))) if there else None

    return run


def _percentile(rows: list[Any], count: int, types: list[str], *, exact: bool) -> Any:
    fraction = rows[0][0]
    values = [row[count] for row in rows if row[count] is not None]
    if not values or fraction is None:
        return None
    if isinstance(fraction, str):
        each = [
            None
            if part is None
            else _percentile([(part, *row[1:]) for row in rows], count, types, exact=exact)
            for part in arrays.load(fraction)
        ]
        return arrays.dump(each)
    if not 0 <= fraction <= 1:
        raise PgError("22003", f"percentile value {fraction} is not between 0 and 1")
    if exact:
        return values[max(math.ceil(fraction * len(values)) - 1, 0)]
    place = fraction * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    if place == low:
        return float(values[low])  # with the sign that a zero has
    return values[low] + (values[high] - values[low]) * (place - low)


def _mode(rows: list[Any], count: int, types: list[str]) -> Any:
    values = [row[count] for row in rows if row[count] is not None]
    return max(dict.fromkeys(values), key=values.count) if values else None


def _outermost(pick: Callable[..., Any], rows: list[Any]) -> Any:
    """Return the least or the greatest of arrays."""
    return pick((row[0] for row in rows if row[0] is not None), key=pg_array_order, default=None)


def _spans(pick: str) -> Callable[..., Any]:
    def run(rows: list[Any], count: int, types: list[str]) -> Any:
        spans = [intervals.parse(row[0]) for row in rows if row[0] is not None]
        if not spans:
            return None
        if pick in ("min", "max"):
            chosen = (min if pick == "min" else max)(spans, key=lambda span: span.order)
            return str(chosen)
        total = reduce(Interval.plus, spans)
        return str(total if pick == "sum" else total.scaled(1 / len(spans)))

    return run


_COMPUTE: dict[str, Callable[..., Any]] = {
    "string_agg": _string,
    "array_agg": _array,
    "json_agg": _json,
    "jsonb_agg": lambda rows, count, types: _binary(_json(rows, count, types)),
    "json_object_agg": _json_object,
    "jsonb_object_agg": lambda rows, count, types: _binary(_json_object(rows, count, types)),
    **{
        f"{name}{shown}": how(sample=not name.endswith("_pop"), root=name.startswith("stddev"))
        for name in ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop")
        for shown, how in (("", _statistic), (" shown", _spread))
    },
    "bit_and": _bits(lambda a, b: a & b),
    "bit_or": _bits(lambda a, b: a | b),
    "bit_xor": _bits(lambda a, b: a ^ b),
    "corr": _pairs(samples.correlation),
    "covar_pop": _pairs(lambda found: found.xy / found.number),
    "covar_samp": _pairs(lambda found: found.xy / (found.number - 1) if found.number > 1 else None),
    "regr_slope": _pairs(samples.slope),
    "regr_intercept": _pairs(samples.intercept),
    "regr_count": _pairs(lambda found: found.number),
    "regr_r2": _pairs(samples.determination),
    "percentile_cont": lambda rows, count, types: _percentile(rows, count, types, exact=False),
    "percentile_disc": lambda rows, count, types: _percentile(rows, count, types, exact=True),
    "mode": _mode,
    "any_value": lambda rows, count, types: next((row[0] for row in rows if row[0] is not None), None),
    "array_min": lambda rows, count, types: _outermost(min, rows),
    "array_max": lambda rows, count, types: _outermost(max, rows),
    "interval_sum": _spans("sum"),
    "interval_avg": _spans("avg"),
    "interval_min": _spans("min"),
    "interval_max": _spans("max"),
}
