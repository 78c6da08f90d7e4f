"""The differences of tables as statements: ALTER TABLE where that does it, the table made anew where not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier as q

from ..logs.tables import read_table
from ..schema.alterations import alterations, rename_table
from ..schema.altering import column_definitions
from ..schema.planning import TablePlan, altered_here, in_order, names_between
from ..schema.shapes import Schema, same_sql

_BEFORE = "rows_before"
_PASSING = "_renamed_"  # names that stand in a script which people read
UNENFORCED = "PRAGMA foreign_keys = OFF"
"""To be run before a transaction in which a table is dropped to be made anew."""


def statements_for(
    connection: Any, other: Any, here: Schema, there: Schema, plans: Sequence[TablePlan]
) -> Iterator[str]:
    """Yield what makes the tables of one database those of the other."""
    texts = altered_here(here, plans)
    plans = in_order(plans)
    for plan in plans:
        if plan.drop and plan.pair.ours is not None:
            yield f"DROP TABLE {q(plan.pair.ours.name)}"
    between = names_between(plans, _PASSING)
    for name, passing in between.items():
        yield rename_table(name, passing).sql()
    for plan in plans:
        ours, theirs = plan.pair.ours, plan.pair.theirs
        if plan.create and theirs is not None:
            yield theirs.sql
        elif ours is None or plan.drop:
            continue
        elif plan.expect_sql is None or same_sql(texts.get(ours.name, ""), plan.expect_sql):
            name = between.get(ours.name, ours.name)
            yield from (each.sql() for each in alterations(name, plan.changes, _PASSING))
        else:
            yield from _made_anew(connection, other, here, there, plan, between.get(ours.name, ours.name))


def _made_anew(
    connection: Any, other: Any, here: Schema, there: Schema, plan: TablePlan, now: str
) -> Iterator[str]:
    """Yield what makes a table by another definition, with the rows, indexes and triggers that it has.

    :param now: what it is called by then
    """
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
    yield f"CREATE TEMP TABLE {_BEFORE} AS SELECT {', '.join(kept)} FROM {q(now)}"
    yield f"DROP TABLE {q(now)}"
    yield sql
    yield f"INSERT INTO {q(theirs.name)} ({', '.join(into)}) SELECT {', '.join(of)} FROM temp.{_BEFORE}"
    yield f"DROP TABLE temp.{_BEFORE}"
    for key, thing in here.things.items():
        if thing.kind in ("index", "trigger") and thing.table.lower() == ours.name.lower():
            yield (there.things.get(key) or thing).sql
