"""Tables that were rebuilt: one transaction dropped them, and another table took their name."""

from __future__ import annotations

from . import following, layout
from .names import COMMITS, OPEN, in_schema
from .shape import Run
from .switched_off import switched_off


def carry_over(run: Run, schema: str) -> None:
    """Go on recording, under the name, what the open transaction rebuilt."""
    if not layout.exists(run, schema):
        return
    commits = in_schema(schema, COMMITS)
    (now,) = run(
        f"SELECT max(txn) FROM {commits} WHERE state = ? AND txn = (SELECT max(txn) FROM {commits})", (OPEN,)
    ).fetchone()
    if now is None:
        return
    tables = following.load(run, schema)
    live = {table.name.lower() for table in tables if table.shape is not None}
    left = live | switched_off(run, schema)
    there = following.ordinary_tables(run, schema)
    for table in tables:
        if table.ended == now and table.name.lower() not in left and table.name in there:
            following.add(
                run,
                schema,
                table.name,
                adopted=False,
                excluded=following.still_there(run, table),
                retention=table.retention,
            )
            left.add(table.name.lower())
