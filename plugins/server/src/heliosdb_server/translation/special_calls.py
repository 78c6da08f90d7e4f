"""Functions whose translation is a matter of their own: coalesce(), greatest(), now(), those of JSON and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BPCHAR,
    BY_NAME,
    FLOAT4,
    FLOAT8,
    INTEGERS,
    INTERVAL,
    JSON,
    JSONB,
    MOMENTS,
    NUMERIC,
    RECORD,
    TIME,
    TIMESTAMPTZ,
    Sized,
    enumerated,
    item_of,
)  # fmt: skip
from . import decimals, tree
from .aggregating import Aggregating
from .literals import S_BOOL, S_FLOAT8, S_INT4, S_TEXT, is_number
from .scope import Ex, Scope
from .signatures import SIGNATURES, Signature

# Aggregates in Python: PostgreSQL's name, the kind that the aggregate function is told, the result.


class SpecialCalls(Aggregating):
    """Writes them: a method for each, by its name."""

    if TYPE_CHECKING:

        def _by_signature(self, node: tree.Call, name: str, signature: Signature, scope: Scope) -> Ex: ...

    def _call_coalesce(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        items, sized = self.unified(node.args, scope, want)
        if len(items) == 1:
            return items[0]
        not_null = any(item.not_null for item in items)
        made = Ex(f"coalesce({', '.join(item.text for item in items)})", sized, not_null=not_null)
        return decimals.picked(made, items, f"coalesce({', '.join(map(decimals.exact, items))})")

    def _call_nullif(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        if len(node.args) != 2:
            raise self._no_function(node, [])
        a, b = self.pair(node.args[0], node.args[1], scope)
        self.refuse_mixed(a, b, tree.Binary("=", *node.args, at=node.at))
        sized = S_TEXT if a.type is BY_NAME["varchar"] else a.sized or S_TEXT
        if is_number(a.type) and is_number(b.type) and (a.type in INTEGERS or b.type in (FLOAT4, FLOAT8)):
            kind = b.type if b.type not in INTEGERS else a.type  # of the operator = that compares the two
            sized = S_FLOAT8 if kind is FLOAT4 and a.type not in (FLOAT4, FLOAT8) else sized
            sized = Sized(kind) if kind in (NUMERIC, FLOAT8) and a.type not in (FLOAT4, FLOAT8) else sized
        one, two = self.comparable(a, b)
        if one.text == a.text:
            made = Ex(f"nullif({a.text}, {two.text})", sized)
        else:
            made = Ex(f"(CASE WHEN {one.text} = {two.text} THEN NULL ELSE {a.text} END)", sized)
        shown = f"CASE WHEN {made.text} IS NOT NULL THEN {decimals.exact(a)} END"
        return decimals.picked(made, [a], shown)

    def _call_greatest(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        items, sized = self.unified(node.args, scope, want)
        least = node.name.lower() == "least"
        if sized is not None and sized.type.element and enumerated(sized.type) is not None:
            raise PgError(
                "0A000", f"{node.name}() of arrays of an enumeration is not supported", position=node.at + 1
            )
        if sized is not None and sized.type.category == "E":
            places = ", ".join(self.placed(item._replace(sized=sized)).text for item in items)
            return self.labelled(f"pg_{'least' if least else 'greatest'}({places})", sized.type)
        if sized is not None and sized.type is RECORD:
            raise PgError("0A000", f"{node.name}() of rows is not supported", position=node.at + 1)
        if sized is not None and sized.type is JSON:
            raise PgError(
                "42883", "could not identify a comparison function for type json", position=node.at + 1
            )
        if sized is not None and (sized.type is JSONB or sized.type.element):
            kind, name = "jsonb" if sized.type is JSONB else "array", "least" if least else "greatest"
            texts = ", ".join(item.text for item in items)
            return self.own(f"pg_{name}_of('{kind}', {texts})", sized)
        if sized is not None and sized.type is INTERVAL:
            name = "interval_least" if least else "interval_greatest"
            return self.own(f"pg_{name}({', '.join(item.text for item in items)})", sized)
        if all(item.not_null for item in items) and len(items) > 1:
            name = "min" if least else "max"
            made = Ex(f"{name}({', '.join(item.text for item in items)})", sized, not_null=True)
        else:
            name = "least" if least else "greatest"
            made = self.own(f"pg_{name}({', '.join(item.text for item in items)})", sized)
        name = f"pg_{'' if made.type is BPCHAR else 'exact_'}{'least' if least else 'greatest'}"
        return decimals.picked(made, items, f"{name}({', '.join(map(decimals.exact, items))})")

    _call_least = _call_greatest

    def _call_scale(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        if len(node.args) != 1:
            raise self._no_function(node, [])
        made = self.ex(node.args[0], scope, Sized(NUMERIC))
        if made.decimals is None and made.shown:
            return self.own(f"pg_exact_scale({made.shown})", S_INT4)
        if made.decimals is None:
            raise PgError(
                "0A000",
                "the zeros behind a stored number are not kept: it has no scale()",
                hint="Use min_scale(), or cast to numeric(p, s).",
                position=node.at + 1,
            )
        return Ex(f"CASE WHEN {made.text} IS NOT NULL THEN {made.decimals} END", S_INT4)

    def _call_width_bucket(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        if len(node.args) != 2:
            return self._by_signature(node, "width_bucket", SIGNATURES["width_bucket"], scope)
        array = self.ex(node.args[1], scope)
        element = item_of(array.type)
        if element is None:
            raise self._no_function(node, [self.ex(node.args[0], scope), array])
        if element.category == "E":
            raise PgError("0A000", "width_bucket() of an enumeration is not supported", position=node.at + 1)
        value = self.ex(node.args[0], scope, Sized(element))
        return self.own(f"pg_width_bucket_of({value.text}, {array.text})", S_INT4)

    def _call_overlaps(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        if len(node.args) != 4:
            raise self._no_function(node, [])
        nodes = list(node.args)
        for at in (1, 3):  # an end may be said by how long it lasts
            if self.ex(nodes[at], scope).type is INTERVAL:
                nodes[at] = tree.Binary("+", nodes[at - 1], nodes[at], at=node.at)
        items = [self.ex(each, scope) for each in nodes]
        sized = self.common(items) or Sized(TIMESTAMPTZ)
        if sized.type not in MOMENTS and sized.type is not TIME:
            raise self._no_function(node, items)
        made = [self.cast(self.typed(item, sized, node.at), Sized(sized.type), node.at) for item in items]
        return self.own(f"pg_overlaps({', '.join(each.text for each in made)})", S_BOOL)

    def _call_timezone(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        if len(node.args) != 2:
            raise self._no_function(node, [self.ex(arg, scope) for arg in node.args])
        return self.ex(tree.AtZone(node.args[1], node.args[0], at=node.at), scope)

    def _call_now(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        return self.own("pg_now()", Sized(TIMESTAMPTZ))._replace(not_null=True)

    def _call_grouping(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        for arg in node.args:  # of a query that groups in one way: nothing is missing
            self.ex(arg, scope)
        return Ex("0", S_INT4)

    def _call_json_array(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        return self._json_call(node, scope)

    def _json_call(self, node: tree.Call, scope: Scope) -> Ex:
        """Return a call of one of SQLite's JSON functions that take values of any type."""
        args = [self.typed(self.ex(arg, scope), S_TEXT, arg.at) for arg in node.args]
        return Ex(f"{node.name}({', '.join(self._json_value(arg) for arg in args)})", Sized(JSON))

    def _call_to_json(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        ex = self.ex(node.args[0], scope)
        sized = Sized(JSONB if node.name.lower() == "to_jsonb" else JSON)
        if ex.type is sized.type or (ex.type is RECORD and sized.type is JSON):
            return Ex(ex.text, sized)
        text, kind = self.for_json(ex)
        return self.own(f"pg_to_json({text}, {quote_text(kind)}, {int(sized.type is JSONB)})", sized)

    _call_to_jsonb = _call_to_json

    def _call_row_to_json(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        made = self._call_to_json(node, scope, want)
        if len(node.args) < 2:
            return made
        lines = self.ex(node.args[1], scope, S_BOOL).text
        return self.own(f"pg_json_lines({made.text}, {lines})", made.sized)

    _call_array_to_json = _call_row_to_json

    def _call_pg_typeof(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        kind = self.ex(node.args[0], scope).type
        return Ex(str(kind.oid if kind is not None else 705), Sized(BY_NAME["regtype"]))

    def _call_collation(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        raise PgError("42601", "syntax error", position=node.at + 1)
