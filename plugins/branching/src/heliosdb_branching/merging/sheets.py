"""A sheet of the ledger carried out, or taken back, inside SQLite: removals first, then changes, then new rows.

Where that meets rows that stand in each other's way, they are written one by one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..logs.changes import Key
from ..logs.tables import Table
from ..running import run
from .applying import Failure, Writer
from .inside import same
from .ledger import ADDED, CHANGED, REMOVED, ROWS, Kind, Sheet

_PART = 4000
_FEW = 40  # kinds of entries, each of which takes a statement
_INSIDE = "w.seq > ? AND w.seq <= ?"
_CAN_JOIN = sqlite3.sqlite_version_info >= (3, 33)  # UPDATE ... FROM


def carry_out(
    connection: Any, table: Table, sheet: Sheet, *, back: bool = False, virtual: bool = False
) -> list[Failure]:
    """Write the rows of a sheet; return those that can't be.

    :param back: take the sheet back
    :param virtual: it is about a virtual table, which is written row by row
    """
    if sheet.upto == sheet.after:
        return []
    run(connection, "SAVEPOINT heliosdb_sheet")
    failures = []
    try:
        if virtual or not _CAN_JOIN:
            raise sqlite3.IntegrityError("to be written row by row")
        statements = list(_statements(table, sheet, back=back))
        for part in _parts(table, sheet):
            for statement in statements:
                run(connection, statement, part)
    except sqlite3.IntegrityError:
        run(connection, "ROLLBACK TO heliosdb_sheet")
        writes = [write.inverse if back else write for write in sheet.writes()]
        failures = Writer(connection, table).write(writes)
    run(connection, "RELEASE heliosdb_sheet")
    return failures


def _parts(table: Table, sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Yield the entries in parts, after which and up to which: neighbours stand on the same pages of the table.

    Where more than the key must be unique, a row may have to wait for any other, so that all are one part.
    """
    step = sheet.upto - sheet.after
    if len(table.uniques) <= bool(table.key) and len(sheet.kinds()) <= _FEW:
        step = _PART
    for after in range(sheet.after, sheet.upto, step):
        yield after, min(after + step, sheet.upto)


def _statements(table: Table, sheet: Sheet, *, back: bool) -> Iterator[str]:
    gone, new = (ADDED, REMOVED) if back else (REMOVED, ADDED)
    cell = sheet.old_cell if back else sheet.new_cell
    kinds = sheet.kinds()
    for by_rowid in sorted({kind.by_rowid for kind in kinds if kind.op == gone}):
        yield _removal(table, sheet, gone, by_rowid=by_rowid)
    for op, write in ((CHANGED, _change), (new, _addition)):
        for kind in kinds:
            if kind.op == op:
                places = [place for place, mark in enumerate(kind.mask) if mark == "1"]
                cells = {sheet.columns[place]: f"w.{cell(place)}" for place in places}
                yield write(table, sheet, kind, cells)


def _removal(table: Table, sheet: Sheet, op: int, *, by_rowid: bool) -> str:
    told = [str(table.rowid)] if by_rowid else [q(column) for column in sheet.key]
    keys = ["w.r"] if by_rowid else [f"w.{sheet.key_cell(place)}" for place in range(len(sheet.key))]
    row = told[0] if len(told) == 1 else f"({', '.join(told)})"
    gone = f"w.op = {op} AND w.r IS {'NOT NULL' if by_rowid else 'NULL'}"
    entries = f"SELECT {', '.join(keys)} FROM main.{ROWS} AS w WHERE {_INSIDE} AND {gone}"
    return f"DELETE FROM main.{q(table.name)} WHERE {row} IN ({entries})"


def _change(table: Table, sheet: Sheet, kind: Kind, cells: Mapping[str, str]) -> str:
    assigned = ", ".join(f"{q(column)} = {cell}" for column, cell in cells.items())
    # NOT INDEXED: the entries are read in their order, and the rows looked up, never the other way round
    return (
        f"UPDATE OR ABORT main.{q(table.name)} AS t SET {assigned} FROM main.{ROWS} AS w NOT INDEXED"
        f" WHERE {_of(kind)} AND {sheet.matches('t', table.rowid, by_rowid=kind.by_rowid)}"
    )


def _addition(table: Table, sheet: Sheet, kind: Kind, cells: Mapping[str, str]) -> str:
    names, values = [q(column) for column in cells], list(cells.values())
    if kind.by_rowid:
        names, values = [str(table.rowid), *names], ["w.r", *values]
    return (
        f"INSERT OR ABORT INTO main.{q(table.name)} ({', '.join(names)})"
        f" SELECT {', '.join(values)} FROM main.{ROWS} AS w WHERE {_of(kind)}"
    )


def _of(kind: Kind) -> str:
    told = f"w.r IS {'NOT NULL' if kind.by_rowid else 'NULL'}"
    return f"{_INSIDE} AND w.op = {kind.op} AND w.mask = '{kind.mask}' AND {told}"


def changed_since(connection: Any, table: Table, sheet: Sheet) -> list[Conflict]:
    """Return the rows that are no longer what the sheet made of them."""
    lacking = [
        column for column in (*sheet.key, *sheet.columns) if column not in (*table.columns, *sheet.key)
    ]
    if table.key != sheet.key or lacking:
        reason = "the definition of the table was changed since the merge"
        return [Conflict(sheet.table, None, None, None, str(table.columns), str(sheet.columns), reason)]
    found = []
    for by_rowid in sorted({kind.by_rowid for kind in sheet.kinds()}):
        places = range(len(sheet.columns))
        key = [f"w.{sheet.key_cell(place)}" for place in range(len(sheet.key))]
        now = [f"t.{q(column)}" for column in sheet.columns]
        differs = " OR ".join(
            f"({sheet.given(place)} AND NOT {same(now[place], f'w.{sheet.new_cell(place)}')})"
            for place in places
        )
        there = f"t.{table.rowid if table.rowid is not None else q(sheet.key[0])} IS NOT NULL"
        cells = [f"w.{cell(place)}" for cell in (sheet.new_cell, sheet.old_cell) for place in places]
        text = (
            f"SELECT {', '.join(['w.op', 'w.mask', 'w.r', there, *key, *cells, *now])} FROM main.{ROWS} AS w"
            f" LEFT JOIN main.{q(table.name)} AS t ON {sheet.matches('t', table.rowid, by_rowid=by_rowid)}"
            f" WHERE {sheet.inside()} AND w.r IS {'NOT NULL' if by_rowid else 'NULL'}"
            f" AND CASE WHEN w.op = {REMOVED} THEN {there} ELSE NOT {there} OR {differs} END"
        )
        found += [_change_since(sheet, *row) for row in run(connection, text)]
    return found


def _change_since(sheet: Sheet, op: int, mask: str, rowid: int | None, there: bool, *values: Any) -> Conflict:
    width, count = len(sheet.key), len(sheet.columns)

    def row(part: int) -> dict[str, Any]:
        cells = values[width + part * count : width + (part + 1) * count]
        given = zip(sheet.columns, mask, cells, strict=True)
        return {name: cell for name, mark, cell in given if mark == "1"}

    made, was = (None if op == REMOVED else row(0)), (None if op == ADDED else row(1))
    key = Key(tuple(values[:width]), rowid)
    return Conflict(
        sheet.table, key.shown, None, made, row(2) if there else None, was, "changed since the merge"
    )
