"""Rows for the copy: all of them where they fit the limits, a sample from everywhere in the table where they don't."""

from __future__ import annotations

import time
from typing import NamedTuple

from ...._standard import sqlite3
from ....sql.quoting import quote_identifier
from ..schema.catalog import Table
from ..schema.reader import Reader, Row
from .copy import Trial

BLOCK = 2000  # rows read at a time; the program's connection is free in between
_BLOCK_BYTES = 4 << 20  # that many at most, if the rows so far tell
SPOTS = 50  # places in the table that a sample comes from
_OVERHEAD = 24  # bytes a row and its columns take beside their values, roughly


class Copied(NamedTuple):
    """How much of a table is in the copy."""

    rows: int
    total: int  # rows in the original; an estimate unless complete
    complete: bool

    @property
    def words(self) -> str:
        """The sample in words."""
        return f"{self.rows:,} of about {self.total:,} rows"


def copy_rows(trial: Trial, table: Table, reader: Reader, limit: int, deadline: float) -> Copied:
    """Fill a table of the copy.

    :param limit: bytes that its rows may take
    :param deadline: the time of ``time.monotonic()`` at which to stop
    """
    source = _Source(table, reader)
    total = source.estimate(limit)
    if total is None:
        copied = _whole(trial, source, limit, deadline)
        if copied.complete or not source.spreads:
            return copied
        total = copied.total
        trial.connection.execute(f"DELETE FROM {table.quoted}")
    return _sample(trial, source, total, limit, deadline)


class _Source:
    """A table of the original, read in blocks along its key."""

    def __init__(self, table: Table, reader: Reader) -> None:
        self.table = table
        self.reader = reader
        stored = [quote_identifier(each.name) for each in table.columns.values() if not each.generated]
        extra = [table.rowid] if table.rowid and not table.integer_key else []
        self.columns = [*extra, *stored]
        # A plus takes a column's declared type off it: the connection's converters must not see the values.
        self._select = ", ".join(f"+{column} AS c{number}" for number, column in enumerate(self.columns))
        self._key = ", ".join(table.key)
        self._at = [self.columns.index(each) for each in table.key] if table.key else []
        self.spreads = bool(table.rowid)  # rowids are numbers: any place in between can be looked up

    @property
    def insert(self) -> str:
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT OR IGNORE INTO {self.table.quoted} ({', '.join(self.columns)}) VALUES ({marks})"

    def block(self, after: tuple[object, ...] | None, count: int, *, including: bool = False) -> list[Row]:
        """Return the rows that follow a key."""
        if not self._key:  # a table all of whose names for the rowid are columns
            return self.reader.rows(f"SELECT {self._select} FROM {self.table.quoted} LIMIT -1")
        where = ""
        if after is not None:
            marks = ", ".join("?" * len(after))
            where = f"WHERE ({self._key}) {'>=' if including else '>'} ({marks})"
        return self.reader.rows(
            f"SELECT {self._select} FROM {self.table.quoted} {where} ORDER BY {self._key} LIMIT {count}",
            after or (),
        )

    def key(self, row: Row) -> tuple[object, ...]:
        return tuple(row[at] for at in self._at)

    def range(self) -> tuple[int, int] | None:
        """Return the first and the last rowid; None where the table is empty or has none."""
        if not self.spreads:
            return None
        low = self.reader.value(f"SELECT min({self.table.rowid}) FROM {self.table.quoted}")
        high = self.reader.value(f"SELECT max({self.table.rowid}) FROM {self.table.quoted}")
        return None if low is None else (low, high)

    def estimate(self, limit: int) -> int | None:
        """Return about how many rows there are if they won't fit; None where they may, or nobody knows."""
        ends = self.range()
        if ends is None or ends[1] - ends[0] < BLOCK * 4:
            return None
        low, high = ends
        density = size = 0.0
        spots = 8
        for number in range(spots):
            start = low + (high - low) * number // spots
            rows = self.block((start,), 100, including=True)
            if rows:
                density += len(rows) / (int(str(self.key(rows[-1])[0])) - start + 1) / spots
                size += sum(map(_size, rows)) / len(rows) / spots
        total = max(1, int((high - low + 1) * density))
        return total if total * size > limit * 1.5 else None


def _whole(trial: Trial, source: _Source, limit: int, deadline: float) -> Copied:
    rows, size, count = 0, 0, 100
    after: tuple[object, ...] | None = None
    connection, insert = trial.connection, source.insert
    with _one_transaction(connection):
        while True:
            block = source.block(after, count)
            connection.executemany(insert, block)
            rows += len(block)
            size += sum(map(_size, block))
            if len(block) < count or not source.table.key:
                return Copied(rows, rows, complete=True)
            after = source.key(block[-1])
            count = max(1, min(BLOCK, _BLOCK_BYTES * rows // size))
            if size > limit or time.monotonic() > deadline:
                ends = source.range()
                total = rows * 2
                if ends is not None:
                    done = max(1, int(str(after[0])) - ends[0] + 1)
                    total = int(rows * (ends[1] - ends[0] + 1) / done)
                return Copied(rows, max(total, rows + 1), complete=False)


def _sample(trial: Trial, source: _Source, total: int, limit: int, deadline: float) -> Copied:
    """Copy blocks of neighbouring rows, from places that lie evenly over the whole table."""
    ends = source.range()
    rows = size = 0
    if ends is None:
        return Copied(0, total, complete=False)
    low, high = ends
    connection, insert = trial.connection, source.insert
    share = limit / SPOTS
    allowed = max(0.1, deadline - time.monotonic()) / SPOTS
    with _one_transaction(connection):
        for number in range(SPOTS):
            start, begun, taken = low + (high - low) * number // SPOTS, time.monotonic(), 0
            until = low + (high - low) * (number + 1) // SPOTS
            after: tuple[object, ...] = (start,)
            including = True
            while taken < share and (including or time.monotonic() - begun < allowed):
                block = source.block(after, 50 if including else 250, including=including)
                block = [row for row in block if int(str(source.key(row)[0])) < until or until >= high]
                connection.executemany(insert, block)
                rows += len(block)
                taken += sum(map(_size, block))
                if not block:
                    break
                after, including = source.key(block[-1]), False
            size += taken
    return Copied(rows, max(total, rows + 1), complete=False)


class _one_transaction:  # noqa: N801 - reads as a statement
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        if self.connection.in_transaction:
            self.connection.execute("COMMIT")


def _size(row: Row) -> int:
    return _OVERHEAD + sum(len(value) if isinstance(value, str | bytes) else 6 for value in row)
