"""The definitions of tables in one merge: what becomes of each, and what the strategy has to decide about that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..errors import Conflict
from ..logs.tables import read_table
from ..running import value
from ..schema.planning import Pair, TablePlan, in_order, kept, names_between, plan_tables, taken
from ..schema.replaying import Replay
from ..schema.shapes import Schema
from .found import Found
from .reading import Side, dropped, dropped_cells, knows_dropped
from .rows import same_row, same_value


class Definitions:
    """Merges the definitions of one merge's tables."""

    def __init__(self, here: Any, side: Side, found: Found) -> None:
        self._here = here
        self._side = side
        self._found = found

    def plan(self, base: Schema, ours: Schema, theirs: Schema) -> list[TablePlan]:
        """Return what becomes of every table, as far as the strategy decides what both sides changed."""
        plans = [self._decided(plan, conflicts) for plan, conflicts in plan_tables(base, ours, theirs)]
        self._check_drops(plans)
        return plans

    def _decided(self, plan: TablePlan, conflicts: list[Conflict]) -> TablePlan:
        """Return what becomes of a table for whose definition the strategy has decided."""
        mine = []
        for conflict in conflicts:
            side = self._found.side_of(conflict)
            if side == "ours":
                mine.append(conflict)
            elif side == "theirs" and not taken(plan, conflict):
                self._found.open.append(conflict)
        return kept(plan, mine) if mine else plan

    def _check_drops(self, plans: list[TablePlan]) -> None:
        """See that nothing is dropped which our side has changed since."""
        for number, plan in enumerate(plans):
            if plan.drop and plan.pair.ours is not None:
                if self._keeps(self._changes_to_dropped(plan.pair)):
                    plans[number] = TablePlan(plan.pair)
            elif plan.drop_columns and self._keeps(self._changes_to_dropped_columns(plan)):
                plans[number] = replace(plan, drop_columns=(), expect_sql=None)

    def _keeps(self, conflicts: list[Conflict]) -> bool:
        """Return whether what the branch has dropped stays, as the strategy decides for all that was changed in it."""
        return self._found.common_side(conflicts) == "ours"

    def _changes_to_dropped(self, pair: Pair) -> list[Conflict]:
        assert pair.ours is not None  # noqa: S101 - it is about our rows
        table = read_table(self._here, pair.ours.name)
        if not knows_dropped(self._side, pair):
            if not value(self._here, f"SELECT EXISTS (SELECT 1 FROM main.{q(table.name)})"):
                return []
            reason = "dropped by a program that HeliosDB did not see: what changed here since can't be told"
            return [Conflict(table.name, None, None, "the table", "the table", None, reason)]
        found = []
        for row in dropped(self._side, pair, table):
            if not same_row(row.base, row.ours):
                base, ours = (
                    None if each is None else dict(zip(table.columns, each, strict=False))
                    for each in (row.base, row.ours)
                )
                reason = "changed here, its table dropped on the branch"
                found.append(Conflict(table.name, row.key.shown, None, base, ours, None, reason))
        return found

    def _changes_to_dropped_columns(self, plan: TablePlan) -> list[Conflict]:
        """Return what our side has written into columns that the branch has dropped."""
        pair = plan.pair
        if pair.ours is None:
            return []
        table = read_table(self._here, pair.ours.name)
        if pair.rebuilt or not knows_dropped(self._side, pair) or not table.has_identity:
            return []
        dropped_here = {column.lower() for column in plan.drop_columns}
        wanted = [column for column in table.columns if column.lower() in dropped_here]
        reason = "changed here, its column dropped on the branch"
        return [
            Conflict(
                table.name, key.shown, column, None if was is None else was[place], ours[place], None, reason
            )
            for key, was, ours in dropped_cells(self._side, pair, table, wanted)
            for place, column in enumerate(wanted)
            if not same_value(None if was is None else was[place], ours[place])
        ]

    def replay(self, replay: Replay, plans: list[TablePlan]) -> None:
        """Have the tables on our side become what their plans say."""
        plans = in_order(plan for plan in plans if plan.alters)
        for plan in plans:
            if plan.drop and plan.pair.ours is not None:
                replay.drop_table(plan.pair.ours.name)
        between = names_between(plans)
        for plan in plans:
            ours = plan.pair.ours
            if ours is not None and ours.name in between:
                replay.rename_table(ours.name, between[ours.name])
                plan.pair = plan.pair._replace(ours=ours._replace(name=between[ours.name]))
        for plan in plans:
            if plan.create and plan.pair.theirs is not None:
                replay.create_table(plan.pair.theirs.name, plan.pair.theirs.sql)
            elif plan.pair.ours is not None and not plan.drop:
                replay.alter_table(plan)
