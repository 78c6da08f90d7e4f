"""Statements in steps: rows that are found first, held, and named by what runs behind.

A step is a query or a change whose rows the session keeps. What follows gets their places as a parameter, a list in
JSON, and their values from ``pg_held...()``: see :mod:`..session.held`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ..protocol.errors import PgError
from . import tree
from .scope import Column, TableInfo
from .upserts import Upserts

Places = tuple[
    tuple[int, int], ...
]  # columns of a step, and places in the rows that are their values; else -1


class Step(NamedTuple):
    """A part of a statement that runs first; where its rows stand is a parameter of what follows."""

    sql: str
    columns: tuple[Column, ...]
    parameter: int
    key: int = 0  # how many of the first columns tell rows apart
    renewed: Places = ()  # the columns with the key that a row will have
    parts: tuple[
        bool, ...
    ] = ()  # of MERGE, whose rows go to one WHEN each: does it change the row it has met?

    @property
    def given(self) -> int:
        """How many parameters it gives."""
        return len(self.parts) or 1


class Holding(Upserts):
    """Writes steps, and what names their rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps: list[Step] = []
        self.given = 0  # how many parameters are the client's
        self.with_: list[str] = []  # the queries of the WITH around a change, as text
        self.recursive = False
        self.queries: dict[str, tree.Node] = {}  # ... and as trees, by name

    # ---- steps ----

    def next_step(self) -> int:
        """Return the number of the parameter of the step that comes next."""
        return self.given + sum(step.given for step in self.steps) + 1

    def found_first(
        self,
        sql: str,
        columns: tuple[Column, ...] = (),
        key: int = 0,
        renewed: Places = (),
        parts: tuple[bool, ...] = (),
    ) -> int:
        """Have a query run first, and return the number of its parameter."""
        number = self.next_step()
        self.steps.append(Step(self.around(sql), columns, number, key, renewed, parts))
        self.functions = True
        return number

    def around(self, sql: str) -> str:
        """Return a statement with the queries of the WITH that it stands behind."""
        if not self.with_:
            return sql
        more = ", " + sql[5:] if sql.startswith("WITH ") else " " + sql
        if sql.startswith("WITH RECURSIVE "):
            more = ", " + sql[15:]
        recursive = self.recursive or sql.startswith("WITH RECURSIVE ")
        return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(self.with_)}{more}"

    @staticmethod
    def all_of(number: int, count: int) -> str:
        """Return a query with the first columns of a step's rows, in their order."""
        listed = ", ".join(f"pg_held_at({number}, {at}, value)" for at in range(count))
        return f"SELECT {listed} FROM json_each(?{number})"

    def row_key(self, info: TableInfo, what: str) -> tuple[str, ...]:
        """Return the columns that tell a table's rows apart, as SQLite reads them.

        :raises PgError: there are none
        """
        if not info.row:
            kind = info.kind if info.kind == "view" else "table"
            raise PgError("0A000", f'{what} is not supported for the {kind} "{info.name}"')
        return info.row

    # ---- which tables a part of a statement reads ----

    def reads(self, part: Any, info: TableInfo, how: str) -> bool:
        """Does a query in this part of a statement read what it changes: itself, or by a view or a WITH query?

        :param how: insert, update or delete
        """
        if not any_table(part, lambda table: True):
            return False
        changed = self.schema.touched(info.name, how)
        return any_table(part, lambda table: self._is_read(table, info, changed, frozenset()))

    def _is_read(
        self, table: tree.Table, info: TableInfo, changed: frozenset[str], seen: frozenset[str]
    ) -> bool:
        name = table.parts[-1].lower()
        if len(table.parts) == 1 and (query := self.queries.get(name)) is not None:
            more = seen | {name}
            return name not in seen and any_table(query, lambda t: self._is_read(t, info, changed, more))
        found = self.schema.named(table.parts)
        if found is None:
            return False
        if found.kind == "view":
            return any(self.schema.mentions(found.name, each) for each in changed)
        own = (found.schema, found.name) == (info.schema, info.name)
        return own or (found.schema == "main" and found.name.lower() in changed - {info.name.lower()})


def any_table(part: Any, wanted: Callable[[tree.Table], bool]) -> bool:
    """Is there a table of this kind somewhere in a part of a statement?"""
    if isinstance(part, tree.Table):
        return bool(wanted(part))
    if isinstance(part, tree.Node):
        return any(any_table(each, wanted) for each in vars(part).values())
    if isinstance(part, (list, tuple)):
        return any(any_table(each, wanted) for each in part)
    if isinstance(part, dict):
        return any(any_table(each, wanted) for each in part.values())
    return False


_MARKED = re.compile(r"pg_held(\w*)\((\d+), u(\d+)")


def used(*texts: str) -> list[int]:
    """Return the columns of a step that texts name as ``u0``, ``u1``..., each once."""
    return sorted({int(found[3]) for text in texts for found in _MARKED.finditer(text)})


def placed(text: str, places: dict[int, int]) -> str:
    """Return a text that names columns of a step so with the places where they stand."""
    return _MARKED.sub(lambda found: f"pg_held{found[1]}({found[2]}, {places[int(found[3])]}", text)
