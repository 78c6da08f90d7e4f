"""Comparisons with words: LIKE, BETWEEN, IN, IS, and an operator with ANY or ALL."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BOOL,
    BY_OID,
    BYTEA,
    JSON,
    JSONB,
    STRINGS,
    TEXT,
    Sized,
    array_of,
    enumerated,
    item_of,
)
from . import tree
from .literals import S_BOOL, S_TEXT
from .scope import Ex, Scope
from .whole_rows import spread

if TYPE_CHECKING:
    pass

from .operators import COMPARE, REGEX, Operators


class Matching(Operators):
    """Writes comparisons with words."""

    # ---- comparisons with words ----

    def _like(self, node: tree.Like, scope: Scope, want: Sized | None) -> Ex:
        no = "NOT " if node.negated else ""
        pattern = node.pattern.value if isinstance(node.pattern, tree.Const) else None
        escape = (
            node.escape.value
            if isinstance(node.escape, tree.Const)
            else "\\"
            if node.escape is None
            else None
        )
        filled = isinstance(pattern, str) and pattern.endswith("%") and not {" ", "_"} & set(pattern)
        made = self.ex(node.operand, scope, S_TEXT)
        if (
            made.type is not None
            and made.type not in STRINGS
            and made.type is not BYTEA
            and made.text != "NULL"
        ):
            op = ("!" if node.negated else "") + ("~~*" if node.kind == "ilike" else "~~")
            raise self._no_operator(made, op, self.ex(node.pattern, scope), node)
        if made.type is BYTEA and node.kind == "like":
            bytes_ = self.ex(node.pattern, scope, Sized(BYTEA)).text
            mark = self.text(node.escape, scope) if node.escape is not None else "'\\'"
            return self.own(f"({no}pg_like({made.text}, {bytes_}, {mark}, 0))", S_BOOL)
        if isinstance(node.pattern, tree.Const) and node.pattern.kind not in ("string", "null"):
            raise self._no_operator(made, "~~", self.ex(node.pattern, scope), node)
        operand = self.as_text(made) if filled else self.padded(made)
        if node.kind == "similar":
            written = self.text(node.pattern, scope)
            mark = self.text(node.escape, scope) if node.escape is not None else "'\\'"
            return self.own(f"({no}pg_similar({operand}, {written}, {mark}))", S_BOOL)
        if isinstance(pattern, str) and isinstance(escape, str):
            if node.kind == "like" and (glob := _glob(pattern, escape)) is not None:
                return Ex(f"({operand} {no}GLOB {quote_text(glob)})", S_BOOL)
            if node.kind == "ilike" and pattern.isascii() and len(escape) == 1:
                return Ex(f"({operand} {no}LIKE {quote_text(pattern)} ESCAPE {quote_text(escape)})", S_BOOL)
        written = self.text(node.pattern, scope)
        mark = self.text(node.escape, scope) if node.escape is not None else "'\\'"
        fold = 1 if node.kind == "ilike" else 0
        return self.own(f"({no}pg_like({operand}, {written}, {mark}, {fold}))", S_BOOL)

    def _between(self, node: tree.Between, scope: Scope, want: Sized | None) -> Ex:
        a = self.ex(node.operand, scope)
        low, high = self.ex(node.low, scope, a.sized), self.ex(node.high, scope, a.sized)
        a = self.typed(a, low.sized or high.sized, node.operand.at)
        below = tree.Binary(">=", node.operand, node.low, at=node.at)
        (first, low), (second, high) = self.matched(a, low, below), self.matched(a, high, below)
        no = "NOT " if node.negated else ""
        if first.text != second.text:
            made = f"({first.text} >= {low.text} AND {second.text} <= {high.text})"
            if node.symmetric:
                made = f"({made} OR ({first.text} <= {low.text} AND {second.text} >= {high.text}))"
            return Ex(f"({no}{made})", S_BOOL)
        a = first
        one, two = low.text, high.text
        if node.symmetric:
            one, two = f"min({one}, {two})", f"max({one}, {two})"
        return Ex(f"({a.text} {'NOT ' if node.negated else ''}BETWEEN {one} AND {two})", S_BOOL)

    def _in(self, node: tree.In, scope: Scope, want: Sized | None) -> Ex:
        no = "NOT " if node.negated else ""
        if isinstance(node.items, tree.Node):
            return self._in_query(node, scope)
        items_given = [spread(each, scope) for each in node.items]
        node = replace(node, operand=spread(node.operand, scope), items=items_given)
        if isinstance(node.operand, tree.Row):
            rows = []
            sides = [self.ex(item, scope) for item in node.operand.items]
            for item in items_given:
                if not isinstance(item, tree.Row) or len(item.items) != len(sides):
                    raise PgError(
                        "42601", "unequal number of entries in row expressions", position=node.at + 1
                    )
                made = [self.ex(each, scope, a.sized) for each, a in zip(item.items, sides, strict=True)]
                equal = tree.Binary("=", node.operand, item, at=node.at)
                pairs = [self.matched(a, each, equal) for a, each in zip(sides, made, strict=True)]
                if any(first.text != a.text for (first, _), a in zip(pairs, sides, strict=True)):
                    return self._in_rows(node, scope)
                rows.append(f"({', '.join(each.text for _, each in pairs)})")
            return Ex(f"(({', '.join(a.text for a in sides)}) {no}IN (VALUES {', '.join(rows)}))", S_BOOL)
        a = self.ex(node.operand, scope)
        items = [self.ex(item, scope, a.sized) for item in items_given]
        if a.unknown:
            known = next((item.sized for item in items if not item.unknown and item.sized), None)
            a = self.typed(a, known, node.operand.at)
        for each in items:
            self.refuse_mixed(a, each, tree.Binary("=", node.operand, node.operand, at=node.at))
        pairs = [self.comparable(a, item) for item in items]
        if pairs and any(first.text != a.text for first, _ in pairs):
            either = " OR ".join(f"{first.text} = {item.text}" for first, item in pairs)
            return Ex(f"({no}({either}))", S_BOOL)
        return Ex(f"({a.text} {no}IN ({', '.join(item.text for _, item in pairs)}))", S_BOOL)

    def _in_rows(self, node: tree.In, scope: Scope) -> Ex:
        """Return whether a row is one of those listed, by one comparison after the other."""
        assert isinstance(node.items, list)
        each = (self.ex(tree.Binary("=", node.operand, item, at=node.at), scope).text for item in node.items)
        return Ex(f"({'NOT ' if node.negated else ''}({' OR '.join(each)}))", S_BOOL)

    def _in_query(self, node: tree.In, scope: Scope) -> Ex:
        """Return whether a value, or a row of them, is among the rows of a query."""
        assert isinstance(node.items, tree.Node)
        text, columns = self.query(node.items, scope)
        row = isinstance(node.operand, tree.Row)
        operands = node.operand.items if isinstance(node.operand, tree.Row) else [node.operand]
        if len(operands) != len(columns):
            less = "few" if len(columns) < len(operands) else "many"
            raise PgError("42601", f"subquery has too {less} columns", position=node.at + 1)
        pairs = []
        for at, (operand, column) in enumerate(zip(operands, columns, strict=True)):
            a, b = self.ex(operand, scope, column.sized), Ex(f"c{at}", column.sized)
            self.refuse_mixed(a, b, tree.Binary("=", operand, operand, at=node.at))
            pairs.append(self.comparable(a, b))
        if any(b.text != f"c{at}" for at, (_, b) in enumerate(pairs)):
            name = self.fresh("q")
            places = ", ".join(f"c{at}" for at in range(len(pairs)))
            text = (
                f"WITH {name}({places}) AS ({text}) SELECT {', '.join(b.text for _, b in pairs)} FROM {name}"
            )
        left = ", ".join(a.text for a, _ in pairs)
        left = f"({left})" if row else left
        return Ex(f"({left} {'NOT ' if node.negated else ''}IN ({text}))", S_BOOL)

    def operand(self, node: tree.Node, scope: Scope, want: Sized | None) -> str:
        """Return what stands before IN: an expression, or a row of them."""
        if isinstance(node, tree.Row):
            return "(" + ", ".join(self.ex(item, scope).text for item in node.items) + ")"
        return self.ex(node, scope, want).text

    def _quantified(self, node: tree.Quantified, scope: Scope, want: Sized | None) -> Ex:
        if isinstance(node.right, (tree.Select, tree.Insert, tree.Update, tree.Delete)):
            if (node.op, node.every) in (("=", False), ("<>", True)):
                return self._in(tree.In(node.left, node.right, node.every, at=node.at), scope, want)
            text, columns = self.query(node.right, scope)
            sized = columns[0].sized if columns else None
            source, value = f"({text})", ""
            left = self.operand(node.left, scope, sized)
            name = self.fresh("q")
            source = f"(SELECT * FROM ({text}) AS {name})"
            value = f"{name}.`{columns[0].name}`"
            source = f"({text}) AS {name}"
            if enumerated(sized.type if sized is not None else None) is not None and node.op in COMPARE:
                a, item = self.ex(node.left, scope, sized), Ex(value, sized)
                a, item = self.matched(a, item, tree.Binary(node.op, node.left, node.right, at=node.at))
                left, value = a.text, item.text
        else:
            if (node.op, node.every) in (("=", False), ("<>", True)):  # noqa: SIM102
                if (items := _listed(node.right)) is not None:
                    return self._in(tree.In(node.left, items, node.every, at=node.at), scope, want)
            a = self.ex(node.left, scope)
            array = array_of(a.type)
            b = self.ex(node.right, scope, Sized(array) if array is not None else None)
            if b.unknown:
                b = self.typed(b, Sized(BY_OID[TEXT.array]), node.right.at)
            element = item_of(b.type)
            sized = Sized(element) if element is not None else None
            if b.type is not None and not b.type.element:
                raise PgError(
                    "42809", "op ANY/ALL (array) requires array on right side", position=node.at + 1
                )
            a = self.typed(a, sized, node.left.at)
            items_text = f"json_each({self.flat(b, self._array_text(b))})"
            name = self.fresh("q")
            item = Ex(self.from_json(f"{name}.value", element), sized)
            if node.op in COMPARE:
                a, item = self.matched(a, item, tree.Binary(node.op, node.left, node.right, at=node.at))
            if (node.op, node.every) in (("=", False), ("<>", True)):
                text = f"SELECT {item.text} FROM {items_text} AS {name}"
                return Ex(f"({a.text} {'NOT ' if node.every else ''}IN ({text}))", S_BOOL)
            left, source, value = a.text, f"{items_text} AS {name}", item.text
        inner = self._compared(left, node.op, value, node)
        # ALL is false when one is, ANY true when one is; else what can't be told for one can't be told at all.
        how, one, other = ("min", 0, 1) if node.every else ("max", 1, 0)
        made = f"CASE WHEN {how}({inner}) = {one} THEN {one} WHEN count(*) > count({inner}) THEN NULL ELSE {other} END"
        return Ex(f"(SELECT {made} FROM {source})", S_BOOL)

    def _compared(self, left: str, op: str, right: str, node: tree.Node) -> str:
        if op in COMPARE:
            return f"{left} {op} {right}"
        self.functions = True
        if op in ("~~", "~~*", "!~~", "!~~*"):
            no = "NOT " if op[0] == "!" else ""
            return f"{no}pg_like({left}, {right}, '\\', {int(op.endswith('*'))})"
        if op in REGEX:
            fold, negated = REGEX[op]
            return f"{'NOT ' if negated else ''}pg_regex({left}, {right}, {fold})"
        raise PgError("0A000", f"the operator {op} is not supported with ANY or ALL", position=node.at + 1)

    def flat(self, ex: Ex, text: str = "") -> str:
        """Return an array as JSON whose items are no arrays themselves."""
        text = text or ex.text
        if ex.type is None or item_of(ex.type) in (JSON, JSONB) or is_flat(ex):
            return text
        if self.lasting or _SIMPLE.fullmatch(text):
            return f"CASE json_type({text}, '$[0]') WHEN 'array' THEN pg_array_flat({text}) ELSE {text} END"
        return self.own(f"pg_array_flat({text})", ex.sized).text

    def _array_text(self, ex: Ex) -> str:
        """Return an array as JSON for json_each(); comparing with the items of no array is NULL, not false."""
        return (
            ex.text if ex.not_null or ex.text.startswith("json_array(") else f"coalesce({ex.text}, '[null]')"
        )

    def _distinct_rows(self, node: tree.Is, one: list[tree.Node], two: list[tree.Node], scope: Scope) -> Ex:
        if len(one) != len(two):
            raise PgError("42601", "unequal number of entries in row expressions", position=node.at + 1)
        parts = [
            self.ex(tree.Is(a, "distinct", node.negated, b, at=node.at), scope).text
            for a, b in zip(one, two, strict=True)
        ]
        return Ex(f"({(' AND ' if node.negated else ' OR ').join(parts)})", S_BOOL)

    def _is(self, node: tree.Is, scope: Scope, want: Sized | None) -> Ex:
        no = "NOT " if node.negated else ""
        if node.what in ("distinct", "null"):
            node = replace(node, operand=spread(node.operand, scope))
        if node.what == "distinct":
            assert node.other is not None
            node.other = spread(node.other, scope)
            if isinstance(node.operand, tree.Row) and isinstance(node.other, tree.Row):
                return self._distinct_rows(node, node.operand.items, node.other.items, scope)
            equal = tree.Binary("=", node.operand, node.other, at=node.at)
            a, b = self.matched(*self.pair(node.operand, node.other, scope), equal)
            a, b = (self._asked(each) for each in (a, b))
            return Ex(f"({a.text} IS {'' if node.negated else 'NOT '}{b.text})", S_BOOL)
        if isinstance(node.operand, tree.Row):
            each = [f"{self.ex(item, scope).text} IS {no}NULL" for item in node.operand.items]
            return Ex(f"({' AND '.join(each)})", S_BOOL)
        a = self.ex(node.operand, scope)
        if a.unknown and a.param:
            a = self.typed(a, S_TEXT if node.what == "null" else S_BOOL, node.operand.at)
        if node.what in ("true", "false", "unknown") and a.type not in (None, BOOL) and a.text != "NULL":
            raise PgError(
                "42804",
                f"argument of IS {no}{node.what.upper()} must be type boolean, not type {a.type.title}",
                position=node.operand.at + 1,
            )
        what = {"null": "NULL", "unknown": "NULL", "true": "1", "false": "0"}[node.what]
        return Ex(f"({self._asked(a).text} IS {no}{what})", S_BOOL, not_null=True)

    def _asked(self, ex: Ex) -> Ex:
        """Return a value that may be asked whether it is NULL: of RETURNING's columns SQLite 3.40 says that none is."""
        bare = not self.lasting and _BARE.fullmatch(ex.text) is not None
        return ex._replace(text=f"coalesce({ex.text}, NULL)") if bare else ex


_BARE = re.compile(r'"(?:[^"]|"")+"')
_SIMPLE = re.compile(r"[\w.\"?]+|coalesce\([\w.\"?]+, '\[null\]'\)")


def is_flat(ex: Ex) -> bool:
    """Is it plain that an array is none of arrays?"""
    text = ex.text
    if text[:1] == "'":
        return "[" not in text[2:]
    return text.startswith("json_array(") and "json(json" not in text.replace(" ", "")


def _listed(node: tree.Node) -> list[tree.Node] | None:
    """Return the items of an array that is written out, None for any other."""
    sized = None
    while isinstance(node, tree.Cast) and (inner := item_of(node.type.type)) is not None:
        sized, node = sized or Sized(inner, node.type.modifier), node.operand
    if not isinstance(node, tree.Array) or any(isinstance(item, tree.Array) for item in node.items):
        return None
    if sized is None:
        return list(node.items) or None
    return [tree.Cast(item, sized, sized.type.name, at=item.at) for item in node.items]


def _glob(pattern: str, escape: str) -> str | None:
    """Return a LIKE pattern as SQLite's GLOB, which respects case and can use an index; None where that can't be."""
    made, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if escape and char == escape:
            at += 1
            if at >= len(pattern):
                return None  # PostgreSQL's error
            char = pattern[at]
            made.append(f"[{char}]" if char in "*?[" else char)
        elif char == "%":
            made.append("*")
        elif char == "_":
            made.append("?")
        else:
            made.append(f"[{char}]" if char in "*?[" else char)
        at += 1
    return "".join(made)
