"""Aggregates, windows, and what rows are sorted and grouped by."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BOOL,
    BPCHAR,
    BY_OID,
    BYTEA,
    FLOAT4,
    FLOAT8,
    INET,
    INT2,
    INT4,
    INT8,
    INTEGERS,
    INTERVAL,
    JSON,
    JSONB,
    MACADDR,
    NETWORKS,
    NUMERIC,
    RECORD,
    TEXT,
    TIME,
    UUID,
    VARCHAR,
    VECTOR,
    PgType,
    Sized,
    array_of,
    enumerated,
    working_name,
)  # fmt: skip
from . import tree
from .composites import Composites
from .decimals import exact
from .frames import counted, is_measured, measured, moves
from .literals import S_BOOL, S_FLOAT8, S_INT8, S_TEXT, is_number
from .scope import Ex, Scope
from .spaces import sizeless

_NATIVE = frozenset(("count", "sum", "avg", "min", "max"))


_COLLECTING: dict[str, PgType | str] = {
    "string_agg": TEXT, "array_agg": "array", "json_agg": JSON, "jsonb_agg": JSONB, "json_object_agg": JSON,
    "jsonb_object_agg": JSONB, "stddev": FLOAT8, "stddev_samp": FLOAT8, "stddev_pop": FLOAT8, "variance": FLOAT8,
    "var_samp": FLOAT8, "var_pop": FLOAT8, "bit_and": "same", "bit_or": "same", "bit_xor": "same", "corr": FLOAT8,
    "covar_pop": FLOAT8, "covar_samp": FLOAT8, "regr_slope": FLOAT8, "regr_intercept": FLOAT8, "regr_count": INT8,
    "regr_r2": FLOAT8, "mode within group": "order", "percentile_cont within group": FLOAT8,
    "percentile_disc within group": "order", "any_value": "same",
}  # fmt: skip


_WITHOUT_ORDER = frozenset(
    (UUID, MACADDR, BOOL, JSON, JSONB, BYTEA)
)  # of which PostgreSQL has no min() and max()
AGGREGATES = _NATIVE | _COLLECTING.keys() | {"bool_and", "bool_or", "every", "group_concat", "total"}


_EXACT = frozenset(("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"))


_CONSTANT = re.compile(r"(?:[\d\s()+-]|AND|OR|NOT)+")


def _is_long(ex: Ex) -> bool:
    """May a number of a column have more digits than SQLite's floating-point numbers keep?"""
    return ex.sized is not None and ex.sized.modifier != -1 and ex.sized.modifier - 4 >> 16 > 15


def no_place(text: str) -> str:
    """Return what rows are sorted or grouped by so that SQLite does not take a number for a column's place."""
    return f"({text} + 0)" if _CONSTANT.fullmatch(text) else text


class Aggregating(Composites):
    """Writes aggregates and windows."""

    def _no_function(self, node: tree.Call, args: Sequence[Ex]) -> PgError:
        types = ", ".join(arg.type.title if arg.type is not None else "unknown" for arg in args)
        return PgError(
            "42883",
            f"function {node.name}({types}) does not exist",
            hint="No function matches the given name and argument types. You might need to add explicit type casts.",
            position=node.at + 1,
        )

    def over(self, over: tree.Window | str, scope: Scope) -> str:
        """Return ``OVER ...``."""
        if isinstance(over, str):
            if over not in scope.windows:
                raise PgError("42704", f'window "{over}" does not exist')
            return f" OVER {quote_identifier(over)}"
        return f" OVER {self.window(over, scope)}"

    def window(self, window: tree.Window, scope: Scope) -> str:
        """Return a window's definition in parentheses."""
        parts = [quote_identifier(window.base)] if window.base else []
        if window.partition:
            parts.append(
                "PARTITION BY "
                + ", ".join(self.sortable(self.ex(each, scope)).text for each in window.partition)
            )
        frame = window.frame
        if frame is not None and is_measured(frame):
            key, reach = measured(window, frame, scope, self)
            return f"({' '.join((*parts, f'ORDER BY {key}', reach))})"
        if window.order:
            parts.append("ORDER BY " + ", ".join(self.key(each, scope) for each in window.order))
        if frame is not None:
            parts.append(counted(frame, self))
        return f"({' '.join(parts)})"

    def sortable(self, ex: Ex) -> Ex:
        """Return what rows are sorted by for this value, where SQLite would sort what it has for it otherwise."""
        if ex.type is INTERVAL:
            return self._interval_order(ex)._replace(not_null=ex.not_null)
        if ex.type in NETWORKS:
            return self.own(f"pg_inet_order({ex.text})", S_TEXT)._replace(not_null=ex.not_null)
        if ex.type is JSON:
            raise PgError(
                "42883", "could not identify an ordering operator for type json", hint="Cast it to jsonb."
            )
        if ex.type is JSONB:
            return self.own(f"pg_jsonb_order({ex.text})", ex.sized)._replace(not_null=ex.not_null)
        if enumerated(ex.type) is not None:
            return self.placed(ex)._replace(not_null=ex.not_null)
        if ex.type is not None and ex.type.element:
            return self.array_order(ex)._replace(not_null=ex.not_null)
        return ex

    def sorted_by(self, ex: Ex) -> Ex:
        """Return what rows are sorted by for this value.

        :raises PgError: it is a row, which SQLite has as a text
        """
        if ex.type is RECORD:
            raise PgError("0A000", "whole rows can't be sorted by: name their columns")
        return self.sortable(ex)

    def key(self, order: tree.Order, scope: Scope) -> str:
        """Return what rows are sorted by, with NULLs where PostgreSQL has them: last, or first when descending."""
        ex = self.sorted_by(self.ex(order.expr, scope))
        text = no_place(ex.text)
        nulls = order.nulls or ("first" if order.descending else "last")
        usual = "last" if order.descending else "first"  # SQLite's, which can use an index
        text += " DESC" if order.descending else ""
        if nulls != usual and not ex.not_null:
            text += f" NULLS {nulls.upper()}"
        return text

    def _filtered(self, node: tree.Call, scope: Scope) -> str:
        made = (
            f" FILTER (WHERE {self.truth(node.filter, scope, 'FILTER')})" if node.filter is not None else ""
        )
        return made + (self.over(node.over, scope) if node.over is not None else "")

    def _aggregate(self, node: tree.Call, name: str, scope: Scope) -> Ex:
        args = [] if node.star else [self.ex(arg, scope) for arg in node.args]
        args = [self.typed(arg, S_TEXT, -1) for arg in args]
        kind = args[0].type if args else None
        end = self._filtered(node, scope)
        distinct = "DISTINCT " if node.distinct else ""
        if name in ("bool_and", "bool_or", "every"):
            if kind not in (None, BOOL) and args[0].text != "NULL":
                raise self._no_function(node, args)
            how = "max" if name == "bool_or" else "min"
            return Ex(f"{how}({distinct}{args[0].text}){end}", S_BOOL)
        if name in ("group_concat", "total"):
            return Ex(
                f"{name}({distinct}{', '.join(a.text for a in args)}){end}",
                S_TEXT if name[0] == "g" else S_FLOAT8,
            )
        if name in _NATIVE:
            if name in ("min", "max") and kind is not None and enumerated(kind) is not None:
                if kind.element:
                    raise PgError("0A000", f"{name}() of arrays of an enumeration is not supported")
                self.common(args)
                return self.labelled(f"{name}({', '.join(self.placed(a).text for a in args)}){end}", kind)
            if name in ("min", "max") and kind in NETWORKS:
                keys = ", ".join(f"pg_inet_order({arg.text})" for arg in args)
                return self.own(f"pg_inet_of_order({name}({keys}){end})", Sized(INET))
            if name in ("min", "max") and len(args) > 1:  # SQLite's, of one row
                return Ex(f"{name}({', '.join(a.text for a in args)})", self.common(args))
            if name != "count" and len(args) != 1:
                raise self._no_function(node, args)
            if name in ("sum", "avg") and kind is TIME:
                args, kind = [self.cast(args[0], Sized(INTERVAL), node.at)], INTERVAL
            if name in ("sum", "avg") and kind is INTERVAL:
                return self._collected(node, f"interval_{name}", INTERVAL, args, scope, end)
            if name in ("sum", "avg") and kind is VECTOR:
                return Ex(f"vector_{name}({args[0].text}){end}", Sized(VECTOR))
            if name in ("min", "max") and kind is INTERVAL:
                return self._collected(node, f"interval_{name}", INTERVAL, args, scope, end)
            if name in ("min", "max") and kind is not None and kind.element:
                return self._collected(node, f"array_{name}", kind, args, scope, end)
            refused = (
                kind is not None and not is_number(kind) if name in ("sum", "avg") else kind in _WITHOUT_ORDER
            )
            if name != "count" and refused and args[0].text != "NULL":
                raise self._no_function(node, args)
            compared = [self.sortable(a) for a in args] if node.distinct and name == "count" else args
            text = "*" if node.star else f"{distinct}{', '.join(a.text for a in compared)}"
            sized = self._native_result(name, args)
            made = f"{name}({text}){end}"
            if name in ("sum", "avg") and sized is not None and sized.type is NUMERIC:
                return self._decimal_total(name, made, (distinct, f"){end}"), args[0], node)
            if name in ("sum", "avg") and kind in (FLOAT4, FLOAT8) and self._moves(node.over, scope):
                each = f"CASE WHEN {args[0].text} IS NOT NULL THEN printf('%!.17g', {args[0].text}) END"
                return self.own(f"pg_listed_{name}(group_concat({each}){end})", sized)
            if name in ("sum", "avg") and kind in (FLOAT4, FLOAT8) and not self.lasting:
                return self.own(f"coalesce({made}, pg_total(count({args[0].text}){end}))", sized)
            if name in ("min", "max") and args[0].type is NUMERIC:
                found = Ex(made, Sized(NUMERIC), scale=args[0].decimals)
                if found.scale is None and args[0].shown and node.over is None:
                    return found._replace(shown=f"pg_exact_{name}({args[0].shown}){end}")
                return found
            if name in ("min", "max") and args[0].type is VARCHAR:
                sized = S_TEXT
            if name in ("min", "max") and args[0].type is BPCHAR:
                return sizeless(Ex(made, sized))
            return Ex(made, sized)
        result = _COLLECTING[name]
        return self._collected(node, name, result, args, scope, end)

    def _moves(self, over: tree.Window | str | None, scope: Scope) -> bool:
        """Does a window leave rows behind? From a sum SQLite subtracts them, which loses digits of fractions."""
        window = scope.windows.get(over) if isinstance(over, str) else over
        return window is not None and moves(window.frame)

    def _decimal_total(self, name: str, made: str, around: tuple[str, str], arg: Ex, node: tree.Call) -> Ex:
        """Return a sum or an average of decimal numbers, with what shows it.

        :param around: what stands before and behind the aggregate's argument
        """

        def of(function: str, text: str) -> str:
            return f"{function}({around[0]}{text}{around[1]}"

        scale, value = arg.decimals, exact(arg)
        exactly = of("pg_exact_sum", value)
        whole = of("sum", arg.text)
        moved = f"CAST(round({arg.text} * 1e{scale}) AS INTEGER)"  # sums of binary fractions drift away
        if scale and not (_is_long(arg) and node.over is None):
            exactly = whole = f"pg_exact_shift({of('sum', moved)}, {scale})"
        elif scale:
            whole = exactly
        if name == "sum":
            if scale:
                text = f"(CAST({of('sum', moved)} AS REAL) / 1e{scale})"
                return Ex(text, Sized(NUMERIC), scale=scale, shown=exactly)
            if scale is not None:
                return Ex(made, Sized(NUMERIC), scale=scale)
            total = self._fifteen(made)
            if node.over is None and not self.lasting:
                total = self.own(f"CAST({exactly} AS NUMERIC)", Sized(NUMERIC))
            return total._replace(shown=exactly) if node.over is None else total
        average = self._fifteen(made)
        count = of("count", arg.text)
        if arg.type is INT8:
            halves = (of("sum", half) for half in (f"{arg.text} >> 32", f"{arg.text} & 4294967295"))
            if node.distinct and node.over is None:
                return self._exactly(f"pg_exact('/', {exactly}, {count})")
            if node.distinct:
                return average
            return self._exactly(f"pg_exact_average({', '.join(halves)}, {count})")
        if scale is not None:
            total_text = whole
        elif node.over is None:
            total_text = exactly
        else:
            return average
        shown = f"pg_exact('/', {total_text}, {count})"
        return average._replace(shown=shown) if scale is not None else self._exactly(shown)

    def _exactly(self, shown: str) -> Ex:
        """Return a number that is calculated with all its digits, also where it is calculated with."""
        if self.lasting:
            return self._fifteen(shown)
        return self.own(f"CAST({shown} AS NUMERIC)", Sized(NUMERIC))._replace(shown=shown)

    def _native_result(self, name: str, args: Sequence[Ex]) -> Sized | None:
        if name == "count":
            return S_INT8
        sized = args[0].sized
        if sized is None:
            return S_FLOAT8 if name == "avg" else None
        if name in ("min", "max"):
            return sized
        if name == "avg":
            return S_FLOAT8 if sized.type in (FLOAT8, FLOAT4) else Sized(NUMERIC)
        if sized.type in (INT2, INT4):
            return S_INT8
        if sized.type in INTEGERS:
            return Sized(NUMERIC)
        return Sized(sized.type)

    def _collected(
        self, node: tree.Call, name: str, result: PgType | str, args: list[Ex], scope: Scope, end: str
    ) -> Ex:
        """Return an aggregate that Python computes; it gets its rows' sort keys along, since SQLite sorts none."""
        if node.over is not None and name.partition(" ")[0] not in ("string_agg", "array_agg"):
            pass  # SQLite says so where the aggregate is no window function
        if node.distinct and not node.order and args and enumerated(args[0].type) is not None:
            node = replace(node, order=[tree.Order(node.args[0], at=node.at)])
        keys = [self.sorted_by(self.ex(order.expr, scope)) for order in node.order]
        directions = "".join(
            ("d" if o.descending else "a") + ((o.nulls or ("first" if o.descending else "last"))[0])
            for o in node.order
        )
        own = [self.ex(order.expr, scope) for order in node.order]
        first = own[0] if "within group" in name and own else args[0] if args else Ex("")
        types = [working_name(arg.type) for arg in args] or [working_name(first.type)]
        values = [arg.text for arg in args]
        if name == "array_agg" and types == ["numeric"] and not self.lasting:
            values = [exact(args[0])]
        if name.startswith("json"):
            values, types = map(list, zip(*map(self.for_json, args), strict=True))
        spec = json.dumps([name.partition(" ")[0], node.distinct, len(args), directions, types])
        texts = [quote_text(spec), *values, *(key.text for key in keys)]
        sized: Sized | None
        if name in _EXACT and args and args[0].type is not FLOAT8 and args[0].type is not FLOAT4:
            sized = Sized(NUMERIC)
        elif name.startswith("percentile_"):
            sized = own[0].sized if own else None
            if (
                name.startswith("percentile_cont")
                and sized is not None
                and enumerated(sized.type) is not None
            ):
                raise self._no_function(node, [*args, *own])
            if name.startswith("percentile_cont") and (sized is None or sized.type is not INTERVAL):
                sized = S_FLOAT8
            if args and args[0].type is not None and args[0].type.element and sized is not None:
                if enumerated(sized.type) is not None:
                    raise PgError("0A000", "several percentiles of an enumeration at once are not supported")
                sized = Sized(array_of(sized.type) or TEXT)
        elif isinstance(result, PgType):
            sized = Sized(result)
        elif result == "array":
            element = args[0].type if args else None
            array = array_of(element) or element
            sized = Sized(array) if array is not None else Sized(BY_OID[TEXT.array])
        else:
            sized = first.sized
        made = self.own(f"pg_aggregate({', '.join(texts)}){end}", sized)
        if "within group" in name and sized is not None and sized.type.category == "E":
            return self.labelled(made.text, sized.type)
        if name in _EXACT and sized is not None and sized.type is NUMERIC:
            spec = json.dumps([f"{name} shown", node.distinct, len(args), directions, types])
            texts = [quote_text(spec), exact(args[0]), *texts[2:]]
            return self._fifteen(made.text)._replace(shown=f"pg_aggregate({', '.join(texts)}){end}")
        if sized is not None and sized.type is NUMERIC and sized.modifier != -1:
            made = made._replace(sized=Sized(NUMERIC), scale=first.decimals)
        if name == "string_agg" and args and args[0].type is BYTEA:
            return made._replace(sized=Sized(BYTEA))
        return made
