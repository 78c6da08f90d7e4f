"""Expressions and views as PostgreSQL words them: with casts written out, and with all parentheses or few.

What the file holds is SQLite's text. It is read by the server's own parser, and written anew where all of it is
understood; anything else is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..functions.texts import pg_quote_ident as quoted
from ..protocol.errors import PgError
from ..translation import tree
from ..translation.parser import parse
from ..translation.scope import Column
from ..types.registry import (
    BOOL,
    BPCHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    NUMERIC,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    VARCHAR,
    PgType,
    enumerated,
)  # fmt: skip

_ORDER = (INT2, INT4, INT8, NUMERIC, FLOAT4, FLOAT8)
_INTEGERS = frozenset((INT2, INT4, INT8))
_COMPARING = frozenset(("=", "<>", "<", ">", "<=", ">="))
_LOW, _HIGH = frozenset("+-"), frozenset("*/%")
_TAKES_TEXT = {
    "lower": TEXT, "upper": TEXT, "length": INT4, "trim": TEXT, "ltrim": TEXT, "rtrim": TEXT, "substr": TEXT,
    "replace": TEXT,
}  # fmt: skip
_QUOTED_TYPES = frozenset((DATE, TIMESTAMP, TIMESTAMPTZ, BOOL))


class Wording(NamedTuple):
    """A text with all parentheses, and with few."""

    plain: str
    pretty: str


class _Foreign(Exception):
    """Something that this module has no words for."""


def expression(text: str, columns: Sequence[Column]) -> Wording:
    """Return an expression over these columns as PostgreSQL words it."""
    try:
        (core,) = [_core(parse(f"SELECT {text}")[0])]
        if len(core.targets) != 1 or core.sources:
            raise _Foreign
        node = core.targets[0].expr
        return Wording(*(_Writer(columns, pretty=pretty).write(node) for pretty in (False, True)))
    except (PgError, _Foreign):
        return Wording(text, text)


def view(text: str, columns: Callable[[str], Sequence[Column] | None]) -> Wording:
    """Return the query of a view as PostgreSQL words it: one over a single table, without groups or order."""
    try:
        node = parse(text.strip().rstrip(";"))[0]
        core = _core(node)
        if len(core.sources) != 1 or core.group or core.having or core.distinct or core.distinct_on:
            raise _Foreign
        table = core.sources[0]
        if not isinstance(table, tree.Table) or table.moment or table.columns:
            raise _Foreign
        there = columns(table.parts[-1])
        if there is None:
            raise _Foreign
        return Wording(*(_view(core, table, there, pretty=pretty) for pretty in (False, True)))
    except (PgError, _Foreign):
        return Wording(text, text)


def _core(node: tree.Node) -> tree.Core:
    if not isinstance(node, tree.Select) or not isinstance(node.body, tree.Core):
        raise _Foreign
    if node.with_ or node.order or node.limit or node.offset or node.body.windows or node.body.into:
        raise _Foreign
    return node.body


def _view(core: tree.Core, table: tree.Table, columns: Sequence[Column], *, pretty: bool) -> str:
    name = table.alias or table.parts[-1]
    writer = _Writer(columns, pretty=pretty, prefix=f"{quoted(name)}.")
    targets = []
    for target in core.targets:
        text = writer.write(target.expr)
        own = target.expr.parts[-1] if isinstance(target.expr, tree.Name) else ""
        targets.append(text + (f" AS {quoted(target.alias)}" if target.alias and target.alias != own else ""))
    source = quoted(table.parts[-1])
    if name != table.parts[-1]:
        source += f" {quoted(name)}"
    where = f"\n  WHERE {writer.write(core.where)}" if core.where is not None else ""
    return " SELECT " + ",\n    ".join(targets) + f"\n   FROM {source}{where};"


class _Writer:
    """Writes the expressions of one table.

    :param prefix: what stands before each column
    """

    def __init__(self, columns: Sequence[Column], *, pretty: bool, prefix: str = "") -> None:
        self.columns = {column.name.lower(): column for column in columns}
        self.pretty = pretty
        self.prefix = prefix

    def write(self, node: tree.Node) -> str:
        """Return an expression that stands by itself."""
        return self._write(node)[0]

    def _paren(self, text: str) -> str:
        return text if self.pretty else f"({text})"

    def _write(self, node: tree.Node) -> tuple[str, PgType | None]:
        if isinstance(node, tree.Name):
            return self._name(node)
        if isinstance(node, tree.Const):
            return _constant(node)
        if isinstance(node, tree.Unary):
            return self._unary(node)
        if isinstance(node, tree.Binary):
            return self._binary(node)
        if isinstance(node, tree.Between):
            return self._between(node)
        if isinstance(node, tree.Is) and node.what == "null":
            word = "IS NOT NULL" if node.negated else "IS NULL"
            return self._paren(f"{self._operand(node.operand)[0]} {word}"), BOOL
        if isinstance(node, tree.In):
            return self._in(node)
        if isinstance(node, tree.Call):
            return self._call(node)
        if isinstance(node, tree.Case) and _is_place(node) and node.operand is not None:
            return self._write(node.operand)
        raise _Foreign

    def _name(self, node: tree.Name) -> tuple[str, PgType | None]:
        column = self.columns.get(node.parts[-1].lower())
        if column is None or column.sized is None:
            raise _Foreign
        return self.prefix + quoted(column.name), column.sized.type

    def _unary(self, node: tree.Unary) -> tuple[str, PgType | None]:
        if node.op == "-" and isinstance(node.operand, tree.Const):
            text, kind = _constant(node.operand)
            if kind is None:
                raise _Foreign
            return f"'-{text}'::{kind.title}", kind
        if node.op.lower() == "not":
            text, _ = self._write(node.operand)
            return self._paren(f"NOT {self._nested(node.operand, text)}"), BOOL
        if node.op == "-":
            text, kind = self._operand(node.operand)
            return self._paren(f"- {text}"), kind
        raise _Foreign

    def _binary(self, node: tree.Binary) -> tuple[str, PgType | None]:
        op = "<>" if node.op == "!=" else node.op.upper()
        if op in ("AND", "OR"):
            parts = [
                self._in_bool(op, each, self._write(each)[0]) for each in self._chain(op, node)
            ]  # a AND b AND c is one list
            return self._paren(f" {op} ".join(parts)), BOOL
        if op not in _COMPARING and op not in _LOW | _HIGH and op != "||":
            raise _Foreign
        left, kind = self._operand(node.left, op, first=True)
        right, other = self._operand(node.right, op)
        if op == "||":
            left, right = self._text(left, kind, node.left), self._text(right, other, node.right)
            return self._paren(f"{left} || {right}"), TEXT
        left, right, common = self._alike((left, kind, node.left), (right, other, node.right))
        return self._paren(f"{left} {op} {right}"), BOOL if op in _COMPARING else common

    def _chain(self, op: str, node: tree.Node) -> list[tree.Node]:
        if isinstance(node, tree.Binary) and node.op.upper() == op:
            return [*self._chain(op, node.left), *self._chain(op, node.right)]
        return [node]

    def _in_bool(self, op: str, node: tree.Node, text: str) -> str:
        loose = op == "AND" and isinstance(node, tree.Binary) and node.op.upper() == "OR"
        loose = self.pretty and (loose or isinstance(node, tree.In))
        return f"({text})" if loose else text

    def _nested(self, node: tree.Node, text: str) -> str:
        return (
            f"({text})" if self.pretty and not isinstance(node, (tree.Name, tree.Const, tree.Call)) else text
        )

    def _operand(self, node: tree.Node, op: str = "", *, first: bool = False) -> tuple[str, PgType | None]:
        """Return an operand: with few parentheses, arithmetic has them where its rank does not say enough."""
        text, kind = self._write(node)
        if not self.pretty or isinstance(node, (tree.Name, tree.Const, tree.Call)):
            return text, kind
        if isinstance(node, tree.Unary) and isinstance(node.operand, tree.Const):
            return text, kind
        if isinstance(node, tree.Binary):
            if node.op in _HIGH and op in _LOW:
                return text, kind
            if first and any(node.op in rank and op in rank for rank in (_LOW, _HIGH)):
                return text, kind
        return f"({text})", kind

    def _cast(self, text: str, kind: PgType, node: tree.Node) -> str:
        bare = self.pretty and isinstance(node, (tree.Name, tree.Const, tree.Call))
        wrapped = text if bare or text.startswith("(") else f"({text})"
        return f"{wrapped}::{kind.title}"

    def _text(self, text: str, kind: PgType | None, node: tree.Node) -> str:
        if kind is None:
            return f"{text}::text"
        return self._cast(text, TEXT, node) if kind in (VARCHAR, BPCHAR) else text

    def _alike(
        self, one: tuple[str, PgType | None, tree.Node], two: tuple[str, PgType | None, tree.Node]
    ) -> tuple[str, str, PgType | None]:
        """Return both sides of an operator as values that it can take, and the type they share."""
        left, kind, _ = one
        right, other, _ = two
        if {kind, other} & {None, VARCHAR, BPCHAR, TEXT}:
            known = kind or other
            if known in (VARCHAR, TEXT):
                return self._text(*one), self._text(*two), TEXT
            if known is None or (kind and other):
                raise _Foreign
            wanted = f"::{known.title}"
            return left + ("" if kind else wanted), right + ("" if other else wanted), known
        if kind is other or (kind in _INTEGERS and other in _INTEGERS):
            return left, right, max((kind, other), key=_ORDER.index) if kind in _ORDER else kind
        if kind in _ORDER and other in _ORDER:
            common = max((kind, other), key=_ORDER.index)
            common = FLOAT8 if common is FLOAT4 else common
            texts = [
                text if own is common or (own is FLOAT4) else self._cast(text, common, node)
                for text, own, node in (one, two)
            ]
            return texts[0], texts[1], common
        raise _Foreign

    def _between(self, node: tree.Between) -> tuple[str, PgType | None]:
        if node.symmetric or node.negated:
            raise _Foreign
        low = tree.Binary(">=", node.operand, node.low)
        return self._binary(tree.Binary("AND", low, tree.Binary("<=", node.operand, node.high)))

    def _in(self, node: tree.In) -> tuple[str, PgType | None]:
        if not isinstance(node.items, list) or len(node.items) < 2:
            raise _Foreign
        left, kind = self._operand(node.operand)
        made = [self._write(each) for each in node.items]
        op, word = ("<>", "ALL") if node.negated else ("=", "ANY")
        if kind in (VARCHAR, TEXT) and all(each is None for _, each in made):
            items = ", ".join(f"{text}::{kind.title}" for text, _ in made)
            if kind is TEXT:
                return self._paren(f"{left} {op} {word} (ARRAY[{items}])"), BOOL
            array = f"ARRAY[{items}]::text[]" if self.pretty else f"(ARRAY[{items}])::text[]"
            return self._paren(f"{self._text(left, kind, node.operand)} {op} {word} ({array})"), BOOL
        if enumerated(kind) is not None and kind is not None and all(each is None for _, each in made):
            items = ", ".join(f"{text}::{kind.title}" for text, _ in made)
            return self._paren(f"{left} {op} {word} (ARRAY[{items}])"), BOOL
        if kind is INT4 and all(each is INT4 for _, each in made):
            return self._paren(f"{left} {op} {word} (ARRAY[{', '.join(text for text, _ in made)}])"), BOOL
        raise _Foreign

    def _call(self, node: tree.Call) -> tuple[str, PgType | None]:
        name = node.name.lower()
        if node.over or node.filter or node.order or node.distinct or node.star or node.named or node.schema:
            raise _Foreign
        if name == "pg_label_place":  # what labels are compared by
            return self._write(node.args[0])
        made = [(*self._write(each), each) for each in node.args]
        if name in _TAKES_TEXT and made:
            head = self._text(*made[0])
            if made[0][1] not in (None, TEXT, VARCHAR, BPCHAR):
                raise _Foreign
            rest = [f"{text}::text" if kind is None else text for text, kind, _ in made[1:]]
            return f"{name}({', '.join([head, *rest])})", _TAKES_TEXT[name]
        if name == "coalesce" and made:
            kind = made[0][1]
            if any(each is not kind for _, each, _ in made):
                raise _Foreign
            return f"COALESCE({', '.join(text for text, _, _ in made)})", kind
        if name == "abs" and len(made) == 1:
            return f"abs({made[0][0]})", made[0][1]
        raise _Foreign


def _is_place(node: tree.Case) -> bool:
    """Is it what labels of an enumeration are compared by, their places?"""
    places = [result.value for _, result in node.whens if isinstance(result, tree.Const)]
    return node.otherwise is None and places == list(range(1, len(node.whens) + 1))


def _constant(node: tree.Const) -> tuple[str, PgType | None]:
    if node.kind == "int":
        return str(node.value), INT4 if -(2**31) <= int(node.value) < 2**31 else INT8
    if node.kind == "numeric":
        return str(node.value), NUMERIC
    if node.kind == "string":
        return "'" + str(node.value).replace("'", "''") + "'", None
    if node.kind == "bool":
        return "true" if node.value else "false", BOOL
    raise _Foreign
