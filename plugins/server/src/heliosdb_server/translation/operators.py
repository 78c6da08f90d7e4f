"""Operators that calculate, compare and concatenate, by the types of both sides."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types.registry import (
    BOOL,
    BY_OID,
    BYTEA,
    CIDR,
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
    MOMENTS,
    NETWORKS,
    NUMERIC,
    REG,
    STRINGS,
    TEXT,
    UNKNOWN,
    UUID,
    VECTOR,
    PgType,
    Sized,
    array_of,
    enumerated,
)  # fmt: skip
from . import tree
from .literals import S_BOOL, S_FLOAT8, S_INT4, S_INT8, S_TEXT, is_number, wider
from .scope import Ex, Scope

if TYPE_CHECKING:
    pass

from .arithmetic import Arithmetic
from .decimals import calculated, is_free
from .whole_rows import compared

COMPARE = frozenset(("=", "<>", "<", ">", "<=", ">="))
_KIND = {"S": "text", "N": "number", "D": "moment", "A": "array"}
_DISTANCES = {"<->": "'euclidean'", "<=>": "'cosine'", "<+>": "'manhattan'"}
_JSON_OPS = {
    "->": "get", "->>": "get_text", "#>": "path", "#>>": "path_text", "@>": "contains", "<@": "contained",
    "?": "has", "?|": "has_any", "?&": "has_all", "#-": "delete_path", "@?": "", "@@": "",
}  # fmt: skip
_WITHIN = frozenset(("<<", "<<=", ">>", ">>=", "&&"))  # of networks
REGEX = {"~": (0, 0), "~*": (1, 0), "!~": (0, 1), "!~*": (1, 1)}


def _kind(kind: PgType) -> str:
    """Return what a type's values are; what is no more than text in the file may be compared with text."""
    if kind in (BOOL, BYTEA, INTERVAL, UUID, INET, MACADDR):
        return kind.name
    if kind is CIDR:
        return INET.name
    if (labels := enumerated(kind)) is not None:
        return f"{labels.oid}{'[]' if kind.element else ''}"
    return "text" if kind in (JSON, JSONB) else _KIND.get(kind.category, "")


def is_apart(one: PgType, two: PgType) -> bool:
    """Can values of these types never be of one?"""
    kinds = {_kind(one), _kind(two)}
    if JSONB in (one, two) and one is not two:
        return True
    return len(kinds) > 1 and "" not in kinds and not ({UNKNOWN} | REG) & {one, two}


def refuse_unmatched(one: PgType, two: PgType) -> None:
    """Refuse values that can't be of one type, where a result is the one or the other."""
    if is_apart(one, two):
        raise PgError("42804", f"types {one.title} and {two.title} cannot be matched")


class Operators(Arithmetic):
    """Writes operators."""

    if TYPE_CHECKING:

        def _like(self, node: tree.Like, scope: Scope, want: Sized | None) -> Ex: ...

    # ---- operators ----

    def _unary(self, node: tree.Unary, scope: Scope, want: Sized | None) -> Ex:
        if node.op == "NOT":
            return Ex(f"(NOT {self.truth(node.operand, scope, 'NOT')})", S_BOOL)
        if (
            node.op == "-"
            and isinstance(node.operand, tree.Const)
            and node.operand.kind in ("int", "numeric")
        ):
            if node.operand.value == str(2**63):
                return Ex("(-9223372036854775808)", S_INT8, not_null=True)
            inner = self.ex(node.operand, scope, want)
            if node.operand.value == 2**31:
                inner = inner._replace(sized=S_INT4)
            shown = quote_text(f"-{inner.shown[1:-1]}") if inner.shown else ""
            return inner._replace(text=f"-{inner.text}", not_null=True, shown=shown)
        inner = self.ex(node.operand, scope, want)
        if inner.param and inner.unknown and node.op in ("+", "@"):
            inner = self.typed(inner, S_FLOAT8, node.at)
        kind = inner.type
        if node.op == "-" and (inner.unknown or (inner.text == "NULL" and inner.sized is None)):
            raise PgError("42725", "operator is not unique: - unknown", position=node.at + 1)
        if node.op in ("+", "-", "@", "|/", "||/") and kind is not None and not inner.unknown:  # noqa: SIM102
            if not is_number(kind) and kind not in (INTERVAL, VECTOR):
                raise PgError(
                    "42883", f"operator does not exist: {node.op} {kind.title}", position=node.at + 1
                )
        if node.op in "+-":
            if inner.type is INTERVAL:
                return self.own(f"pg_interval_scale({inner.text}, {node.op}1.0)", inner.sized)
            if node.op == "-" and inner.sized is not None and inner.type in INTEGERS:
                return self._whole("-", Ex("0", S_INT4), inner, inner.sized)
            if node.op == "-" and inner.type in (FLOAT4, FLOAT8):
                return Ex(f"({inner.text} * -1.0)", inner.sized)  # of 0 it is -0
            sized = Sized(inner.type) if inner.type is NUMERIC else inner.sized
            made = Ex(f"({node.op} {inner.text})", sized or want, scale=inner.scale)
            if not is_free(made):
                return made
            return made._replace(scale=inner.decimals, shown=calculated(node.op, Ex("0", S_INT4), inner))
        if node.op == "~":
            self._refuse_bits(node.op, (inner,), node)
            return Ex(f"(~{inner.text})", inner.sized)
        simple = {"@": "abs", "|/": "pg_sqrt", "||/": "pg_cbrt"}
        if node.op in simple:
            if node.op == "@":
                return self.ex(tree.Call("abs", [node.operand], at=node.at), scope)
            return self.own(f"{simple[node.op]}({inner.text})", S_FLOAT8)
        raise PgError("42883", f"operator does not exist: {node.op}", position=node.at + 1)

    def _binary(self, node: tree.Binary, scope: Scope, want: Sized | None) -> Ex:
        op = node.op
        if op in ("AND", "OR"):
            sides = [self.truth(each, scope, op) for each in (node.left, node.right)]
            return Ex(f"({sides[0]} {op} {sides[1]})", S_BOOL)
        if op in COMPARE:
            return self._compare(node, scope)
        if op in ("~~", "!~~", "~~*", "!~~*"):
            kind = "ilike" if op.endswith("*") else "like"
            like = tree.Like(kind, node.left, node.right, None, op.startswith("!"), at=node.at)
            return self._like(like, scope, want)
        if op in REGEX:
            fold, negated = REGEX[op]
            left = self.ex(node.left, scope, S_TEXT)
            if left.type is not None and left.type not in STRINGS:
                raise self._no_operator(left, node.op, self.ex(node.right, scope), node)
            text, pattern = self.padded(left), self.text(node.right, scope)
            return self.own(f"({'NOT ' if negated else ''}pg_regex({text}, {pattern}, {fold}))", S_BOOL)
        if op in _DISTANCES or op == "<#>":
            return self._distance(node, scope)
        a, b = self._sides(node, scope)
        if op == "||":
            return self._concatenated(a, b, node)
        if op in _WITHIN and NETWORKS & {a.type, b.type}:
            sides = [
                self.cast(x, Sized(INET), node.at).text if x.type not in NETWORKS else x.text for x in (a, b)
            ]
            return self.own(f"pg_inet_within('{op}', {', '.join(sides)})", S_BOOL)
        if op in _JSON_OPS or (op == "-" and a.type is JSONB):
            return self._json(op, a, b, node)
        if op == "^@":
            return self.own(f"pg_starts_with({a.text}, {b.text})", S_BOOL)
        if op == "&&" and (a.type is None or a.type.element):
            return self.own(f"pg_array_overlaps({a.text}, {b.text})", S_BOOL)
        if op in "+-*/%^":
            if a.unknown and b.unknown and not (a.param or b.param):
                raise PgError("42725", f"operator is not unique: unknown {op} unknown", position=node.at + 1)
            return self._arithmetic(op, a, b, node)
        if op in ("&", "|", "<<", ">>", "#"):
            self._refuse_bits(op, (a, b), node)
        if op in ("<<", ">>") and a.type in (INT2, INT4, INT8) and not self.lasting:
            assert a.sized is not None
            return self.own(f"pg_shift({a.text}, {b.text}, '{op}', '{a.sized.type.name}')", a.sized)
        if op in ("&", "|", "<<", ">>"):
            return Ex(f"({a.text} {op} {b.text})", wider(a.sized, b.sized))
        if op == "#":
            return Ex(f"(({a.text} | {b.text}) - ({a.text} & {b.text}))", wider(a.sized, b.sized))
        if op == "==":  # SQLite's
            return Ex(f"({a.text} = {b.text})", S_BOOL)
        raise self._no_operator(a, op, b, node)

    def _refuse_bits(self, op: str, sides: tuple[Ex, ...], node: tree.Node) -> None:
        """Refuse to look at the bits of what is no integer."""
        if any(side.type is not None and side.type not in INTEGERS and not side.unknown for side in sides):
            raise self._no_operator(sides[0], op, sides[-1], node)

    def _sides(self, node: tree.Binary, scope: Scope) -> tuple[Ex, Ex]:
        """Return both sides of an operator that calculates: what a bare literal beside them may be differs."""
        going_on = self.unchecked if node.op in "+-*" else self.ex
        a, b = going_on(node.left, scope), going_on(node.right, scope)
        if a.type not in INTEGERS or b.type not in INTEGERS:
            a, b = self.checked(a), self.checked(b)
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
        elif kind in MOMENTS and node.op in "+-" and not a.unknown:
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
        by_columns = compared(node, scope)
        if by_columns is not node:
            return self.ex(by_columns, scope)
        if isinstance(node.left, tree.Row) and isinstance(node.right, tree.Row):
            if len(node.left.items) != len(node.right.items):
                raise PgError("42601", "unequal number of entries in row expressions", position=node.at + 1)
            pairs = [
                self.matched(*self.pair(a, b, scope), node)
                for a, b in zip(node.left.items, node.right.items, strict=True)
            ]
            left, right = ", ".join(a.text for a, _ in pairs), ", ".join(b.text for _, b in pairs)
            return Ex(f"(({left}) {node.op} ({right}))", S_BOOL)
        a, b = self.matched(*self.pair(node.left, node.right, scope), node)
        return Ex(f"({a.text} {node.op} {b.text})", S_BOOL)

    def matched(self, a: Ex, b: Ex, node: tree.Binary) -> tuple[Ex, Ex]:
        """Return two expressions so that SQLite compares them as PostgreSQL would.

        :raises PgError: they are of types that are not compared
        """
        self.refuse_mixed(a, b, node)
        return self.comparable(a, b, ordered=node.op not in ("=", "<>"))

    def refuse_mixed(self, a: Ex, b: Ex, node: tree.Binary) -> None:
        """Refuse to compare text with a number or the like: SQLite would find them different without a word."""
        one, two = a.type, b.type
        if one is None or two is None or "NULL" in (a.text, b.text):
            return
        if one is JSON and two is JSON:
            raise PgError(
                "42883", f"operator does not exist: json {node.op} json", position=node.at + 1,
                hint="Cast both to jsonb.",
            )  # fmt: skip
        items = [BY_OID.get(each.element) for each in (one, two)]
        if items[0] is not None and items[1] is not None and is_apart(items[0], items[1]):
            raise self._no_operator(a, node.op, b, node)
        if JSONB in (one, two) and one is not two and STRINGS & {one, two} and UNKNOWN not in (one, two):
            raise self._no_operator(a, node.op, b, node)
        kinds = [_kind(one), _kind(two)]
        if "" not in kinds and kinds[0] != kinds[1] and UNKNOWN not in (one, two) and not REG & {one, two}:
            raise self._no_operator(a, node.op, b, node)

    def comparable(self, a: Ex, b: Ex, *, ordered: bool = False) -> tuple[Ex, Ex]:
        """Return two expressions so that comparing what SQLite has for them compares what PostgreSQL would.

        :param ordered: it matters which is the greater one
        """
        one, two = a.type, b.type
        if enumerated(one) is not None or enumerated(two) is not None:
            several = one is not None and bool(one.element)
            return self.in_order(a, b) if ordered or several else (a, b)
        if one in MOMENTS and two in MOMENTS and one is not two:
            target = wider(a.sized, b.sized)
            assert target is not None
            return self.cast(a, target, -1), self.cast(b, target, -1)
        if one is INTERVAL and two is INTERVAL:
            return self._interval_order(a), self._interval_order(b)
        if one in NETWORKS and two in NETWORKS and (ordered or one is not two):
            return self.own(f"pg_inet_order({a.text})", S_TEXT), self.own(f"pg_inet_order({b.text})", S_TEXT)
        if one is JSONB and two is JSONB and ordered:
            return self.own(f"pg_jsonb_order({a.text})", a.sized), self.own(
                f"pg_jsonb_order({b.text})", b.sized
            )
        if one is JSONB and two is JSONB:
            return self.own(f"pg_jsonb({a.text})", a.sized), self.own(f"pg_jsonb({b.text})", b.sized)
        if one is not None and two is not None and one.element and two.element:
            return self.array_order(a), self.array_order(b)
        if one is VECTOR and two is VECTOR:
            return self.own(f"vector_to_json({a.text})", a.sized), self.own(
                f"vector_to_json({b.text})", b.sized
            )
        if one in REG and two in STRINGS:
            return a, self.own(f"pg_reg({quote_text(one.name)}, {b.text})", a.sized)
        return a, b

    def array_order(self, ex: Ex) -> Ex:
        """Return what arrays compare and sort by: their items one after the other, then their length."""
        return self.own(f"pg_array_order({ex.text})", ex.sized)

    def _concatenated(self, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        one, two = (1 if ex.type is not None and ex.type.element else 0 for ex in (a, b))
        if one or two:
            # a bare NULL is an array too
            one, two = (there or int(ex == Ex("NULL")) for there, ex in ((one, a), (two, b)))
            sized = self.grown(a, b) if one and two else self.grown(*((a, b) if one else (b, a)), item=True)
            return self.own(f"pg_array_concat({a.text}, {b.text}, {one}, {two})", sized)
        if JSONB in (a.type, b.type):
            return self.own(f"pg_json_concat({a.text}, {b.text})", Sized(JSONB))
        if BYTEA in (a.type, b.type) and all(ex.type is BYTEA or ex.text == "NULL" for ex in (a, b)):
            return Ex(f"CAST(({a.text} || {b.text}) AS BLOB)", Sized(BYTEA))
        if not any(ex.type is None or ex.type in STRINGS or ex.unknown or ex.text == "NULL" for ex in (a, b)):
            raise self._no_operator(a, "||", b, node)
        return Ex(f"({self.as_text(a)} || {self.as_text(b)})", S_TEXT)

    def grown(self, array: Ex, more: Ex, *, item: bool = False) -> Sized | None:
        """Return the type of an array that another one, or an item, is added to."""
        added = more.sized
        if item and added is not None:
            kind = array_of(added.type)
            added = Sized(kind) if kind is not None else None
        one, two = (enumerated(each.type) if each is not None else None for each in (array.sized, added))
        if one is not two and array.sized is not None and added is not None:
            raise PgError("42883", f"operator does not exist: {array.sized.type.title} || {added.type.title}")
        return wider(array.sized, added)

    def _json(self, op: str, a: Ex, b: Ex, node: tree.Binary) -> Ex:
        if op in ("@>", "<@") and (
            (a.type is not None and a.type.element) or (b.type is not None and b.type.element)
        ):
            one, two = (a, b) if op == "@>" else (b, a)
            return self.own(f"pg_array_contains({one.text}, {two.text})", S_BOOL)
        if op == "-":
            name = "delete_all" if b.type is not None and b.type.element else "delete"
            return self.own(f"pg_json_{name}({a.text}, {b.text})", Sized(JSONB))
        name = _JSON_OPS[op]
        if a.type is JSON and op in ("->", "#>", "->>", "#>>"):
            return self.own(f"pg_json_{name}_raw({a.text}, {b.text})", S_TEXT if ">>" in op else a.sized)
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
