"""CREATE, ALTER and DROP on connections with time travel: what is done around them so that no history is lost."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import NamedTuple

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.splice import Edit, splice

from .errors import at
from .reading.clauses import closing
from .session import TimeTravel
from .storage import following, layout
from .storage.names import OWN, in_schema
from .storage.registry import Versioned
from .storage.shape import read_shape
from .storage.switched_off import switch_off
from .storage.tables import drop_triggers
from .times import MICROSECONDS

NOTHING = "DROP TABLE IF EXISTS temp.heliosdb_timetravel_nothing"
"""What SQLite runs in the place of a statement that is time travel's alone."""

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400, "year": 365 * 86400}
_LONGEST = 10_000 * _UNITS["year"]
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+?)s?\s*")


class Versioning(NamedTuple):
    """ADD, DROP or WITH SYSTEM VERSIONING in a statement, and its options."""

    verb: str  # ADD, DROP or WITH
    start: int
    end: int
    options: Mapping[str, str]


class Change(NamedTuple):
    """A statement that changes the schema."""

    verb: str  # CREATE, ALTER or DROP
    kind: str  # TABLE, INDEX, VIEW, TRIGGER
    schema: str | None
    name: str
    temporary: bool
    versioning: Versioning | None
    drops_column: bool


def read_change(sql: str) -> Change | None:
    """Return what a statement does to the schema; None if it is nothing that matters here."""
    tokens = [token for token in tokenize(sql) if token.text != ";"]
    words = [token.word for token in tokens]
    if not words or words[0] not in ("CREATE", "ALTER", "DROP"):
        return None
    place = 1
    temporary = words[1:2] in (["TEMP"], ["TEMPORARY"])
    place += temporary
    while place < len(words) and words[place] in ("UNIQUE", "VIRTUAL"):
        place += 1
    kind = words[place] if place < len(words) else ""
    if kind not in ("TABLE", "INDEX", "VIEW", "TRIGGER"):
        return None
    place += 1
    if words[place : place + 2] == ["IF", "EXISTS"]:
        place += 2
    elif words[place : place + 3] == ["IF", "NOT", "EXISTS"]:
        place += 3
    if place >= len(tokens):
        return None
    schema, name, after = None, tokens[place].name, place + 1
    if tokens[after : after + 1] and tokens[after].text == "." and after + 1 < len(tokens):
        schema, name, after = name, tokens[after + 1].name, after + 2
    versioning = _versioning(sql, words[0], tokens, after) if kind == "TABLE" else None
    drops = words[0] == "ALTER" and words[after : after + 1] == ["DROP"] and versioning is None
    return Change(words[0], kind, schema, name, temporary, versioning, drops)


def _versioning(sql: str, verb: str, tokens: list[Token], after: int) -> Versioning | None:
    words = [token.word for token in tokens]
    if verb == "ALTER":
        if words[after : after + 3] not in (
            ["ADD", "SYSTEM", "VERSIONING"],
            ["DROP", "SYSTEM", "VERSIONING"],
        ):
            return None
        place = after
    elif verb == "CREATE":
        found = [
            index
            for index in range(after, len(words) - 2)
            if words[index : index + 3] == ["WITH", "SYSTEM", "VERSIONING"]
        ]
        if not found:
            return None
        place = found[0]
    else:
        return None
    end = place + 3
    options: Mapping[str, str] = {}
    if words[end : end + 1] == ["WITH"] or (
        verb == "CREATE" and tokens[end : end + 1] and tokens[end].text == "("
    ):
        end += words[end] == "WITH"
        options, end = _options(sql, tokens, end)
    if verb == "ALTER" and end < len(tokens):
        if tokens[place].word == "ADD" and tokens[end].text != ",":
            return None  # a column named SYSTEM, after all: it has a constraint
        raise at(sql, tokens[end].start, f"nothing follows {words[place]} SYSTEM VERSIONING but WITH (...)")
    return Versioning(words[place], tokens[place].start, tokens[end - 1].end, options)


def _options(sql: str, tokens: list[Token], place: int) -> tuple[dict[str, str], int]:
    """Read (name = 'value', ...) and return it with the place behind it."""
    form = "the form is WITH (history_retention = '90 days', exclude = 'column, column')"
    if place >= len(tokens) or tokens[place].text != "(":
        raise at(sql, tokens[place - 1].end, form)
    close = closing(tokens, place)
    options: dict[str, str] = {}
    place += 1
    while place < close:
        name = tokens[place]
        value = tokens[place + 2] if place + 2 < close else name
        if tokens[place + 1].text != "=" or value.kind is not Kind.STRING:
            raise at(sql, name.start, form)
        if name.word not in ("HISTORY_RETENTION", "EXCLUDE"):
            raise at(sql, name.start, f"no such option: {name.text!r}: {form}")
        options[name.word.lower()] = value.name
        place += 4
        if tokens[place - 1].text not in (",", ")"):
            raise at(sql, tokens[place - 1].start, form)
    return options, close + 1


def duration(text: str) -> int:
    """Return a time span such as '90 days' in microseconds, 0 for 'forever'.

    :raises OperationalError: it is none
    """
    if text.strip().lower() == "forever":
        return 0
    match = _DURATION.fullmatch(text.lower())
    span = float(match[1]) * _UNITS[match[2]] if match is not None and match[2] in _UNITS else 0.0
    if not 0 < span < _LONGEST:
        raise sqlite3.OperationalError(
            f"not a time span: {text!r}: give a number and seconds, minutes, hours, days, weeks or years, or 'forever'"
        )
    return round(span * MICROSECONDS)


def rewrite_change(statement: Statement, change: Change) -> Statement:
    """Return the statement without what is time travel's."""
    versioning = change.versioning
    if versioning is None:
        return statement
    if change.verb == "ALTER":
        return statement.rewritten(NOTHING)
    rest = statement.text[versioning.end :]
    gap = " " if rest.strip().rstrip(";") else ""
    return statement.rewritten(splice(statement.text, [Edit(versioning.start, versioning.end, gap)]))


def around(travel: TimeTravel, change: Change) -> Callable[[], AbstractContextManager[None]]:
    """Return what makes the context in which the statement runs."""

    @contextmanager
    def run_inside() -> Iterator[None]:
        if change.verb == "CREATE" and change.kind == "TABLE" and change.name.startswith(OWN):
            travel.make_room()
        if travel.restoring_dump:
            yield
            return
        with travel.savepoint():
            before = _before(travel, change)
            yield
            _after(travel, change, before)

    return run_inside


def _before(travel: TimeTravel, change: Change) -> Versioned | None:
    """Prepare the table for the change; return it as it is known."""
    travel.forget()
    if change.kind != "TABLE" or change.temporary:
        return None
    if change.verb == "CREATE":
        schema = change.schema.lower() if change.schema is not None else "main"
        return travel.live(change.name, schema) if travel.has_table(change.name, schema) else None
    table = _meant(travel, change)
    if table is None or table.shape is None:
        return None
    if change.verb == "DROP":
        following.end(travel.run, table)
        switch_off(travel.run, table.schema, table.name, off=False)
    elif change.drops_column:
        txn = layout.open_commit(travel.run, table.schema)
        drop_triggers(travel.run, table)
        travel.run(
            f"DROP INDEX IF EXISTS {in_schema(table.schema, f'heliosdb_timetravel_{table.number}_rowids')}"
        )
        following.supersede_all(travel.run, table, table.shape, txn)
        following.start_all(travel.run, table, table.shape, txn)
    return table


def _after(travel: TimeTravel, change: Change, before: Versioned | None) -> None:
    travel.forget()
    if before is not None and change.drops_column:
        shape = read_shape(travel.run, before.schema, before.name)
        following.follow(travel.run, replace(before, shape=shape))
    if change.kind == "TABLE" and not change.temporary and (change.schema or "").lower() != "temp":
        versioning = change.versioning
        if versioning is not None:
            _switch(travel, change, versioning)
        created = [change.name] if change.verb == "CREATE" and before is None else []
        for schema in dict.fromkeys(["main", change.schema.lower() if change.schema else "main"]):
            to_come = schema == "main" and travel.options.time_travel_tables == "all"
            if to_come or layout.exists(travel.run, schema):
                travel.follow(schema, created=created)
    elif change.versioning is not None:
        raise sqlite3.NotSupportedError(
            f"{change.name!r} is in TEMP, whose tables keep no history: they end with the connection"
        )
    elif change.kind in ("INDEX", "TRIGGER"):
        for schema in travel.schemas(None if change.temporary else change.schema):
            if layout.exists(travel.run, schema):
                travel.follow(schema)


def _meant(travel: TimeTravel, change: Change) -> Versioned | None:
    """Return the versioned table that an ALTER or DROP is about."""
    if change.schema is None:
        if travel.shadowed(change.name):
            return None
        for schema in travel.schemas():
            if travel.has_table(change.name, schema):
                return travel.live(change.name, schema)
        return None
    return travel.live(change.name, change.schema)


def _switch(travel: TimeTravel, change: Change, versioning: Versioning) -> None:
    """Carry out ADD, DROP or WITH SYSTEM VERSIONING."""
    if change.schema is None and change.verb == "ALTER" and travel.shadowed(change.name):
        raise sqlite3.NotSupportedError(
            f"{change.name!r} is in TEMP, whose tables keep no history: they end with the connection"
        )
    places = travel.schemas(change.schema)
    if change.verb == "CREATE":
        places = places[:1] if change.schema is None else places
    schema = next((each for each in places if travel.has_table(change.name, each)), None)
    if schema is None:
        raise sqlite3.OperationalError(f"no such table: {change.name}")
    table = travel.live(change.name, schema)
    if versioning.verb == "DROP":
        if table is None:
            raise sqlite3.OperationalError(f"table {change.name} has no system versioning")
        following.end(travel.run, table)
        switch_off(travel.run, schema, table.name, off=True)
        return
    excluded = tuple(
        each.strip() for each in versioning.options.get("exclude", "").split(",") if each.strip()
    )
    retention = versioning.options.get("history_retention")
    kept_for = duration(retention) if retention is not None else None
    if table is None:
        created = change.verb == "CREATE"
        following.add(
            travel.run, schema, change.name, adopted=not created, excluded=excluded, retention=kept_for
        )
        switch_off(travel.run, schema, change.name, off=False)
    elif kept_for is not None or excluded:
        following.change_options(
            travel.run, table, excluded if "exclude" in versioning.options else None, kept_for
        )
