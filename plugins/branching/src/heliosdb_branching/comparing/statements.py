"""The differences of tables as statements: ALTER TABLE where that does it, the table made anew where not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.tables import read_table
from ..schema.altering import column_definitions
from ..schema.planning import TablePlan, altered_here
from ..schema.shapes import Schema, same_sql

_BEFORE = "rows_before"
UNENFORCED = "PRAGMA foreign_keys = OFF"
"""To be run before a transaction in which a table is dropped to be made anew."""


def statements_for(
    connection: Any, other: Any, here: Schema, there: Schema, plans: Sequence[TablePlan]
) -> Iterator[str]:
    """Yield what makes the tables of one database those of the other."""
    texts = altered_here(here, plans)
    for plan in plans:
        ours = plan.pair.ours
        if ours is None or plan.expect_sql is None or same_sql(texts.get(ours.name, ""), plan.expect_sql):
            yield from _altering(plan)
        else:
            yield from _made_anew(connection, other, here, there, plan)


def _made_anew(connection: Any, other: Any, here: Schema, there: Schema, plan: TablePlan) -> Iterator[str]:
    """Yield what makes a table by another definition, with the rows, indexes and triggers that it has."""
    ours, theirs, sql = plan.pair.ours, plan.pair.theirs, plan.expect_sql
    if ours is None or theirs is None or sql is None:
        return
    table, its = read_table(connection, ours.name), read_table(other, theirs.name)
    wanted = set(column_definitions(sql)) - {name.lower() for name in its.generated}
    renamed = {column: plan.rename_columns.get(column, column) for column in table.columns}
    shared = {column: name for column, name in renamed.items() if name.lower() in wanted}
    into, of = [q(name) for name in shared.values()], [q(column) for column in shared]
    kept = list(of)
    if table.rowid is not None and its.rowid is not None and not table.alias and not its.alias:
        into, of, kept = [its.rowid, *into], ["kept_rowid", *of], [f"{table.rowid} AS kept_rowid", *kept]
    yield f"CREATE TEMP TABLE {_BEFORE} AS SELECT {', '.join(kept)} FROM {q(ours.name)}"
    yield f"DROP TABLE {q(ours.name)}"
    yield sql
    yield f"INSERT INTO {q(theirs.name)} ({', '.join(into)}) SELECT {', '.join(of)} FROM temp.{_BEFORE}"
    yield f"DROP TABLE temp.{_BEFORE}"
    for key, thing in here.things.items():
        if thing.kind in ("index", "trigger") and thing.table.lower() == ours.name.lower():
            yield (there.things.get(key) or thing).sql


def _altering(plan: TablePlan) -> Iterator[str]:
    pair = plan.pair
    if plan.create and pair.theirs is not None:
        yield pair.theirs.sql
        return
    if pair.ours is None:
        return
    name = pair.ours.name
    if plan.drop:
        yield f"DROP TABLE {q(name)}"
        return
    if plan.rename_to:
        yield f"ALTER TABLE {q(name)} RENAME TO {q(plan.rename_to)}"
        name = plan.rename_to
    for old, new in _one_by_one(plan):
        yield f"ALTER TABLE {q(name)} RENAME COLUMN {q(old)} TO {q(new)}"
    for column in plan.drop_columns:
        yield f"ALTER TABLE {q(name)} DROP COLUMN {q(column)}"
    for added in plan.add_columns:
        yield f"ALTER TABLE {q(name)} ADD COLUMN {added.definition}"


def _one_by_one(plan: TablePlan) -> Iterator[tuple[str, str]]:
    """Yield the renames in an order that works: by way of other names where columns exchange theirs."""
    there = {name.lower() for name, _ in plan.pair.ours.columns} if plan.pair.ours is not None else set()
    if not any(new.lower() in there for new in plan.rename_columns.values()):
        yield from plan.rename_columns.items()
        return
    for number, old in enumerate(plan.rename_columns):
        yield old, f"_renamed_{number}"
    for number, new in enumerate(plan.rename_columns.values()):
        yield f"_renamed_{number}", new
