"""Expressions as SQLite reads them, with their types."""
# ruff: noqa: E501 - a row of a table is one line
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timezone, tzinfo
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BOOL,
    BY_OID,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INTEGERS,
    INTERVAL,
    JSON,
    JSONB,
    NUMERIC,
    OID,
    RECORD,
    REG,
    REGCLASS,
    STRINGS,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    VECTOR,
    PgType,
    Sized,
)  # fmt: skip
from . import literals, tree
from .literals import (
    S_BOOL,
    S_FLOAT8,
    S_INT4,
    S_INT8,
    S_TEXT,
    can_cast,
    cast,
    is_number,
    typed_literal,
    wider,
)
from .scope import Ex, Schema, Scope

if TYPE_CHECKING:
    from .scope import Column

_MOMENTS = frozenset((DATE, TIMESTAMP, TIMESTAMPTZ))
_COMPARE = frozenset(("=", "<>", "<", ">", "<=", ">="))
_KIND = {"S": "text", "N": "number", "D": "moment", "A": "array"}
_DISTANCES = {"<->": "'euclidean'", "<=>": "'cosine'", "<+>": "'manhattan'"}
_JSON_OPS = {
    "->": "get", "->>": "get_text", "#>": "path", "#>>": "path_text", "@>": "contains", "<@": "contained",
    "?": "has", "?|": "has_any", "?&": "has_all", "#-": "delete_path", "@?": "", "@@": "",
}  # fmt: skip
_DIGITS = 17  # of a literal with a fraction: programs write their floating-point numbers with as many
_REGEX = {"~": (0, 0), "~*": (1, 0), "!~": (0, 1), "!~*": (1, 1)}


class Values:
    """Writes expressions. The classes derived from it write queries, calls and the rest."""

    def __init__(self, schema: Schema, parameters: Sequence[int] = (), here: tzinfo = timezone.utc) -> None:
        self.schema = schema
        self.here = here
        self.parameters: dict[int, Sized | None] = {
            number: Sized(BY_OID[oid]) if oid in BY_OID and oid != UNKNOWN.oid else None
            for number, oid in enumerate(parameters, 1)
        }
        self.functions = False  # was a function used that only this server has?
        self.writes = False
        self.volatile = False
        self.counter = 0

    if TYPE_CHECKING:

        def query(self, node: tree.Node, scope: Scope | None) -> tuple[str, tuple[Column, ...]]: ...
        def call(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex: ...
        def one_row(self, node: tree.Node) -> bool: ...

    def own(self, text: str, sized: Sized | None) -> Ex:
        """Return an expression that calls a function of this server's."""
        self.functions = True
        return Ex(text, sized)

    def fresh(self, prefix: str) -> str:
        """Return a name that stands nowhere else in the statement."""
        self.counter += 1
        return f"{prefix}_{self.counter}"

    # ---- the entry points ----

    def ex(self, node: tree.Node, scope: Scope, want: Sized | None = None) -> Ex:
        """Return the expression; a literal or parameter without a type of its own takes ``want``."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise PgError("0A000", f"{type(node).__name__} is not supported here", position=node.at + 1)
        made: Ex = method(node, scope, want)
        return made

    def typed(self, ex: Ex, want: Sized | None, at: int) -> Ex:
        """Give a literal or parameter that has no type yet this one."""
        if not ex.unknown or want is None:
            return ex
        if ex.param:
            if (
                want.type in REG and self.parameters.get(ex.param) is None
            ):  # a name, which only the database knows
                self.parameters[ex.param] = S_TEXT
                return self.own(f"pg_reg({quote_text(want.type.name)}, {ex.text})", want)
            if self.parameters.get(ex.param) is None:
                self.parameters[ex.param] = want
            return ex._replace(sized=self.parameters[ex.param], unknown=False)
        if want.type in (TEXT, UNKNOWN, JSON) and want.type is not JSON:
            return ex._replace(sized=S_TEXT, unknown=False)
        return typed_literal(ex.const, want, at, self.here)._replace(const=ex.const)

    def text(self, node: tree.Node, scope: Scope) -> str:
        """Return an expression that has to be text."""
        return self.as_text(self.ex(node, scope, S_TEXT))

    def as_text(self, ex: Ex) -> str:
        """Return any expression as text, as PostgreSQL writes its value."""
        if ex.unknown or ex.type is None or ex.type in STRINGS:
            return ex.text
        if ex.type is NUMERIC and re.fullmatch(r"-?\d+\.\d+", ex.text):
            return quote_text(ex.text)
        made = cast(ex, S_TEXT)
        self.functions |= made.startswith("pg_")
        return made

    def cast(self, ex: Ex, target: Sized, at: int, *, explicit: bool = True) -> Ex:
        """Return the expression as a value of another type."""
        if ex.unknown:
            return self.typed(ex, target, at)._replace(sized=target)
        if ex.type is not None and not can_cast(ex.type, target.type):
            raise PgError(
                "42846", f"cannot cast type {ex.type.title} to {target.type.title}", position=at + 1
            )
        made = cast(ex, target, explicit=explicit)
        self.functions |= "pg_" in made and made != ex.text
        return Ex(made, target, ex.source if made == ex.text else (0, 0), ex.not_null)

    def pair(
        self, left: tree.Node, right: tree.Node, scope: Scope, want: Sized | None = None
    ) -> tuple[Ex, Ex]:
        """Return two expressions that meet in an operator: each literal takes the other's type."""
        a, b = self.ex(left, scope), self.ex(right, scope)
        if a.unknown and b.unknown:
            if want is not None:
                return self.typed(a, want, left.at), self.typed(b, want, right.at)
            return a, b
        if a.unknown:
            a = self.typed(a, b.sized, left.at)
        elif b.unknown:
            b = self.typed(b, a.sized, right.at)
        return a, b

    # ---- what stands for itself ----

    def _const(self, node: tree.Const, scope: Scope, want: Sized | None) -> Ex:
        if node.kind == "string":
            made = Ex(literals.value_text(node.value), None, const=node.value, unknown=True, not_null=True)
            return self.typed(made, want, node.at)
        if node.kind == "null":
            return Ex("NULL", want)
        if node.kind == "bool":
            return Ex("1" if node.value else "0", S_BOOL, not_null=True)
        if node.kind == "int":
            return Ex(str(node.value), S_INT4 if node.value < 2**31 else S_INT8, not_null=True)
        whole = not any(char in node.value for char in ".eE")
        if want is not None and want.type in (FLOAT8, FLOAT4):
            return Ex(repr(float(node.value)), want, not_null=True)
        if len(node.value.lower().partition("e")[0].replace(".", "").strip("0")) > (15 if whole else _DIGITS):
            raise PgError(
                "22003",
                f"numeric value {node.value[:40]} has more digits than can be kept",
                hint="Numbers have 15 digits here. Cast it to double precision, or keep it as text.",
                position=node.at + 1,
            )
        return Ex(node.value + ".0" if whole else node.value, Sized(NUMERIC), not_null=True)

    def _param(self, node: tree.Param, scope: Scope, want: Sized | None) -> Ex:
        sized = self.parameters.setdefault(node.number, None)
        if sized is None:
            return self.typed(Ex(f"?{node.number}", None, param=node.number, unknown=True), want, node.at)
        return Ex(f"?{node.number}", sized)

    def _name(self, node: tree.Name, scope: Scope, want: Sized | None) -> Ex:
        found = scope.find(node.parts, node.at)
        if found is not None:
            return found
        if len(node.parts) == 1:
            relation = scope.relation(node.parts[0])
            if relation is not None:  # the row as a whole
                return self._row_of(relation, scope)
        elif len(node.parts) >= 2 and scope.relation(node.parts[-2]) is None:
            raise PgError(
                "42P01", f'missing FROM-clause entry for table "{node.parts[-2]}"', position=node.at + 1
            )
        shown = ".".join(node.parts) if len(node.parts) > 1 else f'"{node.parts[0]}"'
        raise PgError("42703", f"column {shown} does not exist", position=node.at + 1)

    def _row_of(self, relation: object, scope: Scope) -> Ex:
        from .scope import Relation

        assert isinstance(relation, Relation)
        parts = []
        for column in relation.columns:
            found = scope.find((relation.alias, column.name), -1)
            if found is not None:
                parts.append(f"{quote_text(column.name)}, {self._json_value(found)}")
        return self.own(f"json_object({', '.join(parts)})", Sized(RECORD))

    def _json_value(self, ex: Ex) -> str:
        """Return an expression as json_object() and its like must get it to keep its kind."""
        if ex.type in (JSON, JSONB) or (ex.type is not None and ex.type.element):
            return f"json({ex.text})"
        if ex.type is BOOL:
            return f"json(CASE {ex.text} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"
        if ex.type is BYTEA:
            return f"pg_cast({ex.text}, 'bytea', 'text', -1)"
        return ex.text

    def _default(self, node: tree.Default, scope: Scope, want: Sized | None) -> Ex:
        raise PgError("42601", "DEFAULT is not allowed in this context", position=node.at + 1)

    def _star(self, node: tree.Star, scope: Scope, want: Sized | None) -> Ex:
        raise PgError("42601", 'syntax error at or near "*"', position=node.at + 1)

    # ---- operators ----

    def _unary(self, node: tree.Unary, scope: Scope, want: Sized | None) -> Ex:
        if node.op == "NOT":
            return Ex(f"(NOT {self.ex(node.operand, scope, S_BOOL).text})", S_BOOL)
        if (
            node.op == "-"
            and isinstance(node.operand, tree.Const)
            and node.operand.kind in ("int", "numeric")
        ):
            if node.operand.value == str(2**63):
                return Ex("(-9223372036854775808)", S_INT8, not_null=True)
            inner = self.ex(node.operand, scope)
            return Ex(f"-{inner.text}", inner.sized, not_null=True)
        inner = self.ex(node.operand, scope, want)
        kind = inner.type
        if node.op in ("+", "-", "@", "|/", "||/") and kind is not None and not inner.unknown:  # noqa: SIM102
            if not is_number(kind) and kind not in (INTERVAL, BOOL, VECTOR):
                raise PgError(
                    "42883", f"operator does not exist: {node.op} {kind.title}", position=node.at + 1
                )
        if node.op in "+-":
            if inner.type is INTERVAL:
                return self.own(f"pg_interval_scale({inner.text}, {node.op}1.0)", inner.sized)
            return Ex(f"({node.op} {inner.text})", inner.sized or want)
        if node.op == "~":
            return Ex(f"(~{inner.text})", inner.sized)
        simple = {"@": "abs", "|/": "pg_sqrt", "||/": "pg_cbrt"}
        if node.op in simple:
            return self.own(f"{simple[node.op]}({inner.text})", inner.sized if node.op == "@" else S_FLOAT8)
        raise PgError("42883", f"operator does not exist: {node.op}", position=node.at + 1)

    def _binary(self, node: tree.Binary, scope: Scope, want: Sized | None) -> Ex:
        op = node.op
        if op in ("AND", "OR"):
            a, b = self.ex(node.left, scope, S_BOOL), self.ex(node.right, scope, S_BOOL)
            return Ex(f"({a.text} {op} {b.text})", S_BOOL)
        if op in _COMPARE:
            return self._compare(node, scope)
        if op in ("~~", "!~~", "~~*", "!~~*"):
            kind = "ilike" if op.endswith("*") else "like"
            like = tree.Like(kind, node.left, node.right, None, op.startswith("!"), at=node.at)
            return self._like(like, scope, want)
        if op in _REGEX:
            fold, negated = _REGEX[op]
            text, pattern = self.text(node.left, scope), self.text(node.right, scope)
            return self.own(f"{'NOT ' if negated else ''}pg_regex({text}, {pattern}, {fold})", S_BOOL)
        if op in _DISTANCES or op == "<#>":
            return self._distance(node, scope)
        a, b = self._sides(node, scope)
        if op == "||":
            return self._concatenated(a, b, node)
        if op in _JSON_OPS or (op == "-" and a.type is JSONB):
            return self._json(op, a, b, node)
        if op == "^@":
            return self.own(f"pg_starts_with({a.text}, {b.text})", S_BOOL)
        if op == "&&" and (a.type is None or a.type.element):
            return self.own(f"pg_array_overlaps({a.text}, {b.text})", S_BOOL)
        if op in "+-*/%^":
            return self._arithmetic(op, a, b, node)
        if op in ("&", "|", "<<", ">>"):
            return Ex(f"({a.text} {op} {b.text})", wider(a.sized, b.sized))
        if op == "#":
            return Ex(f"(({a.text} | {b.text}) - ({a.text} & {b.text}))", wider(a.sized, b.sized))
        if op == "==":  # SQLite's
            return Ex(f"({a.text} = {b.text})", S_BOOL)
        names = " ".join((a.type.title if a.type else "unknown", op, b.type.title if b.type else "unknown"))
        raise PgError("42883", f"operator does not exist: {names}", position=node.at + 1)

    def _sides(self, node: tree.Binary, scope: Scope) -> tuple[Ex, Ex]:
        """Return both sides of an operator that calculates: what a bare literal beside them may be differs."""
        a, b = self.ex(node.left, scope), self.ex(node.right, scope)
        if a.unknown and b.unknown:
            return a, b
        known, unknown, at = (b, a, node.left.at) if a.unknown else (a, b, node.right.at)
        if not unknown.unknown or known.sized is None:
            return a, b
        kind = known.type
        assert kind is not None
        if node.op in _JSON_OPS or (node.op == "-" and kind is JSONB):
            want = known.sized if node.op in ("@>", "<@") else S_TEXT
            if node.op in ("#>", "#>>", "#-", "?|", "?&"):
                want = Sized(BY_OID[TEXT.array])
            if kind.element:
                want = known.sized
        elif node.op == "||":
            want = known.sized if kind.element or kind in (JSONB, BYTEA) else S_TEXT
        elif kind in _MOMENTS and node.op in "+-" and not a.unknown:
            want = (
                Sized(INTERVAL) if unknown.const is None or not unknown.const[:4].isdigit() else known.sized
            )
            if node.op == "-" and unknown.param:
                want = known.sized
        elif kind is INTERVAL and node.op in "*/":
            want = S_FLOAT8
        else:
            want = known.sized
        done = self.typed(unknown, want, at)
        return (done, b) if a.unknown else (a, done)

    def _compare(self, node: tree.Binary, scope: Scope) -> Ex:
        if isinstance(node.left, tree.Row) and isinstance(node.right, tree.Row):
            if len(node.left.items) != len(node.right.items):
                raise PgError("42601", "unequal number of entries in row expressions", position=node.at + 1)
            pairs = [self.pair(a, b, scope) for a, b in zip(node.left.items, node.right.items, strict=True)]
            left, right = ", ".join(a.text for a, _ in pairs), ", ".join(b.text for _, b in pairs)
            return Ex(f"(({left}) {node.op} ({right}))", S_BOOL)
        a, b = self.pair(node.left, node.right, scope)
        self._refuse_mixed(a, b, node)
        if a.type is JSONB and b.type is JSONB and node.op not in ("=", "<>"):
            return self.own(f"(pg_jsonb_order({a.text}) {node.op} pg_jsonb_order({b.text}))", S_BOOL)
        a, b = self.comparable(a, b)
        return Ex(f"({a.text} {node.op} {b.text})", S_BOOL)

    def _refuse_mixed(self, a: Ex, b: Ex, node: tree.Binary) -> None:
        """Refuse to compare text with a number or the like: SQLite would find them different without a word."""
        one, two = a.type, b.type
        if one is None or two is None or "NULL" in (a.text, b.text):
            return
        if one is JSON and two is JSON:
            raise PgError(
                "42883", f"operator does not exist: json {node.op} json", position=node.at + 1,
                hint="Cast both to jsonb.",
            )  # fmt: skip
        kinds = [_KIND.get(one.category, "") if one is not BOOL else "bool" for one in (one, two)]
        if "" not in kinds and kinds[0] != kinds[1] and UNKNOWN not in (one, two) and not REG & {one, two}:
            raise PgError(
                "42883",
                f"operator does not exist: {one.title} {node.op} {two.title}",
                hint="No operator matches the given name and argument types. You might need to add explicit type casts.",
                position=node.at + 1,
            )

    def comparable(self, a: Ex, b: Ex) -> tuple[Ex, Ex]:
        """Return two expressions so that comparing what SQLite has for them compares what PostgreSQL would."""
        one, two = a.type, b.type
        if one in _MOMENTS and two in _MOMENTS and one is not two:
            target = wider(a.sized, b.sized)
            assert target is not None
            return self.cast(a, target, -1), self.cast(b, target, -1)
        if one is INTERVAL and two is INTERVAL:
            return self._interval_order(a), self._interval_order(b)
        if one == JSONB and two is JSONB:
            return self.own(f"pg_jsonb({a.text})", a.sized), self.own(f"pg_jsonb({b.text})", b.sized)
        if one is VECTOR and two is VECTOR:
            return self.own(f"vector_to_json({a.text})", a.sized), self.own(
                f"vector_to_json({b.text})", b.sized
            )
        if one in REG and two in STRINGS:
            return a, self.own(f"pg_reg({quote_text(one.name)}, {b.text})", a.sized)
        return a, b

    def _interval_order(self, ex: Ex) -> Ex:
        return self.own(f"pg_interval_order({ex.text})", S_INT8)

    def _arithmetic(self, op: str, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        one, two = a.type, b.type
        if one in _MOMENTS or two in _MOMENTS or INTERVAL in (one, two) or TIME in (one, two):
            return self._moments(op, a, b, node)
        if VECTOR in (one, two) and op in "+-*":
            name = {"+": "vector_add", "-": "vector_subtract", "*": "vector_multiply"}[op]
            return Ex(f"{name}({a.text}, {b.text})", Sized(VECTOR))
        a, b = (ex._replace(sized=S_INT4) if ex.type is BOOL else ex for ex in (a, b))  # as SQLite has it
        one, two = a.type, b.type
        result = wider(a.sized, b.sized)
        if result is not None and result.type is FLOAT4 and one is not two:
            result = S_FLOAT8  # real with anything else is double precision
        kind = result.type if result is not None else None
        for each, ex in ((one, a), (two, b)):
            if each is not None and not is_number(each) and not ex.unknown:
                names = f"{one.title if one else 'unknown'} {op} {two.title if two else 'unknown'}"
                raise PgError(
                    "42883",
                    f"operator does not exist: {names}",
                    hint="No operator matches the given name and argument types. "
                    "You might need to add explicit type casts.",
                    position=node.at + 1,
                )
        if op == "^":
            return self.own(f"pg_power({a.text}, {b.text})", Sized(NUMERIC) if kind is NUMERIC else S_FLOAT8)
        if op in "/%":
            return self._divided(op, a, b, result)
        if result is not None and result.modifier != -1:
            result = Sized(result.type)
        return Ex(f"({a.text} {op} {b.text})", result)

    def _divided(self, op: str, a: Ex, b: Ex, result: Sized | None) -> Ex:
        kind = result.type if result is not None else None
        divisor = b.text
        if re.fullmatch(r"-?[\d.]+", divisor) is None or not float(divisor):
            divisor = f"CASE WHEN {b.text} = 0 THEN pg_division_by_zero() ELSE {b.text} END"
            divisor = f"({divisor})"
            self.functions = True
        result = Sized(result.type) if result is not None else None
        if kind in (NUMERIC, FLOAT4, FLOAT8):
            if op == "%":
                return self.own(f"pg_mod({a.text}, {divisor})", result)
            return Ex(f"(CAST({a.text} AS REAL) / {divisor})", result)
        return Ex(f"({a.text} {op} {divisor})", result)

    def _moments(self, op: str, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        one, two = a.type, b.type
        interval = Sized(INTERVAL)
        if op == "-" and one in _MOMENTS and two in _MOMENTS:
            if one is DATE and two is DATE:
                return self.own(f"pg_days_between({a.text}, {b.text})", S_INT4)
            return self.own(f"pg_between({a.text}, {b.text})", interval)
        if op == "+" and two in _MOMENTS and one not in _MOMENTS:
            a, b, one, two = b, a, two, one
        sign = "-1" if op == "-" else "1"
        if op in "+-" and one is DATE and two in INTEGERS:
            return self.own(f"pg_add_days({a.text}, {sign} * {b.text})", a.sized)
        if op == "+" and one is DATE and two is TIME:
            return self.own(
                f"pg_cast({a.text} || ' ' || {b.text}, 'text', 'timestamp', -1)", Sized(TIMESTAMP)
            )
        if op in "+-" and one in _MOMENTS and two is INTERVAL:
            kind = TIMESTAMP if one is DATE else one
            assert kind is not None
            return self.own(f"pg_add_interval({a.text}, {b.text}, {sign}, '{kind.name}')", Sized(kind))
        if op in "+-" and one is TIME and two is INTERVAL:
            return self.own(f"pg_add_interval({a.text}, {b.text}, {sign}, 'time')", Sized(TIME))
        if op == "-" and one is TIME and two is TIME:
            return self.own(f"pg_between('2000-01-01 ' || {a.text}, '2000-01-01 ' || {b.text})", interval)
        if op in "+-" and one is INTERVAL and two is INTERVAL:
            return self.own(f"pg_interval_add({a.text}, {b.text}, {sign})", interval)
        if op in "*/" and one is INTERVAL and (is_number(two) or two is None):
            factor = b.text if op == "*" else self._divided("/", Ex("1.0"), b, S_FLOAT8).text
            return self.own(f"pg_interval_scale({a.text}, {factor})", interval)
        if op == "*" and two is INTERVAL and (is_number(one) or one is None):
            return self.own(f"pg_interval_scale({b.text}, {a.text})", interval)
        names = f"{one.title if one else 'unknown'} {op} {two.title if two else 'unknown'}"
        raise PgError("42883", f"operator does not exist: {names}", position=node.at + 1)

    def _concatenated(self, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        for ex in (a, b):
            if ex.type is not None and ex.type.element:
                one = 1 if a.type is not None and a.type.element else 0
                two = 1 if b.type is not None and b.type.element else 0
                return self.own(f"pg_array_concat({a.text}, {b.text}, {one}, {two})", ex.sized)
        if JSONB in (a.type, b.type):
            return self.own(f"pg_json_concat({a.text}, {b.text})", Sized(JSONB))
        if a.type is BYTEA and b.type is BYTEA:
            return Ex(f"CAST(({a.text} || {b.text}) AS BLOB)", a.sized)
        return Ex(f"({self.as_text(a)} || {self.as_text(b)})", S_TEXT)

    def _json(self, op: str, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        if op in ("@>", "<@") and (
            (a.type is not None and a.type.element) or (b.type is not None and b.type.element)
        ):
            one, two = (a, b) if op == "@>" else (b, a)
            return self.own(f"pg_array_contains({one.text}, {two.text})", S_BOOL)
        if op == "-":
            return self.own(f"pg_json_delete({a.text}, {b.text})", Sized(JSONB))
        name = _JSON_OPS[op]
        if not name:
            raise PgError(
                "0A000",
                f"the operator {op} is not supported: there is no SQL/JSON path",
                position=node.at + 1,
            )
        types = {"->": a.sized or Sized(JSON), "->>": S_TEXT, "#>": a.sized or Sized(JSON), "#>>": S_TEXT}
        result = types.get(op) or (Sized(JSONB) if op == "#-" else S_BOOL)
        if result.type in STRINGS and op in ("->", "#>"):
            result = Sized(JSON)
        return self.own(f"pg_json_{name}({a.text}, {b.text})", result)

    def _distance(self, node: tree.Binary, scope: Scope) -> Ex:
        a, b = self.pair(node.left, node.right, scope, Sized(VECTOR))
        if node.op == "<#>":
            return Ex(f"(-inner_product({a.text}, {b.text}))", S_FLOAT8)
        return Ex(f"vector_distance({a.text}, {b.text}, {_DISTANCES[node.op]})", S_FLOAT8)

    # ---- comparisons with words ----

    def _like(self, node: tree.Like, scope: Scope, want: Sized | None) -> Ex:
        operand = self.text(node.operand, scope)
        no = "NOT " if node.negated else ""
        pattern = node.pattern.value if isinstance(node.pattern, tree.Const) else None
        escape = (
            node.escape.value
            if isinstance(node.escape, tree.Const)
            else "\\"
            if node.escape is None
            else None
        )
        if node.kind == "similar":
            written = self.text(node.pattern, scope)
            return self.own(f"({no}pg_similar({operand}, {written}))", S_BOOL)
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
        if low.type is not a.type or high.type is not a.type:
            (first, low), (second, high) = self.comparable(a, low), self.comparable(a, high)
            if first.text != a.text or second.text != a.text:
                no = "NOT " if node.negated else ""
                return Ex(f"({no}({first.text} >= {low.text} AND {second.text} <= {high.text}))", S_BOOL)
        elif a.type is INTERVAL:
            a, low = self.comparable(a, low)
            high = self._interval_order(high)
        one, two = low.text, high.text
        if node.symmetric:
            one, two = f"min({one}, {two})", f"max({one}, {two})"
        return Ex(f"({a.text} {'NOT ' if node.negated else ''}BETWEEN {one} AND {two})", S_BOOL)

    def _in(self, node: tree.In, scope: Scope, want: Sized | None) -> Ex:
        no = "NOT " if node.negated else ""
        if isinstance(node.items, tree.Node):
            text, columns = self.query(node.items, scope)
            left = self.operand(node.operand, scope, columns[0].sized if columns else None)
            return Ex(f"({left} {no}IN ({text}))", S_BOOL)
        if isinstance(node.operand, tree.Row):
            rows = []
            sides = [self.ex(item, scope) for item in node.operand.items]
            for item in node.items:
                if not isinstance(item, tree.Row) or len(item.items) != len(sides):
                    raise PgError(
                        "42601", "unequal number of entries in row expressions", position=node.at + 1
                    )
                made = [self.ex(each, scope, a.sized).text for each, a in zip(item.items, sides, strict=True)]
                rows.append(f"({', '.join(made)})")
            return Ex(f"(({', '.join(a.text for a in sides)}) {no}IN (VALUES {', '.join(rows)}))", S_BOOL)
        a = self.ex(node.operand, scope)
        items = [self.ex(item, scope, a.sized) for item in node.items]
        if a.unknown:
            known = next((item.sized for item in items if not item.unknown and item.sized), None)
            a = self.typed(a, known, node.operand.at)
        pairs = [self.comparable(a, item) for item in items]
        if pairs and any(first.text != a.text for first, _ in pairs):
            either = " OR ".join(f"{first.text} = {item.text}" for first, item in pairs)
            return Ex(f"({no}({either}))", S_BOOL)
        return Ex(f"({a.text} {no}IN ({', '.join(item.text for _, item in pairs)}))", S_BOOL)

    def operand(self, node: tree.Node, scope: Scope, want: Sized | None) -> str:
        """Return what stands before IN: an expression, or a row of them."""
        if isinstance(node, tree.Row):
            return "(" + ", ".join(self.ex(item, scope).text for item in node.items) + ")"
        return self.ex(node, scope, want).text

    def _quantified(self, node: tree.Quantified, scope: Scope, want: Sized | None) -> Ex:
        if isinstance(node.right, (tree.Select, tree.Insert, tree.Update, tree.Delete)):
            text, columns = self.query(node.right, scope)
            sized = columns[0].sized if columns else None
            source, value = f"({text})", ""
            left = self.operand(node.left, scope, sized)
            if (node.op, node.every) in (("=", False), ("<>", True)):
                return Ex(f"({left} {'NOT ' if node.every else ''}IN ({text}))", S_BOOL)
            name = self.fresh("q")
            source = f"(SELECT * FROM ({text}) AS {name})"
            value = f"{name}.`{columns[0].name}`"
            source = f"({text}) AS {name}"
        else:
            a = self.ex(node.left, scope)
            array = BY_OID.get(a.type.array) if a.type is not None and a.type.array else None
            b = self.ex(node.right, scope, Sized(array) if array is not None else None)
            if b.unknown:
                b = self.typed(b, Sized(BY_OID[TEXT.array]), node.right.at)
            element = BY_OID.get(b.type.element) if b.type is not None else None
            sized = Sized(element) if element is not None else None
            if b.type is not None and not b.type.element:
                raise PgError(
                    "42809", "op ANY/ALL (array) requires array on right side", position=node.at + 1
                )
            a = self.typed(a, sized, node.left.at)
            array_text = self._array_text(b)
            text = f"SELECT value FROM json_each({array_text})"
            if (node.op, node.every) in (("=", False), ("<>", True)):
                return Ex(f"({a.text} {'NOT ' if node.every else ''}IN ({text}))", S_BOOL)
            name = self.fresh("q")
            left, source, value = a.text, f"json_each({array_text}) AS {name}", f"{name}.value"
        inner = self._compared(left, node.op, value, node)
        # ALL is false when one is, ANY true when one is; else what can't be told for one can't be told at all.
        how, one, other = ("min", 0, 1) if node.every else ("max", 1, 0)
        made = f"CASE WHEN {how}({inner}) = {one} THEN {one} WHEN count(*) > count({inner}) THEN NULL ELSE {other} END"
        return Ex(f"(SELECT {made} FROM {source})", S_BOOL)

    def _compared(self, left: str, op: str, right: str, node: tree.Node) -> str:
        if op in _COMPARE:
            return f"{left} {op} {right}"
        self.functions = True
        if op in ("~~", "~~*", "!~~", "!~~*"):
            no = "NOT " if op[0] == "!" else ""
            return f"{no}pg_like({left}, {right}, '\\', {int(op.endswith('*'))})"
        if op in _REGEX:
            fold, negated = _REGEX[op]
            return f"{'NOT ' if negated else ''}pg_regex({left}, {right}, {fold})"
        raise PgError("0A000", f"the operator {op} is not supported with ANY or ALL", position=node.at + 1)

    def _array_text(self, ex: Ex) -> str:
        """Return an array as JSON for json_each(); comparing with the items of no array is NULL, not false."""
        return (
            ex.text if ex.not_null or ex.text.startswith("json_array(") else f"coalesce({ex.text}, '[null]')"
        )

    def _is(self, node: tree.Is, scope: Scope, want: Sized | None) -> Ex:
        no = "NOT " if node.negated else ""
        if node.what == "distinct":
            assert node.other is not None
            a, b = self.comparable(*self.pair(node.operand, node.other, scope))
            return Ex(f"({a.text} IS {'' if node.negated else 'NOT '}{b.text})", S_BOOL)
        if isinstance(node.operand, tree.Row):
            each = [f"{self.ex(item, scope).text} IS {no}NULL" for item in node.operand.items]
            return Ex(f"({' AND '.join(each)})", S_BOOL)
        a = self.ex(node.operand, scope)
        if a.unknown and a.param:
            a = self.typed(a, S_TEXT if node.what == "null" else S_BOOL, node.operand.at)
        what = {"null": "NULL", "unknown": "NULL", "true": "1", "false": "0"}[node.what]
        return Ex(f"({a.text} IS {no}{what})", S_BOOL, not_null=True)

    # ---- the rest ----

    def _cast(self, node: tree.Cast, scope: Scope, want: Sized | None) -> Ex:
        inner = node.operand
        if isinstance(inner, tree.Array) and node.type.type.element:
            return self._array(inner, scope, node.type)
        found = self.ex(inner, scope, node.type if isinstance(inner, (tree.Const, tree.Param)) else None)
        if isinstance(inner, tree.Const) and inner.kind == "null":
            return Ex("NULL", node.type)
        if isinstance(inner, tree.Const) and inner.kind == "numeric" and node.type.type in STRINGS:
            return Ex(quote_text(inner.value), node.type)
        if isinstance(inner, tree.Const) and inner.kind == "string":
            return found if found.sized is not None else Ex(found.text, node.type)
        return self.cast(found, node.type, inner.at)

    def _case(self, node: tree.Case, scope: Scope, want: Sized | None) -> Ex:
        operand = self.ex(node.operand, scope) if node.operand is not None else None
        results = [self.ex(result, scope) for _, result in node.whens]
        if node.otherwise is not None:
            results.append(self.ex(node.otherwise, scope))
        sized = self.common(results) or want
        nodes = [result for _, result in node.whens] + (
            [node.otherwise] if node.otherwise is not None else []
        )
        results = [
            self._same(self.typed(r, sized or S_TEXT, n.at), sized)
            for r, n in zip(results, nodes, strict=True)
        ]
        parts = ["CASE"]
        if operand is not None:
            parts.append(operand.text)
        for (condition, _), result in zip(node.whens, results, strict=False):
            when = self.ex(condition, scope, operand.sized if operand is not None else S_BOOL)
            parts.append(f"WHEN {when.text} THEN {result.text}")
        if node.otherwise is not None:
            parts.append(f"ELSE {results[-1].text}")
        return Ex(f"({' '.join(parts)} END)", sized or S_TEXT)

    def common(self, items: Sequence[Ex]) -> Sized | None:
        """Return the type that all of these become together; None when none has one."""
        found: Sized | None = None
        for item in items:
            if not item.unknown and item.text != "NULL":
                found = item.sized if found is None else wider(found, item.sized)
        return found

    def _same(self, ex: Ex, sized: Sized | None) -> Ex:
        """Return the expression in the type that it shares with others, where SQLite's values would differ."""
        if sized is not None and ex.type in _MOMENTS and sized.type in _MOMENTS and ex.type is not sized.type:
            return self.cast(ex, sized, -1)
        return ex

    def unified(
        self, nodes: Sequence[tree.Node], scope: Scope, want: Sized | None
    ) -> tuple[list[Ex], Sized | None]:
        """Return expressions that must be of one type, and that type."""
        items = [self.ex(node, scope) for node in nodes]
        sized = self.common(items) or want
        made = [
            self._same(self.typed(i, sized or S_TEXT, n.at), sized) for i, n in zip(items, nodes, strict=True)
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
            array = BY_OID.get(element.type.array) if element is not None else BY_OID[TEXT.array]
            name = self.fresh("a")
            value = f"{name}.`{columns[0].name}`"
            if element is not None and (element.type.element or element.type is JSON):
                value = f"json({value})"
            made = f"(SELECT json_group_array({value}) FROM ({text}) AS {name})"
            return Ex(made, Sized(array) if array is not None else None)
        if len(columns) > 1:
            raise PgError("42601", "subquery must return only one column", position=node.at + 1)
        if not self.one_row(node.query):  # SQLite would take the first row's
            name, value = self.fresh("only"), quote_identifier(columns[0].name)
            made = f"CASE WHEN count(*) > 1 THEN pg_more_than_one() ELSE max({value}) END"
            return self.own(f"(SELECT {made} FROM ({text}) AS {name})", columns[0].sized)
        return Ex(f"({text})", columns[0].sized)

    def _array(self, node: tree.Array, scope: Scope, want: Sized | None) -> Ex:
        element = None
        if want is not None and want.type.element:
            element = Sized(BY_OID[want.type.element])
        if any(isinstance(item, tree.Array) for item in node.items):
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
        array = BY_OID.get(sized.type.array) if sized is not None else None
        text = ", ".join(
            item.text if item.type is not BYTEA else f"'\\x' || lower(hex({item.text}))" for item in items
        )
        return Ex(f"json_array({text})", Sized(array) if array is not None else want)

    def _row(self, node: tree.Row, scope: Scope, want: Sized | None) -> Ex:
        items = [self.ex(item, scope) for item in node.items]
        parts = ", ".join(f"'f{i}', {self._json_value(item)}" for i, item in enumerate(items, 1))
        return Ex(f"json_object({parts})", Sized(RECORD))

    def _subscript(self, node: tree.Subscript, scope: Scope, want: Sized | None) -> Ex:
        a = self.ex(node.operand, scope)
        if node.is_slice:
            low = self.ex(node.index, scope, S_INT4).text if node.index is not None else "1"
            high = self.ex(node.upper, scope, S_INT4).text if node.upper is not None else "NULL"
            return self.own(f"pg_array_slice({a.text}, {low}, {high})", a.sized)
        assert node.index is not None
        index = self.ex(node.index, scope, S_INT4 if a.type is not JSONB else S_TEXT)
        if a.type is JSONB:
            return self.own(f"pg_json_get({a.text}, {index.text})", a.sized)
        if a.type is not None and not a.type.element and not isinstance(node.operand, tree.Subscript):
            raise PgError(
                "42804",
                f"cannot subscript type {a.type.title} because it does not support subscripting",
                position=node.operand.at + 1,
            )
        element = BY_OID.get(a.type.element) if a.type is not None else None
        if (
            isinstance(node.operand, tree.Subscript) and element is None
        ):  # the second one of an array of arrays
            element = a.type
        base = 0 if a.type is not None and a.type.name in ("int2vector", "oidvector") else 1
        made = f"json_extract({a.text}, '$[' || ({index.text} - {base}) || ']')"
        return Ex(made, Sized(element) if element is not None else None)

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
        zone = self.ex(node.zone, scope, S_TEXT).text
        if a.type is DATE:
            a = self.cast(a, Sized(TIMESTAMPTZ), node.at)
        if a.type is TIMESTAMPTZ:
            return self.own(f"pg_at_zone({a.text}, {zone}, 0)", Sized(TIMESTAMP))
        return self.own(f"pg_at_zone({a.text}, {zone}, 1)", Sized(TIMESTAMPTZ))

    def _access(self, node: tree.Access, scope: Scope, want: Sized | None) -> Ex:
        a = self.ex(node.operand, scope)
        types: dict[str, PgType] = {"n": INT4, "x": BY_OID[OID.oid]}
        found = types.get(node.name)
        key = quote_text("$." + '"' + node.name.replace('"', "") + '"')
        return Ex(f"json_extract({a.text}, {key})", Sized(found) if found is not None else None)

    def _call(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        return self.call(node, scope, want)


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


__all__ = ["INT2", "REGCLASS", "Values"]
