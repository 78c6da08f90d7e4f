"""Which tables of the past a name means: the one that has it, and those that had it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..storage.registry import Versioned
from .relation import Branch, Past

if TYPE_CHECKING:
    from ..session import TimeTravel


def past_of(travel: TimeTravel, name: str, schema: str | None = None) -> Past | None:
    """Return the past of the tables that have or had a name; None if none of them keeps a history."""
    folded = name.lower()
    if schema is None and travel.shadowed(folded):
        return None  # by a table in TEMP
    for place in travel.schemas(schema):
        branches = [branch for table in travel.tables(place) for branch in _branches(table, folded)]
        if branches:
            branches.sort(
                key=lambda branch: (
                    branch.table.shape is not None and branch.until is None,
                    branch.table.number,
                )
            )
            return _past(travel, branches)
        if travel.has_table(folded, place):
            return None
    return None


def _branches(table: Versioned, folded: str) -> list[Branch]:
    if table.name.lower() == folded:
        return [Branch(table)]
    for place, named in enumerate(table.names[:-1]):
        if named.name.lower() == folded:
            return [Branch(table, table.names[place + 1].since)]
    return []


def _past(travel: TimeTravel, branches: list[Branch]) -> Past:
    now = branches[-1].table
    if now.shape is not None:
        columns = tuple(column.name for column in now.shape.columns)
    else:
        columns = tuple(column.name for column in now.columns if column.dropped is None)
    return Past(tuple(branches), columns, frozenset(name.lower() for name in now.excluded))
