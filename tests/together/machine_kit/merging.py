"""What a merge has to make of two states and the one they come from: the model, row by row and cell by cell."""

from __future__ import annotations

import sqlite3
from typing import Any

from .twins import State, columns_of, tables

Row = dict[str, Any]


class ConflictExpected(Exception):
    """Both sides have changed the same to something else."""


def key_of(table: str) -> tuple[str, ...]:
    """Return the columns that tell the rows of a table, which its name says."""
    return {"n": ("rowid",), "r": ("id",), "w": ("k1", "k2")}[table[0]]


def by_key(state: State, table: str, defaults: Row) -> dict[Any, Row]:
    """Return a table's rows by their keys, with the columns that were added elsewhere."""
    columns, rows = state.get(table, ((), []))
    each = [{**defaults, **dict(zip(columns, row, strict=True))} for row in rows]
    return {tuple(row[name] for name in key_of(table)): row for row in each}


def merged(base: State, ours: State, theirs: State, defaults: Row, strategy: str) -> dict[str, list[Row]]:
    """Return the rows of each table after the merge.

    :param defaults: the values of columns that one side has added, by their names
    :raises ConflictExpected: with the strategy ``abort``
    """
    result: dict[str, list[Row]] = {}
    for table in {**ours, **theirs}:
        mine, other, old = (
            by_key(state, table, _missing(table, defaults, ours, theirs)) for state in (ours, theirs, base)
        )
        rows = [_row(old.get(key), mine.get(key), other.get(key), strategy) for key in {**mine, **other}]
        result[table] = [row for row in rows if row is not None]
    return result


def _missing(table: str, defaults: Row, *states: State) -> Row:
    names = {name for state in states for name in state.get(table, ((), []))[0]}
    return {name: value for name, value in defaults.items() if name in names}


def _row(old: Row | None, mine: Row | None, other: Row | None, strategy: str) -> Row | None:
    if other in (old, mine):
        return mine
    if mine == old:
        return other
    if old is None or mine is None or other is None:
        return _decide(mine, other, strategy)
    return {name: _cell(old[name], mine[name], other[name], strategy) for name in mine}


def _cell(old: Any, mine: Any, other: Any, strategy: str) -> Any:
    if other in (old, mine):
        return mine
    return other if mine == old else _decide(mine, other, strategy)


def _decide(mine: Any, other: Any, strategy: str) -> Any:
    if strategy == "abort":
        raise ConflictExpected
    return mine if strategy == "ours" else other


def write(twin: sqlite3.Connection, source: sqlite3.Connection, tables: dict[str, list[Row]]) -> None:
    """Make a twin what a merge from another twin makes of it: what is missing in its schema, then the rows.

    :raises IntegrityError: the rows don't go together
    """
    triggers = _triggers(twin)
    for name in triggers:
        twin.execute(f"DROP TRIGGER {name}")
    here = {name for (name,) in twin.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for name, sql in _made(source, "table"):
        if name not in here:
            twin.execute(sql)
        else:
            for column in sorted({*columns_of(source, name)} - {*columns_of(twin, name)}):
                twin.execute(f"ALTER TABLE {name} ADD COLUMN {declared(source, name, column)}")
    for kind in ("index", "view"):
        present = {name for name, _ in _made(twin, kind)}
        for name, sql in _made(source, kind):
            if name not in present:
                twin.execute(sql)
    for table, rows in tables.items():
        twin.execute(f"DELETE FROM {table}")
        for row in rows:
            marks = ", ".join(f":{name}" for name in row)
            twin.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)
    for sql in {**_triggers(source), **triggers}.values():
        twin.execute(sql)
    twin.commit()


def declared(twin: sqlite3.Connection, table: str, column: str) -> str:
    """Return a column as it stands in a declaration."""
    for _, name, kind, _, default, _ in twin.execute(f"PRAGMA table_info({table})"):
        if name == column:
            return f"{name} {kind} DEFAULT {default}" if default is not None else f"{name} {kind}"
    raise AssertionError(column)


def defaults_of(twin: sqlite3.Connection) -> Row:
    """Return what each column holds where nothing was said."""
    found = {}
    for table in tables(twin):
        for _, column, _, _, default, _ in twin.execute(f"PRAGMA table_info({table})").fetchall():
            found[column] = None if default is None else twin.execute(f"SELECT {default}").fetchone()[0]
    return found


def _made(twin: sqlite3.Connection, kind: str) -> list[tuple[str, str]]:
    found = (
        "SELECT name, sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
    )
    return twin.execute(found, (kind,)).fetchall()


def _triggers(twin: sqlite3.Connection) -> dict[str, str]:
    return dict(_made(twin, "trigger"))


def copied(twin: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy in memory."""
    copy = sqlite3.connect(":memory:")
    twin.backup(copy)
    return copy
