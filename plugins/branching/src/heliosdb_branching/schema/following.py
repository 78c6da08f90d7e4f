"""A schema that two databases have had in common, kept up with what has come to both of them since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .shapes import Schema, TableShape, same_sql


def changed_names(one: Schema, other: Schema) -> set[str]:
    """Return the names, in lower case, of what is not the same in two schemas."""
    return {
        name.lower()
        for mine, its in ((_texts(one), _texts(other)), (_texts(other), _texts(one)))
        for (kind, name), text in mine.items()
        if (kind, name) not in its or not same_sql(its[kind, name], text)
    }


def _texts(schema: Schema) -> dict[tuple[str, str], str]:
    things = {key: each.sql for key, each in schema.things.items()}
    return {("table", name): each.sql for name, each in schema.tables.items()} | things


def follow(schema: Schema, was: Schema, now: Schema) -> tuple[Schema, set[str]]:
    """Return a schema with the changes that lead from one to another, and the names of what has others already.

    >>> follow(Schema({}, {}), Schema({}, {}), Schema({}, {}))
    (Schema(tables={}, things={}), set())
    """
    tables, unsettled = _followed(_by_log(schema), _by_log(was), _by_log(now))
    things, others = _followed(schema.things, was.things, now.things)
    return Schema({each.name: each for each in tables.values()}, things), unsettled | others


def _by_log(schema: Schema) -> dict[Any, TableShape]:
    return {(each.log, "" if each.log is not None else each.name): each for each in schema.tables.values()}


def _followed(
    had: Mapping[Any, Any], was: Mapping[Any, Any], now: Mapping[Any, Any]
) -> tuple[dict[Any, Any], set[str]]:
    found, unsettled = dict(had), set()
    for key in {**was, **now}:
        here, before, after = had.get(key), was.get(key), now.get(key)
        if _alike(before, after) or _alike(here, after):
            continue
        if not _alike(here, before):
            unsettled |= {each.name.lower() for each in (here, before, after) if each is not None}
        elif after is None:
            del found[key]
        else:
            found[key] = after
    return found, unsettled


def _alike(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one.name == other.name and same_sql(one.sql, other.sql))


def told_by(schema: Schema, now: Schema, then: Schema) -> Schema:
    """Return the schema of one branch as another tells its tables and columns: by the numbers of its own logs.

    :param now: the other one's schema, after it has got the changes of the first
    :param then: what both had before: the other may have dropped or renamed since what the first still has
    """
    tables = {}
    for name, shape in schema.tables.items():
        here, was = now.tables.get(name), then.tables.get(name)
        mine = here if here is not None else was
        if mine is None:
            tables[name] = shape._replace(
                log=None, columns=tuple((column, None) for column, _ in shape.columns)
            )
            continue
        before = next((each for each in then.tables.values() if each.log == mine.log), None)
        numbers: dict[str, int | None] = {}
        for each in (before, mine):
            numbers |= {column.lower(): number for column, number in each.columns} if each is not None else {}
        columns = tuple((column, numbers.get(column.lower())) for column, _ in shape.columns)
        tables[name] = shape._replace(log=mine.log, columns=columns)
    return Schema(tables, schema.things)
