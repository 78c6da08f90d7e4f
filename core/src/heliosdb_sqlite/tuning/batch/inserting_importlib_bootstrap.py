"""Inserting the rows of a batch: many at a time, and one at a time where that is needed to say which one is wrong.

The file's name is explained in :mod:`heliosdb_sqlite._active.calls_importlib_bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import length_hint
from typing import Any

from ..._standard import sqlite3
from .errors import concerns_a_row, with_rows
from .rows import are_sequences, are_wide, flat, pieces, values
from .scope import AllOrNothing
from .statement import Insertion
from .table import checks_rows_one_by_one, most_parameters

_IN_TURN = 128  # rows that are handed to executemany() at a time


def insert(
    cursor: Any,
    insertion: Insertion,
    rows: Iterable[Any],
    progress: Callable[[int], Any] | None,
    progress_every: int,
) -> int:
    """Insert the rows, all or none, and return how many rows of the table changed."""
    if progress_every < 1:
        raise sqlite3.ProgrammingError(
            f"progress_every={progress_every!r}: give the number of rows, 1 or more"
        )
    scope = AllOrNothing(cursor.connection)
    with scope:
        inserter = Inserter(cursor, insertion)
        reported = 0
        for piece in pieces(rows, inserter.size):
            scope.check()
            inserter.add(piece)
            if progress is not None and inserter.done - reported >= progress_every:
                progress(inserter.done)
                reported = inserter.done
        if progress is not None and (reported < inserter.done or not inserter.done):
            progress(inserter.done)
        scope.check()
    return inserter.changed


class Inserter:
    """The statements of a batch, compiled, and how far it is."""

    def __init__(self, cursor: Any, insertion: Insertion) -> None:
        self.done = 0  # rows of the iterable
        self.changed = 0  # rows of the table
        self._cursor = cursor
        self._columns = insertion.columns
        self._one = insertion.text(1)
        # Runs no row: SQLite and the plugins say what is wrong with the table or its columns, and CPython begins the
        # transaction, before the first row is taken.
        cursor.executemany(self._one, ())
        self._insertion = insertion
        self._at_once = insertion.rows_at_once(most_parameters(cursor.connection))
        self._many = ""  # made for the first piece that is large enough
        self.size = self._at_once if self._at_once > 1 else _IN_TURN

    def add(self, piece: list[Any]) -> None:
        """Insert the rows of a piece.

        :raises Error: with the number of the row
        """
        if not are_sequences(piece):
            piece = self._in_order(piece)
        if len(piece) == self._at_once > 1 and (self._many or self._may_go_at_once()):
            self._add_at_once(piece)
        else:
            self._add_in_turn(piece)
        self.done += len(piece)
        self.changed += max(0, self._cursor.rowcount)

    def _may_go_at_once(self) -> bool:
        if checks_rows_one_by_one(self._cursor.connection, self._insertion):
            self._at_once = 1  # the size of pieces stays
        else:
            self._many = self._insertion.text(self._at_once)
        return bool(self._many)

    def _in_order(self, piece: list[Any]) -> list[Any]:
        """Return the rows, which are mappings or of other classes, as sequences of values."""
        try:
            return [values(row, self._columns) for row in piece]
        except sqlite3.Error:
            self._find_the_first(piece)  # which may be one before this one
            raise

    def _add_at_once(self, piece: list[Any]) -> None:
        if not are_wide(piece, len(self._columns)):
            self._find_the_first(piece)
        try:
            self._cursor.execute(self._many, flat(piece))
        except Exception as error:  # noqa: BLE001 - an adapter's or a plugin's may be any
            if concerns_a_row(error) and self._cursor.connection.in_transaction:
                self._find_the_first(piece)
            raise with_rows(error, self.done + 1, self.done + len(piece)) from None

    def _add_in_turn(self, piece: list[Any]) -> None:
        rows = iter(piece)
        try:
            self._cursor.executemany(self._one, rows)
        except Exception as error:
            place = len(piece) - length_hint(rows)  # of the row that was taken last; 0: none was
            if place == 0:
                raise
            number = self.done + place
            raise with_rows(self._wrong_shape(piece[place - 1]) or error, number, number) from None

    def _find_the_first(self, piece: list[Any]) -> None:
        """Raise the error of the first row of the piece that has one. What is inserted meanwhile is undone by it."""
        for number, row in enumerate(piece, self.done + 1):
            try:
                self._cursor.execute(self._one, values(row, self._columns))
            except Exception as error:  # noqa: BLE001 - as above
                raise with_rows(error, number, number) from None

    def _wrong_shape(self, row: Any) -> sqlite3.Error | None:
        try:
            values(row, self._columns)
        except sqlite3.Error as error:
            return error
        return None
