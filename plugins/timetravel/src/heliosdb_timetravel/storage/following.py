"""Keeps the history in step with the schema: tables that come, change and go, whoever changes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from heliosdb_sqlite.sql.quoting import quote_identifier

from . import keys, layout, rowids
from .names import FROM, ID, PREFIX, ROW, SHIFT, TABLES, TO, in_schema, trigger
from .registry import Kept, Named, Versioned, read_all, renamed, write
from .shape import Column, Run, Shape, read_shape
from .tables import (
    definition,
    drop_triggers,
    eager_tables,
    expected_triggers,
    make_tables,
    make_triggers,
    mirror_indexes,
)
from .triggers import EVENTS


def load(run: Run, schema: str) -> list[Versioned]:
    """Return the versioned tables of a database, each live one under the name and with the shape that it has now."""
    if not layout.exists(run, schema):
        return []
    q = quote_identifier(schema)
    rows = run(f"SELECT name, tbl_name FROM {q}.sqlite_master WHERE type = 'trigger'").fetchall()
    on = dict(rows)
    found = []
    for table in read_all(run, schema):
        name = on.get(trigger(table.number, EVENTS[-1]))
        if any(on.get(trigger(table.number, event)) != name for event in EVENTS):
            name = None  # somebody has dropped one: what happened since is not known
        if table.ended is not None or name is None:
            found.append(table)
        else:
            found.append(replace(table, name=name, shape=read_shape(run, schema, name)))
    return found


def as_now(table: Versioned) -> Versioned:
    """Return a table as it will be known once its history has followed what another program did to its columns.

    Nothing is written: a renamed column is found under its old name in the history, one that was added is not there.
    """
    if table.shape is None:
        return table
    known = [each for each in table.columns if each.dropped is None]
    now = [column.name for column in table.recorded(table.shape)]
    if len(now) < len(known):
        return table
    renamed_columns = {
        old: old._replace(name=new) for old, new in zip(known, now, strict=False) if old.name != new
    }
    key = tuple(_renamed_as(each, renamed_columns) for each in table.key)
    return replace(table, columns=tuple(renamed_columns.get(each, each) for each in table.columns), key=key)


def _renamed_as(name: str, renamed_columns: Mapping[Kept, Kept]) -> str:
    return next((new.name for old, new in renamed_columns.items() if old.name == name), name)


def ordinary_tables(run: Run, schema: str) -> list[str]:
    """Return the tables that can keep a history: no views, no virtual tables, none of SQLite's or HeliosDB's own."""
    q = quote_identifier(schema)
    rows = run(f"SELECT name, sql FROM {q}.sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
    virtual = [name for name, sql in rows if sql and sql[:14].upper() == "CREATE VIRTUAL"]
    return [
        name
        for name, sql in rows
        if sql
        and name not in virtual
        and not name.lower().startswith(("sqlite_", PREFIX, f"_{PREFIX}"))
        # Where a virtual table keeps its data.
        and not any(name.lower().startswith(f"{each.lower()}_") for each in virtual)
    ]


def add(
    run: Run,
    schema: str,
    name: str,
    *,
    adopted: bool,
    excluded: Sequence[str] = (),
    retention: int | None = None,
) -> Versioned:
    """Begin to record a table, from the open transaction on, and return it.

    :raises OperationalError: there is no such table
    :raises NotSupportedError: it is a view or a virtual table, or nothing identifies its rows
    """
    shape = read_shape(run, schema, name)
    if shape is None:
        raise _no_table(run, schema, name)
    if not layout.exists(run, schema):
        layout.create(run, schema)
        if schema == "main":
            layout.join(run)
    for column in excluded:
        if shape.column(column) is None:
            raise sqlite3.OperationalError(
                f"no such column to leave out of the history of {name!r}: {column!r}"
            )
        if column.lower() in {each.lower() for each in shape.key}:
            raise sqlite3.NotSupportedError(
                f"column {column!r} is part of the primary key of {name!r}, and can't be left out of its history"
            )
    txn = layout.open_commit(run, schema)
    (number,) = run(f"SELECT coalesce(max(number), 0) + 1 FROM {in_schema(schema, TABLES)}").fetchone()
    table = Versioned(
        schema,
        number,
        shape.name,
        txn,
        adopted,
        None,
        0,
        (),
        shape.key,
        shape.rowid,
        shape.nullable,
        shape.rowid_is_key,
        tuple(excluded),
        (Named(shape.name, txn),),
        retention or None,
        shape=shape,
    )
    table = replace(
        table,
        columns=tuple(
            Kept(each.name, each.name, bool(each.generated), None) for each in table.recorded(shape)
        ),
    )
    make_tables(run, table, shape)
    if not adopted or rowids.is_affected(table):
        # CREATE TABLE ... AS SELECT; and rowids, which may have to be realigned.
        start_all(run, table, shape, txn)
    _keep_rowids(run, table, shape)
    make_triggers(run, table, shape)
    mirror_indexes(run, table, shape)
    write(run, table)
    if rowids.is_affected(table):
        rowids.remember(run, table)
    return table


def end(run: Run, table: Versioned) -> None:
    """Stop recording a table: all that it holds now becomes history, which stays."""
    if table.shape is None:
        return
    txn = layout.open_commit(run, table.schema)
    drop_triggers(run, table)
    supersede_all(run, table, table.shape, txn)
    run(f"DELETE FROM {table.starts}")
    names = table.names
    if len(names) > 1 and names[-1].since == txn:  # renamed only to be dropped
        names = names[:-1]
    write(run, replace(table, ended=txn, names=names, name=names[-1].name if names else table.name))


def supersede_all(run: Run, table: Versioned, shape: Shape, txn: int) -> None:
    """Record every row of the table as superseded by transaction ``txn``."""
    stored = [column for column in table.recorded(shape) if not column.generated]
    row = keys.row_part(shape, "c")
    names = [
        ID,
        FROM,
        TO,
        *([ROW] if row else []),
        *(quote_identifier(table_column(table, each)) for each in stored),
    ]
    values = [*([row] if row else []), *(f"c.{quote_identifier(each.name)}" for each in stored)]
    start = keys.find_start(shape, "s", keys.of_row(shape, "c"))
    user_table = in_schema(table.schema, shape.name)
    (last,) = run(f"SELECT coalesce(max({ID}), 0) FROM {table.history}").fetchone()
    run(
        f"INSERT INTO {table.history} ({', '.join(names)}) SELECT ? + row_number() OVER (), since, ?, "
        f"{', '.join(f'v{place}' for place in range(len(values)))} FROM (SELECT coalesce(s.txn, ?) AS since, "
        f"{', '.join(f'{value} AS v{place}' for place, value in enumerate(values))} "
        f"FROM {user_table} AS c LEFT JOIN {table.starts} AS s ON {start}) WHERE since < ?",
        (max(last, txn << SHIFT), txn, table.began, txn),
    )


def table_column(table: Versioned, column: Column) -> str:
    """Return the name of the history's column for a column of the table."""
    kept = table.kept(column.name)
    return kept.stored_as if kept is not None else column.name


def follow(run: Run, table: Versioned) -> Versioned:
    """Bring a live table's history into the shape that the table has now, and return it as it is known then."""
    shape = table.live
    eager = shape.name.lower() in eager_tables(run, table.schema)
    if rowids.has_moved(run, table):
        if not rowids.realign(run, table):
            rowids.give_up(run, table, layout.open_commit(run, table.schema))
            end(run, table)
            return add(
                run,
                table.schema,
                shape.name,
                adopted=True,
                excluded=table.excluded,
                retention=table.retention,
            )
        rowids.remember(run, table)
    known = [each for each in table.columns if each.dropped is None]
    now = table.recorded(shape)
    before = table
    if (table.key, table.rowid_is_key, table.nullable) != (
        tuple(_renamed_key(table, shape)),
        shape.rowid_is_key,
        shape.nullable,
    ):
        raise sqlite3.NotSupportedError(
            f"the primary key of table {shape.name!r} is another one than that of its history: "
            "drop system versioning, and add it again"
        )
    if [each.name for each in known] != [each.name for each in now]:
        table = _columns_changed(run, table, known, now)
    if table.names and table.names[-1].name != shape.name:
        table = renamed(table, shape.name, layout.open_commit(run, table.schema))
    table = replace(table, name=shape.name, key=shape.key)
    if table != before:
        write(run, table)
    _refresh_triggers(run, table, shape, eager=eager)
    _keep_rowids(run, table, shape)
    mirror_indexes(run, table, shape)
    return table


def _renamed_key(table: Versioned, shape: Shape) -> Iterable[str]:
    """Yield the key's columns under the names that the table had for them."""
    known = [each.name for each in table.columns if each.dropped is None]
    now = [each.name for each in table.recorded(shape)]
    same_place = dict(zip(now, known, strict=False)) if len(now) >= len(known) else {}
    for name in shape.key:
        yield name if name in known else same_place.get(name, name)


def _columns_changed(run: Run, table: Versioned, known: list[Kept], now: list[Column]) -> Versioned:
    """Change the history's columns as the table's have been: added, dropped, or renamed in their place."""
    columns = list(table.columns)
    names = [column.name for column in now]
    if len(now) < len(known):
        txn = layout.open_commit(run, table.schema)
        drop_triggers(run, table)  # which name the column; they are made again
        for old in [each for each in known if each.name not in names]:
            stored = f"heliosdb_dropped_{txn}_{old.name}"
            while any(each.stored_as.lower() == stored.lower() for each in columns):
                stored += "_"  # this transaction has dropped another column of that name
            _rename_column(run, table, old.stored_as, stored)
            columns[columns.index(old)] = old._replace(stored_as=stored, dropped=txn)
    else:
        # No program can drop a column that the triggers name: one that is missing has another name, in its place.
        renamed_columns = [(one, two) for one, two in zip(known, now, strict=False) if one.name != two.name]
        for old, _ in renamed_columns:
            _rename_column(run, table, old.stored_as, f"heliosdb_renamed_{old.stored_as}")
        for old, new in renamed_columns:
            _rename_column(run, table, f"heliosdb_renamed_{old.stored_as}", new.name)
            columns[columns.index(old)] = old._replace(name=new.name, stored_as=new.name)
        for new in now[len(known) :]:
            _add_column(run, table, new)
            columns.append(Kept(new.name, new.name, bool(new.generated), None))
    order = {name: place for place, name in enumerate(names)}
    columns.sort(key=lambda each: (each.dropped is not None, order.get(each.name, 0)))
    return replace(table, columns=tuple(columns))


def _rename_column(run: Run, table: Versioned, name: str, to: str) -> None:
    run(f"ALTER TABLE {table.history} RENAME COLUMN {quote_identifier(name)} TO {quote_identifier(to)}")


def _add_column(run: Run, table: Versioned, column: Column) -> None:
    """Add a column to the history, in which the superseded rows have what the table's own rows got: its default."""
    try:
        run(f"ALTER TABLE {table.history} ADD COLUMN {definition(column, column.name, default=True)}")
    except sqlite3.OperationalError:  # a default that SQLite takes for an empty table alone
        run(f"ALTER TABLE {table.history} ADD COLUMN {definition(column, column.name)}")


def _refresh_triggers(run: Run, table: Versioned, shape: Shape, *, eager: bool) -> None:
    q = quote_identifier(table.schema)
    rows = run(
        f"SELECT name, sql FROM {q}.sqlite_master "
        "WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY rowid",
        (shape.name,),
    ).fetchall()
    expected = expected_triggers(run, table, shape, eager=eager)
    # Ours must be the newest. A user's trigger that fires first could change a row before it is known to be new.
    if dict(rows[-len(expected) :]) != expected:
        drop_triggers(run, table)
        make_triggers(run, table, shape, eager=eager)


def _keep_rowids(run: Run, table: Versioned, shape: Shape) -> None:
    """Have VACUUM keep the rowids of a table that nothing else identifies: it does so for tables with an index."""
    name = f"heliosdb_timetravel_{table.number}_rowids"
    q = quote_identifier(table.schema)
    if shape.rowid_is_key and not shape.key:
        there = run(
            f"SELECT 1 FROM {q}.sqlite_master WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE",
            (shape.name,),
        ).fetchone()
        if there is None:
            column = quote_identifier(shape.columns[0].name)
            run(f"CREATE INDEX {q}.{name} ON {quote_identifier(shape.name)} ({column}) WHERE 0")


def _no_table(run: Run, schema: str, name: str) -> sqlite3.Error:
    q = quote_identifier(schema)
    found = run(
        f"SELECT type FROM {q}.sqlite_master WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
        (name,),
    )
    kind = found.fetchone()
    if kind is None:
        return sqlite3.OperationalError(f"no such table: {name}")
    what = "a view" if kind[0] == "view" else "a virtual table"
    return sqlite3.NotSupportedError(f"{name!r} is {what}: only an ordinary table can keep a history")


def lost(run: Run, table: Versioned) -> None:
    """A program without time travel dropped a live table, or its triggers: what its rows were last is not known."""
    txn = layout.open_commit(run, table.schema)
    drop_triggers(run, table)
    run(f"DELETE FROM {table.starts}")
    write(run, replace(table, ended=txn, shape=None, lost=True))


def start_all(run: Run, table: Versioned, shape: Shape, txn: int) -> None:
    """Have every row of the table begin with transaction ``txn``."""
    run(f"DELETE FROM {table.starts}")
    run(
        f"INSERT INTO {table.starts} SELECT {', '.join(keys.of_row(shape, 'c'))}, ? "
        f"FROM {in_schema(table.schema, shape.name)} AS c",
        (txn,),
    )


def change_options(run: Run, table: Versioned, excluded: Sequence[str] | None, retention: int | None) -> None:
    """Change how long a table's history is kept.

    :param retention: in microseconds; 0 for ever, None as till now

    :raises NotSupportedError: other columns are to be left out than till now
    """
    if excluded is not None and {each.lower() for each in excluded} != {
        each.lower() for each in table.excluded
    }:
        raise sqlite3.NotSupportedError(
            f"table {table.name!r} has system versioning, without {', '.join(table.excluded) or 'no column'}: "
            "drop it first, then add it with the columns to leave out"
        )
    write(run, replace(table, retention=table.retention if retention is None else retention or None))


def still_there(run: Run, table: Versioned) -> list[str]:
    """Return the columns to leave out of the history that a rebuilt table has as well."""
    shape = read_shape(run, table.schema, table.name)
    return [name for name in table.excluded if shape is not None and shape.column(name) is not None]


def is_behind(run: Run, table: Versioned) -> bool:
    """Return whether a program without time travel has changed the table in a way that its history must follow."""
    shape = table.shape
    if shape is None:
        return table.ended is None
    q = quote_identifier(table.schema)
    newest = run(
        f"SELECT name FROM {q}.sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE "
        "ORDER BY rowid DESC LIMIT 1",
        (shape.name,),
    ).fetchone()
    known = [each.name for each in table.columns if each.dropped is None]
    return (
        known != [column.name for column in table.recorded(shape)]
        or table.names[-1].name != shape.name
        or newest is None
        or not newest[0].startswith(f"heliosdb_timetravel_{table.number}_")
        or rowids.has_moved(run, table)
    )
