"""Rows that both sides have changed, noted in the log of the branch that is merged into: from what, and to what.

The next merge in the other direction needs it: whatever was decided about such a row, its other side has had that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.changes import Key
from ..logs.tables import Table
from ..logs.triggers import IMAGE, MET_FROM, MET_TO, Log
from ..running import run, run_many, value
from .reading import Trio
from .rows import UNSETTLED, Row, same_row


class Notes:
    """What is noted of one table.

    :param columns: the columns of the rows, by their names in the target's table
    """

    def __init__(self, target: Any, table: Table, log: Log, columns: Iterable[str]) -> None:
        self._target = target
        self._log = log
        self._key = table.key
        self._columns = tuple(columns)
        self._after = value(target, f"SELECT coalesce(max(seq), 0) FROM main.{q(log.table)}")

    @property
    def _into(self) -> str:
        keys = [column for column in self._key if column not in self._columns]
        names = [f"c{self._log.columns[column]}" for column in (*keys, *self._columns)]
        return f"INSERT INTO main.{q(self._log.table)} ({', '.join(['v', 'op', 'r', *names])})"

    def add(self, trios: Iterable[Trio]) -> Iterator[Trio]:
        """Note rows that both sides have changed, and pass all on."""
        for trio in trios:
            if not same_row(trio.base, trio.theirs) and not same_row(trio.base, trio.ours):
                entries = (
                    self._entry(trio.key, op, row)
                    for op, row in ((MET_FROM, trio.base), (MET_TO, trio.theirs))
                )
                marks = ", ".join("?" * (3 + len({*self._key, *self._columns})))
                run_many(self._target, f"{self._into} VALUES ({marks})", list(entries))
            yield trio

    def _entry(self, key: Key, op: int, row: Row | None) -> list[Any]:
        told = dict(zip(self._key, key.values, strict=False))
        keys = [told.get(column) for column in self._key if column not in self._columns]
        cells = tuple(told.get(column) for column in self._columns)
        if row is not None:
            cells = tuple(
                told.get(column, cell) if cell == UNSETTLED else cell
                for column, cell in zip(self._columns, row, strict=True)
            )
        return [self._log.version, op | (IMAGE if row is not None else 0), key.rowid, *keys, *cells]

    def statements(self, order: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        """Yield what notes the rows of a merge inside SQLite: a statement's beginning, and what it is to select.

        :param order: all columns of the table: the cells are called by their places
        """
        places = {column: place for place, column in enumerate(order)}
        for op, side in ((MET_FROM, "b"), (MET_TO, "t")):
            selected = [str(self._log.version), f"{op} + ({side} <> 0) * {IMAGE}", "r"]
            selected += [f"k{place}" for place, column in enumerate(self._key) if column not in self._columns]
            for column in self._columns:
                cell = f"{side}{places[column]}"
                if column in self._key:
                    cell = f"CASE WHEN {side} THEN {cell} ELSE k{self._key.index(column)} END"
                selected.append(cell)
            yield self._into, selected

    def strike(self, keys: Iterable[Key]) -> None:
        """Take back what was noted of rows that get another number: they have not met after all."""
        terms = " AND ".join(
            [
                "seq > ?",
                f"op > {IMAGE}",
                "r IS ?",
                *(f"c{self._log.columns[column]} IS ?" for column in self._key),
            ]
        )
        for key in keys:
            run(
                self._target,
                f"DELETE FROM main.{q(self._log.table)} WHERE {terms}",
                (self._after, key.rowid, *(key.values or (None,) * len(self._key))),
            )
