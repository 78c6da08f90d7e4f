"""Building an approximate index: reading the column, handing it to the method, measuring what that finds."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from time import perf_counter
from typing import Any

import numpy as np

from heliosdb_sqlite.plugins import run, state
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..memory.changes import find_log, head_of, make_log
from ..memory.matrix import Array, Reader
from ..memory.position import Position
from ..memory.reading import Column, read_rows
from ..statements.relations import relations_of
from ..values.decoding import FLOAT32
from .contents import Task
from .definition import Definition
from .measuring import Measure
from .storage import make_tables, method_of, store

_AT_ONCE = 4096
_SAMPLE = 4000  # vectors, at least
_PROGRESS = "vector progress"


def set_progress(connection: Any, callback: Callable[[str, int, int], Any] | None) -> None:
    """Have ``callback(index, rows_done, rows_in_all)`` called while an index is built; ``False`` from it cancels.

    An index that is cancelled is not made, and the database is as it was. None ends the calls.
    """
    state(connection)[_PROGRESS] = callback


class _Watch:
    """Tells a build's progress, and whether it is cancelled."""

    def __init__(self, connection: Any, name: str, total: int) -> None:
        self._connection = connection
        self._name = name
        self._total = total
        self._rows = 0
        self._progress = state(connection).get(_PROGRESS)
        # While a statement is under way, interrupt() stops the next one as well: so that it is heard between two.
        self._pending = run(connection, "SELECT 1 UNION ALL SELECT 2")
        self._pending.fetchone()

    def done(self, rows: int) -> None:
        """Take note of further rows, and raise where the build is cancelled."""
        run(self._connection, "SELECT 1").fetchall()
        self._rows += rows
        if not rows or self._progress is None:
            return
        if self._progress(self._name, min(self._rows, self._total), self._total) is False:
            raise sqlite3.OperationalError(
                f"index {self._name!r} was not made: its progress callback cancelled it"
            )

    def close(self) -> None:
        """End it."""
        self._pending.close()


def build(connection: Any, definition: Definition) -> dict[str, Any]:
    """Read the column, have the method take it in, store that; return what was measured.

    It runs inside a transaction or savepoint of the caller's.

    :raises OperationalError: it was cancelled, or the table is one that can't have such an index
    """
    began = perf_counter()
    schema, table = definition.schema, definition.table
    rowid, dimensions = _table(connection, definition)
    log = find_log(connection, schema, table)
    if log is None:
        make_log(connection, schema, table, rowid)
        log = find_log(connection, schema, table)
    if log is None:
        raise sqlite3.DatabaseError(
            f"the log of the changes of {table!r} is damaged: its triggers name no number"
        )
    make_tables(connection, schema)
    position = Position(head_of(connection, schema))
    place = f"{quote_identifier(schema)}.{quote_identifier(table)}"
    column = quote_identifier(definition.column)
    rowids = _rowids(connection, place, rowid)
    sample = _sample(connection, Column(schema, table, definition.column, rowid, dimensions), rowids)
    total = len(rowids)
    method, options = method_of(definition), definition.options
    watch = _Watch(connection, definition.name, total)
    try:
        task = Task(dimensions, definition.metric, options, sample, total, watch.done)
        builder = method.begin(task)
        measure = Measure(definition.metric, sample)
        odd: set[int] = set()
        with closing(run(connection, f"SELECT {rowid}, {column} FROM {place} ORDER BY {rowid}")) as cursor:
            while rows := cursor.fetchmany(_AT_ONCE):
                reader = Reader(dimensions, len(rows))
                reader.add(rows)
                part = reader.part()
                odd |= reader.odd
                builder.add(part)
                measure.see(part.rowids, part.vectors)
        contents = builder.finish(position, frozenset(odd))
        facts = {
            **measure.taken(contents, method, options, lambda: watch.done(0)),
            **method.facts(contents),
            "built_rows": contents.count,
            "build": secrets.randbelow(2**53),
            "build_seconds": round(perf_counter() - began, 3),
        }
    finally:
        watch.close()
    store(connection, definition, log, contents, facts)
    return facts


def _table(connection: Any, definition: Definition) -> tuple[str, int]:
    """Return a name of the table's rowid, and the column's dimensions."""
    relation = relations_of(connection).relation(definition.table, definition.schema)
    kinds = {name.lower(): kind for name, kind in relation.columns} if relation is not None else {}
    dimensions = kinds.get(definition.column.lower(), 0)
    if dimensions < 1:
        raise sqlite3.OperationalError(
            f"column {definition.column!r} of {definition.table!r} is not declared VECTOR(n), and such an index is "
            "of vectors"
        )
    free = [name for name in ("rowid", "_rowid_", "oid") if name not in kinds]
    place = f"{quote_identifier(definition.schema)}.{quote_identifier(definition.table)}"
    try:
        run(connection, f"SELECT {free[0]} FROM {place} LIMIT 0")
    except (IndexError, sqlite3.OperationalError):
        raise sqlite3.OperationalError(
            f"table {definition.table!r} has no rowid, by which such an index finds its rows"
        ) from None
    return free[0], dimensions


def _rowids(connection: Any, place: str, rowid: str) -> Array:
    """Return the rowids of a table, in order."""
    rows = run(connection, f"SELECT {rowid} FROM {place} ORDER BY {rowid}")
    return np.fromiter((row[0] for row in rows), np.int64)


def _sample(connection: Any, column: Column, rowids: Array) -> Array:
    """Return vectors from all over the table; one that is zero if there are none."""
    count = max(_SAMPLE, int(40 * len(rowids) ** 0.5))
    chosen = rowids
    if len(rowids) > count:
        chosen = np.sort(np.random.default_rng(0).choice(rowids, count, replace=False))
    reader = Reader(column.dimensions, len(chosen))
    reader.add(list(read_rows(connection, column, set(chosen.tolist())).items()))
    vectors = reader.part().vectors
    return vectors if len(vectors) else np.zeros((1, column.dimensions), FLOAT32)
