"""The versions of one row, with what changed from each to the next: what conn.history() returns, made from rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .reading.pasts import past_of
from .reading.relation import Past
from .storage.names import in_schema
from .times import to_datetime, to_microseconds

SYSTEM = ("system_time", "system_time_end", "system_operation", "system_user")
"""The pseudo-columns that are texts; a row has system_transaction and system_transaction_end before them."""


@dataclass(frozen=True)
class Version:
    """What one transaction made of a row."""

    operation: str | None
    """INSERT, UPDATE or DELETE; ADOPT: the row was there when recording began; None: what came before is purged."""
    time: datetime | None
    """When the transaction committed, in UTC; None: it is still open."""
    user: str | None
    """Who did it, as ``time_travel_user=`` or ``recorded_as()`` say."""
    transaction: int
    row: Mapping[str, Any] | None
    """The row from then on, by column, those left out of the history excepted; None: it was deleted."""
    changes: Mapping[str, tuple[Any, Any]]
    """The columns that this changed, each with its value before and after."""


def find_past(travel: Any, table: str) -> Past:
    """Return the past of a table that is named in Python.

    :raises OperationalError: it keeps no history
    """
    schema: str | None = None
    name = table
    past = past_of(travel, name)
    if past is None and "." in table and not travel.has_table_anywhere(table):
        schema, _, name = table.partition(".")
        past = past_of(travel, name, schema)
    if past is None:
        if schema is None and travel.shadowed(name):
            raise sqlite3.OperationalError(
                f"table {table!r} keeps no history: it is in TEMP; one behind it is named with its schema, as "
                f"'main.{table}'"
            )
        places = travel.schemas(schema)
        there = next((place for place in places if travel.has_table(name, place)), None)
        if there is None:
            raise sqlite3.OperationalError(f"no such table: {table}")
        raise sqlite3.OperationalError(
            f"table {table!r} keeps no history: ALTER TABLE {in_schema(there, name)} ADD SYSTEM VERSIONING"
        )
    return past


def dropped_columns(past: Past) -> list[str]:
    """Return the columns that the table had once and has no more."""
    names = [
        column.name
        for branch in past.branches
        for column in branch.table.columns
        if column.dropped is not None
    ]
    own = {name.lower() for name in past.columns}
    return [name for name in dict.fromkeys(names) if name.lower() not in own]


def condition(past: Past, key: Any) -> tuple[str, list[Any]]:
    """Return the condition that a version is of the row with a key, and its parameters.

    :raises ProgrammingError: that is no key of the table
    """
    columns = past.now.key or (past.now.rowid,)
    if isinstance(key, Mapping):
        values = [key.get(name) for name in columns]
        wrong = set(key) != set(columns)
    elif len(columns) > 1 or isinstance(key, (tuple, list)):
        values = list(key) if isinstance(key, Sequence) and not isinstance(key, (str, bytes)) else [key]
        wrong = len(values) != len(columns)
    else:
        values, wrong = [key], False
    if wrong:
        raise sqlite3.ProgrammingError(
            f"{key!r} is no key of table {past.now.name!r}: give a value for each of {', '.join(columns)}"
        )
    return " AND ".join(
        f"v.{quote_identifier(name) if past.now.key else 'rowid'} IS ?" for name in columns
    ), values


def versions(travel: Any, past: Past, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Version]:
    """Return the versions that rows of the past are, in their order, with the deletions between them."""
    found: list[Version] = []
    before: dict[str, Any] | None = None
    ended: tuple[int, str | None] | None = None
    for txn, txn_end, *texts_and_values in rows:
        texts, values = texts_and_values[: len(SYSTEM)], texts_and_values[len(SYSTEM) :]
        time, time_end, began_by, user = (None if text is None else text.decode() for text in texts)
        row = dict(zip(columns, values, strict=True))
        if before is not None and ended is not None and ended[0] != txn:
            found.append(_deletion(travel, past, ended, before))
            before = None
        changes = (
            {}
            if before is None
            else {
                name: (before[name], value)
                for name, value in row.items()
                if type(before[name]) is not type(value) or before[name] != value
            }
        )
        if before is not None and not changes and began_by == "INSERT":
            ended = (txn_end, time_end) if txn_end is not None else None
            continue  # the table was rebuilt, the row is what it was
        # Deleted and inserted in one transaction is an UPDATE.
        operation = "UPDATE" if before is not None and began_by in ("INSERT", "ADOPT") else began_by
        found.append(Version(operation, _moment(time), user, txn, row, changes))
        before, ended = row, (txn_end, time_end) if txn_end is not None else None
    if before is not None and ended is not None:
        found.append(_deletion(travel, past, ended, before))
    return found


def _deletion(travel: Any, past: Past, ended: tuple[int, str | None], before: Mapping[str, Any]) -> Version:
    txn, time = ended
    commits = f"{quote_identifier(past.now.schema)}.heliosdb_timetravel_commits"
    (user,) = travel.run(f"SELECT who FROM {commits} WHERE txn = ?", (txn,)).fetchone() or (None,)
    return Version(
        "DELETE",
        _moment(time),
        user,
        txn,
        None,
        {name: (value, None) for name, value in before.items() if value is not None},
    )


def _moment(time: str | None) -> datetime | None:
    return to_datetime(to_microseconds(time, utc=True)) if time is not None else None
