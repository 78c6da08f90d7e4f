"""GROUP BY, DISTINCT ON, and functions that return rows among what SELECT lists."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from . import tree
from .aggregating import AGGREGATES, no_place
from .listing import Listing
from .naming import name_of
from .row_functions import SET_RETURNING
from .scope import Column, Ex, Scope
from .walking import aggregate_in, calls, children, replaced, written

_ITEMS = re.compile(r"(?<![\w\"`.'])q_\d+(?=\.value| FROM|\))")


class Grouping(Listing):
    """Writes queries whose rows are more or fewer than those they read."""

    def _check_distinct_order(
        self, order: list[tree.Order], scope: Scope, targets: list[tuple[str, Ex]]
    ) -> None:
        """Refuse to sort what DISTINCT leaves by something that it does not list."""
        listed = {ex.text for _, ex in targets}
        for each in order:
            expr = each.expr
            if isinstance(expr, tree.Const) and expr.kind == "int":
                continue
            if isinstance(expr, tree.Name) and len(expr.parts) == 1 and expr.parts[0] in dict(targets):
                continue
            if self.ex(expr, scope).text not in listed:
                raise PgError(
                    "42P10",
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    position=expr.at + 1,
                )

    def _group(self, node: tree.Node, scope: Scope, core: tree.Core, targets: list[tuple[str, Ex]]) -> str:
        if isinstance(node, tree.Const) and node.kind == "int":
            if not 1 <= node.value <= len(targets):
                raise PgError(
                    "42P10", f"GROUP BY position {node.value} is not in select list", position=node.at + 1
                )
            made = targets[node.value - 1][1]
            key = self.sortable(made)
            return str(node.value) if key is made and not made.shown else key.text
        inner = node.operand if isinstance(node, tree.Unary) and node.op == "-" else node
        if isinstance(inner, tree.Const):
            clause = "DISTINCT ON" if core.distinct_on else "GROUP BY"
            if inner.kind == "int":
                raise PgError(
                    "42P10", f"{clause} position -{inner.value} is not in select list", position=node.at + 1
                )
            raise PgError("42601", f"non-integer constant in {clause}", position=node.at + 1)
        if isinstance(node, tree.Name) and len(node.parts) == 1:
            here = Scope(scope.relations)
            if here.find(node.parts, node.at) is None:
                for name, ex in targets:
                    if name == node.parts[0]:
                        return self.sortable(ex).text
        return no_place(self.sortable(self.ex(node, scope)).text)

    def _check_grouping(self, node: tree.Core, scope: Scope) -> None:
        """Refuse columns that are neither grouped by nor in an aggregate: SQLite would take any row's value."""
        grouped_query = bool(node.group) or any(aggregate_in(t.expr) for t in node.targets)
        if not grouped_query and not (node.having is not None):
            return
        grouped: set[str] = set()
        for each in node.group:
            if isinstance(each, tree.Const) and each.kind == "int":
                if 1 <= each.value <= len(node.targets):
                    each = node.targets[each.value - 1].expr  # noqa: PLW2901
            elif isinstance(each, tree.Name) and len(each.parts) == 1:
                aliased = [t.expr for t in node.targets if t.alias == each.parts[0]]
                if aliased and Scope(scope.relations).find(each.parts, each.at) is None:
                    each = aliased[0]  # noqa: PLW2901
            grouped.add(_told(self.ex(each, scope).text))
        keyed = self._keyed_relations(grouped, scope)
        for target in node.targets:
            self._check_grouped(target.expr, grouped, keyed, scope)

    def _keyed_relations(self, grouped: set[str], scope: Scope) -> set[str]:
        """Return the relations whose primary key is grouped by: their other columns depend on it."""
        found = set()
        for relation in scope.relations:
            oid = next((c.source[0] for c in relation.columns if c.source[0]), 0)
            key = self.primary_key(oid) if oid else ()
            if key and all(f"{relation.prefix()}.{quote_identifier(name)}" in grouped for name in key):
                found.add(relation.prefix())
        return found

    def primary_key(self, oid: int) -> tuple[str, ...]:
        """Return the columns of a table's primary key."""
        return self.schema.primary_key_of(oid)

    def _check_grouped(self, node: tree.Node, grouped: set[str], keyed: set[str], scope: Scope) -> None:
        if isinstance(node, (tree.Const, tree.Param, tree.Sub)):
            return
        if isinstance(node, tree.Star):
            for _, ex in self._star_columns(node, scope):
                if ex.text not in grouped and ex.text.partition(".")[0] not in keyed and "." in ex.text:
                    raise PgError(
                        "42803",
                        f"column {ex.text} must appear in the GROUP BY clause or be used in an aggregate function",
                        position=node.at + 1,
                    )
            return
        if isinstance(node, tree.Call) and node.name.lower() in AGGREGATES and node.over is None:
            return
        text = (
            self.ex(node, scope).text if not isinstance(node, (tree.Order, tree.Window, tree.Default)) else ""
        )
        if _told(text) in grouped:
            return
        if isinstance(node, tree.Name):
            if Scope(scope.relations).find(node.parts, node.at) is None:
                return
            if text.partition(".")[0] in keyed:
                return
            shown = ".".join(node.parts)
            if len(node.parts) == 1:
                owner = next((r.alias for r in scope.relations if text.startswith(r.prefix() + ".")), "")
                shown = f"{owner}.{shown}" if owner else shown
            raise PgError(
                "42803",
                f'column "{shown}" must appear in the GROUP BY clause or be used in an aggregate function',
                position=node.at + 1,
            )
        for child in children(node):
            self._check_grouped(child, grouped, keyed, scope)

    def _distinct_on(
        self,
        node: tree.Core,
        targets: list[tuple[str, Ex]],
        columns: tuple[Column, ...],
        parts: list[str],
        order: list[tree.Order],
        scope: Scope,
    ) -> str:
        distinct = [self._group(each, scope, node, targets) for each in node.distinct_on]
        keys = ", ".join(distinct)
        inner = [f"{ex.text} AS c{at}" for at, (_, ex) in enumerate(targets)]
        sorted_by, outer_by = [], []
        for at, each in enumerate(order):
            expr = each.expr
            if isinstance(expr, tree.Const) and expr.kind == "int":
                made = targets[expr.value - 1][1]
            elif isinstance(expr, tree.Name) and len(expr.parts) == 1 and expr.parts[0] in dict(targets):
                made = dict(targets)[expr.parts[0]]
            else:
                made = self.ex(expr, scope)
            distinct_by = {*distinct, *(targets[int(k) - 1][1].text for k in distinct if k.isdigit())}
            if at < len(distinct) and not {made.text, self.sortable(made).text} & distinct_by:
                raise PgError(
                    "42P10",
                    "SELECT DISTINCT ON expressions must match initial ORDER BY expressions",
                    position=expr.at + 1,
                )
            made = self.sortable(made)
            inner.append(f"{made.text} AS o{at}")
            sorted_by.append(directed(made.text, each, not_null=made.not_null))
            outer_by.append(directed(f"o{at}", each, not_null=made.not_null))
        window = f"PARTITION BY {keys}" + (f" ORDER BY {', '.join(sorted_by)}" if sorted_by else "")
        inner.append(f"row_number() OVER ({window}) AS place")
        listed = ", ".join(f"c{at} AS {quote_identifier(name)}" for at, (name, _) in enumerate(targets))
        made_text = f"SELECT {listed} FROM (SELECT {', '.join(inner)} {' '.join(parts)}) WHERE place = 1"
        return made_text + (f" ORDER BY {', '.join(outer_by)}" if outer_by else "")

    def _without_several(self, node: tree.Core) -> tree.Core:
        name = self.fresh("sets")
        node = copy.deepcopy(node)
        zipped = tree.Call("pg_zip", [], at=node.at)
        targets = []
        for target in node.targets:
            expr, alias = target.expr, target.alias or name_of(target.expr)
            for call in [c for c in calls(expr) if c.name.lower() in SET_RETURNING]:
                place = tree.Name((name, f"c{len(zipped.args)}"), at=call.at)
                zipped.args.append(copy.copy(call))
                expr = replaced(expr, call, place)
            targets.append(tree.Target(expr, alias, at=target.at) if expr is not target.expr else target)
        source = tree.TableCall([zipped], alias=name, lateral=True, at=node.at)
        return replace(node, targets=targets, sources=[*node.sources, source])

    def _without_sets(self, node: tree.Core, order: list[tree.Order]) -> tuple[tree.Core, list[tree.Order]]:
        """Return the query with a function that returns rows moved from what it lists into FROM."""
        found: list[tree.Call] = []
        for target in node.targets:
            found += [
                call
                for call in calls(target.expr)
                if call.name.lower() in SET_RETURNING and call.over is None
            ]
        if not found:
            return node, order
        if len({written(call) for call in found}) > 1:
            return self._without_several(node), order
        call = found[0]
        name = self.fresh("set")
        node = copy.deepcopy(node)
        targets = []
        for target in node.targets:
            inner = [c for c in calls(target.expr) if c.name.lower() in SET_RETURNING]
            if not inner:
                targets.append(target)
                continue
            moved = inner[0]
            if call.name.lower() in (
                "_pg_expandarray",
                "json_each",
                "jsonb_each",
                "json_each_text",
                "jsonb_each_text",
            ):
                expr = replaced(target.expr, moved, tree.Name((name,), at=moved.at))
            else:
                alone: tree.Node = tree.Name((name, name), at=moved.at)
                expr = replaced(target.expr, moved, alone)
            targets.append(tree.Target(expr, target.alias or name_of(target.expr), at=target.at))
        source = tree.TableCall([copy.deepcopy(call)], alias=name, lateral=True, at=call.at)
        return replace(node, targets=targets, sources=[*node.sources, source]), order


def _told(text: str) -> str:
    """Return an expression without the numbers that tell the names in it from those of other places."""
    return _ITEMS.sub("q", text)


def directed(text: str, order: tree.Order, *, not_null: bool) -> str:
    """Return a sort key with its direction, and with NULLs where PostgreSQL has them."""
    nulls = order.nulls or ("first" if order.descending else "last")
    usual = "last" if order.descending else "first"
    made = text + (" DESC" if order.descending else "")
    return made if nulls == usual or not_null else f"{made} NULLS {nulls.upper()}"
