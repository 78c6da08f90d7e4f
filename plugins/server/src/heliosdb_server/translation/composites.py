"""Casts, CASE, queries as values, arrays, rows, and what is within them."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BPCHAR,
    BY_NAME,
    BY_OID,
    DATE,
    FLOAT4,
    FLOAT8,
    INT4,
    INTEGERS,
    INTERVAL,
    JSON,
    JSONB,
    MOMENTS,
    NUMERIC,
    OID,
    STRINGS,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    PgType,
    Sized,
    array_of,
    item_of,
)  # fmt: skip
from . import tree
from .decimals import exact, is_free, last_of, literal, picked
from .literals import S_BOOL, S_INT4, S_TEXT, wider
from .scope import Ex, Scope

if TYPE_CHECKING:
    pass

from .matching import Matching
from .operators import refuse_unmatched

_FLOATS = (FLOAT4, FLOAT8)


class Composites(Matching):
    """Writes what is made of several values."""

    # ---- the rest ----

    def _cast(self, node: tree.Cast, scope: Scope, want: Sized | None) -> Ex:
        inner = node.operand
        if isinstance(inner, tree.Array) and node.type.type.element:
            return self.cast(self._array(inner, scope, Sized(node.type.type)), node.type, inner.at)
        known = isinstance(inner, tree.Const) and inner.kind != "string"
        found = self.ex(inner, scope, node.type if known else None)
        if isinstance(inner, tree.Const) and inner.kind == "null":
            return Ex("NULL", node.type)
        if isinstance(inner, tree.Const) and inner.kind == "numeric" and node.type.type in STRINGS:
            digits = literal(inner.value)
            return self.cast(
                Ex(quote_text(digits[0] if digits else inner.value), S_TEXT), node.type, inner.at
            )
        return self.cast(found, node.type, inner.at)

    def _case(self, node: tree.Case, scope: Scope, want: Sized | None) -> Ex:
        operand = self.ex(node.operand, scope) if node.operand is not None else None
        results = [self.ex(result, scope) for _, result in node.whens]
        if node.otherwise is not None:
            results.append(self.ex(node.otherwise, scope))
        first = (
            [results[-1], *results[:-1]] if node.otherwise is not None else results
        )  # ELSE has the first word
        sized = self.common(first) or want
        if sized is not None and (node.otherwise is None or any(r.text == "NULL" for r in results)):
            sized = Sized(sized.type)  # as PostgreSQL describes it
        nodes = [result for _, result in node.whens] + (
            [node.otherwise] if node.otherwise is not None else []
        )
        results = [
            self.same(self.typed(r, sized or S_TEXT, n.at), sized)
            for r, n in zip(results, nodes, strict=True)
        ]
        parts, heads = ["CASE"], []
        whens = [self._when(condition, operand, node.operand, scope) for condition, _ in node.whens]
        if operand is not None and any(first.text != operand.text for first, _ in whens):
            operand = None  # each is compared in its own way
            whens = [(one, Ex(f"({one.text} = {two.text})", S_BOOL)) for one, two in whens]
        if operand is not None:
            parts.append(operand.text)
        for (_, when), result in zip(whens, results, strict=False):
            heads.append(f"WHEN {when.text} THEN")
            parts.append(f"{heads[-1]} {result.text}")
        if node.otherwise is not None:
            parts.append(f"ELSE {results[-1].text}")
        made = Ex(f"({' '.join(parts)} END)", sized or S_TEXT)
        if not is_free(made) and made.type is not BPCHAR:
            return made
        shown = [f"{part} {exact(result)}" for part, result in zip(heads, results, strict=False)]
        if node.otherwise is not None:
            shown.append(f"ELSE {exact(results[-1])}")
        start = "CASE" if operand is None else f"CASE {operand.text}"
        return picked(made, results, f"({' '.join([start, *shown])} END)")

    def _when(
        self, condition: tree.Node, operand: Ex | None, compared: tree.Node | None, scope: Scope
    ) -> tuple[Ex, Ex]:
        """Return what a condition of CASE is compared with, and the condition."""
        if operand is None or compared is None:
            return Ex(""), Ex(self.truth(condition, scope, "CASE/WHEN"), S_BOOL)
        when = self.ex(condition, scope, operand.sized)
        operand = self.typed(operand, when.sized or S_TEXT, condition.at)
        return self.matched(operand, when, tree.Binary("=", compared, condition, at=condition.at))

    def common(self, items: Sequence[Ex]) -> Sized | None:
        """Return the type that all of these become together; None when none has one."""
        found: Sized | None = None
        for item in items:
            if not item.unknown and (item.text != "NULL" or item.sized is not None):
                if found is not None and item.type is not None:
                    refuse_unmatched(found.type, item.type)
                found = item.sized if found is None else wider(found, item.sized)
        if found is not None and any(item.unknown for item in items):
            return Sized(found.type)  # a literal beside it may be longer
        return found

    def same(self, ex: Ex, sized: Sized | None) -> Ex:
        """Return the expression in the type that it shares with others, where SQLite's values would differ."""
        if sized is not None and ex.type in MOMENTS and sized.type in MOMENTS and ex.type is not sized.type:
            return self.cast(ex, sized, -1)
        if sized is not None and sized.type in _FLOATS and (ex.type in INTEGERS or ex.type is NUMERIC):
            return self.cast(ex, Sized(sized.type), -1)
        return ex

    def unified(
        self, nodes: Sequence[tree.Node], scope: Scope, want: Sized | None
    ) -> tuple[list[Ex], Sized | None]:
        """Return expressions that must be of one type, and that type."""
        items = [self.ex(node, scope) for node in nodes]
        sized = self.common(items) or want
        made = [
            self.same(self.typed(i, sized or S_TEXT, n.at), sized) for i, n in zip(items, nodes, strict=True)
        ]
        return made, sized or (S_TEXT if any(item.unknown for item in items) else None)

    def _sub(self, node: tree.Sub, scope: Scope, want: Sized | None) -> Ex:
        text, columns = self.query(node.query, scope)
        if node.kind == "exists":
            return Ex(f"EXISTS ({text})", S_BOOL, not_null=True)
        if len(columns) != 1 and not (node.kind == "scalar" and len(columns) > 1):
            raise PgError("42601", "subquery must return only one column", position=node.at + 1)
        if node.kind == "array":
            element = columns[0].sized
            array = array_of(element.type if element is not None else TEXT)
            if element is not None and element.type.element:  # an array of arrays is of their type
                array = element.type
            name = self.fresh("a")
            value = self.json_item(Ex(f"{name}.`{columns[0].name}`", element))
            if element is not None and element.type is NUMERIC:
                outer, self.last = self.last, last_of(node.query)
                try:
                    text, value = self.query(node.query, scope)[0], f"json({value})"
                finally:
                    self.last = outer
            made = f"(SELECT json_group_array({value}) FROM ({text}) AS {name})"
            size = element.modifier if element is not None else -1
            return Ex(made, Sized(array, size) if array is not None else None)
        if len(columns) > 1:
            raise PgError("42601", "subquery must return only one column", position=node.at + 1)
        if not self.one_row(node.query):  # SQLite would take the first row's
            name, value = self.fresh("only"), quote_identifier(columns[0].name)
            made = f"CASE WHEN count(*) > 1 THEN pg_more_than_one() ELSE max({value}) END"
            one = self.own(f"(SELECT {made} FROM ({text}) AS {name})", columns[0].sized)
            return one._replace(scale=columns[0].scale)
        one = Ex(f"({text})", columns[0].sized, scale=columns[0].scale)
        if not is_free(one):
            return one
        outer, self.last = self.last, last_of(node.query)
        try:
            return one._replace(shown=f"({self.query(node.query, scope)[0]})")
        finally:
            self.last = outer

    def _array(self, node: tree.Array, scope: Scope, want: Sized | None) -> Ex:
        element = None
        if want is not None and want.type.element:
            element = Sized(item_of(want.type) or TEXT)
        if node.items and all(isinstance(item, tree.Array) for item in node.items):
            inner = [self._array(item, scope, want) for item in node.items if isinstance(item, tree.Array)]
            sizes = {len(item.items) for item in node.items if isinstance(item, tree.Array)}
            if len(inner) != len(node.items) or len(sizes) > 1:
                raise PgError(
                    "2202E", "multidimensional arrays must have array expressions with matching dimensions"
                )
            made = ", ".join(f"json({each.text})" for each in inner)
            return Ex(f"json_array({made})", inner[0].sized)
        items, sized = self.unified(node.items, scope, element)
        sized = element or sized
        if sized is None and not items:
            raise PgError("42P18", "cannot determine type of empty array", position=node.at + 1)
        if element is not None:
            items = [self.cast(item, element, node.at) for item in items]
        if sized is not None and sized.type.element:  # an array of arrays is of their type
            rows = ", ".join(f"json({self.cast(item, sized, node.at).text})" for item in items)
            return Ex(f"json_array({rows})", sized)
        array = array_of(sized.type) if sized is not None else None
        wide = sized.type if sized is not None else None
        text = ", ".join(self.json_item(i._replace(sized=sized) if wide in _FLOATS else i) for i in items)
        if any(item.text == "NULL" for item in items) and sized is not None:
            sized = Sized(sized.type)
        if sized is None or array is None:
            return Ex(f"json_array({text})", want)
        return Ex(f"json_array({text})", Sized(array, sized.modifier))

    def _row(self, node: tree.Row, scope: Scope, want: Sized | None) -> Ex:
        items = [self.ex(item, scope) for item in node.items]
        return self.record([(f"f{i}", item) for i, item in enumerate(items, 1)])

    def _subscript(self, node: tree.Subscript, scope: Scope, want: Sized | None) -> Ex:
        chain, base = [node], node.operand
        while isinstance(base, tree.Subscript) and not chain[0].apart:
            chain.insert(0, base)
            base = base.operand
        a = self.ex(base, scope)
        if a.type is JSONB:
            for each in chain:
                assert each.index is not None
                index = self.ex(each.index, scope, S_TEXT)
                a = self.own(f"pg_json_get({a.text}, {index.text})", a.sized)
            return a
        if a.type is BY_NAME["name"] and len(chain) == 1 and chain[0].index is not None:
            place = self.ex(chain[0].index, scope, S_INT4).text
            return Ex(f"nullif(substr({a.text}, {place} + 1, 1), '')", Sized(BY_NAME["char"]))
        if a.type is not None and not a.type.element:
            raise PgError(
                "42804",
                f"cannot subscript type {a.type.title} because it does not support subscripting",
                position=base.at + 1,
            )
        if any(each.is_slice for each in chain):
            bounds = ", ".join(self._slice_bounds(each, scope) for each in chain)
            return self.own(f"pg_array_slice({a.text}, {bounds})", a.sized)
        element = item_of(a.type)
        sized = Sized(element) if element is not None else None
        first = 0 if a.type is not None and a.type.name in ("int2vector", "oidvector") else 1
        places = [self.ex(each.index, scope, S_INT4).text for each in chain if each.index is not None]
        if not re.fullmatch(r'[\w."?]+', a.text):
            if first == 0:
                places = [f"({place} + 1)" for place in places]
            made = self.own(f"pg_array_item({', '.join([a.text, *places])})", sized).text
            return Ex(self.from_json(made, element), sized)
        if all(place.isdigit() for place in places):
            path = "'$" + "".join(f"[{max(int(place) - first, -1)}]" for place in places) + "'"
            if "-1" in path:
                return Ex("NULL", sized)
        else:  # JSON's paths have no negative places
            path = "'$'" + "".join(
                f" || '[' || CASE WHEN {place} >= {first} THEN {place} - {first} END || ']'"
                for place in places
            )
        made = f"json_extract({a.text}, {path})"
        if element not in (JSON, JSONB):  # an item that is an array has too few places
            made = f"CASE json_type({a.text}, {path}) WHEN 'array' THEN NULL ELSE {made} END"
        return Ex(self.from_json(made, element), sized)

    def _slice_bounds(self, node: tree.Subscript, scope: Scope) -> str:
        def bound(each: tree.Node | None, otherwise: int) -> str:
            return self.ex(each, scope, S_INT4).text if each is not None else str(otherwise)

        if not node.is_slice:  # beside a slice, [2] is [1:2]
            return f"1, {bound(node.index, 1)}"
        return f"{bound(node.index, 1)}, {bound(node.upper, 2**31 - 1)}"

    def _collate(self, node: tree.Collate, scope: Scope, want: Sized | None) -> Ex:
        a = self.ex(node.operand, scope, want)
        name = node.name.rpartition(".")[2].lower()
        if name in ("default", "c", "posix", "ucs_basic"):
            return a
        if name in ("nocase", "rtrim", "binary"):
            return a._replace(text=f"({a.text} COLLATE {name.upper()})")
        raise PgError(
            "42704", f'collation "{node.name}" for encoding "UTF8" does not exist', position=node.at + 1
        )

    def _atzone(self, node: tree.AtZone, scope: Scope, want: Sized | None) -> Ex:
        a = self.ex(node.operand, scope, Sized(TIMESTAMPTZ))
        said = self.ex(node.zone, scope, S_TEXT)
        zone = self.own(f"pg_zone_of({said.text})", S_TEXT).text if said.type is INTERVAL else said.text
        if a.type is DATE:
            a = self.cast(a, Sized(TIMESTAMPTZ), node.at)
        if a.type is TIMESTAMPTZ:
            return self.own(f"pg_at_zone({a.text}, {zone}, 0)", Sized(TIMESTAMP))
        return self.own(f"pg_at_zone({a.text}, {zone}, 1)", Sized(TIMESTAMPTZ))

    def _access(self, node: tree.Access, scope: Scope, want: Sized | None) -> Ex:
        inner = node.operand
        if isinstance(inner, tree.Name) and len(inner.parts) == 1 and scope.find(inner.parts, -1) is None:
            return self.ex(tree.Name((*inner.parts, node.name), at=node.at), scope)
        a = self.ex(inner, scope)
        types: dict[str, PgType] = {"n": INT4, "x": BY_OID[OID.oid]}
        found = types.get(node.name)
        key = quote_text("$." + '"' + node.name.replace('"', "") + '"')
        return Ex(f"json_extract({a.text}, {key})", Sized(found) if found is not None else None)

    def _call(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        return self.call(node, scope, want)
