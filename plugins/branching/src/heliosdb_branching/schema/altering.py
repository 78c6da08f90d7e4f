"""What ALTER TABLE alone makes of the definitions of a schema: tried on empty tables in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from heliosdb_sqlite.sql.ddl import Column, table_definition
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier as q

from .alterations import AddedColumn, Changes, alterations, making_way, rename_table
from .shapes import TableShape, same_sql


def changes(base: TableShape, theirs: TableShape, *, rebuilt: bool) -> Changes:
    """Return what was done to a table, by the numbers of its columns.

    :param rebuilt: it was made anew, so that its columns are told by their names
    """
    was = dict(base.columns) if not rebuilt else {name: place for place, (name, _) in enumerate(base.columns)}
    now = dict(theirs.columns) if not rebuilt else _same_names(base, theirs)
    old_by_number = {number: name for name, number in was.items() if number is not None}
    new_by_number = {number: name for name, number in now.items() if number is not None}
    definitions = column_definitions(theirs.sql)
    return Changes(
        theirs.name if theirs.name != base.name else None,
        {
            old: new_by_number[number]
            for number, old in old_by_number.items()
            if number in new_by_number and new_by_number[number] != old
        },
        [old for number, old in old_by_number.items() if number not in new_by_number],
        [
            AddedColumn(name, definitions.get(name.lower(), q(name)))
            for name, number in now.items()
            if number is None or number not in old_by_number
        ],
    )


def _same_names(base: TableShape, theirs: TableShape) -> dict[str, int | None]:
    places = {name.lower(): place for place, (name, _) in enumerate(base.columns)}
    return {name: places.get(name.lower()) for name, _ in theirs.columns}


def altered(tables: Iterable[TableShape], done: Mapping[str, Changes]) -> dict[str, str]:
    """Return the definitions to which ALTER TABLE leads, by the names that the tables had.

    A table that it can't change that way is left out. All of them stand together, as renames change what refers to
    a table or a column.
    """
    scratch = sqlite3.connect(":memory:", isolation_level=None)
    try:
        there = {}
        for table in tables:
            try:
                scratch.execute(table.sql)
            except sqlite3.Error:  # needs a function or a module that only the program has
                continue
            there[table.name] = table.name
        renamed = {name: each.rename_to for name, each in done.items() if name in there and each.rename_to}
        for name, passing in making_way(renamed).items():
            scratch.execute(rename_table(name, passing).sql())
            there[name] = passing
        for name, change in done.items():
            if name in there and not _alter(scratch, there, name, change):
                del there[name]
        return {name: _sql(scratch, now) for name, now in there.items()}
    finally:
        scratch.close()


def _alter(scratch: sqlite3.Connection, there: dict[str, str], name: str, change: Changes) -> bool:
    for each in alterations(there[name], change):
        try:
            scratch.execute(each.sql())
        except sqlite3.Error:
            return False
        if each.did == "rename table":
            there[name] = each.new
    return True


def _sql(scratch: sqlite3.Connection, name: str) -> str:
    (sql,) = scratch.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", (name,)
    ).fetchone()
    return str(sql)


def column_definitions(sql: str) -> dict[str, str]:
    """Return how each column is defined in a CREATE TABLE statement, by its name in lower case."""
    definition = table_definition(sql)
    if definition is None:
        return {}
    return {column.name.name.lower(): sql[column.name.start : _end(column)] for column in definition.columns}


def with_more_columns(base: str, ours: str, theirs: str) -> str | None:
    """Return their definition with the columns that ours has added; None where ours was changed in another way."""
    had, has = column_definitions(base), column_definitions(ours)
    more = [definition for name, definition in has.items() if name not in had]
    if not more or set(column_definitions(theirs)) & (set(has) - set(had)):
        return None
    appended = _appended(base, more)
    return _appended(theirs, more) if appended is not None and same_sql(appended, ours) else None


def _appended(sql: str, definitions: Sequence[str]) -> str | None:
    definition = table_definition(sql)
    if definition is None or not definition.columns:
        return None
    end = _end(definition.columns[-1])
    return f"{sql[:end]}, {', '.join(definitions)}{sql[end:]}"


def with_column(sql: str, name: str, definition: str) -> str | None:
    """Return a definition in which one column is defined otherwise; None where there is no such column."""
    table = table_definition(sql)
    for column in table.columns if table is not None else ():
        if column.name.name.lower() == name.lower():
            return f"{sql[: column.name.start]}{definition}{sql[_end(column) :]}"
    return None


def _end(column: Column) -> int:
    return column.constraints[-1].end if column.constraints else column.type_end


def renamed_here(column: str, base: TableShape, ours: TableShape) -> str | None:
    """Return what our side calls a column that it has renamed: it stands where it stood, defined as it was."""
    before, now = [name for name, _ in base.columns], [name for name, _ in ours.columns]
    place = before.index(column)
    if place >= len(now) or now[place].lower() in {name.lower() for name in before}:
        return None
    was, its = (
        [token.text.lower() for token in tokenize(column_definitions(shape.sql).get(name.lower(), ""))][1:]
        for shape, name in ((base, column), (ours, now[place]))
    )
    return now[place] if was == its else None
