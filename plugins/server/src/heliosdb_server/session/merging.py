"""Running MERGE: one statement for each WHEN that applies to a row, and they count as one."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..translation import tree
from ..translation.translate import Translated
from .plans import ordered
from .portals import Portal

if TYPE_CHECKING:
    from .session import Session


def merge(session: Session, portal: Portal, made: Translated, values: Sequence[Any]) -> None:
    """Run the statements that follow the step which has found the rows."""
    node = made.node
    assert isinstance(node, tree.Merge)
    run = [
        (sql, ordered(values, order))
        for sql, order in zip(made.sql, made.orders[len(made.steps) :], strict=True)
        if values[order[0]] != "[]"
    ]
    portal.done = True
    with _keys_looked_at_behind(session, node) if len(run) > 1 else nullcontext():
        for sql, given in run:
            cursor = session.engine.run(sql, given)
            portal.count += max(cursor.rowcount, 0)
            if sql.startswith("INSERT"):
                session.sequences.inserted = node.table.parts[-1], cursor.lastrowid
            cursor.close()


@contextmanager
def _keys_looked_at_behind(session: Session, node: tree.Merge) -> Iterator[None]:
    """Look at foreign keys of the table to itself once all is done, as one statement would."""
    engine = session.engine
    info = engine.schema.named(node.table.parts)
    found = engine.schema.object(info.name, info.schema) if info is not None else None
    if found is None or all(
        key.table.lower() != found.name.lower() for key in engine.schema.foreign_keys(found)
    ):
        yield
        return
    check = f"PRAGMA {found.schema}.foreign_key_check({quote_identifier(found.name)})"
    before = set(engine.rows(check))
    ((deferred,),) = engine.rows("PRAGMA defer_foreign_keys")
    engine.rows("PRAGMA defer_foreign_keys = ON")
    try:
        yield
    finally:
        engine.rows(f"PRAGMA defer_foreign_keys = {'ON' if deferred else 'OFF'}")
    if not deferred and set(engine.rows(check)) - before:
        text = f'insert or update on table "{found.name}" violates a foreign key constraint'
        raise PgError("23503", text, table=found.name)
