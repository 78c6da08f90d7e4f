"""Joins, when a transaction commits, the versions of rows that stayed as they were although they might have gone."""

from __future__ import annotations

from typing import NamedTuple

from . import following
from .eager import EagerTriggers
from .names import TO
from .shape import Run
from .tables import eager_tables, triggers_of


class Tidying(NamedTuple):
    """The statements that tidy a database."""

    found: str  # asks whether there is anything to do, "" where there never is
    statements: tuple[str, ...] = ()

    def run(self, run: Run) -> None:
        """Do it. No statement may be under way that writes."""
        if self.is_due(run):
            for statement in self.statements:
                run(statement)

    def is_due(self, run: Run) -> bool:
        """Return whether there is anything to do."""
        return bool(self.found) and bool(run(self.found).fetchone()[0])


def tidying(run: Run, schema: str) -> Tidying:
    """Return what tidies a database."""
    eager = eager_tables(run, schema)
    if not eager:
        return Tidying("")
    marked, statements = [], []
    for table in following.load(run, schema):
        if table.shape is not None and table.name.lower() in eager:
            marked.append(f"EXISTS (SELECT 1 FROM {table.history} WHERE {TO} < 0)")
            statements += triggers_of(EagerTriggers, table, table.shape).tidy(schema=schema)
    return Tidying(f"SELECT {' OR '.join(marked) or 0}", tuple(statements))
