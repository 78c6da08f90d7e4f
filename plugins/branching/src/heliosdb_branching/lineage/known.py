"""What of every branch's changes a database has: how far each one's logs had come when they last arrived here."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from .ancestors import lineage_of
from .merged import merged_through

Positions = Mapping[str, int]
"""How far each log has come, by its id, and the version of the schema, under an empty id."""


def known(connection: Any) -> dict[str, dict[str, int]]:
    """Return how far a database has the changes of each branch, by its id: merged into it, or there from its start."""
    found: dict[str, dict[str, int]] = {}
    for branch, through in merged_through(connection).items():
        _advance(found, branch, through.positions)
    for parent, child in pairwise(lineage_of(connection).ancestors):
        _advance(found, parent.id, child.since)
    return found


def _advance(found: dict[str, dict[str, int]], branch: str, positions: Positions) -> None:
    there = found.setdefault(branch, {})
    for log, position in positions.items():
        there[log] = max(there.get(log, 0), position)


def covers(had: Positions | None, positions: Positions, *, schema: bool) -> bool:
    """Return whether changes up to these positions are among those that are had.

    :param schema: the version of the schema counts too
    """
    found = had or {}
    return all(found.get(log, 0) >= place for log, place in positions.items() if log or schema)
