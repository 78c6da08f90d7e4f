"""INSERT, UPDATE and DELETE as SQLite reads them."""
# ruff: noqa: E501 - a row of a table is one line
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from . import tree
from .holding import Step, any_table
from .merging import Merging
from .scope import Column, Scope, TableInfo, listed_names, told_apart
from .snapshots import Snapshots

_ROW_TYPES = (tree.Insert, tree.Update, tree.Delete)


class Changes(Merging):
    """Writes statements that change rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.changed: set[tuple[str, str]] = set()  # tables that the steps change
        self._snapshots: set[str] = set()  # queries of the WITH that read such a table before it changes

    # ---- changes in WITH ----

    def with_text(
        self,
        items: list[tree.With],
        recursive: bool,
        scope: Scope | None,
        level: dict[str, tuple[Column, ...]],
        parts: list[str] | None = None,
    ) -> str:
        changing = [item for item in items if isinstance(item.query, _ROW_TYPES)]
        outermost = len(self._ctes) == 1
        if changing and not outermost:
            raise PgError("0A000", "a WITH query that changes rows must stand at the top level")
        if not outermost and parts is None:
            return super().with_text(items, recursive, scope, level)
        if parts is None:  # a query by itself
            self.with_.clear()
        self.recursive = self.recursive or recursive
        self.queries = self.queries | {item.name.lower(): item.query for item in items}
        ordered = self._readers_first(items, changing) if changing else items
        return super().with_text(ordered, recursive, scope, level, self.with_)

    def _readers_first(self, items: list[tree.With], changing: list[tree.With]) -> list[tree.With]:
        """Return the queries of a WITH in an order in which what reads a table comes before what changes it."""
        late, targets = self._late(items, changing)
        first = [item for item in items if item.name.lower() not in late]
        self._snapshots = {
            item.name.lower() for item in first if any(self.reads(item.query, *each) for each in targets)
        }
        return first + [item for item in items if item.name.lower() in late]

    def _late(
        self, items: list[tree.With], changing: list[tree.With]
    ) -> tuple[set[str], list[tuple[TableInfo, str]]]:
        """Return the queries of a WITH that wait for a change, and the tables that change, with how they do."""
        late = {item.name.lower() for item in changing}
        for item in items:
            if _names_one(item.query, late):
                late.add(item.name.lower())
        queries = [item.query for item in changing]
        return late, [(self.table_info(q.table), _how(q)) for q in queries if isinstance(q, _ROW_TYPES)]

    def ask_before(self, node: tree.Node) -> None:
        """Have the queries of a statement that read what its WITH changes, and name no change's rows, run before."""
        items: list[tree.With] = getattr(node, "with_", [])
        changing = [item for item in items if isinstance(item.query, _ROW_TYPES)]
        if not changing:
            return
        late, targets = self._late(items, changing)

        def early(part: tree.Node) -> bool:
            return not _names_one(part, late) and any(self.reads(part, *each) for each in targets)

        Snapshots(early, self.fresh).statement(node)

    def changing(self, item: tree.With, level: dict[str, tuple[Column, ...]]) -> str:
        query = item.query
        assert isinstance(query, _ROW_TYPES)
        text, columns = self.change(query, beside=True)
        info = super().table_info(query.table)
        touched = self.schema.touched(info.name, _how(query))
        self.changed |= {(info.schema, name) for name in touched}
        number = self.next_step()
        self.steps.append(Step(text, columns, number))
        if len(item.columns) > len(columns):
            raise PgError(
                "42P10",
                f'WITH query "{item.name}" has {len(columns)} columns available but '
                f"{len(item.columns)} columns specified",
                position=item.at + 1,
            )
        names = [*item.columns, *(c.name for c in columns[len(item.columns) :])]
        level[item.name] = told_apart(
            tuple(
                c._replace(name=name, sql="", source=(0, 0)) for name, c in zip(names, columns, strict=True)
            )
        )
        return self._held_query(item.name, number, level[item.name])

    def settled(self, item: tree.With, part: str, columns: tuple[Column, ...]) -> str:
        if item.name.lower() not in self._snapshots or len(self._ctes) > 1:
            return part
        number = self.found_first(
            f"WITH {'RECURSIVE ' * self.recursive}{part} SELECT * FROM {quote_identifier(item.name)}"
        )
        return self._held_query(item.name, number, columns)

    def _held_query(self, name: str, number: int, columns: tuple[Column, ...]) -> str:
        """Return a WITH query whose rows are there already."""
        names = listed_names(columns)
        if not names:
            return f"{quote_identifier(name)} AS (SELECT NULL FROM json_each(?{number}))"
        return f"{quote_identifier(name)}({', '.join(names)}) AS ({self.all_of(number, len(names))})"

    def table_info(self, table: tree.Table) -> TableInfo:
        info = super().table_info(table)
        seen = info.kind == "view" and any(self.schema.mentions(info.name, name) for _, name in self.changed)
        if seen or (info.schema, info.name.lower()) in self.changed:
            raise PgError(
                "0A000",
                f'"{info.name}" is changed by a WITH query and named beside it: here one would see the other\'s changes',
                hint="Run two statements in one transaction.",
            )
        return info

    # ---- the statements ----

    def change(self, node: tree.Node, *, beside: bool = False) -> tuple[str, tuple[Column, ...]]:
        """Return INSERT, UPDATE or DELETE, and the columns that RETURNING names.

        :param beside: whether columns with the digits of calculated numbers stand behind those
        """
        assert isinstance(node, _ROW_TYPES)
        with self._behind_its_with(node):
            if isinstance(node, tree.Insert):
                text, columns = self.insert(node, beside=beside)
            elif isinstance(node, tree.Update):
                text, columns = self.update(node, beside=beside)
            else:
                text, columns = self.delete(node, beside=beside)
            return self.around(text), columns

    def merge(self, node: tree.Merge) -> list[str]:
        """Return what MERGE does behind its first step."""
        if node.recursive:
            raise PgError("42601", "WITH RECURSIVE is not supported for MERGE statement")
        with self._behind_its_with(node):
            return self.merged(node)

    @contextmanager
    def _behind_its_with(self, node: tree.Insert | tree.Update | tree.Delete | tree.Merge) -> Iterator[None]:
        self.writes = True
        self.ask_before(node)
        level: dict[str, tuple[Column, ...]] = {}
        self._ctes.append(level)
        before, recursive, queries = len(self.with_), self.recursive, self.queries
        try:
            self.with_text(node.with_, node.recursive, None, level, self.with_)
            yield
        finally:
            self._ctes.pop()
            del self.with_[before:]
            self.recursive, self.queries = recursive, queries

    def target(self, table: tree.Table, *, adds: bool = False) -> TableInfo:
        info = super().table_info(table) if adds else self.table_info(table)
        if info.schema in ("pg_catalog", "information_schema"):
            raise PgError("42501", f"permission denied for table {info.name}")
        if info.kind == "sequence":
            raise PgError("42809", f'cannot change sequence "{info.name}"', hint="Use setval().")
        return info  # a view may have an INSTEAD OF trigger; SQLite knows


def _names_one(part: Any, names: set[str]) -> bool:
    """Does a query name one of these WITH queries?"""
    return any_table(part, lambda table: len(table.parts) == 1 and table.parts[0].lower() in names)


def _how(node: tree.Node) -> str:
    """Return what a change does to rows: insert, update, delete, or any of them."""
    return (
        "any" if isinstance(node, tree.Insert) and node.conflict is not None else type(node).__name__.lower()
    )
