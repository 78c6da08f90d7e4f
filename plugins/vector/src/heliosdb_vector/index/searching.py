"""Searching an approximate index: its candidates, and those of them that are the nearest."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from heliosdb_sqlite.plugins import run, state
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..memory.bounds import Asked
from ..memory.changes import find_log
from ..memory.choosing import distances, kth_smallest
from ..memory.freshness import held_in_memory, owner_of, try_to_write
from ..memory.matrix import GONE
from ..memory.position import catch_up
from ..memory.reading import Column, read_rows
from ..values.decoding import FLOAT32
from .bits import Array
from .building import build
from .definition import Definition
from .sketch import Sketch
from .storage import Stored, load, store, stored

_KEY = "vector index searches"
_READ_ALL_AFTER = 20  # searches, from which on the vectors are kept in memory if they fit


class Found(NamedTuple):
    """What an index found."""

    rowids: list[int]
    rows: int  # it compared
    name: str
    nonce: int | None  # of the log's last entry


class Current(NamedTuple):
    """An index as the connection sees it now."""

    sketch: Sketch
    row: Stored
    log: int


def current(connection: Any, definition: Definition, column: Column) -> Current | None:
    """Return an index with the changes since it was stored; None if it has to be built again."""
    row = stored(connection, definition.schema, definition.number)
    log = find_log(connection, definition.schema, definition.table)
    if row is None or log is None or row.log != log:
        return None
    key = _key(connection, definition)
    for held in (_SKETCHES.get(key), None):
        sketch = held or load(
            connection, definition.schema, definition.number, definition.metric == "cosine", row
        )
        found = catch_up(connection, definition.schema, log, sketch.position)
        if found is None:
            continue
        touched, position = found
        if position is not sketch.position:
            sketch = sketch.changed(read_rows(connection, column, touched) if touched else {}, position)
        _SKETCHES[key] = sketch
        while len(_SKETCHES) > _KEPT:
            _SKETCHES.pop(next(iter(_SKETCHES)), None)
        return Current(sketch, row, log)
    return None


_SKETCHES: dict[Hashable, Sketch] = {}
_STORED_AGAIN = 8192  # changed rows
_KEPT = 32  # indexes of all databases of this process


def search(
    connection: Any, definition: Definition, column: Column, asked: Asked, slack: float, stamp: Any
) -> Found | None:
    """Return the rowids of the nearest rows as the index has it; None if it can't tell."""
    now = current(connection, definition, column)
    if now is None and try_to_write(
        connection, definition.schema, lambda: build_again(connection, definition)
    ):
        now = current(connection, definition, column)
    if now is None or now.row.dimensions != column.dimensions:
        return None
    if now.sketch.changed_rows > max(_STORED_AGAIN, now.sketch.count // 10):
        now = _stored_again(connection, definition, now)
    rescore = max(int(now.row.facts.get("rescore", 1000)), 10 * asked.most)
    if rescore * 2 >= now.sketch.count:
        return None  # so many that all rows may as well be compared
    while True:
        chosen = _chosen(connection, definition, column, asked, slack, now, rescore, stamp)
        if chosen is None:
            return None
        there = _existing(connection, column, chosen)
        if len(there) == len(chosen):
            head = now.sketch.position.head
            return Found(
                [*chosen.tolist(), *sorted(now.sketch.odd)],
                now.sketch.count,
                definition.name,
                head.nonce if head.seq else None,
            )
        # REPLACE took rows away without running the triggers that would have logged it.
        ghosts = dict.fromkeys(set(chosen.tolist()) - there, GONE)
        position = now.sketch.position.without(now.log, ghosts)
        now = now._replace(sketch=now.sketch.changed(ghosts, position))
        _SKETCHES[_key(connection, definition)] = now.sketch


def _chosen(
    connection: Any,
    definition: Definition,
    column: Column,
    asked: Asked,
    slack: float,
    now: Current,
    rescore: int,
    stamp: Any,
) -> Array | None:
    """Return the rowids of the nearest of an index's candidates."""
    candidates = now.sketch.nearest(asked.query.wide.astype(FLOAT32), rescore)
    rowids, vectors = _vectors(connection, definition, column, candidates, stamp)
    with np.errstate(all="ignore"):
        found = distances(vectors.astype(np.float64), asked.metric, asked.query)
    found[np.isnan(found)] = np.inf
    if asked.most > int(np.count_nonzero(np.isfinite(found))):
        return None
    limit = kth_smallest(found, asked.most)
    chosen: Array = rowids[found <= limit + 1e-9 * (1 + abs(limit)) + slack]
    return chosen


def _existing(connection: Any, column: Column, rowids: Array) -> set[int]:
    json = f"[{','.join(map(str, rowids.tolist()))}]"
    sql = (
        f"SELECT {column.rowid} FROM {quote_identifier(column.schema)}.{quote_identifier(column.table)} NOT INDEXED "
        f"WHERE {column.rowid} IN (SELECT value FROM json_each(?))"
    )
    return {row[0] for row in run(connection, sql, (json,))}


def build_again(connection: Any, definition: Definition) -> None:
    """Read the column and build the index anew."""
    forget(connection, definition)
    build(connection, definition)


def _stored_again(connection: Any, definition: Definition, now: Current) -> Current:
    """Return the index, its contents written as they are now: the log does not go back for ever."""
    sketch = replace(now.sketch.merged(), changed_rows=0)

    def write() -> None:
        store(connection, definition.schema, definition.number, now.log, sketch, now.row.facts)

    if not try_to_write(connection, definition.schema, write):
        return now
    _SKETCHES[_key(connection, definition)] = sketch
    return now._replace(sketch=sketch)


def _vectors(
    connection: Any, definition: Definition, column: Column, rowids: Array, stamp: Any
) -> tuple[Array, Array]:
    """Return the vectors of these rows, from memory where they are there, and the rowids in the same order."""
    counts = state(connection).setdefault(_KEY, {})
    counts[definition.number] = counts.get(definition.number, 0) + 1
    held = held_in_memory(connection, column, stamp, read=counts[definition.number] > _READ_ALL_AFTER)
    if held is not None:
        places = held.places(np.sort(rowids))
        return held.rowids(places), held.vectors(places)
    json = f"[{','.join(map(str, rowids.tolist()))}]"
    name = quote_identifier(column.column)
    rows = run(
        connection,
        f"SELECT {column.rowid}, {name} FROM {quote_identifier(column.schema)}.{quote_identifier(column.table)} "
        f"NOT INDEXED WHERE {column.rowid} IN (SELECT value FROM json_each(?)) AND length({name}) = ?",
        (json, column.dimensions * 4),
    ).fetchall()
    vectors = np.frombuffer(b"".join(row[1] for row in rows), FLOAT32).reshape(-1, column.dimensions)
    return np.array([row[0] for row in rows], np.int64), vectors


def forget(connection: Any, definition: Definition) -> None:
    """Let go of what is in memory of an index."""
    _SKETCHES.pop(_key(connection, definition), None)


def _key(connection: Any, definition: Definition) -> Hashable:
    return (owner_of(connection, definition.schema), "index", definition.number)
