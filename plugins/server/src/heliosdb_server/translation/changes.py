"""INSERT, UPDATE and DELETE as SQLite reads them."""
# ruff: noqa: E501 - a row of a table is one line
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.registry import TEXT, Sized
from . import tree
from .holding import Step, any_table
from .joined_changes import JoinedChanges
from .scope import Column, Relation, Scope, TableInfo

_ROW_TYPES = (tree.Insert, tree.Update, tree.Delete)


class Changes(JoinedChanges):
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
        late = {item.name.lower() for item in changing}
        for item in items:
            if _names_one(item.query, late):
                late.add(item.name.lower())
        first = [item for item in items if item.name.lower() not in late]
        targets = [
            self.table_info(item.query.table) for item in changing if isinstance(item.query, _ROW_TYPES)
        ]
        self._snapshots = {
            item.name.lower() for item in first if any(self.reads(item.query, info) for info in targets)
        }
        return first + [item for item in items if item.name.lower() in late]

    def changing(self, item: tree.With, level: dict[str, tuple[Column, ...]]) -> str:
        query = item.query
        assert isinstance(query, _ROW_TYPES)
        text, columns = self.change(query, beside=True)
        info = self.table_info(query.table)
        self.changed.add((info.schema, info.name.lower()))
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
        level[item.name] = tuple(
            c._replace(name=name, sql="", source=(0, 0)) for name, c in zip(names, columns, strict=True)
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
        names = [quote_identifier(c.name) for c in columns] + [
            quote_identifier(c.shown) for c in columns if c.shown
        ]
        if not names:
            return f"{quote_identifier(name)} AS (SELECT NULL FROM json_each(?{number}))"
        return f"{quote_identifier(name)}({', '.join(names)}) AS ({self.all_of(number, len(names))})"

    def table_info(self, table: tree.Table) -> TableInfo:
        info = super().table_info(table)
        if (info.schema, info.name.lower()) in self.changed:
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
        self.writes = True
        level: dict[str, tuple[Column, ...]] = {}
        self._ctes.append(level)
        before, recursive, queries = len(self.with_), self.recursive, self.queries
        try:
            self.with_text(node.with_, node.recursive, None, level, self.with_)
            if isinstance(node, tree.Insert):
                text, columns = self._insert(node, beside=beside)
            elif isinstance(node, tree.Update):
                text, columns = self.update(node, beside=beside)
            else:
                text, columns = self.delete(node, beside=beside)
            text = self.around(text)
        finally:
            self._ctes.pop()
            del self.with_[before:]
            self.recursive, self.queries = recursive, queries
        return text, columns

    def target(self, table: tree.Table) -> TableInfo:
        info = self.table_info(table)
        if info.schema in ("pg_catalog", "information_schema"):
            raise PgError("42501", f"permission denied for table {info.name}")
        if info.kind == "sequence":
            raise PgError("42809", f'cannot change sequence "{info.name}"', hint="Use setval().")
        return info  # a view may have an INSTEAD OF trigger; SQLite knows

    def _insert(self, node: tree.Insert, *, beside: bool) -> tuple[str, tuple[Column, ...]]:
        info = self.target(node.table)
        alias = node.table.alias or node.table.parts[-1]
        columns = [self._column(info, name, node.at) for name in node.columns]
        if len({c.name for c in columns}) != len(columns):
            raise PgError("42701", "a column is specified more than once", position=node.at + 1)
        self._refuse_computed(node, info, columns)
        head = f"INSERT INTO {self.written(info)} AS {quote_identifier(alias)}"
        scope = Scope([Relation(alias, info.columns)])
        returning, returned = self.returning(node.returning, info, scope, beside=beside)
        if node.source is None and info.given_key:
            raise self._missing_key(info)
        if node.source is None and not info.sequences:
            return head + " DEFAULT VALUES" + returning, returned
        if node.source is None:
            named = ", ".join(map(quote_identifier, info.sequences))
            values = ", ".join(map(self._next, info.sequences.values()))
            return f"{head} ({named}) VALUES ({values}){returning}", returned
        names, source = self._source(node, info, columns)
        listed = ", ".join(quote_identifier(name) for name in names)
        if node.conflict is not None and not _is_one_row(node.source):
            if self.reads([node.conflict.update, node.conflict.update_where], info):
                raise PgError(
                    "0A000", f'a query in DO UPDATE can\'t read "{info.name}" while several rows are inserted',
                    hint="Insert them one by one, or ask before.", position=node.conflict.at + 1,
                )  # fmt: skip
            source = self.each_once(node.conflict, info, alias, names, source)
        text = f"{head} ({listed}) {source}"
        if node.conflict is not None:
            text += self.conflict(node.conflict, info, alias)
        return text + returning, returned

    def _refuse_computed(self, node: tree.Insert, info: TableInfo, columns: list[Column]) -> None:
        """Refuse values for columns that make their own."""
        if not info.computed or (node.overriding == "system" and not info.computed - {info.rowid}):
            return
        body = node.source
        while isinstance(body, tree.Select):
            body = body.body
        rows = body.rows if isinstance(body, tree.Values) else []
        width = max(map(len, rows), default=len(info.columns) if node.source is not None else 0)
        for at, column in enumerate((columns or list(info.columns))[:width]):
            if column.name not in info.computed or (
                rows and all(isinstance(r[at], tree.Default) for r in rows)
            ):
                continue
            if node.overriding == "user" and column.name == info.rowid:
                continue
            raise PgError(
                "428C9",
                f'cannot insert a non-DEFAULT value into column "{column.name}"',
                detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.'
                if column.name == info.rowid
                else f'Column "{column.name}" is a generated column.',
                hint="Use OVERRIDING SYSTEM VALUE to override." if column.name == info.rowid else "",
            )

    def _source(self, node: tree.Insert, info: TableInfo, columns: list[Column]) -> tuple[list[str], str]:
        source = node.source
        body = source
        while isinstance(body, tree.Select) and not (body.with_ or body.order or body.limit or body.offset):
            body = body.body
        if isinstance(body, tree.Values):
            width = max(len(row) for row in body.rows)
            given = columns or [c for c in info.columns if not c.sql.startswith("generated")][:width]
            if width > len(given):
                raise PgError(
                    "42601", "INSERT has more expressions than target columns", position=node.at + 1
                )
            if any(len(row) != width for row in body.rows):
                raise PgError("42601", "VALUES lists must all be the same length", position=node.at + 1)
            if columns and width < len(columns):
                raise PgError(
                    "42601", "INSERT has more target columns than expressions", position=node.at + 1
                )
            given = given[:width]
            scope = Scope()
            # A column that gets its default in every row is left out: SQLite knows best what that is.
            spared = {
                at
                for at in range(width)
                if all(isinstance(row[at], tree.Default) for row in body.rows)
                and given[at].name not in info.sequences
            }
            if len(spared) == width and len(body.rows) == 1:
                spared = set(range(1, width))
            kept = [at for at in range(width) if at not in spared]
            there = {c.name for c in given}
            counting = {name: sequence for name, sequence in info.sequences.items() if name not in there}
            if info.given_key and info.given_key not in {given[at].name for at in kept}:
                raise self._missing_key(info)
            rows = []
            for row in body.rows:
                rows.append(  # noqa: PERF401
                    "("
                    + ", ".join(
                        [
                            *(
                                self._key(
                                    info, given[at].name, self.assigned(row[at], given[at], scope, info)
                                )
                                for at in kept
                            ),
                            *map(self._next, counting.values()),
                        ]
                    )
                    + ")"
                )
            return [*(given[at].name for at in kept), *counting], "VALUES " + ", ".join(rows)
        assert source is not None
        if isinstance(body, tree.Core) and not any(isinstance(t.expr, tree.Star) for t in body.targets):
            for target, column in zip(body.targets, columns or info.columns, strict=False):
                if isinstance(target.expr, tree.Param) and self.parameters.get(target.expr.number) is None:
                    known = column.sized or Sized(TEXT)  # it takes the type of the column that it goes into
                    target.expr = tree.Cast(target.expr, Sized(known.type), "", at=target.expr.at)
        text, made = self.rows_to_keep(source)
        given = columns or list(info.columns[: len(made)])
        if len(made) > len(given):
            raise PgError("42601", "INSERT has more expressions than target columns", position=node.at + 1)
        if columns and len(made) < len(columns):
            raise PgError("42601", "INSERT has more target columns than expressions", position=node.at + 1)
        plain = body if isinstance(body, tree.Core) else None
        if plain is not None and not plain.distinct and len(plain.targets) == len(made):
            # A literal takes the type of the column that it goes into.
            for target, column in zip(plain.targets, given, strict=False):
                if (
                    isinstance(target.expr, tree.Const)
                    and target.expr.kind == "string"
                    and column.sized is not None
                ):
                    target.expr = tree.Cast(target.expr, Sized(column.sized.type), "", at=target.expr.at)
            text, made = self.rows_to_keep(source)
        stored = [
            self.stored_place(f"s.c{at}", m, c, text, node.at)
            for at, (m, c) in enumerate(zip(made, given, strict=False))
        ]
        places = ", ".join(f"c{at}" for at in range(len(made)))
        there = {c.name for c in given[: len(made)]}
        counting = {name: sequence for name, sequence in info.sequences.items() if name not in there}
        if info.given_key and info.given_key not in there:
            raise self._missing_key(info)
        stored = [self._key(info, c.name, text_) for text_, c in zip(stored, given, strict=False)]
        stored += map(self._next, counting.values())
        names = [*(c.name for c in given[: len(made)]), *counting]
        if all(text_ == f"s.c{at}" for at, text_ in enumerate(stored)):
            return names, f"SELECT * FROM ({text}) WHERE true"
        name = self.fresh("inserted")
        made_text = (
            f"WITH {name}({places}) AS ({text}) SELECT {', '.join(stored)} FROM {name} AS s WHERE true"
        )
        return names, made_text


def _is_one_row(node: tree.Node | None) -> bool:
    while isinstance(node, tree.Select):
        node = node.body
    return isinstance(node, tree.Values) and len(node.rows) == 1


def _names_one(part: Any, names: set[str]) -> bool:
    """Does a query name one of these WITH queries?"""
    return any_table(part, lambda table: len(table.parts) == 1 and table.parts[0].lower() in names)
