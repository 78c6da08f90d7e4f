"""Sums, differences, products and quotients, by the types of both sides."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re

from ..protocol.errors import PgError
from ..types.registry import (
    DATE,
    FLOAT4,
    FLOAT8,
    INTEGERS,
    INTERVAL,
    MOMENTS,
    NUMERIC,
    TIME,
    TIMESTAMP,
    VECTOR,
    Sized,
)  # fmt: skip
from . import tree
from .decimals import calculated, exact
from .domain_values import DomainValues
from .literals import S_FLOAT8, S_INT4, S_INT8, is_number, wider
from .scope import Ex
from .wholes import fits, is_plain, outside


class Arithmetic(DomainValues):
    """Writes operators that calculate."""

    def _no_operator(self, a: Ex, op: str, b: Ex, node: tree.Node) -> PgError:
        names = f"{a.type.title if a.type else 'unknown'} {op} {b.type.title if b.type else 'unknown'}"
        return PgError(
            "42883",
            f"operator does not exist: {names}",
            hint="No operator matches the given name and argument types. You might need to add explicit type casts.",
            position=node.at + 1,
        )

    def _interval_order(self, ex: Ex) -> Ex:
        return self.own(f"pg_interval_order({ex.text})", S_INT8)

    def _arithmetic(self, op: str, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        one, two = a.type, b.type
        if one in MOMENTS or two in MOMENTS or INTERVAL in (one, two) or TIME in (one, two):
            return self._moments(op, a, b, node)
        if VECTOR in (one, two) and op in "+-*":
            name = {"+": "vector_add", "-": "vector_subtract", "*": "vector_multiply"}[op]
            return Ex(f"{name}({a.text}, {b.text})", Sized(VECTOR))
        result = wider(a.sized, b.sized)
        if result is not None and result.type is FLOAT4 and None is not one is not two is not None:
            result = S_FLOAT8  # real with anything else is double precision
        kind = result.type if result is not None else None
        for each, ex in ((one, a), (two, b)):
            if each is not None and not is_number(each) and not ex.unknown:
                raise self._no_operator(a, op, b, node)
        if op == "^":
            made = f"pg_power({a.text}, {b.text})"
            if kind is NUMERIC:
                return self._fifteen(made)._replace(shown=f"pg_exact_power({exact(a)}, {exact(b)})")
            return self.own(made, S_FLOAT8)
        if op in "/%":
            return self._divided(op, a, b, result, node)
        if result is not None and result.modifier != -1:
            result = Sized(result.type)
        if kind is NUMERIC:
            return self._decimal(op, a, b)
        if result is not None and kind in INTEGERS:
            return self._whole(op, a, b, result)
        text = f"({a.text} {op} {b.text})"
        if kind in (FLOAT4, FLOAT8) and not self.lasting:
            return self._floating(op, text, a, b, result)
        return Ex(text, result)

    def _floating(self, op: str, text: str, a: Ex, b: Ex, result: Sized | None) -> Ex:
        """Return what an operator makes of floating-point numbers: an error where that is none, or out of range."""
        checked = f"pg_float({a.text}, {b.text}, '{op}')"
        if result is not None and result.type is FLOAT4:
            return self.own(f"pg_single({checked})", result)
        if is_plain(a.text + b.text, ()):
            usual = f"abs({text}) <> 9e999" + (f" AND {text} <> 0" if op in "*/" else "")
            checked = f"(CASE WHEN {usual} THEN {text} ELSE {checked} END)"
        return self.own(checked, result)

    def _whole(self, op: str, a: Ex, b: Ex, result: Sized) -> Ex:
        """Return a sum, difference or product of integers, with what is to be checked of it."""
        text, steps, kind = f"({a.text} {op} {b.text})", a.steps + b.steps, result.type
        if self.lasting:
            return Ex(text, result)
        if fits(op, a, b, kind):
            return Ex(text, result, steps=steps)
        if is_plain(text, steps):
            return Ex(text, result, steps=(*steps, outside(text, kind)))
        text = f"({self.checked(a).text} {op} {self.checked(b).text})"
        return self.own(f"pg_int({text}, '{kind.name}')", result)

    def _decimal(self, op: str, a: Ex, b: Ex) -> Ex:
        """Return a sum, difference or product of decimal numbers: exact, though SQLite calculates in binary ones.

        What binary fractions add behind the last decimal is rounded away, so that 0.1 + 0.2 = 0.3.
        """
        text, sized = f"({a.text} {op} {b.text})", Sized(NUMERIC)
        one, two = a.decimals, b.decimals
        if one is not None and two is not None:
            scale = one + two if op == "*" else max(one, two)
            made = Ex(f"round({text}, {scale})" if scale else text, sized, scale=scale)
        elif op == "*" or self.lasting:
            made = self._fifteen(text)
        else:
            made = self.own(f"pg_{'plus' if op == '+' else 'minus'}({a.text}, {b.text})", sized)
        return made._replace(shown=calculated(op, a, b))

    def _fifteen(self, text: str) -> Ex:
        """Return a decimal number without the digits beyond the fifteenth, which are binary's."""
        if self.lasting:
            made = f"CASE WHEN {text} IS NULL THEN NULL ELSE CAST(printf('%.15g', {text}) AS REAL) END"
            return Ex(f"({made})", Sized(NUMERIC))
        return self.own(f"pg_fifteen({text})", Sized(NUMERIC))

    def _divided(self, op: str, a: Ex, b: Ex, result: Sized | None, node: tree.Node) -> Ex:
        kind = result.type if result is not None else None
        if op == "%" and kind in (FLOAT4, FLOAT8):
            raise self._no_operator(a, op, b, node)
        divisor = b.text
        if re.fullmatch(r"-?[\d.]+", divisor) is None or not float(divisor):
            divisor = f"CASE WHEN {b.text} = 0 THEN pg_division_by_zero() ELSE {b.text} END"
            divisor = f"({divisor})"
            self.functions = True
        result = Sized(result.type) if result is not None else None
        if kind in (NUMERIC, FLOAT4, FLOAT8):
            if op == "%":
                made = self.own(f"pg_mod({a.text}, {divisor})", result)
                scales = [each.decimals for each in (a, b) if each.decimals is not None]
                scale = max(scales) if len(scales) == 2 else None
                return made._replace(shown=calculated(op, a, b), scale=scale) if kind is NUMERIC else made
            text = f"(CAST({a.text} AS REAL) / {divisor})"
            if kind is NUMERIC:
                return self._fifteen(text)._replace(shown=calculated(op, a, b))
            if self.lasting:
                return Ex(text, result)
            return self._floating(op, f"(CAST({a.text} AS REAL) / {b.text})", a, b, result)
        if op == "/" and result is not None and not self.lasting and re.fullmatch(r"\d+", divisor) is None:
            return self.own(f"pg_int(({a.text} / {divisor}), '{result.type.name}')", result)  # by -1
        return Ex(f"({a.text} {op} {divisor})", result)

    def _moments(self, op: str, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        one, two = a.type, b.type
        interval = Sized(INTERVAL)
        if op == "-" and one in MOMENTS and two in MOMENTS:
            if one is DATE and two is DATE:
                return self.own(f"pg_days_between({a.text}, {b.text})", S_INT4)
            return self.own(f"pg_between({a.text}, {b.text})", interval)
        if op == "+" and ((two in MOMENTS and one not in MOMENTS) or (two is TIME and one is INTERVAL)):
            a, b, one, two = b, a, two, one
        sign = "-1" if op == "-" else "1"
        if op in "+-" and one is DATE and two in INTEGERS:
            return self.own(f"pg_add_days({a.text}, {sign} * {b.text})", a.sized)
        if op == "+" and one is TIME and two is DATE:
            a, b, one, two = b, a, two, one
        if op == "+" and one is DATE and two is TIME:
            return self.own(
                f"pg_cast({a.text} || ' ' || {b.text}, 'text', 'timestamp', -1)", Sized(TIMESTAMP)
            )
        if op in "+-" and one in MOMENTS and two is INTERVAL:
            kind = TIMESTAMP if one is DATE else one
            assert kind is not None
            return self.own(f"pg_add_interval({a.text}, {b.text}, {sign}, '{kind.name}')", Sized(kind))
        if op in "+-" and one is TIME and two is INTERVAL:
            return self.own(f"pg_add_interval({a.text}, {b.text}, {sign}, 'time')", Sized(TIME))
        if op == "-" and one is TIME and two is TIME:
            return self.own(f"pg_between('2000-01-01 ' || {a.text}, '2000-01-01 ' || {b.text})", interval)
        if op in "+-" and one is INTERVAL and two is INTERVAL:
            return self.own(f"pg_interval_add({a.text}, {b.text}, {sign})", interval)
        if op in "*/" and TIME in (one, two):  # which becomes an interval by itself
            a, b = (self.cast(ex, interval, node.at) if ex.type is TIME else ex for ex in (a, b))
            one, two = a.type, b.type
        if op in "*/" and one is INTERVAL and (is_number(two) or two is None):
            factor = b.text if op == "*" else self._divided("/", Ex("1.0"), b, S_FLOAT8, node).text
            return self.own(f"pg_interval_scale({a.text}, {factor})", interval)
        if op == "*" and two is INTERVAL and (is_number(one) or one is None):
            return self.own(f"pg_interval_scale({b.text}, {a.text})", interval)
        raise self._no_operator(a, op, b, node)
