"""One merge, inside the transactions on both databases: the schema first, then the rows, then what is built on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from ..errors import merge_conflict
from ..lineage import arrived, merged
from ..lineage.ancestors import Lineage, lineage_of
from ..lineage.known import known as known_to
from ..lineage.meetings import Meeting, Tangled, came
from ..lineage.merged import Since
from ..lineage.tangled import CanNotTell, History
from ..logs.tables import table_names
from ..logs.watching import ARRIVED, positions, watch
from ..names import MAIN
from ..registry.entries import now_us
from ..results import MergeReport
from ..running import run, value
from ..schema.following import changed_names, told_by
from ..schema.planning import altered_here, dropped_things, plan_things
from ..schema.replaying import Refused, Replay
from ..schema.shapes import Schema, read_schema
from . import column_keys, foreign_keys
from .asking import Asking, shown
from .deciding import Strategy
from .definitions import Definitions
from .found import Found
from .ledger import Ledger
from .reading import Side
from .tables import Rows
from .tangled import untangled
from .views import broken, readable
from .virtual_tables import VirtualTables


def nothing(_: str) -> None:
    """Be told of each step: the place for a test to end the process."""


class Request(NamedTuple):
    """What is asked for."""

    name: str
    into: str
    strategy: Strategy
    dry_run: bool
    renumber: bool
    step: Any = nothing
    caller: Any = None
    """The connection on which the method was called."""


class Job:
    """One merge."""

    def __init__(
        self,
        request: Request,
        here: Any,
        branch: Any,
        ids: tuple[str, str],
        others: Callable[[str], Any | None],
    ) -> None:
        if callable(request.strategy):
            request = request._replace(strategy=Asking(here, request.strategy))
        self.request = request
        self.here = here
        self.branch = branch
        self.source, self.target = source, target = ids
        for table in (*merged.TABLES, arrived.TABLE):
            run(here, table)
        self.through = merged.merged_through(here)
        self.lineage: Lineage = lineage_of(branch)
        self.positions = positions(branch)
        self.since, tangled = self._begin(others)
        self.before = positions(here) if target != MAIN else {}
        self.reverse = self._had_in_common() if target != MAIN else self.since.schema
        self.side = Side(here, branch, self.since.spans)
        self.id = (value(here, "SELECT max(id) FROM _heliosdb_merges") or 0) + 1
        self.found = Found(request.strategy)
        self.words: list[str] = []
        self.ledger = Ledger(here, self.id)
        self.rows = Rows(self.side, request, source, target, self.since.start.canary, self.ledger, self.found)
        self.rows.attached = self.rows.attached and not tangled

    def run(self) -> MergeReport:
        """Merge; return what was done.

        :raises MergeConflict: both sides changed what excludes each other
        """
        try:
            self._merge()
        except Refused as error:  # what the branch has become does not go with what this side has
            self.found.add([error.conflict])
            self._stop_at_conflicts()
        return MergeReport(
            self.request.name,
            self.request.into,
            self.request.dry_run,
            MappingProxyType({name: each for name, each in self.rows.counts.items() if each.total}),
            tuple(self.words),
            shown(self.here, self.found.conflicts),
            MappingProxyType(self.rows.renumbered),
        )

    def _merge(self) -> None:
        column_keys.bring(self.here, self.branch, (self.request.name, self.request.into))
        base, ours, theirs = self.since.schema, read_schema(self.here), read_schema(self.branch)
        replay = Replay(self.here, self.id)
        views = readable(self.here) if changed_names(base, theirs) else None
        definitions = Definitions(self.here, self.side, self.found)
        plans = definitions.plan(base, ours, theirs)
        self._stop_at_conflicts()
        early = dropped_things(base, ours, theirs)
        replay.drop_things(early)
        reached = altered_here(ours, plans)
        for plan in plans:
            self.words += plan.describe(reached)
        definitions.replay(replay, plans)
        if self.target != MAIN:
            watch(self.here)  # the logs know the columns that came
        now = read_schema(self.here) if early or any(plan.alters for plan in plans) else ours
        gone = {plan.pair.ours.name.lower() for plan in plans if plan.drop and plan.pair.ours is not None}
        things = plan_things(base, ours, theirs, now, gone, self.found.side_of)
        self._stop_at_conflicts()
        replay.drop_things(things)
        self.words += [f"drop {plan.drop.kind} {plan.drop.name}" for plan in (*early, *things) if plan.drop]
        for plan in plans:
            self.rows.merge(plan)
        if not self.found.open:
            replay.require()
        made = [each for each in things if each.create is not None and each.create.kind == "virtual"]
        replay.create_things(made)
        VirtualTables(self.rows).merge({each.create.name for each in made if each.create is not None})
        self._check_references()
        self._stop_at_conflicts()
        for trigger in self.rows.suspended:
            run(self.here, trigger.sql)
        replay.create_things([each for each in things if each not in made])
        self.words += [f"create {plan.create.kind} {plan.create.name}" for plan in things if plan.create]
        if views is not None:
            self.found.only("theirs", broken(self.here, views, self.branch, ours, theirs))
            self._stop_at_conflicts()
        if self.target != MAIN:
            watch(self.here)
        self._record(base, ours, theirs, replay)

    def _begin(self, others: Callable[[str], Any | None]) -> tuple[Since, bool]:
        """Return where the branch's changes begin, and whether that could not be told by its own merges."""
        meeting = Meeting(self.branch, self.here, self.target, (self.request.name, self.request.into))
        since: Since | None = None
        refused: Tangled | None = None
        try:
            since = meeting.since()
        except Tangled as error:
            refused = error
        if since is not None and meeting.is_sure:
            return since, False
        run(self.branch, "SAVEPOINT heliosdb_tangled")
        try:
            history = History(self.branch, self.here, (self.source, self.target), meeting.start, others)
            return untangled(self.branch, history, meeting.start), True
        except CanNotTell as error:
            run(self.branch, "ROLLBACK TO heliosdb_tangled")
            if refused is not None:
                raise refused.refusal(error) from None
        assert since is not None  # noqa: S101 - or it was refused
        return since, False  # at worst it finds conflicts that were decided before

    def _had_in_common(self) -> Schema:
        """Return the schema with which a merge in the other direction would begin."""
        try:
            names = (self.request.into, self.request.name)
            return Meeting(self.here, self.branch, self.source, names).since().schema
        except Tangled:  # there is none: then this side's own is as good
            return read_schema(self.here)

    def _check_references(self) -> None:
        written, elsewhere = self.rows.written, table_names(self.branch)
        self.found.add(foreign_keys.check(self.here, written, elsewhere=elsewhere))

    def _stop_at_conflicts(self) -> None:
        found = self.found.open
        if found and not self.request.dry_run:
            raise merge_conflict(self.request.name, self.request.into, found, shown(self.here, found))

    def _record(self, base: Schema, ours: Schema, theirs: Schema, replay: Replay) -> None:
        """Say in the merge's own transaction how far the branch's changes have come."""
        had = known_to(self.here)
        before: dict[str, Any] = {}
        schema = theirs.dumps()
        come = {self.source: merged.Through(self.positions, schema, self.target)}
        beyond = self.lineage.beyond(lineage_of(self.here))
        for ancestor, child in pairwise(beyond):
            come[ancestor.id] = merged.Through(child.since, child.schema, self.target)
        own = {each.id for each in beyond} or {self.source}
        for branch, through in merged.merged_through(self.branch).items():
            if branch not in (self.target, self.source) and through.recorded_in in own:
                come[branch] = through._replace(recorded_in=self.target).beyond(come.get(branch))
        for branch, through in come.items():
            known = self.through.get(branch)
            before[branch] = list(known) if known is not None else None
            merged.record(self.here, branch, through.beyond(known))
        if self.target != MAIN:
            self._note_arrival(had, base, ours, theirs)
        if not self.words and not any(each.total for each in self.rows.counts.values()):
            return  # nothing to undo: the merge before stays the last
        run(
            self.here,
            "INSERT INTO _heliosdb_merges (id, branch, name, merged_us, before, steps) VALUES (?, ?, ?, ?, ?, ?)",
            (self.id, self.source, self.request.name, now_us(), json.dumps(before), json.dumps(replay.steps)),
        )
        self.ledger.keep()
        self.ledger.forget_older(self.source)

    def _note_arrival(self, had: Any, base: Schema, ours: Schema, theirs: Schema) -> None:
        """Note what came, and which entries of the target's logs say so."""
        after = positions(self.here)
        logs = {log: (self.before.get(log, 0), upto) for log, upto in after.items() if log}
        logs = {log: span for log, span in logs.items() if span[1] > span[0]}
        after[ARRIVED] = after.get(ARRIVED, 0) + 1  # this one
        schemas = None
        if changed_names(base, theirs):
            now = read_schema(self.here)
            schemas = {
                "before": ours.dumps(),
                "after": now.dumps(),
                "theirs": told_by(theirs, now, self.reverse).dumps(),
                "base": told_by(base, ours, self.reverse).dumps(),
            }
        came_now = came(had, known_to(self.here))
        if not (came_now or logs or schemas):
            return
        arrival = arrived.Arrival(self.request.name, after, logs, came_now, known_to(self.branch), schemas)
        arrived.note(self.here, self.id, arrival)
