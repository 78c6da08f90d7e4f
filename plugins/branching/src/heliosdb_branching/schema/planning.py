"""The three-way merge of two schemas: which statements bring one database what the other one's schema has become.

Nothing here runs a statement. Tables are followed through renames by their logs; everything else goes by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from .shapes import Schema, TableShape, Thing, same_sql


class Pair(NamedTuple):
    """A table on both sides of a merge."""

    base: TableShape | None
    """As it was; None for one that is new on the branch."""
    ours: TableShape | None
    theirs: TableShape | None
    """As it is on the branch; None for one that was dropped there."""
    rebuilt: bool = False
    """Dropped on the branch and made anew under its name."""


class AddedColumn(NamedTuple):
    """A column that the branch has and the base has not."""

    name: str
    definition: str


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
        )

    def describe(self) -> Iterator[str]:
        """Yield what is done, for people."""
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
        if self.expect_sql and not (
            self.rename_to or self.rename_columns or self.drop_columns or self.add_columns
        ):
            yield f"change the definition of table {name}"


def pair_tables(base: Schema, ours: Schema, theirs: Schema) -> list[Pair]:
    """Return which table of one side is which of the other."""
    pairs, taken = [], set()
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
        pairs.append(Pair(was, _named(ours, was.name), now, rebuilt))
    new = (now for now in theirs.tables.values() if now.name not in taken)
    return [*pairs, *(Pair(None, _named(ours, now.name), now) for now in new)]


def _named(schema: Schema, name: str) -> TableShape | None:
    found = schema.tables.get(name)
    if found is None:
        found = next((each for each in schema.tables.values() if each.name.lower() == name.lower()), None)
    return found


def plan_table(pair: Pair) -> tuple[TablePlan, list[Conflict]]:
    """Return what to do about a table's definition, and what stands in the way."""
    base, ours, theirs, rebuilt = pair
    plan = TablePlan(pair)
    if base is None:
        assert theirs is not None  # noqa: S101 - a pair has one side at least
        if ours is None:
            plan.create = True
        elif not same_sql(ours.sql, theirs.sql):
            return plan, [
                Conflict(theirs.name, None, None, None, ours.sql, theirs.sql, "both sides made this table")
            ]
        return plan, []
    if theirs is None:
        if ours is None:
            return plan, []
        plan.drop = True
        if not same_sql(ours.sql, base.sql):
            return plan, [
                Conflict(
                    base.name, None, None, base.sql, ours.sql, None, "dropped on the branch, altered here"
                )
            ]
        return plan, []
    if ours is None or (theirs.name == base.name and theirs.sql == base.sql):
        return plan, []
    return _plan_change(plan, base, ours, theirs, rebuilt)


def _plan_change(
    plan: TablePlan, base: TableShape, ours: TableShape, theirs: TableShape, rebuilt: bool
) -> tuple[TablePlan, list[Conflict]]:
    conflicts: list[Conflict] = []
    ours_is_base = same_sql(ours.sql, base.sql)
    if same_sql(ours.sql, theirs.sql):
        return plan, []
    names = {name.lower(): name for name, _ in ours.columns}
    was = dict(base.columns) if not rebuilt else {name: place for place, (name, _) in enumerate(base.columns)}
    now = dict(theirs.columns) if not rebuilt else _same_names(base, theirs)
    old_by_number = {number: name for name, number in was.items() if number is not None}
    new_by_number = {number: name for name, number in now.items() if number is not None}
    if theirs.name != base.name:
        plan.rename_to = theirs.name
    renamed = {
        old: new_by_number[number]
        for number, old in old_by_number.items()
        if number in new_by_number and new_by_number[number] != old
    }
    dropped = [old for number, old in old_by_number.items() if number not in new_by_number]
    added = [name for name, number in now.items() if number is None or number not in old_by_number]
    definitions = _definitions(theirs.sql)
    for old, new in list(renamed.items()):
        if old.lower() not in names:
            if new.lower() not in names:
                conflicts.append(
                    Conflict(
                        base.name, None, old, old, None, new, "renamed on the branch, gone or renamed here"
                    )
                )
            del renamed[old]
    for name in added:
        there = names.get(name.lower())
        if there is not None and there not in renamed:
            mine, its = _definitions(ours.sql).get(there.lower(), ""), definitions.get(name.lower(), "")
            if not same_sql(mine, its):
                conflicts.append(
                    Conflict(base.name, None, name, None, mine, its, "both sides added a column of this name")
                )
    plan.rename_columns = renamed
    plan.drop_columns = tuple(each for each in dropped if each.lower() in names)
    plan.add_columns = tuple(
        AddedColumn(name, definitions.get(name.lower(), q(name)))
        for name in added
        if name.lower() not in names or names[name.lower()] in renamed
    )
    if ours_is_base:
        plan.expect_sql = theirs.sql
    elif not (renamed or plan.drop_columns or plan.add_columns or plan.rename_to or conflicts) and not (
        renamed or dropped or added
    ):
        conflicts.append(
            Conflict(
                base.name, None, None, base.sql, ours.sql, theirs.sql, "both sides changed the definition"
            )
        )
    return plan, conflicts


def _same_names(base: TableShape, theirs: TableShape) -> dict[str, int | None]:
    places = {name.lower(): place for place, (name, _) in enumerate(base.columns)}
    return {name: places.get(name.lower()) for name, _ in theirs.columns}


def _definitions(sql: str) -> dict[str, str]:
    """Return how each column is defined in a CREATE TABLE statement, by its name in lower case."""
    definition = table_definition(sql)
    if definition is None:
        return {}
    found = {}
    for column in definition.columns:
        end = column.constraints[-1].end if column.constraints else column.type_end
        found[column.name.name.lower()] = sql[column.name.start : end]
    return found


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
    base: Schema, ours: Schema, theirs: Schema, now: Schema, dropped: set[str], *, insist: bool = False
) -> tuple[list[ThingPlan], list[Conflict]]:
    """Return what to do about everything but tables.

    :param ours: the schema before the tables were changed, ``now`` the one since: renames have changed texts too
    :param dropped: tables that are dropped, in lower case, with all that hangs on them
    :param insist: conflicts are decided for the branch
    """
    plans: list[ThingPlan] = []
    conflicts: list[Conflict] = []
    for kind, name in dict.fromkeys((*base.things, *theirs.things)):
        was, mine, its = (schema.things.get((kind, name)) for schema in (base, ours, theirs))
        here, before = now.things.get((kind, name)), len(conflicts)
        if its is None:
            if here is None or here.table.lower() in dropped:
                continue
            if was is not None and mine is not None and not same_sql(mine.sql, was.sql):
                conflicts.append(
                    Conflict(
                        name,
                        None,
                        None,
                        was.sql,
                        mine.sql,
                        None,
                        f"{kind} dropped on the branch, changed here",
                    )
                )
            else:
                plans.append(ThingPlan(here, None))
        elif here is not None and same_sql(here.sql, its.sql):
            continue
        elif was is None:
            if here is None:
                plans.append(ThingPlan(None, its))
            else:
                conflicts.append(
                    Conflict(name, None, None, None, here.sql, its.sql, f"both sides made this {kind}")
                )
        elif same_sql(its.sql, was.sql):
            if mine is not None and here is None:
                plans.append(ThingPlan(None, its))  # it went with a table that was made anew
        elif mine is None:
            conflicts.append(
                Conflict(
                    name, None, None, was.sql, None, its.sql, f"{kind} changed on the branch, dropped here"
                )
            )
        elif same_sql(mine.sql, was.sql):
            plans.append(ThingPlan(here, its))
        else:
            conflicts.append(
                Conflict(name, None, None, was.sql, mine.sql, its.sql, f"both sides changed this {kind}")
            )
        if insist and len(conflicts) > before:
            plans.append(ThingPlan(here, its))
    return plans, conflicts
