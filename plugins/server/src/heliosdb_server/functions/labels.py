"""Labels of enumerations at work: whether there is one, and which comes before another."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, writing
from .marks import sees_null


@lru_cache(maxsize=256)
def _places(labels: str) -> dict[str, int]:
    return {label: at for at, label in enumerate(json.loads(labels), 1)}


def _place(value: Any, name: str, labels: str) -> int:
    place = _places(labels).get(value)
    if place is None:
        raise PgError("22P02", f'invalid input value for enum {name}: "{writing.text(value)}"')
    return place


def _each(value: Any, one: Callable[[Any], Any]) -> Any:
    return (
        [_each(item, one) for item in value]
        if isinstance(value, list)
        else None
        if value is None
        else one(value)
    )


def pg_label(value: Any, name: str, labels: str) -> Any:
    """Return a text, if it is a label."""
    _place(value, name, labels)
    return value


def pg_labels(value: str, name: str, labels: str) -> str:
    """Return an array of texts, if all of them are labels."""
    items = arrays.from_text(value, str) if value[:1] == "{" else arrays.load(value)
    return arrays.dump(_each(items, lambda item: pg_label(item, name, labels)))


def pg_label_place(value: Any, name: str, labels: str) -> int:
    """Return a label's place in their order, from 1."""
    return _place(value, name, labels)


def pg_label_places(value: str, name: str, labels: str) -> str:
    """Return the places of an array's labels."""
    return arrays.dump(_each(arrays.load(value), lambda item: _place(item, name, labels)))


def pg_label_at(place: int, labels: str) -> str | None:
    """Return the label at a place."""
    return next((label for label, at in _places(labels).items() if at == place), None)


@sees_null
def pg_label_range(low: str | None, high: str | None, labels: str) -> str:
    """Return the labels from one to another as an array; all on a side where that is NULL."""
    places = _places(labels)
    first = places.get(low, 0) if low is not None else 0
    last = places.get(high, 0) if high is not None else len(places)
    return arrays.dump([label for label, at in places.items() if first <= at <= last])


def pg_label_renamed(value: str, old: str, new: str) -> str:
    """Return an array in which a label has its new name."""
    return arrays.dump(_each(arrays.load(value), lambda item: new if item == old else item))


@sees_null
def pg_out_of_domain(domain: str, constraint: str | None) -> Any:
    """Refuse a value that a domain does not take."""
    if constraint is None:
        raise PgError("23502", f"domain {domain} does not allow null values")
    raise PgError(
        "23514", f'value for domain {domain} violates check constraint "{constraint}"', constraint=constraint
    )


FUNCTIONS = {name: each for name, each in globals().items() if name.startswith("pg_")}
