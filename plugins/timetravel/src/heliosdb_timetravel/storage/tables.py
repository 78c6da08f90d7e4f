"""The tables, indexes and triggers that one versioned table has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TypeVar

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier

from . import keys
from .eager import NEVER, EagerTriggers
from .entangled import entangled_tables
from .names import FROM, ID, OWN, PREFIX, ROW, TO, history, index, starts
from .registry import Versioned
from .shape import Column, Run, Shape
from .triggers import Triggers

AnyTriggers = TypeVar("AnyTriggers", bound=Triggers)
_COLUMNS = (ID, FROM, TO, ROW)


def make_tables(run: Run, table: Versioned, shape: Shape) -> None:
    """Make the table of superseded rows and the table of starts.

    :raises NotSupportedError: a column has a name that the history needs for itself
    """
    taken = [column.name for column in shape.columns if column.name.lower() in _COLUMNS]
    if taken:
        raise sqlite3.NotSupportedError(
            f"table {shape.name!r} has a column named {taken[0]!r}, which its history needs for itself: rename it"
        )
    q, number = quote_identifier(table.schema), table.number
    any_type = " ANY" if shape.strict else ""
    row = [f"{ROW}{any_type}"] if keys.row_part(shape, "c") else []
    own = [f"{ID} INTEGER PRIMARY KEY", f"{FROM} INTEGER NOT NULL", f"{TO} INTEGER NOT NULL", *row]
    columns = [definition(column, column.name) for column in table.recorded(shape)]
    strict = " STRICT" if shape.strict else ""
    try:
        run(f"CREATE TABLE {q}.{history(number)} ({', '.join([*own, *columns])}){strict}")
    except sqlite3.OperationalError as error:
        if "too many columns" not in str(error):
            raise
        raise sqlite3.NotSupportedError(
            f"table {shape.name!r} has {len(columns)} columns, and its history needs {len(own)} more: too many for "
            "SQLite; leave some out WITH (exclude = '...')"
        ) from None
    run(f"CREATE TABLE {q}.{starts(number)} {keys.definitions(shape)}")
    key = ", ".join(
        f"{quote_identifier(name)}{_collate(collation)}"
        for name, collation in zip(shape.key, shape.key_collations, strict=True)
    )
    run(f"CREATE INDEX {q}.{index(number, 'key')} ON {history(number)} ({key or ROW})")
    run(f"CREATE INDEX {q}.{index(number, 'pending')} ON {history(number)} ({TO}) WHERE {TO} < 0")


def definition(column: Column, name: str, *, default: bool = False) -> str:
    """Return the definition of the history's column for a column of the user's table."""
    parts = [quote_identifier(name), column.type]
    if column.collation:
        parts.append(f"COLLATE {quote_identifier(column.collation)}")
    if column.seal:
        parts.append(column.seal)
    if column.generated:
        parts.append(f"GENERATED ALWAYS AS {column.generated} VIRTUAL")
    elif default and column.default:
        parts.append(f"DEFAULT {column.default}")
    return " ".join(part for part in parts if part)


def eager_tables(run: Run, schema: str) -> set[str]:
    """Return the tables, in lower case, whose triggers record before a change what it may end."""
    rows = run(
        f"SELECT lower(tbl_name) FROM {quote_identifier(schema)}.sqlite_master "
        "WHERE type = 'trigger' AND name GLOB ? AND instr(sql, ?)",
        (f"{OWN}*_delete", NEVER),
    )
    return {name for (name,) in rows.fetchall()}


def expected_triggers(run: Run, table: Versioned, shape: Shape, *, eager: bool = False) -> dict[str, str]:
    """Return the triggers that record the table, text by name.

    :param eager: they have been eager and stay so: another connection may have triggers in TEMP for which they are
    """
    eager = eager or shape.name.lower() in entangled_tables(run, shape.schema)
    return triggers_of(EagerTriggers if eager else Triggers, table, shape).all()


def triggers_of(kind: type[AnyTriggers], table: Versioned, shape: Shape) -> AnyTriggers:
    """Return what makes the triggers that record the table."""
    return kind(table.number, shape, table.began if table.adopted else None, table.recorded(shape))


def make_triggers(run: Run, table: Versioned, shape: Shape, *, eager: bool = False) -> None:
    """Have the table recorded. The newest trigger of a table fires first: a row has begun before others change it."""
    q = quote_identifier(table.schema)
    for text in expected_triggers(run, table, shape, eager=eager).values():
        run(text.replace("CREATE TRIGGER ", f"CREATE TRIGGER {q}.", 1))


def drop_triggers(run: Run, table: Versioned) -> None:
    """Stop recording the table."""
    q = quote_identifier(table.schema)
    for name in trigger_names(run, table):
        run(f"DROP TRIGGER {q}.{quote_identifier(name)}")


def trigger_names(run: Run, table: Versioned) -> list[str]:
    """Return the names of the triggers that record the table."""
    q = quote_identifier(table.schema)
    pattern = f"heliosdb_timetravel_{table.number}_*"
    rows = run(f"SELECT name FROM {q}.sqlite_master WHERE type = 'trigger' AND name GLOB ?", (pattern,))
    return [name for (name,) in rows.fetchall()]


def mirror_indexes(run: Run, table: Versioned, shape: Shape) -> None:
    """Give the history the indexes that the user's table has, so that a query of the past finds its rows as fast."""
    q = quote_identifier(table.schema)
    begin = index(table.number, "i_")
    rows = run(
        f"SELECT name, sql FROM {q}.sqlite_master WHERE type = 'index' AND name GLOB ?", (f"{begin}*",)
    ).fetchall()
    there = dict(rows)
    wanted = dict(_mirrored(run, table, shape, begin))
    for name, sql in there.items():
        if wanted.get(name) != sql:
            run(f"DROP INDEX {q}.{quote_identifier(name)}")
    for name, sql in wanted.items():
        if there.get(name) != sql:
            run(sql.replace("CREATE INDEX ", f"CREATE INDEX {q}.", 1))


def _mirrored(run: Run, table: Versioned, shape: Shape, begin: str) -> Iterator[tuple[str, str]]:
    q = quote_identifier(table.schema)
    kept = {column.name.lower() for column in table.recorded(shape)}
    found = run("SELECT name, origin FROM pragma_index_list(?, ?)", (shape.name, shape.schema)).fetchall()
    for name, origin in found:
        if origin == "pk" or name.startswith(PREFIX):
            continue
        terms = run(
            "SELECT cid, name, coll, desc FROM pragma_index_xinfo(?, ?) WHERE key ORDER BY seqno",
            (name, shape.schema),
        ).fetchall()
        if any(cid >= 0 and column.lower() not in kept for cid, column, _, _ in terms):
            continue  # a column that is left out of the history
        (sql,) = run(
            f"SELECT sql FROM {q}.sqlite_master WHERE type = 'index' AND name = ?", (name,)
        ).fetchone()
        if sql is None:
            listed = ", ".join(
                f"{quote_identifier(column)} COLLATE {quote_identifier(collation)}"
                for _, column, collation, _ in terms
            )
            tail = f"({listed})"
        else:
            tail = sql[_list_begins(sql) :]
            if len(kept) < len(shape.columns) and (
                any(cid < 0 for cid, *_ in terms) or "WHERE" in tail.upper()
            ):
                continue  # it may say something about a column that is left out
        mirrored = f"{begin}{name}"
        yield mirrored, f"CREATE INDEX {quote_identifier(mirrored)} ON {history(table.number)} {tail}"


def _list_begins(sql: str) -> int:
    """Return where the list of columns begins in a CREATE INDEX."""
    tokens = tokenize(sql)
    on = next(at for at, token in enumerate(tokens) if token.word == "ON")
    return next(token.start for token in tokens[on:] if token.text == "(")


def _collate(collation: str) -> str:
    return f" COLLATE {quote_identifier(collation)}" if collation else ""
