"""conn.restore(): a table, or the whole database, as it was, by as few changes as that takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .reading.relation import Branch, Past
from .session import TimeTravel, of
from .storage import keys
from .storage.conditions import any_of
from .storage.names import COMMITS, FROM, ID, PREFIX, ROW, SHIFT, TO, in_schema
from .storage.registry import Versioned
from .storage.shape import Shape
from .versions import find_past

_ROUNDS = 5  # cascades of foreign keys can undo what was restored; a past state holds, so this ends


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
    travel = of(connection)
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
                changes = _restore(travel, tables, txn)
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


def _restore(travel: TimeTravel, tables: Sequence[Versioned], txn: int) -> dict[str, Changes]:
    travel.run("PRAGMA defer_foreign_keys = ON")
    done = {table.name: [0, 0, 0] for table in tables}
    for _ in range(_ROUNDS):
        changed = 0
        for place, change in enumerate((_delete, _update, _insert)):
            for table in tables:
                count = change(travel, table, table.live, txn)
                done[table.name][place] += count
                changed += count
        if not changed:
            break
    return {name: Changes(*counts) for name, counts in done.items()}


def _changed_since(table: Versioned, txn: int) -> str:
    return f"SELECT * FROM {table.starts} WHERE txn > {txn}"


def _then(table: Versioned, txn: int) -> str:
    """Return the condition that a superseded row ``h`` was the current one."""
    return f"h.{ID} >= {(txn + 1) << SHIFT} AND h.{TO} > {txn} AND h.{FROM} <= {txn}"


def _rowids(table: Versioned, shape: Shape, where: str) -> str:
    identity = shape.rowid or ", ".join(quote_identifier(name) for name in shape.key)
    if shape.rowid_is_key and shape.key:
        identity = quote_identifier(shape.key[0])
    qualified = (
        ", ".join(f"c.{part}" for part in identity.split(", "))
        if shape.rowid
        else ", ".join(f"c.{quote_identifier(name)}" for name in shape.key)
    )
    return (
        f"({identity}) IN (SELECT {qualified} FROM {in_schema(table.schema, shape.name)} AS c WHERE {where})"
    )


def _delete(travel: TimeTravel, table: Versioned, shape: Shape, txn: int) -> int:
    """Delete the rows that were not there then."""
    start = keys.find_start(shape, "s", keys.of_row(shape, "c"))
    started = f"EXISTS (SELECT 1 FROM {table.starts} AS s WHERE {start} AND s.txn > {txn})"
    was = f"EXISTS (SELECT 1 FROM {table.history} AS h WHERE {keys.find_row(shape, 'c', 'h')} AND {_then(table, txn)})"
    where = _rowids(table, shape, f"{started} AND NOT {was}")
    return int(travel.run(f"DELETE FROM {in_schema(table.schema, shape.name)} WHERE {where}").rowcount)


def _update(travel: TimeTravel, table: Versioned, shape: Shape, txn: int) -> int:
    """Give the rows that were there then, and are now, their values of then."""
    # Two keys that are one may still be written differently: 'a' and 'A' without case, 1 and 1.0.
    columns = [
        c
        for c in table.recorded(shape)
        if not c.generated and not (shape.rowid_is_key and c.name in shape.key)
    ]
    if not columns:
        return 0
    user_table = in_schema(table.schema, shape.name)
    name = quote_identifier(shape.name)
    found = f"{keys.find_row(shape, name, 'h')} AND {_then(table, txn)}"
    kept = {c.name: quote_identifier(k.stored_as) for c in columns if (k := table.kept(c.name)) is not None}
    sets = ", ".join(f"{quote_identifier(each)} = h.{stored}" for each, stored in kept.items())
    differ = any_of(
        f"{name}.{quote_identifier(each)} COLLATE BINARY IS NOT h.{stored} "
        f"OR typeof({name}.{quote_identifier(each)}) <> typeof(h.{stored})"
        for each, stored in kept.items()
    )
    sql = f"UPDATE {user_table} SET {sets} FROM {table.history} AS h WHERE {found} AND ({differ})"
    try:
        with travel.savepoint():
            return int(travel.run(sql).rowcount)
    except sqlite3.IntegrityError:
        # Values that must be unique change places: take the rows out, and put them in again.
        found = keys.find_row(shape, "c", "h")
        was = f"EXISTS (SELECT 1 FROM {table.history} AS h WHERE {found} AND {_then(table, txn)})"
        condition = _rowids(table, shape, was)
        travel.run(f"DELETE FROM {user_table} WHERE {condition}")
        return 0


def _insert(travel: TimeTravel, table: Versioned, shape: Shape, txn: int) -> int:
    """Insert the rows that were there then and are not now."""
    user_table = in_schema(table.schema, shape.name)
    columns = [c for c in table.recorded(shape) if not c.generated]
    names = [quote_identifier(c.name) for c in columns]
    values = [f"h.{quote_identifier(k.stored_as)}" for c in columns if (k := table.kept(c.name)) is not None]
    if shape.rowid_is_key and not shape.key:
        names, values = [shape.rowid, *names], [f"h.{ROW}", *values]
    elif shape.nullable:  # the rowid that it had, unless another row has that now
        taken = f"EXISTS (SELECT 1 FROM {user_table} AS o WHERE o.{shape.rowid} = h.{ROW})"
        free = f"CASE WHEN h.{ROW} <> '' AND NOT {taken} THEN h.{ROW} END"
        names, values = [shape.rowid, *names], [free, *values]
    # Those that keep a rowid come first: SQLite gives the others what is left.
    order = f" ORDER BY {free} IS NULL" if shape.nullable else ""
    there = f"EXISTS (SELECT 1 FROM {user_table} AS c WHERE {keys.find_row(shape, 'c', 'h')})"
    return int(
        travel.run(
            f"INSERT INTO {user_table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table.history} AS h "
            f"WHERE {_then(table, txn)} AND NOT {there}{order}"
        ).rowcount
    )
