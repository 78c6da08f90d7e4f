"""What a branch changed in a table since a point of its past: read off its log, in time that grows with the changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..running import run
from .tables import Table
from .triggers import ABSENT, IMAGE, log_table
from .watching import versions

_BATCH = 200


class Key(NamedTuple):
    """What tells a row: the values of its key, or its rowid where the key can't."""

    values: tuple[Any, ...]
    rowid: int | None = None

    @property
    def shown(self) -> tuple[Any, ...]:
        """What users are shown."""
        return self.values if self.rowid is None else (self.rowid,)


class Change(NamedTuple):
    """A row that was touched: as it was, and as it is now; None for no row."""

    key: Key
    base: tuple[Any, ...] | None
    theirs: tuple[Any, ...] | None


class Span(NamedTuple):
    """A part of a log: the entries after ``after`` up to ``upto``; None is its end."""

    after: int
    upto: int | None = None
    arrived: bool = False
    """A merge wrote it, and the other side has what that brought."""


def inside(spans: Iterable[Span]) -> str:
    """Return the condition that an entry is in one of these parts of its log."""
    terms = [
        f"seq > {each.after}" + (f" AND seq <= {each.upto}" if each.upto is not None else "")
        for each in spans
    ]
    return f"({' OR '.join(f'({term})' for term in terms) or '0'})"


def grouped(spans: Sequence[Span], condition: str, group: str) -> str:
    """Return what selects the entries of the rows that a branch has changed by itself, grouped by row.

    Rows that a merge has written too are left out: :mod:`..merging.interwoven` tells of them.
    """
    arrived = inside(each for each in spans if each.arrived)
    if arrived == inside(()):
        return f"WHERE {inside(spans)} AND op <= {IMAGE} AND {condition} GROUP BY {group}"
    return (
        f"WHERE {inside(spans)} AND (op <= {IMAGE} OR {arrived}) AND {condition} GROUP BY {group}"
        f" HAVING sum({arrived}) = 0"
    )


def changes(
    connection: Any,
    log: int,
    spans: Sequence[Span],
    table: Table | None,
    columns: Sequence[str],
    numbers: Mapping[str, int | None],
    defaults: Mapping[str, Any],
    key: tuple[str, ...],
) -> Iterator[Change]:
    """Yield each row that was touched, once, but for those that are :func:`grouped` without.

    :param table: the table as it is now; None when it was dropped
    :param columns: the columns to yield
    :param numbers: under which number the log has each column; None for one that it does not have
    :param defaults: what a column held before there was one
    :param key: the columns of the key; none when rows are told apart by their rowid
    """
    known = versions(connection, log)
    has_rowid = table.logs_rowid if table is not None else True
    keys = [f"c{numbers[column]}" for column in key]
    logged = [f"c{numbers[column]}" if numbers[column] is not None else "NULL" for column in columns]
    for condition, by_rowid in identities(keys, "r" if has_rowid else None):
        group = "r" if by_rowid else ", ".join(keys)
        inner = (
            f"SELECT min(seq), v, op, r, {', '.join(['0', *keys])}, {', '.join(['0', *logged])}"
            f" FROM main.{q(log_table(log))} {grouped(spans, condition, group)}"
        )
        names = ["s", "v", "op", "r", "z", *(f"k{place}" for place in range(len(keys)))]
        names += ["y", *(f"b{place}" for place in range(len(logged)))]
        text = f"WITH l({', '.join(names)}) AS MATERIALIZED ({inner}) SELECT l.* {_now(table, columns, key, by_rowid)}"
        if sqlite3.sqlite_version_info < (3, 35):
            text = text.replace(" MATERIALIZED", "")
        start = 6 + len(keys)
        end = start + len(logged)
        # The columns that a version of the triggers did not know, by their places.
        unknown: dict[int, list[int]] = {}
        for row in run(connection, text):
            version = row[1]
            base = None
            if row[2] != ABSENT:
                base = row[start:end]
                if version not in unknown:
                    there = known.get(version, {})
                    unknown[version] = [
                        place for place, column in enumerate(columns) if numbers[column] not in there
                    ]
                if places := unknown[version]:
                    cells = list(base)
                    for place in places:
                        cells[place] = defaults.get(columns[place])
                    base = tuple(cells)
            theirs = row[end + 1 :] if row[end] else None
            yield Change(Key(row[5 : start - 1], row[3] if by_rowid else None), base, theirs)


def identities(keys: Sequence[str], rowid: str | None) -> Iterator[tuple[str, bool]]:
    """Yield the conditions that part rows by what tells them: the key, or the rowid, which the flag says.

    :param keys: the columns of the key
    :param rowid: the column that has the rowid; None where every row is told by its key
    """
    if not keys:
        yield "1", True
    elif rowid is None:
        yield "1", False
    else:
        missing = " OR ".join(f"{key} IS NULL" for key in keys)
        yield f"NOT ({missing})", False
        yield f"({missing}) AND {rowid} IS NOT NULL", True


def _now(table: Table | None, columns: Sequence[str], key: tuple[str, ...], by_rowid: bool) -> str:
    if table is None:
        return ", 0 FROM l"
    there = f"t.{table.rowid}" if table.rowid is not None else f"t.{q(key[0])}"
    if by_rowid:
        on = f"t.{table.rowid} = l.r"
        if key:
            on += f" AND ({' OR '.join(f't.{q(column)} IS NULL' for column in key)})"
    else:
        on = " AND ".join(f"t.{q(column)} = l.k{place}" for place, column in enumerate(key))
    values = ", ".join([f"{there} IS NOT NULL", *(f"t.{q(column)}" for column in columns)])
    return f", {values} FROM l LEFT JOIN main.{q(table.name)} AS t ON {on}"


def lookup(
    connection: Any, table: Table, columns: Sequence[str], keys: Sequence[Key]
) -> list[tuple[Any, ...] | None]:
    """Return the rows that these keys tell, in the same order; None for one that is not there."""
    found: list[tuple[Any, ...] | None] = [None] * len(keys)
    by_rowid = [place for place, key in enumerate(keys) if key.rowid is not None]
    by_key = [place for place, key in enumerate(keys) if key.rowid is None]
    for places, is_rowid in ((by_rowid, True), (by_key, False)):
        width = 1 if is_rowid else len(table.key)
        for start in range(0, len(places), _BATCH):
            batch = places[start : start + _BATCH]
            text = _lookup_text(table, columns, len(batch), width, is_rowid)
            values: list[Any] = []
            for place in batch:
                values += (place, keys[place].rowid) if is_rowid else (place, *keys[place].values)
            for place, *row in run(connection, text, values):
                found[place] = tuple(row)
    return found


def _lookup_text(table: Table, columns: Sequence[str], count: int, width: int, by_rowid: bool) -> str:
    value_row = f"({', '.join('?' * (width + 1))})"
    if by_rowid:
        on = f"t.{table.rowid} = v.column2"
        if table.key:
            on += f" AND ({' OR '.join(f't.{q(column)} IS NULL' for column in table.key)})"
    else:
        on = " AND ".join(f"t.{q(column)} = v.column{place}" for place, column in enumerate(table.key, 2))
    selected = ", ".join(["v.column1", *(f"t.{q(column)}" for column in columns)])
    # CROSS JOIN: the keys are looked up in the table, never the other way round
    keys = f"(VALUES {', '.join([value_row] * count)}) AS v"
    return f"SELECT {selected} FROM {keys} CROSS JOIN main.{q(table.name)} AS t ON {on}"
