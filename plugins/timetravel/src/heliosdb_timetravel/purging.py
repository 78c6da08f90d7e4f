"""conn.purge_history(): superseded rows that nobody needs any more, deleted in small steps."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .session import TimeTravel, of
from .storage.names import COMMITS, ID, OPEN, SHIFT, TABLES, TO, in_schema
from .storage.registry import Versioned, write
from .times import to_microseconds, to_text
from .versions import find_past


@dataclass(frozen=True)
class Purged:
    """What purge_history() deleted."""

    rows: Mapping[str, int]
    """The number of superseded rows by table."""
    free_bytes: int
    """What the file could shrink by: SQLite uses the space again, or ``VACUUM`` gives it back."""

    @property
    def total(self) -> int:
        """The number of superseded rows that were deleted."""
        return sum(self.rows.values())


def purge_history(
    connection: Any,
    table: str | None = None,
    *,
    before: date | str | None = None,
    step: int = 10_000,
    progress: Callable[[str, int], object] | None = None,
) -> Purged:
    """Delete the states before a moment; the state at that moment, and all later ones, stay as they are.

    :param table: one table; all by default
    :param before: the moment; by default each table's ``history_retention`` ago, and tables without one are left alone
    :param step: rows to delete in one transaction, so that other writers get their turn. Inside a transaction that is
        open already, all is done in that
    :param progress: called after each step with the table's name and the number of rows deleted so far
    :raises ProgrammingError: neither ``before`` nor a retention says how much
    """
    travel = of(connection, "purge_history()")
    travel.look_again()
    if step < 1:
        raise sqlite3.ProgrammingError(f"step={step!r}: delete at least one row at a time")
    if table is not None:
        past = find_past(travel, table)
        named = past.now.name.lower()  # another table that once had the name keeps its history
        tables = [branch.table for branch in past.branches if branch.table.name.lower() == named]
    else:
        tables = travel.tables("main")
    moments = {each.number: _moment(each, before) for each in tables}
    if before is None and table is not None and not any(moments.values()):
        raise sqlite3.ProgrammingError(
            f"how much of the history of {table!r} may go? Give before=, or the table a retention: "
            f"ALTER TABLE {quote_identifier(table)} ADD SYSTEM VERSIONING WITH (history_retention = '90 days')"
        )
    rows: dict[str, int] = {}
    for each in tables:
        moment = moments[each.number]
        if moment is not None:
            deleted = _purge(travel, each, moment, step, progress)
            rows[each.name] = rows.get(each.name, 0) + deleted
    q = quote_identifier(tables[0].schema if tables else "main")
    (pages,) = travel.run(f"PRAGMA {q}.freelist_count").fetchone()
    (size,) = travel.run(f"PRAGMA {q}.page_size").fetchone()
    return Purged(rows, pages * size)


def _moment(table: Versioned, before: date | str | None) -> int | None:
    now = time.time_ns() // 1000
    if before is not None:
        moment = to_microseconds(before, utc=False)
        if moment > now:
            raise sqlite3.ProgrammingError(f"before={before!r} is in the future ({to_text(moment)})")
        return moment
    return now - table.retention if table.retention is not None else None


def _purge(
    travel: TimeTravel,
    table: Versioned,
    moment: int,
    step: int,
    progress: Callable[[str, int], object] | None,
) -> int:
    txn = min(travel.moments.at(table.schema, moment), _last(travel, table.schema), table.ended or 2**62)
    if txn > table.purged:
        with travel.transaction():
            # First of all: from now on nobody is shown a state of which a part is gone.
            write(travel.run, replace(table, purged=txn))
            q = quote_identifier(table.schema)
            # Other connections look again.
            travel.run(f"CREATE VIEW {q}.heliosdb_timetravel_purging AS SELECT 1")
            travel.run(f"DROP VIEW {q}.heliosdb_timetravel_purging")
        travel.forget()
    txn = max(txn, table.purged)  # what an earlier purge that did not come to its end has left goes as well
    (end,) = travel.run(
        f"SELECT coalesce((SELECT {ID} FROM {table.history} WHERE {ID} >= ? AND {TO} > ? ORDER BY {ID} LIMIT 1), ?)",
        ((txn + 1) << SHIFT, txn, 2**63 - 1),
    ).fetchone()
    deleted: int = 0
    while True:
        with travel.transaction():
            changed: int = travel.run(
                f"DELETE FROM {table.history} WHERE {ID} IN (SELECT {ID} FROM {table.history} "
                f"WHERE {ID} < ? AND {TO} > 0 ORDER BY {ID} LIMIT ?)",
                (end, step),
            ).rowcount
        deleted += changed
        if progress is not None and changed:
            progress(table.name, deleted)
        if changed < step:
            break
    if table.ended is not None and txn >= table.ended:
        _drop(travel, table)
    return deleted


def _last(travel: TimeTravel, schema: str) -> int:
    """Return the last transaction that has committed: what is to come is not purged, whatever the clock says."""
    commits = in_schema(schema, COMMITS)
    last = f"SELECT txn FROM {commits} WHERE state <> {OPEN} ORDER BY txn DESC LIMIT 1"
    return int(travel.run(f"SELECT coalesce(({last}), 0)").fetchone()[0])


def _drop(travel: TimeTravel, table: Versioned) -> None:
    """Nothing is left of a table that is gone itself."""
    with travel.transaction():
        travel.run(f"DROP TABLE {table.history}")
        travel.run(f"DROP TABLE {table.starts}")
        travel.run(f"DELETE FROM {in_schema(table.schema, TABLES)} WHERE number = ?", (table.number,))
    travel.forget()
