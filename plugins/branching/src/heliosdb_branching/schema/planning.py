"""The three-way merge of two schemas: which statements bring one database what the other one's schema has become.

Nothing here runs a statement. Tables are followed through renames by their logs; everything else goes by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import Conflict
from .alterations import PASSING, AddedColumn, Changes, making_way
from .altering import altered, changes, column_definitions, renamed_here, with_column, with_more_columns
from .shapes import Schema, TableShape, Thing, on_one_line, same_sql


class Pair(NamedTuple):
    """A table on both sides of a merge."""

    base: TableShape | None
    """As it was; None for one that is new on the branch."""
    ours: TableShape | None
    theirs: TableShape | None
    """As it is on the branch; None for one that was dropped there."""
    rebuilt: bool = False
    """Dropped on the branch and made anew under its name."""


@dataclass
class TablePlan:
    """What becomes of one table's definition."""

    pair: Pair
    rename_to: str | None = None
    rename_columns: Mapping[str, str] = field(default_factory=dict)
    drop_columns: tuple[str, ...] = ()
    add_columns: tuple[AddedColumn, ...] = ()
    create: bool = False
    drop: bool = False
    expect_sql: str | None = None
    """What the definition should be afterwards; if it is not, the table is made anew."""
    redefine: str | None = None
    """The definition by which the table is made anew before anything else."""

    @property
    def alters(self) -> bool:
        """Whether there is anything to do."""
        return bool(
            self.rename_to
            or self.rename_columns
            or self.drop_columns
            or self.add_columns
            or self.create
            or self.drop
            or self.expect_sql
            or self.redefine
        )

    @property
    def changes(self) -> Changes:
        """What ALTER TABLE does of it."""
        return Changes(self.rename_to, self.rename_columns, self.drop_columns, self.add_columns)

    def describe(self, reached: Mapping[str, str]) -> Iterator[str]:
        """Yield what is done, for people.

        :param reached: what ALTER TABLE makes of the definitions, by the tables' names here
        """
        pair = self.pair
        if self.create and pair.theirs is not None:
            yield f"create table {pair.theirs.name}"
        if self.drop and pair.ours is not None:
            yield f"drop table {pair.ours.name}"
        name = pair.ours.name if pair.ours is not None else ""
        if self.rename_to:
            yield f"rename table {name} to {self.rename_to}"
        for old, new in self.rename_columns.items():
            yield f"rename column {name}.{old} to {new}"
        for column in self.drop_columns:
            yield f"drop column {name}.{column}"
        for added in self.add_columns:
            yield f"add column {name}.{added.name}"
        wanted = self.expect_sql or self.redefine
        if wanted is not None and pair.ours is not None and not same_sql(reached.get(name, ""), wanted):
            yield f"change the definition of table {name} from {on_one_line(pair.ours.sql)} to {on_one_line(wanted)}"


def altered_here(ours: Schema, plans: Sequence[TablePlan]) -> dict[str, str]:
    """Return what ALTER TABLE alone makes of the definitions where that may not be all, by the tables' names here."""
    if not any(plan.expect_sql or plan.redefine for plan in plans):
        return {}
    done = {
        plan.pair.ours.name: plan.changes for plan in plans if plan.pair.ours is not None and not plan.drop
    }
    return altered(ours.tables.values(), done)


def in_order(plans: Iterable[TablePlan]) -> list[TablePlan]:
    """Return plans in the order in which they can be carried out: names must be free before others get them."""
    return sorted(plans, key=lambda plan: (not plan.drop, plan.create))


def names_between(plans: Iterable[TablePlan], passing: str = PASSING) -> dict[str, str]:
    """Return names for the meantime of tables here whose own others are to get."""
    renamed = {
        plan.pair.ours.name: plan.rename_to for plan in plans if plan.rename_to and plan.pair.ours is not None
    }
    return making_way(renamed, passing)


def pair_tables(base: Schema, ours: Schema, theirs: Schema) -> list[Pair]:
    """Return which table of one side is which of the other."""
    pairs: list[Pair] = []
    taken = set()
    by_log = theirs.by_log()
    for was in base.tables.values():
        now = by_log.get(was.log) if was.log is not None else theirs.tables.get(was.name)
        rebuilt = False
        if now is None:
            again = theirs.tables.get(was.name)
            if again is not None and again.log not in base.by_log():
                now, rebuilt = again, True
        if now is not None:
            taken.add(now.name)
        pairs.append(Pair(was, _here(base, ours, was, now), now, rebuilt))
    new = (now for now in theirs.tables.values() if now.name not in taken)
    paired = {pair.ours.name for pair in pairs if pair.ours is not None}  # gone or renamed on the branch
    own = Schema({name: each for name, each in ours.tables.items() if name not in paired}, {})
    return [*pairs, *(Pair(None, _named(own, now.name), now) for now in new)]


def _here(base: Schema, ours: Schema, was: TableShape, now: TableShape | None) -> TableShape | None:
    """Return the table as our side has it: under its name, or the new one if both sides gave it the same."""
    found = _named(ours, was.name)
    if found is None and now is not None and _named(base, now.name) is None:
        return _named(ours, now.name)
    return found


def _named(schema: Schema, name: str) -> TableShape | None:
    found = schema.tables.get(name)
    if found is None:
        found = next((each for each in schema.tables.values() if each.name.lower() == name.lower()), None)
    return found


def plan_tables(base: Schema, ours: Schema, theirs: Schema) -> list[tuple[TablePlan, list[Conflict]]]:
    """Return what to do about every table's definition, and what stands in the way."""
    planned = [plan_table(pair) for pair in pair_tables(base, ours, theirs)]
    doubtful = [each for each in planned if _is_doubtful(each[0])]
    if doubtful:
        done = {
            plan.pair.base.name: changes(plan.pair.base, plan.pair.theirs, rebuilt=plan.pair.rebuilt)
            for plan, _ in planned
            if plan.pair.base is not None and plan.pair.theirs is not None
        }
        texts = altered(base.tables.values(), done)
        for plan, conflicts in doubtful:
            _settle(plan, conflicts, texts)
    return planned


def _is_doubtful(plan: TablePlan) -> bool:
    """Return whether both sides changed a definition, so that some of it may be more than ALTER TABLE can do."""
    base, ours, theirs, _ = plan.pair
    if base is None or ours is None or theirs is None or plan.expect_sql is not None:
        return False
    return not same_sql(theirs.sql, base.sql) and not same_sql(ours.sql, theirs.sql)


def _settle(plan: TablePlan, conflicts: list[Conflict], texts: Mapping[str, str]) -> None:
    """See that what the branch did to a definition is done as a whole, or say that it can't be."""
    base, ours, theirs, _ = plan.pair
    if base is None or ours is None or theirs is None or same_sql(texts.get(base.name, ""), theirs.sql):
        return
    plan.expect_sql = with_more_columns(base.sql, ours.sql, theirs.sql)
    if plan.expect_sql is None:
        reason = "both sides changed the definition"
        conflicts.append(Conflict(base.name, None, None, base.sql, ours.sql, theirs.sql, reason))


def plan_table(pair: Pair) -> tuple[TablePlan, list[Conflict]]:
    """Return what ALTER TABLE can do about a table's definition, and what stands in the way."""
    base, ours, theirs, rebuilt = pair
    plan = TablePlan(pair)
    if base is None:
        assert theirs is not None  # noqa: S101 - a pair has one side at least
        if ours is None:
            plan.create = True
        elif not same_sql(ours.sql, theirs.sql):
            reason = "both sides made this table"
            return plan, [Conflict(theirs.name, None, None, None, ours.sql, theirs.sql, reason)]
        return plan, []
    if theirs is None:
        if ours is None:
            return plan, []
        plan.drop = True
        if not same_sql(ours.sql, base.sql):
            reason = "dropped on the branch, altered here"
            return plan, [Conflict(base.name, None, None, base.sql, ours.sql, None, reason)]
        return plan, []
    if theirs.name == base.name and theirs.sql == base.sql:
        return plan, []
    if ours is None:
        if same_sql(theirs.sql, base.sql):
            return plan, []
        reason = "altered on the branch, dropped or renamed here"
        return plan, [Conflict(base.name, None, None, base.sql, None, theirs.sql, reason)]
    if same_sql(ours.sql, theirs.sql):
        return plan, []
    return _plan_change(plan, base, ours, theirs, rebuilt)


def _plan_change(
    plan: TablePlan, base: TableShape, ours: TableShape, theirs: TableShape, rebuilt: bool
) -> tuple[TablePlan, list[Conflict]]:
    conflicts: list[Conflict] = []
    names = {name.lower(): name for name, _ in ours.columns}
    rename_to, renamed, dropped, added = changes(base, theirs, rebuilt=rebuilt)
    renamed = dict(renamed)
    if ours.name != theirs.name:
        plan.rename_to = rename_to
    for old, new in list(renamed.items()):
        if old.lower() not in names:
            if new.lower() not in names:
                reason = "renamed on the branch, gone or renamed here"
                mine = renamed_here(old, base, ours)
                conflicts.append(Conflict(base.name, None, old, old, mine, new, reason))
            del renamed[old]
    for column in added:
        there = names.get(column.name.lower())
        if there is not None and there not in renamed:
            mine = column_definitions(ours.sql).get(there.lower(), "")
            if not same_sql(mine, column.definition):
                reason = "both sides added a column of this name"
                conflicts.append(
                    Conflict(base.name, None, column.name, None, mine, column.definition, reason)
                )
    plan.rename_columns = renamed
    plan.drop_columns = tuple(each for each in dropped if each.lower() in names)
    plan.add_columns = tuple(
        column
        for column in added
        if column.name.lower() not in names or names[column.name.lower()] in renamed
    )
    if same_sql(ours.sql, base.sql):
        plan.expect_sql = theirs.sql
    return plan, conflicts


def kept(plan: TablePlan, conflicts: Sequence[Conflict]) -> TablePlan:
    """Return the plan with its conflicts decided for our side: what they are not about is done."""
    return plan if all(each.column is not None for each in conflicts) else TablePlan(plan.pair)


def taken(plan: TablePlan, conflict: Conflict) -> bool:
    """Have a plan do what the branch wants in a conflict; return whether it can: it drops no column of ours."""
    base, ours, theirs, _ = plan.pair
    if theirs is None:
        return True
    if ours is None:
        return False
    if conflict.column is None:
        known = {name.lower() for shape in (base, theirs) if shape is not None for name, _ in shape.columns}
        if any(name.lower() not in known for name, _ in ours.columns):
            return False
        plan.expect_sql = theirs.sql
        return True
    if conflict.base is None:
        plan.redefine = with_column(plan.redefine or ours.sql, conflict.column, conflict.theirs)
        return plan.redefine is not None
    if conflict.ours is None:
        return False
    plan.rename_columns = {**plan.rename_columns, conflict.ours: conflict.theirs}
    return True


class ThingPlan(NamedTuple):
    """What becomes of an index, view, trigger or virtual table."""

    drop: Thing | None
    create: Thing | None


def dropped_things(base: Schema, ours: Schema, theirs: Schema) -> list[ThingPlan]:
    """Return what to drop before the tables are changed: an index on a column stands in the way of dropping that."""
    plans = []
    for kind, name in base.things:
        was, mine, its = (schema.things.get((kind, name)) for schema in (base, ours, theirs))
        if its is None and was is not None and mine is not None and same_sql(mine.sql, was.sql):
            plans.append(ThingPlan(mine, None))
    return plans


def plan_things(
    base: Schema,
    ours: Schema,
    theirs: Schema,
    now: Schema,
    dropped: set[str],
    decide: Callable[[Conflict], str | None],
) -> list[ThingPlan]:
    """Return what to do about everything but tables.

    :param ours: the schema before the tables were changed, ``now`` the one since: renames have changed texts too
    :param dropped: tables that are dropped, in lower case, with all that hangs on them
    :param decide: is given each conflict, and returns whether it is decided for 'ours' or 'theirs'
    """
    plans: list[ThingPlan] = []
    for kind, name in dict.fromkeys((*base.things, *theirs.things)):
        was, mine, its = (schema.things.get((kind, name)) for schema in (base, ours, theirs))
        here, reason = now.things.get((kind, name)), None
        if its is None:
            if here is None or here.table.lower() in dropped:
                continue
            if was is not None and mine is not None and not same_sql(mine.sql, was.sql):
                reason = f"{kind} dropped on the branch, changed here"
            else:
                plans.append(ThingPlan(here, None))
        elif here is not None and same_sql(here.sql, its.sql):
            continue
        elif was is None:
            if here is None:
                plans.append(ThingPlan(None, its))
            else:
                reason = f"both sides made this {kind}"
        elif same_sql(its.sql, was.sql):
            if mine is not None and here is None:
                plans.append(ThingPlan(None, its))  # it went with a table that was made anew
        elif mine is None:
            reason = f"{kind} changed on the branch, dropped here"
        elif same_sql(mine.sql, was.sql):
            plans.append(ThingPlan(here, its))
        else:
            reason = f"both sides changed this {kind}"
        if reason is not None:
            sides = (was, mine if mine is not None else here, its)
            base_sql, our_sql, their_sql = (None if each is None else each.sql for each in sides)
            conflict = Conflict(name, None, None, base_sql, our_sql, their_sql, reason)
            if decide(conflict) == "theirs":
                plans.append(ThingPlan(here, its))
    return plans
