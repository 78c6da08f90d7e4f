"""What a branch has changed by itself since it and another database last had the same: where a merge begins.

That is where the branch's changes last came into the other database, with everything on top that has come to both
since, from the other one or from third branches. What such a merge brought is no change of the branch, but what its own
changes are compared with.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from ..logs.changes import Span
from ..logs.watching import positions
from ..schema.following import changed_names, follow
from ..schema.shapes import Schema, read_schema
from .ancestors import lineage_of
from .arrived import Arrival, arrivals
from .known import Positions, covers, known
from .merged import Since, merged_through, since
from .tangled import CanNotTell


class Tangled(Exception):
    """The other database has a part only of what a merge has brought: by :mod:`.tangled` it may yet be told."""

    def __init__(self, names: tuple[str, str], brought: str, why: str) -> None:
        super().__init__(why)
        self._names = names
        self._brought = brought

    def refusal(self, error: CanNotTell) -> sqlite3.NotSupportedError:
        """Return the error for a merge that can't be made."""
        source, target = self._names
        first = "" if error.is_final else f"merge {self._brought!r} into {target!r} first, or "
        return sqlite3.NotSupportedError(
            f"branch {source!r} can't be merged into {target!r}, which was left as it is: branch {self._brought!r} was "
            f"merged into {source!r}, {self}, and {error}: {first}make a new branch from {target!r} and make the "
            "changes there"
        )


class Meeting:
    """The changes of a branch, as they are to be seen from a database that it is merged into.

    :param names: of the branch and of the other database, for errors
    """

    def __init__(self, source: Any, target: Any, target_id: str, names: tuple[str, str]) -> None:
        line, other = lineage_of(source), lineage_of(target)
        self._source, self._target = source, target
        self._id = target_id
        self._names = names
        self._line = line
        self._has = known(target)
        self._had: list[Arrival] = []
        self._merged = merged_through(target)
        self.start: Since = since(line, other, self._merged, positions(source))
        self._begins = {
            log: min(each.after for each in spans) for log, spans in self.start.spans.items() if spans
        }
        self._begins[""] = self.start.version

    def since(self) -> Since:
        """Return where the changes begin, what the database looked like there, and what is to be left out.

        :raises Tangled: it can't be told by the merges into the branch alone
        """
        spans = {log: list(each) for log, each in self.start.spans.items()}
        schema = self.start.schema
        for arrival in arrivals(self._source):
            if covers(self._begins, arrival.at, schema=True) or not self._is_there(arrival):
                continue
            for log, (after, upto) in arrival.logs.items():
                spans[log] = [part for span in spans.get(log, ()) for part in _split(span, after, upto)]
            schema = self._followed(schema, arrival)
            self._had.append(arrival)
        return self.start._replace(spans=spans, schema=schema)

    @property
    def is_sure(self) -> bool:
        """Whether all that came to both is of one branch: else merges may have decided between them."""
        return len({branch for arrival in self._had for branch in arrival.came}) <= 1

    def _is_there(self, arrival: Arrival) -> bool:
        """Return whether the other database has what a merge has brought; it may have nothing of it, but not a part."""
        whole, nothing = True, self._id not in arrival.came
        for branch, (after, upto) in arrival.came.items():
            if branch == self._id:
                continue
            has, schema = self._has.get(branch, {}), arrival.schemas is not None or self._has_altered(branch)
            whole = whole and covers(has, upto, schema=schema)
            nothing = nothing and covers(after, {log: has.get(log, 0) for log in upto}, schema=schema)
        if not (whole or nothing):
            why = f"{self._names[1]!r} has a part of what that brought, but not all of it"
            raise Tangled(self._names, arrival.name, why)
        return whole

    def _has_altered(self, branch: str) -> bool:
        """Return whether the other database got another schema from a branch than the one with which this began.

        A later merge of that branch that brought no change of the schema may then have brought that it was taken back.
        """
        through = self._merged.get(branch)
        return through is not None and bool(changed_names(Schema.loads(through.schema), self.start.schema))

    def _followed(self, schema: Schema, arrival: Arrival) -> Schema:
        """Return the schema that both have had, with what a merge brought to both."""
        if arrival.schemas is None:
            return schema
        schemas = {name: Schema.loads(text) for name, text in arrival.schemas.items()}
        if schemas["before"] == schema:
            return schemas["after"]
        if self._is_latest(arrival):
            return schemas["theirs"]
        followed, unsettled = follow(schema, schemas["base"], schemas["theirs"])
        if unsettled & changed_names(read_schema(self._source), read_schema(self._target)):
            raise Tangled(self._names, arrival.name, "both have changed the same in their schemas before")
        return followed

    def _is_latest(self, arrival: Arrival) -> bool:
        """Return whether the branch that was merged had everything that the two sides had in common."""
        mine: dict[str, int] = {}
        for branch in self._line.ids:
            for log, position in arrival.known.get(branch, {}).items():
                mine[log] = max(mine.get(log, 0), position)
        return covers(mine, self._begins, schema=True) and all(
            covers(arrival.known.get(branch), upto, schema=True)
            or covers(arrival.came.get(branch, ({}, {}))[1], upto, schema=True)
            for each in self._had
            for branch, (_, upto) in each.came.items()
        )


def came(before: Mapping[str, Positions], after: Mapping[str, Positions]) -> dict[str, Any]:
    """Return whose changes have come by a merge: from where and up to where."""
    return {
        branch: (before.get(branch, {}), upto)
        for branch, upto in after.items()
        if not covers(before.get(branch), upto, schema=True)
    }


def _split(span: Span, after: int, upto: int) -> list[Span]:
    """Return the parts of a part of a log, with that apart which a merge wrote."""
    end = span.upto
    last = upto if end is None else min(end, upto)
    if span.arrived or last <= span.after or after >= last:
        return [span]
    begin = max(span.after, after)
    parts = [Span(span.after, begin), Span(begin, last, arrived=True), Span(last, end)]
    return [each for each in parts if each.upto is None or each.upto > each.after]
