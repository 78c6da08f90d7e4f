"""The latest states that two databases have both behind them, where no merge tells it by itself.

One side may have a part only of what a merge has brought to the other. Then, as git does it, these states are looked
for among those of all branches whose changes both sides have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from ..logs.watching import positions
from ..running import value
from ..schema.following import changed_names, follow, told_by
from ..schema.shapes import Schema, read_schema
from .ancestors import lineage_of
from .arrived import arrivals
from .known import Positions, covers, known
from .merged import Since, merged_schema

Vector = Mapping[str, Positions]
"""How far a state has the changes of each branch."""


class CanNotTell(Exception):
    """It can't be told any more; the text says why."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        super().__init__(why)
        self.is_final = is_final
        """No merge can bring it back."""


class Node(NamedTuple):
    """A state of a branch."""

    branch: str
    at: Positions


class Common(NamedTuple):
    """States of which none is behind another, and for each what it and those before it have in common."""

    nodes: tuple[Node, ...]
    before: tuple[Any, ...]


class History:
    """The past of two databases.

    :param ids: of the branch that is merged, and of what it is merged into
    :param others: opens the file of a branch by its id; None when it is deleted
    """

    def __init__(
        self,
        source: Any,
        target: Any,
        ids: tuple[str, str],
        start: Since,
        others: Callable[[str], Any | None],
    ) -> None:
        self._source, self._target = source, target
        self._ids = ids
        self.source = ids[0]
        self._start = start
        self._others = others
        self._files: dict[str, Any] = {ids[0]: source, ids[1]: target}
        self._vectors: dict[str, Vector] = {}
        mine, its = known(source), known(target)
        mine[ids[0]], its[ids[1]] = positions(source), positions(target)
        self.shared = {branch: _earlier(mine[branch], its[branch]) for branch in mine if branch in its}
        """How far both have the changes of each branch."""
        self.beyond = [
            branch for branch in self.shared if not covers(self.shared[branch], mine[branch], schema=False)
        ]
        """The branches of which the one that is merged has more."""
        self._related = list({**mine, **its})
        nodes = [Node(branch, at) for branch, at in self.shared.items()]
        self.common = self._best(nodes, Node(ids[0], start.start.since))

    def file(self, branch: str) -> Any:
        """Return a connection to a branch.

        :raises CanNotTell: it is deleted
        """
        if branch not in self._files:
            file = self._others(branch)
            if file is None:
                raise CanNotTell("a branch is deleted whose changes both of them have", is_final=True)
            self._files[branch] = file
        return self._files[branch]

    # -- states ------------------------------------------------------------------------------------------------------
    def _meet(self, one: Vector, other: Vector, node: Node) -> Common:
        """Return what two states have in common.

        :param node: the other one: without a branch in common, it has changed what it has since it left main
        """
        nodes = [Node(branch, _earlier(one[branch], other[branch])) for branch in one if branch in other]
        left = lineage_of(self.file(node.branch)).ancestors[0]
        return self._best(nodes, Node(node.branch, left.since))

    def _best(self, nodes: list[Node], otherwise: Node) -> Common:
        """Return those of which none is behind another; without any, ``otherwise``."""
        nodes = [each for each in map(self._before_its_start, nodes) if each is not None] or [otherwise]
        vectors = [self._vector(node) for node in nodes]

        def is_behind(one: int, other: int) -> bool:
            return covers(vectors[other].get(nodes[one].branch), nodes[one].at, schema=True)

        best = [
            place
            for place in range(len(nodes))
            if not any(
                is_behind(place, other) and (other < place or not is_behind(other, place))
                for other in range(len(nodes))
                if other != place
            )
        ]
        before: list[Common | None] = [None]
        made = vectors[best[0]]
        for place in best[1:]:
            before.append(self._meet(made, vectors[place], nodes[place]))
            made = _together(made, vectors[place])
        return Common(tuple(nodes[place] for place in best), tuple(before))

    def _before_its_start(self, node: Node) -> Node | None:
        """Return a state that a branch began with as one of its parent's; None for one of main's."""
        branch = node.branch
        for each in reversed(lineage_of(self.file(branch)).ancestors):
            if each.id != branch:
                branch = each.id
            if not covers(each.since, node.at, schema=True):
                return Node(branch, node.at)
        return None

    def _vector(self, node: Node) -> Vector:
        """Return whose changes a state has."""
        key = repr((node.branch, sorted(node.at.items())))
        if key not in self._vectors:
            file = self.file(node.branch)
            found: Vector = {node.branch: node.at}
            for arrival in arrivals(file):
                if covers(node.at, arrival.at, schema=True):
                    found = _together(found, {branch: upto for branch, (_, upto) in arrival.came.items()})
            for parent, child in pairwise(lineage_of(file).ancestors):
                found = _together(found, {parent.id: _earlier(child.since, node.at)})
            self._vectors[key] = found
        return self._vectors[key]

    # -- the schema --------------------------------------------------------------------------------------------------
    def schema(self) -> Schema:
        """Return the schema that both have had, as the branch that is merged tells its tables.

        :raises CanNotTell: both have changed the same
        """
        now = read_schema(self._source)
        differs = changed_names(now, read_schema(self._target))

        def told(node: Node) -> Schema:
            return told_by(self._schema_at(node), now, self._start.schema)

        def together(common: Common) -> Schema:
            made = told(common.nodes[0])
            for node, before in zip(common.nodes[1:], common.before[1:], strict=True):
                there = told(node)
                if changed_names(made, there) & differs:
                    made, unsettled = follow(made, together(before), there)
                    if unsettled & differs:
                        raise CanNotTell("both have changed the same in their schemas")
            return made

        return together(self.common)

    def schema_of(self, branch: str) -> Schema:
        """Return the schema of a branch up to where both have its changes."""
        at = self.shared.get(branch)
        return self._schema_at(Node(branch, at)) if at is not None else read_schema(self.file(branch))

    def _schema_at(self, node: Node) -> Schema:
        """Return the schema of a state: its version tells it among those that were kept somewhere."""
        version, file = node.at.get("", 0), self.file(node.branch)
        if value(file, "PRAGMA main.schema_version") == version:
            return read_schema(file)
        for each in lineage_of(file).ancestors:
            if each.since.get("", 0) == version:
                return Schema.loads(each.schema)
        for other in self._all_files():
            if (merged := merged_schema(other, node.branch, version)) is not None:
                return merged
            for parent, child in pairwise(lineage_of(other).ancestors):
                if parent.id == node.branch and child.since.get("", 0) == version:
                    return Schema.loads(child.schema)
        raise CanNotTell("a schema that both have had is not known any more")

    def _all_files(self) -> Iterator[Any]:
        """Yield the two databases, and then the branches of whose changes they have some."""
        for branch in dict.fromkeys((*self._ids, *self._related)):
            try:
                yield self.file(branch)
            except CanNotTell:  # it is deleted
                continue


def _earlier(one: Positions, other: Positions) -> Positions:
    return {log: min(place, other.get(log, 0)) for log, place in one.items()}


def _later(one: Positions, other: Positions) -> Positions:
    return {log: max(one.get(log, 0), other.get(log, 0)) for log in {**one, **other}}


def _together(one: Vector, other: Vector) -> Vector:
    return {branch: _later(one.get(branch, {}), other.get(branch, {})) for branch in {**one, **other}}
