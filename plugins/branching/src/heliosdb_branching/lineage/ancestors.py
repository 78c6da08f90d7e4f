"""Where a branch comes from: itself and the branches it descends from, each with where it left the one before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..names import MAIN
from ..registry.entries import meta
from ..schema.shapes import Schema


@dataclass(frozen=True)
class Ancestor:
    """A branch in a lineage."""

    id: str
    name: str
    parent: str
    """The name of the branch that it left."""
    since: Mapping[str, int]
    """How far each log had come when it began."""
    schema: str
    """What the database looked like then: :class:`Schema` as JSON."""
    at_us: int
    """When that was: the moment whose state the branch began with."""
    commits: int
    """How many commits had been counted in its file."""
    canary: int | None
    """Where the canary sat."""


class Lineage(NamedTuple):
    """A branch's ancestors, from the one that left main to the branch itself; none for main."""

    ancestors: tuple[Ancestor, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the branches, main's at the beginning."""
        return (MAIN, *(each.id for each in self.ancestors))

    def dumps(self) -> str:
        """Return it as JSON."""
        return json.dumps([vars(each) for each in self.ancestors])

    def beyond(self, other: Lineage) -> tuple[Ancestor, ...]:
        """Return the part of this lineage that the other one does not share.

        Where both descend from one branch, and this one has left it later, its time in between is the first part.
        """
        shared = 0
        for mine, its in zip(self.ids, other.ids, strict=False):
            if mine != its:
                break
            shared += 1
        found = self.ancestors[shared - 1 :]
        if shared > 1 and found and len(other.ancestors) >= shared:
            left = other.ancestors[shared - 1]
            if any(place > left.since.get(log, 0) for log, place in found[0].since.items()):
                parent = replace(
                    self.ancestors[shared - 2], since=left.since, schema=left.schema, canary=left.canary
                )
                return (parent, *found)
        return found


def lineage_of(connection: Any) -> Lineage:
    """Return where the file of a connection comes from."""
    text = meta(connection, "lineage")
    return Lineage(tuple(Ancestor(**each) for each in json.loads(text)) if text else ())


def schema_at_start(ancestor: Ancestor) -> Schema:
    """Return what the database looked like when a branch began."""
    return Schema.loads(ancestor.schema)
