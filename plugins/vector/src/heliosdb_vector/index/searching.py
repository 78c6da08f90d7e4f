"""Searching an approximate index: its candidates, and those of them that are the nearest."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from heliosdb_sqlite.plugins import run, state
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..memory.bounds import Asked, gamma
from ..memory.cache import CACHE
from ..memory.changes import find_log
from ..memory.choosing import distances, kth_smallest
from ..memory.freshness import freshness_of, held_in_memory, owner_of, try_to_write
from ..memory.matrix import GONE, Array, Reader
from ..memory.position import catch_up
from ..memory.reading import Column, read_rows
from .building import build
from .contents import Contents
from .definition import Definition
from .storage import Stored, load, method_of, store, stored, stored_bytes, why_not_read

_KEY = "vector index searches"
_MANY = 8  # times as many candidates as rows are asked for, from which on float32 sorts them first
_READ_ALL_AFTER = 20  # searches, from which on the vectors are kept in memory if they fit


class Found(NamedTuple):
    """What an index found."""

    rowids: list[int]
    rows: int  # it compared
    name: str
    nonce: int | None  # of the log's last entry


class Current(NamedTuple):
    """An index as the connection sees it now."""

    contents: Contents
    row: Stored
    log: int


@dataclass(frozen=True)
class _Held:
    """An index's contents in memory."""

    contents: Contents

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Return what it takes, as the cache counts it."""
        yield id(self.contents), self.contents.bytes


def current(connection: Any, definition: Definition, column: Column) -> Current | None:
    """Return an index with the changes since it was stored; None if it has to be built again.

    What is in memory holds as long as the log leads from there to here, whatever others have stored in the meantime.
    """
    stamp = freshness_of(connection).stamp
    facts: dict[int, tuple[Any, Stored, int]] = state(connection).setdefault(_KEY + " facts", {})
    known = facts.get(definition.number)
    if known is not None and known[0] == stamp:
        _, row, log = known
        held = CACHE.get(_key(connection, definition, row))
        now = (
            _caught_up(connection, definition, column, row, log, held.contents) if held is not None else None
        )
        if now is not None:
            return now
    facts.pop(definition.number, None)
    stored_row = stored(connection, definition.schema, definition.number)
    logged = find_log(connection, definition.schema, definition.table)
    if stored_row is None or logged is None or stored_row.log != logged:
        return None
    held = CACHE.get(_key(connection, definition, stored_row))
    for contents in (held.contents if isinstance(held, _Held) else None, None):
        try:
            fresh = contents or load(connection, definition, stored_row)
        except _DAMAGE:
            return None
        now = _caught_up(connection, definition, column, stored_row, logged, fresh)
        if now is not None:
            _hold(connection, _key(connection, definition, stored_row), now.contents)
            facts[definition.number] = (stamp, stored_row, logged)
            return now
    return None


def _forget_facts(connection: Any, definition: Definition) -> None:
    """Have the index's row read again: others may have stored another one."""
    state(connection).get(_KEY + " facts", {}).pop(definition.number, None)


def _caught_up(
    connection: Any, definition: Definition, column: Column, row: Stored, log: int, contents: Contents
) -> Current | None:
    found = catch_up(connection, definition.schema, log, contents.position)
    if found is None:
        return None
    touched, position = found
    if position is not contents.position:
        contents = contents.changed(read_rows(connection, column, touched) if touched else {}, position)
        _hold(connection, _key(connection, definition, row), contents)
    return Current(contents, row, log)


# What reading raises where somebody has written to the parts of an index: what they were made from is in the table.
_DAMAGE = (TypeError, ValueError, LookupError, OverflowError)
_STORED_AGAIN = 8192  # changed rows
_GROWN, _GROWN_FROM = 4, 1000  # so many times as many rows as were there when it was built


def search(
    connection: Any,
    definition: Definition,
    column: Column,
    asked: Asked,
    slack: float,
    stamp: Any,
    *,
    replaces: bool,
) -> Found | None:
    """Return the rowids of the nearest rows as the index has it; None if it can't tell.

    :param replaces: whether REPLACE can take rows out of the table that no trigger tells of
    """
    if not _fits(connection, definition):
        return None
    now = current(connection, definition, column)
    if now is not None and (_outgrown(now) or _is_long_ago(now)):
        _forget_facts(connection, definition)
        now = current(connection, definition, column)
    if now is None and why_not_read(connection, definition):
        return None
    if (now is None or _outgrown(now)) and try_to_write(
        connection, definition.schema, lambda: build_again(connection, definition)
    ):
        _forget_facts(connection, definition)
        now = current(connection, definition, column)
    if now is None or now.row.dimensions != column.dimensions:
        return None
    if _is_long_ago(now):
        now = _stored_again(connection, definition, now)
    method = method_of(definition)
    effort = method.effort(int(now.row.facts.get(method.knob, 1000)), asked.most)
    if now.contents.covers(effort):
        return None
    while True:
        chosen = _chosen(connection, definition, column, asked, slack, now, effort, stamp)
        if chosen is None:
            return None
        rowids, compared = chosen
        there = _existing(connection, column, rowids) if replaces else set()
        if not replaces or len(there) == len(rowids):
            head = now.contents.position.head
            return Found(
                [*rowids.tolist(), *sorted(now.contents.odd)],
                compared,
                definition.name,
                head.nonce if head.seq else None,
            )
        # REPLACE took rows away without running the triggers that would have logged it.
        ghosts = dict.fromkeys(set(rowids.tolist()) - there, GONE)
        position = now.contents.position.without(now.log, ghosts)
        now = now._replace(contents=now.contents.changed(ghosts, position))
        _hold(connection, _key(connection, definition, now.row), now.contents)


def _is_long_ago(now: Current) -> bool:
    """Return whether so much has changed since an index was stored that it should be stored again."""
    return now.contents.changed_rows > max(_STORED_AGAIN, now.contents.count // 10)


def _fits(connection: Any, definition: Definition) -> bool:
    """Return whether an index's contents may be held in memory."""
    limit = freshness_of(connection).limit
    key = (owner_of(connection, definition.schema), "index size", definition.number)
    known: dict[Any, int] = state(connection).setdefault(_KEY + " sizes", {})
    if key not in known:
        known[key] = stored_bytes(connection, definition.schema, definition.number)
    return known[key] <= limit


def _outgrown(now: Current) -> bool:
    """Return whether what was chosen when the index was built is for a table of another size."""
    built = int(now.row.facts.get("built_rows", now.row.rows))
    return now.contents.worn or now.contents.count > _GROWN * max(built, _GROWN_FROM)


def _chosen(
    connection: Any,
    definition: Definition,
    column: Column,
    asked: Asked,
    slack: float,
    now: Current,
    effort: int,
    stamp: Any,
) -> tuple[Array, int] | None:
    """Return the rowids of the nearest of an index's candidates, and how many rows were compared."""
    candidates, compared = now.contents.nearest(asked.query, effort, asked.most, slack)
    rowids, vectors = _vectors(connection, definition, column, candidates, stamp)
    with np.errstate(all="ignore"):
        if asked.metric == "cosine" and len(rowids) > _MANY * asked.most > 0:
            near = _near(vectors, asked, slack)
            rowids, vectors = rowids[near], vectors[near]
        found = distances(vectors.astype(np.float64), asked.metric, asked.query)
    found[np.isnan(found)] = np.inf
    if asked.most > int(np.count_nonzero(np.isfinite(found))):
        return None
    limit = kth_smallest(found, asked.most)
    chosen: Array = rowids[found <= limit + 1e-9 * (1 + abs(limit)) + slack]
    return chosen, compared


def _near(vectors: Array, asked: Asked, slack: float) -> Array:
    """Return which vectors can be among the nearest by cosine, as far as float32 tells."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    found = -(vectors @ asked.query.unit) / lengths
    found[np.isnan(found)] = np.inf  # zero
    off = 2 * gamma(asked.dimensions) + 2.0**-20
    near: Array = found <= np.partition(found, asked.most - 1)[asked.most - 1] + 2 * off + slack
    return near


def _existing(connection: Any, column: Column, rowids: Array) -> set[int]:
    json = f"[{','.join(map(str, rowids.tolist()))}]"
    sql = (
        f"SELECT {column.rowid} FROM {quote_identifier(column.schema)}.{quote_identifier(column.table)} NOT INDEXED "
        f"WHERE {column.rowid} IN (SELECT value FROM json_each(?))"
    )
    return {row[0] for row in run(connection, sql, (json,))}


def build_again(connection: Any, definition: Definition) -> None:
    """Read the column and build the index anew."""
    build(connection, definition)


def _stored_again(connection: Any, definition: Definition, now: Current) -> Current:
    """Return the index, its contents written as they are now: the log does not go back for ever."""
    contents = now.contents.merged(0)

    def write() -> None:
        store(connection, definition, now.log, contents, now.row.facts)

    if not try_to_write(connection, definition.schema, write):
        return now
    _hold(connection, _key(connection, definition, now.row), contents)
    return now._replace(contents=contents)


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
    reader = Reader(column.dimensions, len(rowids))
    rows = read_rows(connection, column, set(rowids.tolist()))
    reader.add([(rowid, rows[rowid]) for rowid in sorted(rows) if rows[rowid] is not GONE])
    part = reader.part()
    return part.rowids, part.vectors


def _hold(connection: Any, key: Hashable, contents: Contents) -> None:
    CACHE.put(key, _Held(contents), freshness_of(connection).limit)


def _key(connection: Any, definition: Definition, row: Stored) -> Hashable:
    return (owner_of(connection, definition.schema), "index", definition.number, row.build)
