"""Queries as SQLite reads them, with the columns that they return."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.conversions import ASSIGNED, way
from ..types.registry import BPCHAR, NUMERIC, Sized
from . import tree
from .decimals import exact, has_digits, is_free, kept, only_core, same_scale
from .decimals import listed as shown
from .grouping_sets import GroupingSets
from .literals import S_INT8, wider
from .scope import Column, Ex, Scope, TableInfo, listed_names, told_apart
from .single import one_row
from .sorting import Sorting
from .walking import aggregate_in


class Selects(Sorting, GroupingSets):
    """Writes SELECT, VALUES and what combines them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ctes: list[dict[str, tuple[Column, ...]]] = []

    def cte(self, name: str) -> tuple[Column, ...] | None:
        for level in reversed(self._ctes):
            for each, columns in level.items():
                if each.lower() == name.lower():
                    return columns
        return None

    def one_row(self, node: tree.Node) -> bool:
        """Is it plain that a query returns no more than one row?"""

        def lookup(table: tree.Table) -> TableInfo | None:
            if len(table.parts) == 1 and self.cte(table.parts[0]) is not None:
                return None
            return self.table_info(table)

        return one_row(node, lookup)

    # ---- a query ----

    def query(self, node: tree.Node, scope: Scope | None) -> tuple[str, tuple[Column, ...]]:
        """Return a query as text, and its columns.

        :param scope: what its names may mean beside what it names itself
        """
        if isinstance(node, (tree.Insert, tree.Update, tree.Delete, tree.Merge)):
            raise PgError(
                "0A000", "a WITH query that changes rows must stand at the top level", position=node.at + 1
            )
        if not isinstance(node, tree.Select):
            return self._body(node, scope, [])
        if (
            not node.with_
            and isinstance(node.body, tree.Select)
            and not (node.order or node.limit or node.offset)
        ):
            return self.query(node.body, scope)
        level: dict[str, tuple[Column, ...]] = {}
        self._ctes.append(level)
        try:
            with_ = self.with_text(node.with_, node.recursive, scope, level)
            if node.ties:
                text, columns = self.with_ties(node, scope)
            else:
                text, columns = self._body(node.body, scope, node.order)
        finally:
            self._ctes.pop()
        return with_ + text + ("" if node.ties else self._limits(node, scope)), columns

    def with_digits(self, node: tree.Node, scope: Scope | None) -> tuple[str, tuple[Column, ...]]:
        """Return a query that others read, with columns beside its own for the digits of its quotients."""
        outer, self.beside = self.beside, only_core(node)
        try:
            return self.query(node, scope)
        finally:
            self.beside = outer

    def with_text(
        self,
        items: list[tree.With],
        recursive: bool,
        scope: Scope | None,
        level: dict[str, tuple[Column, ...]],
        parts: list[str] | None = None,
    ) -> str:
        """Return a WITH; its queries' columns are added to ``level``.

        :param parts: the queries before it, as text, which its own are added to
        """
        if not items:
            return ""
        parts = [] if parts is None else parts
        for at, item in enumerate(items):
            if any(item.name.lower() == other.name.lower() for other in items[:at]):
                raise PgError(
                    "42712", f'WITH query name "{item.name}" specified more than once', position=item.at + 1
                )
            if isinstance(item.query, (tree.Insert, tree.Update, tree.Delete)):
                parts.append(self.changing(item, level))
                continue
            if recursive and (body := _recursion(item.query)) is not None:
                text, columns = self._recursive(item, body, scope, level)
            else:
                text, columns = self.with_digits(item.query, scope)
            if item.columns:
                if len(item.columns) > len(columns):
                    raise PgError(
                        "42P10",
                        f'WITH query "{item.name}" has {len(columns)} columns available but '
                        f"{len(item.columns)} columns specified",
                        position=item.at + 1,
                    )
                columns = tuple(
                    c._replace(name=item.columns[at] if at < len(item.columns) else c.name)
                    for at, c in enumerate(columns)
                )
            level[item.name] = columns = told_apart(tuple(c._replace(sql="") for c in columns))
            renamed = item.columns or any(c.called for c in columns)
            names = f"({', '.join(listed_names(columns))})" if renamed else ""
            materialized = f"{item.materialized} " if item.materialized else ""
            part = f"{quote_identifier(item.name)}{names} AS {materialized}({text})"
            parts.append(self.settled(item, part, level[item.name]))
        return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} "

    def settled(self, item: tree.With, part: str, columns: tuple[Column, ...]) -> str:
        """Return a WITH query as it stands in the statement; see :mod:`.changes`."""
        return part

    def changing(self, item: tree.With, level: dict[str, tuple[Column, ...]]) -> str:
        """Return a WITH query that stands for the rows that a change returned; see :mod:`.changes`."""
        raise PgError(
            "0A000", "a WITH query that changes rows must stand at the top level", position=item.at + 1
        )

    def _recursive(
        self, item: tree.With, body: tree.SetOp, scope: Scope | None, level: dict[str, tuple[Column, ...]]
    ) -> tuple[str, tuple[Column, ...]]:
        left, columns = self._body(body.left, scope, [])
        named = tuple(
            c._replace(
                name=item.columns[at] if at < len(item.columns) else c.name,
                sql="",
                not_null=False,
                scale=None,
            )
            for at, c in enumerate(columns)
        )
        level[item.name] = named = told_apart(named)
        assert isinstance(item.query, tree.Select)
        right, others = self._body(body.right, scope, [])
        self._same_count(columns, others, body)
        types = [c._replace(sized=wider(c.sized, o.sized)) for c, o in zip(named, others, strict=True)]
        text = f"{left} {body.op} {right}"
        if any(self.sortable(Ex("x", c.sized)).text != "x" for c in types) and item.query.order:
            raise PgError("0A000", "a recursion can't be sorted by such values here", position=item.at + 1)
        text += self._order_by_name(item.query.order, tuple(types), scope)
        return text + self._limits(item.query, scope), tuple(types)

    def _limits(self, node: tree.Select, scope: Scope | None) -> str:
        made = f" LIMIT {self.limit(node.limit, scope, 'LIMIT')}" if node.limit is not None else ""
        if node.offset is not None:
            made += "" if made else " LIMIT -1"
            made += f" OFFSET {self.limit(node.offset, scope, 'OFFSET')}"
        return made

    def limit(self, node: tree.Node, scope: Scope | None, what: str) -> str:
        """Return how many rows LIMIT or OFFSET says: -1 stands for all."""
        made = self.ex(node, scope or Scope(), S_INT8)
        if made.type is not None and way(made.type, S_INT8.type) > ASSIGNED and made.text != "NULL":
            raise PgError(
                "42804", f"argument of {what} must be type bigint, not type {made.type.title}",
                position=node.at + 1,
            )  # fmt: skip
        text = made.text
        return text if text.isdigit() else self.own(f"pg_limit({text}, '{what}')", S_INT8).text

    def with_ties(self, node: tree.Select, scope: Scope | None) -> tuple[str, tuple[Column, ...]]:
        """Return a query that goes on behind its last row as long as the rows are sorted equally."""
        core = node.body
        if not node.order:
            raise PgError("42601", "WITH TIES cannot be specified without ORDER BY clause")
        if (
            not isinstance(core, tree.Core)
            or core.distinct
            or core.distinct_on
            or core.sets
            or node.limit is None
        ):
            raise PgError("0A000", "WITH TIES is supported for a plain SELECT alone", position=node.at + 1)
        order = self.resolved_order(core, node.order)
        window = tree.Window("", [], order, None)
        more = [tree.Target(tree.Call(name, [], over=window), name) for name in ("row_number", "rank")]
        text, columns = self._core(replace(core, targets=[*core.targets, *more]), scope, [])
        columns = columns[:-2]
        name = self.fresh("ties")
        names = ", ".join([*(f"c{at}" for at in range(len(columns))), "n", "r"])
        offset = self.limit(node.offset, scope, "OFFSET") if node.offset is not None else "0"
        limit = self.limit(node.limit, scope, "LIMIT")
        listed = ", ".join(f"{name}.c{at} AS {quote_identifier(c.name)}" for at, c in enumerate(columns))
        made = (
            f"WITH {name}({names}) AS ({text}) SELECT {listed} FROM {name} WHERE n > {offset}"
            f" AND ({limit} < 0 OR r <= {offset} + {limit}) AND {limit} <> 0 ORDER BY n"
        )
        return f"SELECT * FROM ({made})", columns

    def _body(
        self, node: tree.Node, scope: Scope | None, order: list[tree.Order]
    ) -> tuple[str, tuple[Column, ...]]:
        if isinstance(node, tree.Core):
            return self._core(node, scope, order)
        if isinstance(node, tree.Values):
            return self._values(node, scope, order)
        if isinstance(node, tree.SetOp):
            return self._set_operation(node, scope, order)
        text, columns = self.query(node, scope)
        if order:
            text = self.ordered(f"SELECT * FROM ({text})", order, columns, scope)
        return text, columns

    # ---- VALUES ----

    def _values(
        self, node: tree.Values, scope: Scope | None, order: list[tree.Order]
    ) -> tuple[str, tuple[Column, ...]]:
        here = scope or Scope()
        width = len(node.rows[0])
        if any(len(row) != width for row in node.rows):
            raise PgError("42601", "VALUES lists must all be the same length", position=node.at + 1)
        types: list[Sized | None] = []
        columns_of: list[list[Ex]] = []
        for at in range(width):
            items, sized = self.unified([row[at] for row in node.rows], here, None)
            types.append(sized)
            columns_of.append(items)
        scales = [same_scale(items) for items in columns_of]
        if any(each is node for each in self.last):
            columns_of = [
                [ex._replace(text=exact(ex)) for ex in items] if sized == Sized(NUMERIC) else items
                for items, sized in zip(columns_of, types, strict=True)
            ]
            scales = [None] * width
        columns = tuple(
            Column(f"column{at + 1}", sized, scale=scale)
            for at, (sized, scale) in enumerate(zip(types, scales, strict=True))
        )
        first = ", ".join(
            f"{items[0].text} AS {quote_identifier(c.name)}"
            for items, c in zip(columns_of, columns, strict=True)
        )
        rest = [f"({', '.join(items[at].text for items in columns_of)})" for at in range(1, len(node.rows))]
        text = f"SELECT {first}" + (f" UNION ALL VALUES {', '.join(rest)}" if rest else "")
        if order:
            text = self.ordered(f"SELECT * FROM ({text})", order, columns, scope)
        return text, columns

    # ---- SELECT ----

    def _core(
        self, node: tree.Core, outer: Scope | None, order: list[tree.Order]
    ) -> tuple[str, tuple[Column, ...]]:
        if node.sets:
            return self.by_sets(node, outer, order)
        shows = any(each is node for each in self.last)
        beside = node is self.beside
        compared = any(each is node for each in self.compared)
        node, order = self._without_sets(node, order)
        scope = Scope(outer=outer)
        sources: list[str] = []
        for each in node.sources:
            sources.append((self.further_source if sources else self.source)(each, scope))
        aliases = [relation.alias.lower() for relation in scope.relations]
        for at, name in enumerate(aliases):
            if name and name in aliases[:at]:
                raise PgError("42712", f'table name "{scope.relations[at].alias}" specified more than once')
        scope.windows = dict(node.windows)
        targets = self.targets(node.targets, scope)
        if compared:
            targets = [(name, self._kept(ex)) for name, ex in targets]
        columns = tuple(
            Column(name, ex.sized, "", ex.source, ex.not_null and not node.group, _decimals(ex))
            for name, ex in targets
        )
        parts = []
        if sources:
            parts.append("FROM " + ", ".join(sources))
        if node.where is not None:
            if (bad := aggregate_in(node.where)) is not None:
                raise PgError("42803", "aggregate functions are not allowed in WHERE", position=bad.at + 1)
            parts.append(f"WHERE {self.truth(node.where, scope, 'WHERE')}")
        if node.group:
            parts.append("GROUP BY " + ", ".join(self._group(g, scope, node, targets) for g in node.group))
        self._check_grouping(node, scope)
        if node.having is not None and not node.group and not self._aggregates(node):
            parts = [f"WHERE {self.truth(node.having, scope, 'HAVING')}"]  # one row, whatever FROM has
        elif node.having is not None:
            if not node.group and sqlite3.sqlite_version_info < (3, 39):
                parts.append("GROUP BY 'all'")
            parts.append(f"HAVING {self.truth(node.having, scope, 'HAVING')}")
        if node.windows:
            named = (
                f"{quote_identifier(name)} AS {self.window(w, scope)}" for name, w in node.windows.items()
            )
            parts.append("WINDOW " + ", ".join(named))
        if node.distinct_on:
            return self._distinct_on(node, targets, columns, parts, order, scope), columns
        if shows:  # texts of numbers, which have all their decimals
            columns = tuple(
                column if self._shown(ex) == ex.text else column._replace(scale=None)
                for column, (_, ex) in zip(columns, targets, strict=True)
            )
        listed = (
            ", ".join(
                f"{self._shown(ex) if shows else ex.text} AS {quote_identifier(name)}" for name, ex in targets
            )
            or "NULL"
        )
        if beside:
            digits = [self.fresh("digits") if has_digits(ex) else "" for _, ex in targets]
            columns = tuple(c._replace(shown=name) for c, name in zip(columns, digits, strict=True))
            more = (f"{ex.shown} AS {name}" for name, (_, ex) in zip(digits, targets, strict=True) if name)
            listed = ", ".join([listed, *more])
        if node.distinct and order:
            self._check_distinct_order(order, scope, targets)
        if node.distinct and any(self.sortable(ex) is not ex for _, ex in targets):
            return self.distinct_by_keys(
                " ".join([f"SELECT {listed}", *parts]), targets, order, scope
            ), columns
        text = f"SELECT {'DISTINCT ' if node.distinct else ''}{listed}"
        if order:
            keys = ", ".join(self._sort_key(each, scope, columns, targets) for each in order)
            parts.append(f"ORDER BY {keys}")
        return " ".join([text, *parts]), columns

    def _kept(self, ex: Ex) -> Ex:
        """Return a calculated number as a column keeps it: one whose digits it can't keep is refused."""
        if not is_free(ex) or not ex.shown:
            return ex
        return self.own(kept(exact(ex), ex.shown, Sized(NUMERIC)), ex.sized)._replace(scale=ex.decimals)

    def _shown(self, ex: Ex) -> str:
        """Return what shows a value; the spaces that a char(n) ends with are shown, and not kept."""
        return ex.text if self.keeping and ex.type is BPCHAR else shown(ex)

    def _aggregates(self, node: tree.Core) -> bool:
        return any(
            aggregate_in(each) for each in (node.having, *(t.expr for t in node.targets)) if each is not None
        )


def _decimals(ex: Ex) -> int | None:
    return ex.decimals if is_free(ex) else None


def _recursion(node: tree.Node) -> tree.SetOp | None:
    """Return the UNION of a query that may name itself."""
    if isinstance(node, tree.Select) and not node.with_ and isinstance(node.body, tree.SetOp):
        return node.body if node.body.op in ("UNION", "UNION ALL") else None
    return None
