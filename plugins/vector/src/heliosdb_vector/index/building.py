"""Building an approximate index: reading the column, coding it, measuring what it finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from heliosdb_sqlite.plugins import run, state
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..memory.changes import find_log, head_of, make_log
from ..memory.position import Position
from ..statements.relations import relations_of
from ..values.decoding import FLOAT32
from .bits import Array, to_unit
from .definition import Definition
from .measuring import Measure
from .sketch import Coded, coded, joined, sketch_of
from .storage import make_tables, store

_AT_ONCE = 4096
_PROGRESS = "vector progress"


def set_progress(connection: Any, callback: Callable[[str, int, int], Any] | None) -> None:
    """Have ``callback(index, rows_done, rows_in_all)`` called while an index is built; ``False`` from it cancels.

    An index that is cancelled is not made, and the database is as it was. None ends the calls.
    """
    state(connection)[_PROGRESS] = callback


def build(connection: Any, definition: Definition) -> dict[str, Any]:
    """Read the column, code it, store it; return what was measured.

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
        assert log is not None  # noqa: S101 - it has just been made
    make_tables(connection, schema)
    position = Position(head_of(connection, schema))
    place, column = (
        f"{quote_identifier(schema)}.{quote_identifier(table)}",
        quote_identifier(definition.column),
    )
    total = run(connection, f"SELECT count(*) FROM {place}").fetchone()[0]
    unit = definition.metric == "cosine"
    sample = _sample(connection, place, column, rowid, dimensions, total)
    mean = (to_unit(sample) if unit else sample).mean(axis=0, dtype=np.float64).astype(FLOAT32)
    measure = Measure(definition.metric, sample)
    progress = state(connection).get(_PROGRESS)
    parts: list[Coded] = [coded(dimensions, mean, unit, [], [])]
    odd: set[int] = set()
    done = 0
    cursor = run(connection, f"SELECT {rowid}, {column} FROM {place} ORDER BY {rowid}")
    while True:
        rows = cursor.fetchmany(_AT_ONCE)
        if not rows:
            break
        good = [row for row in rows if type(row[1]) is bytes and len(row[1]) == dimensions * 4]
        odd |= {row[0] for row in rows if row[1] is not None} - {row[0] for row in good}
        rowids, blobs = [row[0] for row in good], [row[1] for row in good]
        parts.append(coded(dimensions, mean, unit, rowids, blobs))
        measure.see(
            np.array(rowids, np.int64), np.frombuffer(b"".join(blobs), FLOAT32).reshape(-1, dimensions)
        )
        done += len(rows)
        if progress is not None and progress(definition.name, done, total) is False:
            raise sqlite3.OperationalError(
                f"index {definition.name!r} was not made: its progress callback cancelled it"
            )
    both = joined(parts)
    sketch = sketch_of(dimensions, unit, mean, both.rowids, both.codes, position, frozenset(odd))
    facts = {**measure.taken(sketch, definition.options), "build_seconds": round(perf_counter() - began, 3)}
    store(connection, schema, definition.number, log, sketch, facts)
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


def _sample(connection: Any, place: str, column: str, rowid: str, dimensions: int, total: int) -> Array:
    """Return vectors from all over the table; one that is zero if there are none."""
    step = max(1, total // 2000)
    found = run(
        connection,
        f"SELECT {column} FROM {place} WHERE {rowid} % ? = 0 AND typeof({column}) = 'blob' AND length({column}) = ? "
        "LIMIT 4000",
        (step, dimensions * 4),
    ).fetchall()
    vectors = np.frombuffer(b"".join(row[0] for row in found), FLOAT32).reshape(-1, dimensions)
    with np.errstate(all="ignore"):
        vectors = vectors[np.isfinite(np.einsum("ij,ij->i", vectors, vectors))]
    return vectors if len(vectors) else np.zeros((1, dimensions), FLOAT32)
