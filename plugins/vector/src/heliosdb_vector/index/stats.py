"""conn.vector_index_stats() and conn.vector_index_progress()."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heliosdb_sqlite.plugins import run, schema_of

from ..memory.freshness import freshness_of, refuse_without_search
from ..memory.reading import Column
from ..statements.texts import plain_texts
from .building import set_progress
from .definition import definitions
from .options import OPTIONS, whole
from .searching import current
from .storage import stored, stored_bytes


@dataclass(frozen=True)
class VectorIndexStats:
    """An approximate index: what it is of, what was measured when it was built, how it is now."""

    name: str
    table: str
    column: str
    method: str
    metric: str
    rows: int
    """Vectors that it has now."""
    changed_rows: int
    """Rows that have changed since its contents were stored; they are part of it."""
    recall: float
    """The share of the ten nearest rows that it finds, measured with rows of the table when it was built."""
    options: Mapping[str, int]
    """The method's sizes as they are: those that were asked for, and those that were chosen when it was built."""
    backend: str
    """What built it: "numpy" or "usearch"."""
    build_seconds: float
    bytes: int
    """What its contents take in the file."""
    stale: bool
    """Whether it can't be brought up to date and is built anew, by the next search that may write or by REINDEX. One
    that a later release has stored is stale as well, and left to that: only REINDEX builds it anew."""


def vector_index_stats(connection: Any, name: str | None = None) -> list[VectorIndexStats]:
    """Return what is known of the approximate indexes of a connection's databases, or of the one of that name.

    :raises OperationalError: there is no index of that name
    :raises ProgrammingError: the connection has no vector search
    """
    refuse_without_search(connection, "vector_index_stats()")
    with plain_texts(connection):
        return _stats(connection, name)


def _stats(connection: Any, name: str | None) -> list[VectorIndexStats]:
    found = []
    freshness_of(connection).meet(schema_of(connection).stamp)
    for (schema,) in run(connection, "SELECT name FROM pragma_database_list").fetchall():
        for each in definitions(connection, schema):
            if name is not None and each.name.lower() != name.lower():
                continue
            row = stored(connection, schema, each.number)
            column = Column(
                schema, each.table, each.column, "rowid", row.dimensions if row is not None else 0
            )
            now = current(connection, each, column) if row is not None else None
            facts = row.facts if row is not None else {}
            found.append(
                VectorIndexStats(
                    each.name,
                    each.table,
                    each.column,
                    each.method,
                    each.metric,
                    now.contents.count if now is not None else 0,
                    now.contents.changed_rows if now is not None else 0,
                    float(facts.get("recall", 0)),
                    {
                        name: int(facts[name])
                        for name in OPTIONS[each.method]
                        if name in facts and whole(name)
                    },
                    str(facts.get("backend", "numpy")),
                    float(facts.get("build_seconds", 0)),
                    stored_bytes(connection, schema, each.number) if row is not None else 0,
                    now is None,
                )
            )
    if name is not None and not found:
        raise sqlite3.OperationalError(f"there is no approximate index {name!r}")
    return found


def vector_index_progress(connection: Any, callback: Callable[[str, int, int], Any] | None) -> None:
    """Have ``callback(index, rows_done, rows_in_all)`` called while indexes are built; None ends that.

    A callback that returns False, or raises, cancels: the index is not made, and the database is as it was.

    :raises ProgrammingError: the connection has no vector search
    """
    refuse_without_search(connection, "vector_index_progress()")
    set_progress(connection, callback)
