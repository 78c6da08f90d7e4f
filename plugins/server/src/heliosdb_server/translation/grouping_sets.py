"""GROUPING SETS, ROLLUP and CUBE: a query for each set, and their rows together."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError, not_supported
from ..types.registry import NUMERIC, Sized
from . import tree
from .aggregating import AGGREGATES
from .grouping import Grouping, directed
from .naming import name_of
from .scope import Column, Ex, Scope
from .signatures import VOLATILE
from .walking import aggregate_in, calls, children, written


class GroupingSets(Grouping):
    """Writes queries that are grouped in several ways at once."""

    if TYPE_CHECKING:

        def _core(
            self, node: tree.Core, outer: Scope | None, order: list[tree.Order]
        ) -> tuple[str, tuple[Column, ...]]: ...

    def by_sets(
        self, node: tree.Core, outer: Scope | None, order: list[tree.Order]
    ) -> tuple[str, tuple[Column, ...]]:
        """Return one query for each set, one behind the other: what is not grouped by in one of them is NULL there."""
        self._refuse_what_spans(node)
        shows = any(each is node for each in self.last)
        scope = Scope(outer=outer)
        for each in node.sources:
            self.source(copy.deepcopy(each), scope)
        targets = self._without_stars(node.targets, scope)
        sets = [[self._meant(item, targets, scope) for item in items] for items in node.sets]
        order = self.resolved_order(replace(node, targets=targets), order)
        every = {written(item): item for items in sets for item in items}
        types = {key: self.ex(item, scope).sized for key, item in every.items()}
        branches: list[str] = []
        columns: tuple[Column, ...] = ()
        for items in sets:
            missing: dict[str, tree.Node] = {
                key: tree.Cast(tree.Const(None, "null"), sized, "")
                if (sized := types[key])
                else tree.Const(None, "null")
                for key in every.keys() - {written(item) for item in items}
            }
            text, columns = self._branch(
                node, targets, order, items, _Nulls(missing, every.keys()), outer, shows
            )
            branches.append(text)
        shown = columns[: len(columns) - len(order)]
        name = self.fresh("sets")
        names = ", ".join(f"c{at}" for at in range(len(columns)))
        listed = ", ".join(f"{name}.c{at} AS {quote_identifier(c.name)}" for at, c in enumerate(shown))
        keys = [
            directed(self._sorted_by(f"{name}.c{len(shown) + at}", columns[len(shown) + at].sized, shows), each,
                     not_null=False)
            for at, each in enumerate(order)
        ]  # fmt: skip
        made = f"WITH {name}({names}) AS ({' UNION ALL '.join(branches)}) SELECT {listed} FROM {name}"
        made += f" ORDER BY {', '.join(keys)}" if keys else ""
        return f"SELECT * FROM ({made})", tuple(c._replace(not_null=False) for c in shown)

    def _refuse_what_spans(self, node: tree.Core) -> None:
        """Refuse what would have to be computed over the rows of all sets together."""
        parts = [*(t.expr for t in node.targets), *([node.having] if node.having is not None else [])]
        if node.distinct or node.distinct_on or node.windows or any(c.over for p in parts for c in calls(p)):
            raise not_supported("GROUPING SETS beside DISTINCT or window functions is not supported")
        everywhere = [*node.sources, *([node.where] if node.where is not None else [])]
        if any(name in VOLATILE for each in everywhere for name in _names_of_calls(each)):
            raise not_supported("GROUPING SETS over values that are others each time is not supported")

    def _without_stars(self, targets: list[tree.Target], scope: Scope) -> list[tree.Target]:
        found = []
        for target in targets:
            if not isinstance(target.expr, tree.Star):
                found.append(target)
                continue
            wanted = target.expr.parts[-1].lower() if target.expr.parts else ""
            for relation in scope.relations:
                if not wanted or relation.alias.lower() == wanted:
                    found += [
                        tree.Target(tree.Name((relation.alias, c.name), at=target.at), c.name, at=target.at)
                        for c in relation.columns
                    ]
        return found

    def _meant(self, node: tree.Node, targets: list[tree.Target], scope: Scope) -> tree.Node:
        """Return what is grouped by: a place and an alias stand for what SELECT lists."""
        if isinstance(node, tree.Const) and node.kind == "int":
            if not 1 <= node.value <= len(targets):
                raise PgError(
                    "42P10", f"GROUP BY position {node.value} is not in select list", position=node.at + 1
                )
            found: tree.Node = targets[node.value - 1].expr
            return found
        if isinstance(node, tree.Name) and Scope(scope.relations).find(node.parts, node.at) is None:
            return next((t.expr for t in targets if (t.alias,) == node.parts), node)
        return node

    def resolved_order(self, node: tree.Core, order: list[tree.Order]) -> list[tree.Order]:
        """Return ORDER BY with the expressions that its places and aliases stand for."""
        made = []
        for each in order:
            expr = each.expr
            if isinstance(expr, tree.Const) and expr.kind == "int":
                if not 1 <= expr.value <= len(node.targets):
                    raise PgError(
                        "42P10", f"ORDER BY position {expr.value} is not in select list", position=expr.at + 1
                    )
                if any(isinstance(t.expr, tree.Star) for t in node.targets):
                    raise not_supported("ORDER BY a place beside * is not supported here: name the column")
                expr = node.targets[expr.value - 1].expr
            elif isinstance(expr, tree.Name) and len(expr.parts) == 1:
                named = [t.expr for t in node.targets if expr.parts[0] == (t.alias or name_of(t.expr))]
                expr = named[0] if named else expr
            made.append(replace(each, expr=expr))
        return made

    def _branch(
        self,
        node: tree.Core,
        targets: list[tree.Target],
        order: list[tree.Order],
        items: list[tree.Node],
        nulls: _Nulls,
        outer: Scope | None,
        shows: bool,
    ) -> tuple[str, tuple[Column, ...]]:
        """Return the rows of one set, with what the rows of all are sorted by behind them."""
        listed = [
            tree.Target(nulls.put(t.expr), t.alias or name_of(t.expr), at=t.at)
            for t in [*targets, *(tree.Target(each.expr, "order") for each in order)]
        ]
        having = nulls.put(node.having) if node.having is not None else None
        core = replace(copy.deepcopy(node), targets=listed, group=items, sets=[], having=having)
        parts = [*(t.expr for t in listed), *([having] if having is not None else [])]
        if not items and not any(aggregate_in(part) for part in parts):
            core = replace(core, sources=[], where=having, having=None)  # one row, whatever there is
        last, self.last = self.last, [core] if shows else []
        try:
            return self._core(core, outer, [])
        finally:
            self.last = last

    def _sorted_by(self, text: str, sized: Sized | None, shows: bool) -> str:
        """Return what the rows of all sets are sorted by; the digits that are shown are texts."""
        if shows and sized is not None and sized.type is NUMERIC:
            return f"CAST({text} AS NUMERIC)"
        return self.sortable(Ex(text, sized)).text


class _Nulls:
    """Puts NULL where something stands that a set does not group by."""

    def __init__(self, missing: dict[str, tree.Node], every: object) -> None:
        self.missing = missing
        self.every: frozenset[str] = frozenset(every)  # type: ignore[call-overload]

    def put(self, node: tree.Node) -> tree.Node:
        """Return an expression for the rows of the set."""
        return self._put(copy.deepcopy(node))

    def _put(self, node: tree.Node) -> tree.Node:
        key = written(node)
        if key in self.missing:
            return copy.deepcopy(self.missing[key])
        if key in self.every:
            return node
        if isinstance(node, tree.Call) and node.name.lower() == "grouping":
            return self._grouping(node)
        if isinstance(node, tree.Call) and node.name.lower() in AGGREGATES and node.over is None:
            return node
        if isinstance(node, (tree.Sub, tree.Select)):
            if any(written(each) in self.missing for each in _below(node)):
                raise not_supported(
                    "GROUPING SETS with a query that names what is grouped by is not supported"
                )
            return node
        for name, value in vars(node).items():
            if isinstance(value, tree.Node):
                setattr(node, name, self._put(value))
            elif isinstance(value, list):
                setattr(node, name, [self._each(each) for each in value])
        return node

    def _each(self, value: object) -> object:
        if isinstance(value, tree.Node):
            return self._put(value)
        if isinstance(value, tuple):
            return tuple(self._each(each) for each in value)
        return value

    def _grouping(self, node: tree.Call) -> tree.Node:
        """Return a bit for each argument: 1 where it is not grouped by."""
        made = 0
        for arg in node.args:
            if written(arg) not in self.every:
                raise PgError(
                    "42803",
                    "arguments to GROUPING must be grouping expressions of the associated query level",
                    position=arg.at + 1,
                )
            made = made * 2 + (written(arg) in self.missing)
        return tree.Const(made, "int", at=node.at)


def _below(node: tree.Node) -> list[tree.Node]:
    return [each for child in children(node) for each in (child, *_below(child))]


def _names_of_calls(node: tree.Node) -> set[str]:
    return {each.name.lower() for each in (node, *_below(node)) if isinstance(each, tree.Call)}
