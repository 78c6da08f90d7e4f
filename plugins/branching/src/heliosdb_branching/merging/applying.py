"""Rows written into the target of a merge: deletions first, then updates, then new rows.

Rows that exchange the values of a unique column can't be written one after the other; what does not fit is tried again
behind the rest, and in the end taken out and put back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.changes import Key, lookup
from ..logs.tables import Table
from ..running import run, run_many
from .ledger import Write


class Failure(NamedTuple):
    """A row that does not go in."""

    write: Write
    reason: str


class Writer:
    """Writes the rows of one table."""

    def __init__(self, connection: Any, table: Table) -> None:
        self._connection = connection
        self._table = table
        self._by_key = " AND ".join(f"{q(column)} = ?" for column in table.key)
        self._texts: dict[tuple[str, tuple[str, ...]], str] = {}
        self.renumbered: dict[Key, int] = {}

    def write(self, work: Sequence[Write]) -> list[Failure]:
        """Write the rows; return those that can't be."""
        if not work:
            return []
        ordered = sorted(work, key=_order)
        run(self._connection, "SAVEPOINT heliosdb_rows")
        try:
            self._all_at_once(ordered)
        except sqlite3.IntegrityError:
            run(self._connection, "ROLLBACK TO heliosdb_rows")
            self.renumbered.clear()
            failures = self._one_by_one(ordered)
        else:
            failures = []
        run(self._connection, "RELEASE heliosdb_rows")
        return failures

    def _all_at_once(self, ordered: Sequence[Write]) -> None:
        batches: dict[tuple[Any, ...], list[Sequence[Any]]] = {}
        for write in ordered:
            if write.renumber:
                continue
            text, values = self._statement(write)
            batches.setdefault((_order(write), text), []).append(values)
        for (_, text), parameters in batches.items():
            run_many(self._connection, text, parameters)
        for write in ordered:
            if write.renumber:
                self._one(write)

    def _one_by_one(self, ordered: Sequence[Write]) -> list[Failure]:
        failed: list[Failure] = []
        waiting = list(ordered)
        while waiting:
            failed = self._try(waiting)
            if len(failed) == len(waiting):
                break
            waiting = [failure.write for failure in failed]
        updates = [each.write for each in failed if each.write.old is not None and each.write.new is not None]
        if len(updates) > 1:
            rest = [each for each in failed if each.write.old is None or each.write.new is None]
            failed = self._out_and_in(updates) + (self._try([each.write for each in rest]) if rest else [])
        return failed

    def _try(self, work: Sequence[Write]) -> list[Failure]:
        failed = []
        for write in work:
            try:
                self._one(write)
            except sqlite3.IntegrityError as error:
                failed.append(Failure(write, str(error)))
        return failed

    def _one(self, write: Write) -> None:
        text, values = self._statement(write)
        cursor = run(self._connection, text, values)
        if write.renumber:
            self.renumbered[write.key] = cursor.lastrowid

    def _out_and_in(self, updates: Sequence[Write]) -> list[Failure]:
        """Take rows out that stand in each other's way, and put them in as they should be."""
        table, connection = self._table, self._connection
        whole = lookup(connection, table, table.columns, [write.key for write in updates])
        run(connection, "SAVEPOINT heliosdb_exchange")
        failed: list[Failure] = []
        for write in updates:
            run(connection, *self._deletion(write.key))
        for write, row in zip(updates, whole, strict=True):
            if row is None or write.new is None:
                continue
            cells = dict(zip(table.columns, row, strict=True)) | dict(
                zip(write.columns, write.new, strict=True)
            )
            try:
                run(
                    connection,
                    *self._insertion(write.key, tuple(cells), tuple(cells.values()), renumber=False),
                )
            except sqlite3.IntegrityError as error:
                failed.append(Failure(write, str(error)))
        if failed:
            run(connection, "ROLLBACK TO heliosdb_exchange")
        run(connection, "RELEASE heliosdb_exchange")
        return failed

    # -- statements --------------------------------------------------------------------------------------------------
    def _statement(self, write: Write) -> tuple[str, Sequence[Any]]:
        if write.new is None:
            return self._deletion(write.key)
        if write.old is None:
            return self._insertion(write.key, write.columns, write.new, renumber=write.renumber)
        condition, values = self._condition(write.key)
        text = self._texts.get((condition, write.columns))
        if text is None:
            assigned = ", ".join(f"{q(column)} = ?" for column in write.columns)
            text = f"UPDATE OR ABORT main.{q(self._table.name)} SET {assigned} WHERE {condition}"
            self._texts[condition, write.columns] = text
        return text, (*write.new, *values)

    def _deletion(self, key: Key) -> tuple[str, Sequence[Any]]:
        condition, values = self._condition(key)
        return f"DELETE FROM main.{q(self._table.name)} WHERE {condition}", values

    def _insertion(
        self, key: Key, columns: tuple[str, ...], row: Sequence[Any], *, renumber: bool
    ) -> tuple[str, Sequence[Any]]:
        table, values = self._table, row
        if renumber and table.alias:
            place = columns.index(table.key[0])
            columns, values = columns[:place] + columns[place + 1 :], (*row[:place], *row[place + 1 :])
        rowid = "" if key.rowid is None or renumber else str(table.rowid)
        if rowid:
            values = (key.rowid, *values)
        text = self._texts.get((rowid, columns))
        if text is None:
            names = [rowid] if rowid else []
            names += [q(column) for column in columns]
            marks = ", ".join("?" * len(names))
            text = f"INSERT OR ABORT INTO main.{q(table.name)} ({', '.join(names)}) VALUES ({marks})"
            if not names:
                text = f"INSERT OR ABORT INTO main.{q(table.name)} DEFAULT VALUES"
            self._texts[rowid, columns] = text
        return text, values

    def _condition(self, key: Key) -> tuple[str, Sequence[Any]]:
        if key.rowid is not None:
            return f"{self._table.rowid} = ?", (key.rowid,)
        return self._by_key, key.values


def _order(write: Write) -> int:
    if write.new is None:
        return 0
    return 2 if write.old is None else 1
