"""conn.restore(): a table, or the whole database, as it was, by as few changes as that takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .bringing_back import bring_back
from .reading.relation import Branch, Past
from .session import TimeTravel, of
from .storage.names import COMMITS, PREFIX, in_schema
from .storage.registry import Versioned
from .versions import find_past


@dataclass(frozen=True)
class Changes:
    """How many rows of a table a restoration changed."""

    deleted: int = 0
    updated: int = 0
    inserted: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.deleted + self.updated + self.inserted


@dataclass(frozen=True)
class Restored:
    """What restore() did, or with ``dry_run`` would do."""

    transaction: int
    """The last transaction of the state that is restored."""
    tables: Mapping[str, Changes]
    left_alone: tuple[str, ...]
    """Tables that did not exist then, or do no more: restore() changes rows, not the schema."""

    @property
    def total(self) -> int:
        """The number of rows that changed."""
        return sum(changes.total for changes in self.tables.values())


class _DryRunError(Exception):
    """Ends a transaction that was only to be looked at."""


def restore(
    connection: Any,
    table: str | None = None,
    *,
    at: date | str | None = None,
    tag: str | None = None,
    transaction: int | None = None,
    dry_run: bool = False,
) -> Restored:
    """Make the rows of a table, or of all versioned tables, what they were, in one transaction, and say what changed.

    What is there now becomes history, so a restoration can be undone like any other change. Your own triggers on these
    tables do not fire. Inside a transaction that is open it becomes a part of that.

    :param at: the moment; a text or datetime without a zone is local time
    :param tag: a state by the name that :meth:`tag` gave it, instead of ``at``
    :param transaction: a state by its ``system_transaction``, instead of ``at``
    :param dry_run: change nothing, only say what would change
    :raises DataError: the history does not go back that far
    :raises IntegrityError: rows of then break a foreign key that is enforced now
    """
    travel = of(connection, "restore()")
    travel.look_again()
    given = [
        (unit, value)
        for unit, value in (("TIMESTAMP", at), ("TAG", tag), ("TRANSACTION", transaction))
        if value is not None
    ]
    if len(given) != 1:
        raise sqlite3.ProgrammingError(
            "restore() takes one of at=, tag= and transaction=: which state is to come back?"
        )
    ((unit, value),) = given
    planned: list[Restored] = []
    try:
        with travel.transaction():
            tables, left_alone, txn = _tables(travel, table, unit, value)
            with _without_triggers(travel, tables):
                changes = {name: Changes(*counts) for name, counts in bring_back(travel, tables, txn).items()}
            planned.append(Restored(txn, changes, tuple(left_alone)))
            if dry_run:
                raise _DryRunError
    except _DryRunError:
        pass
    except sqlite3.IntegrityError as error:
        if "FOREIGN KEY" not in str(error):
            raise
        raise sqlite3.IntegrityError(
            f"{error}: rows of then refer to others that were not there, as they can be written while foreign keys are "
            "not enforced; PRAGMA foreign_keys = OFF brings them back all the same"
        ) from None
    return planned[0]


def _tables(
    travel: TimeTravel, name: str | None, unit: str, value: Any
) -> tuple[list[Versioned], list[str], int]:
    """Return the tables to restore, the names of those to leave alone, and the transaction."""
    if name is not None:
        now = find_past(travel, name).now
        if now.shape is None:
            raise sqlite3.OperationalError(
                f"no such table: {name}; its past can be read with AS OF, and put into a new table"
            )
        found = [now]
    else:
        found = [each for each in travel.tables("main") if each.shape is not None]
        if not found:
            raise sqlite3.OperationalError("no table keeps a history: there is nothing to restore")
    past = Past((Branch(found[0]),), (), frozenset())
    # BETWEEN's first time is resolved like AS OF's, without the kindness of showing the first state instead
    txn = travel.moments.transaction(value, unit, "BETWEEN", 0, past, utc=False)
    (last,) = travel.run(f"SELECT max(txn) FROM {in_schema(found[0].schema, COMMITS)}").fetchone()
    txn = min(txn, last)  # a moment that is not past means the present
    restored, left_alone = [], []
    for each in found:
        if txn >= each.known_from:
            restored.append(each)
        elif name is None and not each.adopted and not each.purged:
            left_alone.append(each.name)
        else:
            raise sqlite3.DataError(
                f"the history of table {each.name!r} does not go back to {value}: its first known state is of "
                f"{travel.moments.time_of(each, each.known_from)}"
            )
    if name is None:
        left_alone += [
            each.name
            for each in travel.tables("main")
            if each.ended is not None and each.began <= txn < each.ended
        ]
    return restored, left_alone, txn


@contextmanager
def _without_triggers(travel: TimeTravel, tables: Sequence[Versioned]) -> Iterator[None]:
    """Take the user's own triggers away from the tables, those in TEMP too, and put them back."""
    there: list[tuple[str, str, str]] = []
    for schema in dict.fromkeys([*(table.schema for table in tables), "temp"]):
        rows = travel.run(
            f"SELECT name, tbl_name, sql FROM {quote_identifier(schema)}.sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        names = {table.name.lower() for table in tables if schema in (table.schema, "temp")}
        there += [
            (schema, name, sql)
            for name, on, sql in rows
            if on.lower() in names and not name.startswith(PREFIX)
        ]
    for schema, name, _ in there:
        travel.run(f"DROP TRIGGER {in_schema(schema, name)}")
    yield
    for schema, _, sql in there:
        head, _, rest = sql.partition("TRIGGER")
        travel.run(f"{head}TRIGGER {quote_identifier(schema)}.{rest.lstrip()}" if schema != "main" else sql)
