"""UNION, INTERSECT, EXCEPT and DISTINCT: rows of several queries, and which of them are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier

from ..protocol.errors import PgError
from ..types.registry import FLOAT4, FLOAT8, MOMENTS, TEXT, Sized, enumerated
from . import tree
from .grouping import Grouping, directed
from .literals import wider
from .scope import Column, Ex, Scope

_TOLD_APART = "SNDBT"  # categories of types whose values don't become each other's


class Combining(Grouping):
    """Writes what combines queries."""

    if TYPE_CHECKING:

        def _body(
            self, node: tree.Node, scope: Scope | None, order: list[tree.Order]
        ) -> tuple[str, tuple[Column, ...]]: ...
        def ordered(
            self, text: str, order: list[tree.Order], columns: tuple[Column, ...], scope: Scope | None
        ) -> str: ...

    def _set_operation(
        self, node: tree.SetOp, scope: Scope | None, order: list[tree.Order]
    ) -> tuple[str, tuple[Column, ...]]:
        if _bare(node.left):  # a literal takes the type of what stands beside it in the other query
            _, known = self._operand(node.right, scope)
            _give_types(node.left, known)
        left, columns = self._operand(node.left, scope)
        _give_types(node.right, columns)
        right, others = self._operand(node.right, scope, wrap_set=True)
        self._same_count(columns, others, node)
        merged = tuple(
            a._replace(
                sized=_met(a, b, node),
                sql="",
                source=(0, 0),
                not_null=a.not_null and b.not_null,
                scale=a.decimals if a.decimals == b.decimals else None,
            )
            for a, b in zip(columns, others, strict=True)
        )
        left, right = self._become(left, columns, merged), self._become(right, others, merged)
        keyed = node.op != "UNION ALL" and any(self._key_of("x", c) != "x" for c in merged)
        if node.op in ("INTERSECT ALL", "EXCEPT ALL") or (keyed and node.op in ("INTERSECT", "EXCEPT")):
            text = self._counted(node.op, left, right, merged)
        elif keyed and node.op == "UNION":
            text = self._one_of_each(f"{left} UNION ALL {right}", merged)
        else:
            text = f"{left} {node.op} {right}"
        return self.ordered(text, order, merged, scope), merged

    def _operand(
        self, node: tree.Node, scope: Scope | None, *, wrap_set: bool = False
    ) -> tuple[str, tuple[Column, ...]]:
        """Return one side of a set operation. SQLite takes them from left to right, without parentheses."""
        text, columns = self._body(node, scope, [])
        bare = isinstance(node, (tree.Core, tree.Values)) or (isinstance(node, tree.SetOp) and not wrap_set)
        if isinstance(node, tree.Core) and node.distinct_on:
            bare = False
        return (text if bare else f"SELECT * FROM ({text})"), columns

    def _same_count(self, a: tuple[Column, ...], b: tuple[Column, ...], node: tree.SetOp) -> None:
        if len(a) != len(b):
            op = node.op.split(" ", maxsplit=1)[0]
            raise PgError(
                "42601", f"each {op} query must have the same number of columns", position=node.at + 1
            )

    def _become(self, text: str, columns: tuple[Column, ...], merged: tuple[Column, ...]) -> str:
        """Return a query with its dates, times and numbers as those that they meet."""
        casts = [
            a.sized is not None
            and b.sized is not None
            and a.sized.type is not b.sized.type
            and (a.sized.type in MOMENTS or b.sized.type in (FLOAT4, FLOAT8))
            for a, b in zip(columns, merged, strict=True)
        ]
        if not any(casts):
            return text
        name = self.fresh("side")
        listed = []
        for at, (a, b) in enumerate(zip(columns, merged, strict=True)):
            made = Ex(f"{name}.c{at}", a.sized)
            if casts[at] and b.sized is not None:
                made = self.cast(made, Sized(b.sized.type), -1)
            listed.append(f"{made.text} AS {quote_identifier(b.name)}")
        return f"SELECT * FROM (WITH {self._named(name, text, len(columns))} SELECT {', '.join(listed)} FROM {name})"

    def _named(self, name: str, text: str, count: int, more: str = "") -> str:
        return f"{name}({', '.join(f'c{at}' for at in range(count))}{more}) AS ({text})"

    def _key_of(self, text: str, column: Column) -> str:
        """Return what tells a value from those that are not equal to it."""
        return self.sortable(Ex(text, column.sized)).text if column.sized is not None else text

    def _keys(self, name: str, columns: tuple[Column, ...]) -> list[str]:
        return [self._key_of(f"{name}.c{at}", c) for at, c in enumerate(columns)]

    def _listed(self, name: str, columns: tuple[Column, ...]) -> str:
        return ", ".join(f"{name}.c{at} AS {quote_identifier(c.name)}" for at, c in enumerate(columns))

    def _one_of_each(self, text: str, columns: tuple[Column, ...], order: str = "") -> str:
        """Return the rows of a query without those that are equal though SQLite has another text for them."""
        name = self.fresh("every")
        keys = ", ".join(self._keys(name, columns))
        named = self._named(name, text, len(columns))
        order = order.replace("\0", name)
        made = f"WITH {named} SELECT {self._listed(name, columns)} FROM {name} GROUP BY {keys}{order}"
        return f"SELECT * FROM ({made})"

    def distinct_by_keys(
        self, text: str, targets: list[tuple[str, Ex]], order: list[tree.Order], scope: Scope
    ) -> str:
        """Return SELECT DISTINCT of values that may be equal though SQLite has another text for them."""
        columns = tuple(Column(name, ex.sized) for name, ex in targets)
        sorted_by = []
        for each in order:
            place = self._place(each.expr, targets, scope)
            key = self._key_of(f"\0.c{place}", columns[place])
            sorted_by.append(directed(key, each, not_null=targets[place][1].not_null))
        return self._one_of_each(text, columns, f" ORDER BY {', '.join(sorted_by)}" if sorted_by else "")

    def _place(self, expr: tree.Node, targets: list[tuple[str, Ex]], scope: Scope) -> int:
        if isinstance(expr, tree.Const) and expr.kind == "int":
            return int(expr.value) - 1
        names = [name for name, _ in targets]
        if isinstance(expr, tree.Name) and len(expr.parts) == 1 and expr.parts[0] in names:
            return names.index(expr.parts[0])
        return [ex.text for _, ex in targets].index(self.ex(expr, scope).text)

    def _counted(self, op: str, left: str, right: str, columns: tuple[Column, ...]) -> str:
        """Return INTERSECT or EXCEPT with as many rows as there are on both sides, or are left over."""
        a, b = self.fresh("left"), self.fresh("right")
        parts = []
        for name, text in ((a, left), (b, right)):
            inner = self.fresh("rows")
            keys = ", ".join(self._keys(inner, columns))
            numbered = f"SELECT *, row_number() OVER (PARTITION BY {keys}) FROM {inner}"
            parts += [
                self._named(inner, text, len(columns)),
                self._named(name, numbered, len(columns), ", n"),
            ]
        pairs = zip(self._keys(a, columns), self._keys(b, columns), strict=True)
        same = " AND ".join(f"{one} IS {two}" for one, two in pairs)
        count = f"{a}.n = {b}.n" if op.endswith("ALL") else f"{a}.n = 1"
        there = "" if op.startswith("INTERSECT") else "NOT "
        first = "" if op.endswith("ALL") else f"{a}.n = 1 AND "
        found = f"{first}{there}EXISTS (SELECT 1 FROM {b} WHERE {count} AND {same})"
        return f"SELECT * FROM (WITH {', '.join(parts)} SELECT {self._listed(a, columns)} FROM {a} WHERE {found})"


def _met(a: Column, b: Column, node: tree.SetOp) -> Sized | None:
    if a.sized is None or b.sized is None or a.sized == b.sized:
        return a.sized or b.sized
    one, two = a.sized.type, b.sized.type
    apart = one is not two and (enumerated(one) is not None or enumerated(two) is not None)
    if apart or (
        one.category != two.category and one.category in _TOLD_APART and two.category in _TOLD_APART
    ):
        op = node.op.split(" ", maxsplit=1)[0]
        raise PgError(
            "42804", f"{op} types {one.title} and {two.title} cannot be matched", position=node.at + 1
        )
    return wider(a.sized, b.sized)


def _targets(node: tree.Node) -> list[tree.Target]:
    while isinstance(node, tree.Select):
        node = node.body
    if isinstance(node, tree.SetOp):
        return _targets(node.left)
    if not isinstance(node, tree.Core) or any(isinstance(t.expr, tree.Star) for t in node.targets):
        return []
    return node.targets


def _is_bare(node: tree.Node) -> bool:
    return isinstance(node, tree.Param) or (isinstance(node, tree.Const) and node.kind in ("string", "null"))


def _bare(node: tree.Node) -> bool:
    return any(_is_bare(target.expr) for target in _targets(node))


def _give_types(node: tree.Node, columns: tuple[Column, ...]) -> None:
    """Give literals that a query lists the types that the other query's columns have."""
    for target, column in zip(_targets(node), columns, strict=False):
        if _is_bare(target.expr) and column.sized is not None and column.sized.type is not TEXT:
            alias = target.alias or "?column?"
            target.expr, target.alias = (
                tree.Cast(target.expr, Sized(column.sized.type), "", at=target.at),
                alias,
            )
