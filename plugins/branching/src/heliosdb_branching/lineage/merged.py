"""What a database says of the merges into it: how far each branch's changes have come, in the database's own file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..logs.changes import Span
from ..running import has_table, rows, run
from ..schema.shapes import Schema
from .ancestors import Ancestor, Lineage, schema_at_start

TABLES = (
    # how far the changes of each branch have come into this database, and what the branch looked like then
    """CREATE TABLE IF NOT EXISTS _heliosdb_merged (
        branch TEXT PRIMARY KEY, through TEXT NOT NULL, schema TEXT NOT NULL, recorded_in TEXT NOT NULL)
        WITHOUT ROWID""",
    # the schemas with which branches were merged, each by its version
    """CREATE TABLE IF NOT EXISTS _heliosdb_merged_schemas (
        branch TEXT, version INTEGER, schema TEXT NOT NULL, PRIMARY KEY (branch, version)) WITHOUT ROWID""",
    # the merges themselves; before is what _heliosdb_merged said until then
    """CREATE TABLE IF NOT EXISTS _heliosdb_merges (
        id INTEGER PRIMARY KEY, branch TEXT NOT NULL, name TEXT NOT NULL, merged_us INTEGER NOT NULL,
        before TEXT NOT NULL, steps TEXT NOT NULL, undone_us INTEGER)""",
    # what a merge changed, for undo_merge()
    """CREATE TABLE IF NOT EXISTS _heliosdb_merge_undo (
        merge INTEGER, part INTEGER, content TEXT NOT NULL, PRIMARY KEY (merge, part)) WITHOUT ROWID""",
    # rows that a merge gave another rowid than they have on the branch
    """CREATE TABLE IF NOT EXISTS _heliosdb_renumbered (
        branch TEXT, log INTEGER, theirs INTEGER, ours INTEGER NOT NULL, merge INTEGER NOT NULL,
        PRIMARY KEY (branch, log, theirs)) WITHOUT ROWID""",
)


class Through(NamedTuple):
    """How far a branch's changes have come into a database."""

    positions: Mapping[str, int]
    schema: str
    recorded_in: str

    def beyond(self, other: Through | None) -> Through:
        """Return how far they have come that came both this far and as far as the other says."""
        if other is None:
            return self
        logs = {**other.positions, **self.positions}
        furthest = {log: max(each.positions.get(log, 0) for each in (self, other)) for log in logs}
        return self if furthest == dict(self.positions) else Through(furthest, other.schema, self.recorded_in)


def merged_through(connection: Any) -> dict[str, Through]:
    """Return how far each branch's changes have come, by its id."""
    if not has_table(connection, "_heliosdb_merged"):
        return {}
    found = rows(connection, "SELECT branch, through, schema, recorded_in FROM _heliosdb_merged")
    return {branch: Through(json.loads(through), schema, where) for branch, through, schema, where in found}


def record(connection: Any, branch: str, through: Through) -> None:
    """Say how far a branch's changes have come, in the transaction that is open."""
    run(
        connection,
        "INSERT OR REPLACE INTO _heliosdb_merged VALUES (?, ?, ?, ?)",
        (branch, json.dumps(through.positions), through.schema, through.recorded_in),
    )
    if has_table(connection, "_heliosdb_merged_schemas"):
        run(
            connection,
            "INSERT OR IGNORE INTO _heliosdb_merged_schemas VALUES (?, ?, ?)",
            (branch, through.positions.get("", 0), through.schema),
        )


def merged_schema(connection: Any, branch: str, version: int) -> Schema | None:
    """Return the schema of that version with which a branch was merged; None when it was not."""
    if not has_table(connection, "_heliosdb_merged_schemas"):
        return None
    found = rows(
        connection,
        "SELECT schema FROM _heliosdb_merged_schemas WHERE branch = ? AND version = ?",
        (branch, version),
    )
    return Schema.loads(found[0][0]) if found else None


def forget(connection: Any, branch: str) -> None:
    """Say nothing of a branch any more."""
    run(connection, "DELETE FROM _heliosdb_merged WHERE branch = ?", (branch,))


class Since(NamedTuple):
    """Where the changes begin that a merge has to bring, and what the database looked like there."""

    spans: Mapping[str, Sequence[Span]]
    schema: Schema
    start: Ancestor
    """The ancestor with which they begin."""
    version: int
    """The version of the schema there."""


def since(
    source: Lineage, target: Lineage, through: Mapping[str, Through], positions: Mapping[str, int]
) -> Since:
    """Return what of a branch's past the target does not have.

    The branch's file has the logs of the branches that it descends from, up to where it left them: their changes are
    part of it.

    :param positions: how far the branch's logs have come
    """
    beyond = list(source.beyond(target))
    if not beyond:
        return _since_child(source, target, through, positions)
    ends: list[Mapping[str, int] | None] = [each.since for each in beyond[1:]] + [None]
    while len(beyond) > 1 and _has_all(through.get(beyond[0].id), ends[0]):
        del beyond[0], ends[0]
    spans: dict[str, list[Span]] = {}
    for ancestor, end in zip(beyond, ends, strict=True):
        known = through.get(ancestor.id)
        for log in positions:
            if log == "":
                continue
            after = max(ancestor.since.get(log, 0), known.positions.get(log, 0) if known else 0)
            upto = end.get(log, 0) if end is not None else None
            if upto is None or upto > after:
                spans.setdefault(log, []).append(Span(after, upto))
    first = through.get(beyond[0].id)
    schema = Schema.loads(first.schema) if first is not None else schema_at_start(beyond[0])
    return Since(
        spans, schema, beyond[0], (first.positions if first is not None else beyond[0].since).get("", 0)
    )


def _since_child(
    source: Lineage, target: Lineage, through: Mapping[str, Through], positions: Mapping[str, int]
) -> Since:
    """Return what a branch has changed since another one was made from it, into which it is merged."""
    child = target.ancestors[len(source.ancestors)]
    known = through.get(source.ancestors[-1].id)
    before = known.positions if known is not None else {}
    spans = {log: [Span(max(child.since.get(log, 0), before.get(log, 0)))] for log in positions if log != ""}
    if known is None:
        return Since(spans, schema_at_start(child), child, child.since.get("", 0))
    return Since(spans, Schema.loads(known.schema), child, known.positions.get("", 0))


def _has_all(through: Through | None, end: Mapping[str, int] | None) -> bool:
    if through is None or end is None:
        return False
    return all(through.positions.get(log, 0) >= position for log, position in end.items())
