"""The merges into a branch: which entries of its logs each of them wrote, and whose changes it brought.

They are the other branches' work. Where it is known already it is no change of this branch, but what this branch's own
changes are compared with from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..running import has_table, rows, run
from .known import Positions

TABLE = """CREATE TABLE IF NOT EXISTS _heliosdb_arrived (
    seq INTEGER PRIMARY KEY, merge INTEGER, name TEXT NOT NULL, at TEXT NOT NULL, logs TEXT NOT NULL,
    came TEXT NOT NULL, known TEXT NOT NULL, schemas TEXT)"""


class Arrival(NamedTuple):
    """A merge into a branch."""

    name: str
    """The name of the branch that was merged."""
    at: Positions
    """How far the logs of the branch merged into had come afterwards."""
    logs: Mapping[str, tuple[int, int]]
    """The entries that the merge wrote, by log: after which, and up to which."""
    came: Mapping[str, tuple[Positions, Positions]]
    """Whose changes it brought, by the branch's id: from where and up to where in its logs."""
    known: Mapping[str, Positions]
    """What the branch that was merged had of others'."""
    schemas: Mapping[str, str] | None
    """The schema ``before`` and ``after``, and what the other side's was made of: its ``base``, and ``theirs``. All are
    told by the logs of the branch merged into. None where the other side had not changed its schema."""


def note(connection: Any, merge: int, arrival: Arrival) -> None:
    """Note a merge in its own transaction.

    :param merge: what takes the note back when the merge is undone
    """
    parts = [None if each is None else json.dumps(each) for each in arrival[1:]]
    run(
        connection,
        "INSERT INTO _heliosdb_arrived (merge, name, at, logs, came, known, schemas) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (merge, arrival.name, *parts),
    )


def arrivals(connection: Any) -> list[Arrival]:
    """Return the merges into a branch, the latest at the end."""
    if not has_table(connection, "_heliosdb_arrived"):
        return []
    found = rows(
        connection, "SELECT name, at, logs, came, known, schemas FROM _heliosdb_arrived ORDER BY seq"
    )
    return [
        Arrival(
            name,
            json.loads(at),
            json.loads(logs),
            json.loads(came),
            json.loads(known),
            json.loads(schemas) if schemas is not None else None,
        )
        for name, at, logs, came, known, schemas in found
    ]


def forget(connection: Any, merge: int) -> None:
    """Take note that a merge was undone: both that and the merge are the target's own work now."""
    if has_table(connection, "_heliosdb_arrived"):
        run(
            connection,
            "UPDATE _heliosdb_arrived SET logs = '{}', came = '{}', known = '{}', schemas = NULL WHERE merge = ?",
            (merge,),
        )
