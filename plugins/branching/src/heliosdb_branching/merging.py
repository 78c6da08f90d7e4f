"""A branch merged: its schema changes replayed, its rows merged one by one, all in one transaction on the target."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from . import foreign_keys, merged
from .applying import Write, Writer
from .connections import uncommitted_here
from .deciding import Decider, Strategy
from .errors import Conflict, is_busy, merge_conflict
from .lineage import Lineage, lineage_of
from .names import MAIN, is_internal
from .opening import Opener
from .reading import Alignment, Side, align, dropped, gone_here, key_matches, knows_dropped, trios
from .registry import Entry, canary, check_belongs, find, now_us
from .replaying import Replay, sequence_of, set_sequence
from .results import MergeReport, TableChanges
from .rows import same_row
from .running import rows, run, value
from .schema_merge import Pair, TablePlan, dropped_things, pair_tables, plan_table, plan_things
from .schemas import Schema, Thing, read_schema
from .state import clean_up, wait_for_copy
from .tables import read_table
from .undo_log import UndoLog
from .watching import positions, watch


def _nothing(_: str) -> None:
    """Be told of each step: the place for a test to end the process."""


class Request(NamedTuple):
    """What is asked for."""

    name: str
    into: str
    strategy: Strategy
    dry_run: bool
    renumber: bool
    step: Any = _nothing


def merge(opener: Opener, request: Request) -> MergeReport:
    """Merge a branch and return what that did.

    :raises MergeConflict: both sides changed the same thing, and the strategy does not decide it
    :raises OperationalError: there is no such branch, it has uncommitted changes, or a lock did not come in time
    """
    start = time.perf_counter()
    with ExitStack() as stack:
        main = stack.enter_context(opener.opened(opener.database))
        clean_up(opener, main)
        source = find(main, request.name)
        target = None if request.into == MAIN else find(main, request.into)
        if target is not None and target.id == source.id:
            raise sqlite3.ProgrammingError(f"branch {request.name!r} can't be merged into itself")
        branch = stack.enter_context(_source(opener, main, source))
        if target is None:
            here = main
        else:
            here = stack.enter_context(opener.opened(wait_for_copy(opener.database, target)))
            check_belongs(here, main, target)
            watch(here)
        with _writing(here, request):
            job = _Job(opener, request, here, branch, source.id, target.id if target else MAIN)
            report = job.run()
            request.step("applied")
        request.step("committed")
    return replace(report, seconds=time.perf_counter() - start)


@contextmanager
def _source(opener: Opener, main: Any, entry: Entry) -> Iterator[Any]:
    """Open the branch that is merged, and hold its writers off until the merge is done."""
    with opener.opened(wait_for_copy(opener.database, entry)) as branch:
        check_belongs(branch, main, entry)
        if uncommitted_here(entry.id, threading.get_ident()):
            raise _uncommitted(entry.name)
        try:
            watch(branch)
            run(branch, "BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if is_busy(error):
                raise _uncommitted(entry.name) from None
            raise
        try:
            yield branch
        finally:
            run(branch, "ROLLBACK")


def _uncommitted(name: str) -> sqlite3.OperationalError:
    return sqlite3.OperationalError(
        f"branch {name!r} has uncommitted changes: commit them or roll them back on the connection that made them, then "
        "merge again"
    )


@contextmanager
def _writing(here: Any, request: Request) -> Iterator[None]:
    """Hold the one transaction on the target: kept when the merge succeeds, unless it is a rehearsal."""
    run(here, "PRAGMA foreign_keys = OFF")  # checked at the end; cascades were the branch's to run
    try:
        run(here, "BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise _busy(request.into) from None
        raise
    try:
        yield
        if request.dry_run:
            run(here, "ROLLBACK")
        else:
            _commit(here, request)
    except BaseException:
        if here.in_transaction:
            run(here, "ROLLBACK")
        raise


def _commit(here: Any, request: Request) -> None:
    try:
        here.execute("COMMIT")  # by way of the hooks: a history gives the merge its one time
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise _busy(request.into) from None
        raise


def _busy(name: str) -> sqlite3.OperationalError:
    return sqlite3.OperationalError(
        f"database is locked: {name!r} was written to, or read without an end in a rollback-journal mode, for as long as "
        "this connection's timeout; nothing was merged. Finish the other transaction or query, or connect with a longer "
        "timeout"
    )


class _Job:
    """One merge, inside the transactions on both databases."""

    def __init__(
        self, opener: Opener, request: Request, here: Any, branch: Any, source: str, target: str
    ) -> None:
        self.request = request
        self.here = here
        self.branch = branch
        self.source = source
        self.target = target
        for table in merged.TABLES:
            run(here, table)
        self.through = merged.merged_through(here)
        self.lineage: Lineage = lineage_of(branch)
        self.positions = positions(branch)
        self.since = merged.since(self.lineage, lineage_of(here), self.through, self.positions)
        self.side = Side(here, branch, self.since.spans)
        self.id = (value(here, "SELECT max(id) FROM _heliosdb_merges") or 0) + 1
        self.conflicts: list[Conflict] = []
        self.open: list[Conflict] = []
        self.counts: dict[str, TableChanges] = {}
        self.renumbered: dict[str, dict[int, int]] = {}
        self.written: dict[str, tuple[Any, list[Write]]] = {}
        self.words: list[str] = []
        self.undo = UndoLog(here, self.id)

    def run(self) -> MergeReport:
        base, ours, theirs = self.since.schema, read_schema(self.here), read_schema(self.branch)
        replay = Replay(self.here, self.id)
        plans = self._plan_tables(base, ours, theirs)
        self._check_drops(plans)
        self._stop_at_conflicts()
        early = dropped_things(base, ours, theirs)
        replay.drop_things(early)
        self._replay_tables(replay, plans)
        now = read_schema(self.here)
        gone = {plan.pair.ours.name.lower() for plan in plans if plan.drop and plan.pair.ours is not None}
        things, conflicts = plan_things(base, ours, theirs, now, gone)
        self._found(conflicts, decided=self.request.strategy == "ours")
        self._stop_at_conflicts()
        replay.drop_things(things)
        self.words += [
            f"drop {plan.drop.kind} {plan.drop.name}"
            for plan in (*early, *things)
            if plan.drop and not plan.create
        ]
        suspended = self._suspend_triggers()
        for plan in plans:
            self._merge_rows(plan)
        self._check_references()
        self._stop_at_conflicts()
        for trigger in suspended:
            run(self.here, trigger.sql)
        replay.create_things(things)
        self.words += [f"create {plan.create.kind} {plan.create.name}" for plan in things if plan.create]
        if self.target != MAIN:
            watch(self.here)
        self._record(theirs, replay)
        return MergeReport(
            self.request.name,
            self.request.into,
            self.request.dry_run,
            MappingProxyType({name: each for name, each in self.counts.items() if each.total}),
            tuple(self.words),
            tuple(self.conflicts),
            MappingProxyType(self.renumbered),
        )

    # -- the schema --------------------------------------------------------------------------------------------------
    def _plan_tables(self, base: Schema, ours: Schema, theirs: Schema) -> list[TablePlan]:
        plans = []
        for pair in pair_tables(base, ours, theirs):
            plan, conflicts = plan_table(pair)
            keep_ours = bool(conflicts) and self.request.strategy == "ours"
            self._found(conflicts, decided=keep_ours)
            plans.append(TablePlan(pair) if keep_ours else plan)
        return plans

    def _check_drops(self, plans: list[TablePlan]) -> None:
        """See that nothing is dropped which our side has changed since."""
        for number, plan in enumerate(plans):
            if plan.drop and plan.pair.ours is not None:
                conflicts = self._changes_to_dropped(plan.pair)
                self._found(conflicts, decided=self.request.strategy in ("ours", "theirs"))
                if conflicts and self.request.strategy == "ours":
                    plans[number] = TablePlan(plan.pair)

    def _changes_to_dropped(self, pair: Pair) -> list[Conflict]:
        assert pair.ours is not None  # noqa: S101 - it is about our rows
        table = read_table(self.here, pair.ours.name)
        if not knows_dropped(self.side, pair):
            if not value(self.here, f"SELECT EXISTS (SELECT 1 FROM main.{q(table.name)})"):
                return []
            reason = "dropped on the branch by a program that HeliosDB did not see: what changed here since can't be told"
            return [Conflict(table.name, None, None, "the table", "the table", None, reason)]
        found = []
        for row in dropped(self.side, pair, table):
            if not same_row(row.base, row.ours):
                base, ours = (
                    None if each is None else dict(zip(table.columns, each, strict=False))
                    for each in (row.base, row.ours)
                )
                reason = "changed here, its table dropped on the branch"
                found.append(Conflict(table.name, row.key.shown, None, base, ours, None, reason))
        return found

    def _replay_tables(self, replay: Replay, plans: list[TablePlan]) -> None:
        for plan in plans:
            if not plan.alters:
                continue
            self.words += plan.describe()
            if plan.create and plan.pair.theirs is not None:
                replay.create_table(plan.pair.theirs.name, plan.pair.theirs.sql)
            elif plan.drop and plan.pair.ours is not None:
                replay.drop_table(plan.pair.ours.name)
            elif plan.pair.ours is not None:
                replay.alter_table(plan)

    def _suspend_triggers(self) -> list[Thing]:
        """Take the user's triggers away while rows are written: the branch's rows have what they did there."""
        found = [
            Thing(*each)
            for each in rows(
                self.here,
                "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type = 'trigger' ORDER BY rowid",
            )
        ]
        mine = [each for each in found if not is_internal(each.name)]
        for each in mine:
            run(self.here, f"DROP TRIGGER main.{q(each.name)}")
        return mine

    # -- the rows ----------------------------------------------------------------------------------------------------
    def _merge_rows(self, plan: TablePlan) -> None:
        pair = plan.pair
        if pair.theirs is None:
            return
        if pair.ours is None and not plan.create:
            self._rows_of_gone_table(pair)
            return
        name = pair.theirs.name if plan.create else (plan.rename_to or (pair.ours.name if pair.ours else ""))
        ours, theirs = read_table(self.here, name), read_table(self.branch, pair.theirs.name)
        if not theirs.has_identity:
            raise sqlite3.NotSupportedError(
                f"table {name!r} has columns named rowid, _rowid_ and oid and no primary key, so that its rows can't be told "
                "apart: rename one of them"
            )
        alignment = align(ours, theirs)
        if not key_matches(alignment):
            self._found(
                [Conflict(name, None, None, None, str(ours.key), str(theirs.key), "another primary key")]
            )
            return
        renumber = not theirs.key or (self.request.renumber and ours.alias and not self._is_referenced(name))
        decider = Decider(alignment, self.request.strategy, renumber=renumber)
        log = pair.theirs.log
        known = self._renumbered_before(log)
        decider.decide(self._lost_cells(alignment, decider, trios(self.side, pair, alignment, known)))
        if theirs.logs_rowid and (decider.work or decider.conflicts) and pair.base is not None:
            self._check_canary(name)
        self.conflicts += decider.conflicts
        if len(alignment.columns) < len(ours.columns):
            decider.work = [each for each in decider.work if each.new is not None] + self.undo.keep_whole(
                ours, decider.work
            )
        writer = Writer(self.here, ours)
        before = len(decider.conflicts)
        decider.failed(writer.write(decider.work))
        self.conflicts += decider.conflicts[before:]
        self.open += decider.open
        self._keep_numbers(name, log, decider, writer)
        self._keep_sequence(ours.name, theirs.name)
        self._count(name, decider.work)
        self.written[name] = (ours, decider.work)
        self.undo.add(ours, decider.work, writer.renumbered)

    def _lost_cells(self, alignment: Alignment, decider: Decider, found: Iterator[Any]) -> Iterator[Any]:
        if not alignment.only_theirs:
            return found
        names = ", ".join(alignment.only_theirs)
        self._found(
            [
                Conflict(
                    alignment.ours.name,
                    None,
                    names,
                    None,
                    None,
                    names,
                    "the branch has columns that are gone here",
                )
            ],
            decided=self.request.strategy == "ours",
        )
        return found

    def _rows_of_gone_table(self, pair: Pair) -> None:
        """Rows that the branch changed in a table which our side has dropped or renamed."""
        if pair.theirs is None or pair.base is None:
            return
        columns = read_table(self.branch, pair.theirs.name).columns
        found = [
            Conflict(
                pair.base.name,
                change.key.shown,
                None,
                None if change.base is None else dict(zip(columns, change.base, strict=True)),
                None,
                None if change.theirs is None else dict(zip(columns, change.theirs, strict=True)),
                "its table was dropped or renamed here",
            )
            for change in gone_here(self.side, pair)
            if not same_row(change.base, change.theirs)
        ]
        self._found(found, decided=self.request.strategy == "ours")

    def _check_canary(self, name: str) -> None:
        """Refuse to match rows by rowids that VACUUM has dealt out anew."""
        start = self.since.start.canary
        for connection, where in ((self.here, self.request.into), (self.branch, self.request.name)):
            if canary(connection) != start:
                raise sqlite3.NotSupportedError(
                    f"table {name!r} has no primary key, and VACUUM has renumbered the rows of {where!r} since the branch "
                    "was made, so that they can't be told apart: give the table a primary key, and make a new branch"
                )

    def _renumbered_before(self, log: int | None) -> Mapping[int, int]:
        found = rows(
            self.here,
            "SELECT theirs, ours FROM _heliosdb_renumbered WHERE branch = ? AND log IS ?",
            (self.source, log),
        )
        return dict(found)

    def _keep_numbers(self, name: str, log: int | None, decider: Decider, writer: Writer) -> None:
        for key, rowid in writer.renumbered.items():
            theirs = decider.theirs_keys[key]
            number = theirs.rowid if theirs.rowid is not None else theirs.values[0]
            self.renumbered.setdefault(name, {})[number] = rowid
            run(
                self.here,
                "INSERT OR REPLACE INTO _heliosdb_renumbered VALUES (?, ?, ?, ?, ?)",
                (self.source, log, number, rowid, self.id),
            )

    def _keep_sequence(self, ours: str, theirs: str) -> None:
        """AUTOINCREMENT never gives a number twice, whichever side gave it first."""
        there, here = sequence_of(self.branch, theirs), sequence_of(self.here, ours)
        if there is not None and (here is None or there > here):
            set_sequence(self.here, ours, there)

    def _is_referenced(self, table: str) -> bool:
        return any(each.parent.lower() == table.lower() for each in foreign_keys.references(self.here))

    def _check_references(self) -> None:
        self._found(foreign_keys.check(self.here, self.written))

    # -- the outcome -------------------------------------------------------------------------------------------------
    def _found(self, conflicts: list[Conflict], *, decided: bool = False) -> None:
        self.conflicts += conflicts
        if not decided:
            self.open += conflicts

    def _stop_at_conflicts(self) -> None:
        if self.open and not self.request.dry_run:
            raise merge_conflict(self.request.name, self.request.into, self.open)

    def _count(self, name: str, work: list[Write]) -> None:
        added = sum(each.old is None for each in work)
        removed = sum(each.new is None for each in work)
        self.counts[name] = TableChanges(added, len(work) - added - removed, removed)

    def _record(self, theirs: Schema, replay: Replay) -> None:
        """Say in the merge's own transaction how far the branch's changes have come."""
        before: dict[str, Any] = {}
        schema = theirs.dumps()
        arrived = {self.source: merged.Through(self.positions, schema, self.target)}
        beyond = self.lineage.beyond(lineage_of(self.here))
        for ancestor, child in zip(beyond, beyond[1:], strict=False):
            arrived[ancestor.id] = merged.Through(child.since, child.schema, self.target)
        own = {each.id for each in beyond}
        for branch, through in merged.merged_through(self.branch).items():
            if through.recorded_in in own and branch not in own:
                arrived[branch] = through._replace(recorded_in=self.target)
        for branch, through in arrived.items():
            known = self.through.get(branch)
            before[branch] = list(known) if known is not None else None
            if known is not None:
                furthest = {
                    log: max(known.positions.get(log, 0), place) for log, place in through.positions.items()
                }
                if furthest != dict(through.positions):
                    through = merged.Through(furthest, known.schema, self.target)  # noqa: PLW2901 - the further one
            merged.record(self.here, branch, through)
        if not self.words and not any(each.total for each in self.counts.values()):
            return  # nothing to undo: the merge before stays the last
        run(
            self.here,
            "INSERT INTO _heliosdb_merges (id, branch, name, merged_us, before, steps) VALUES (?, ?, ?, ?, ?, ?)",
            (self.id, self.source, self.request.name, now_us(), json.dumps(before), json.dumps(replay.steps)),
        )
        self.undo.flush()
        self.undo.forget_older(self.source)
