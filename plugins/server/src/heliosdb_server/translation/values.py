"""Expressions as SQLite reads them, with their types."""

# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timezone, tzinfo
from typing import TYPE_CHECKING

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types import numbers
from ..types.registry import (
    BOOL,
    BPCHAR,
    BY_OID,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INTEGERS,
    JSON,
    JSONB,
    NUMERIC,
    RECORD,
    REG,
    STRINGS,
    TEXT,
    TIMESTAMPTZ,
    UNKNOWN,
    UUID,
    VARCHAR,
    PgType,
    Sized,
    item_of,
    working_name,
)  # fmt: skip
from . import decimals, literals, tree
from .decimals import exact, is_free
from .literals import S_BOOL, S_INT4, S_INT8, S_TEXT, can_cast, cast, typed_literal
from .scope import Ex, Schema, Scope
from .spaces import filled, sizeless
from .wholes import guarded

if TYPE_CHECKING:
    from .scope import Column

_AS_JSON = (INTEGERS | STRINGS | {UUID, DATE}) - {BPCHAR}  # types whose values JSON has as SQLite has them
_DIGITS = 17  # of a literal with a fraction: programs write their floating-point numbers with as many


class Values:
    """Writes expressions. The classes derived from it write queries, calls and the rest."""

    def __init__(self, schema: Schema, parameters: Sequence[int] = (), here: tzinfo = timezone.utc) -> None:
        self.schema = schema
        self.here = here
        self.parameters: dict[int, Sized | None] = {
            number: Sized(kind) if (kind := schema.type_of(oid)) is not None and kind is not UNKNOWN else None
            for number, oid in enumerate(parameters, 1)
        }
        self.once: frozenset[int] = frozenset()  # parameters that the statement names once
        self.lasting = False  # is it for a definition, which SQLite alone has to be able to compute?
        self.functions = False  # was a function used that only this server has?
        self.last: list[tree.Node] = []  # the parts of the statement whose rows go to the client as they are
        self.keeping = False  # do they go into a table?
        self.compared: list[tree.Node] = []  # the parts of it whose rows are compared with each other before
        self.beside: tree.Node | None = None  # a query whose digits others are to have beside its values
        self.writes = False
        self.names_tables = False  # does it name a table of the file?
        self.volatile = False
        self.counter = 0

    if TYPE_CHECKING:

        def query(self, node: tree.Node, scope: Scope | None) -> tuple[str, tuple[Column, ...]]: ...
        def call(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex: ...
        def with_digits(self, node: tree.Node, scope: Scope | None) -> tuple[str, tuple[Column, ...]]: ...
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
        made = self.unchecked(node, scope, want)
        return self.checked(made) if made.steps else made

    def checked(self, ex: Ex) -> Ex:
        """Return a calculation with integers that is an error where one of its steps is out of range."""
        if not ex.steps or ex.type is None:
            return ex
        return self.own(guarded(ex.text, ex.steps, ex.type), ex.sized)

    def unchecked(self, node: tree.Node, scope: Scope, want: Sized | None = None) -> Ex:
        """Return the expression for one who goes on calculating with it, and checks its steps with their own."""
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise PgError("0A000", f"{type(node).__name__} is not supported here", position=node.at + 1)
        made: Ex = method(node, scope, want)
        return made

    def typed(self, ex: Ex, want: Sized | None, at: int) -> Ex:
        """Give a literal or parameter that has no type yet this one, as a whole: it is not cut to a column's size."""
        if not ex.unknown or want is None:
            return ex
        if want.modifier != -1:
            want = Sized(want.type)
        if ex.param:
            if (
                want.type in REG and self.parameters.get(ex.param) is None
            ):  # a name, which only the database knows
                self.parameters[ex.param] = want
                return self.own(f"pg_reg({quote_text(want.type.name)}, {ex.text})", want)
            if self.parameters.get(ex.param) is None:
                self.parameters[ex.param] = want
            return ex._replace(sized=self.parameters[ex.param], unknown=False)
        if want.type in (TEXT, UNKNOWN, JSON) and want.type is not JSON:
            return ex._replace(sized=S_TEXT, unknown=False)
        return self.fitted(ex, want, at)

    def fitted(self, ex: Ex, target: Sized, at: int) -> Ex:
        """Return a literal as a value of this type and size."""
        made = typed_literal(ex.const, target, at, self.here)._replace(const=ex.const)
        self.functions |= made.text.startswith("pg_")
        return decimals.typed(made, target)

    def text(self, node: tree.Node, scope: Scope) -> str:
        """Return an expression that has to be text."""
        return self.as_text(self.ex(node, scope, S_TEXT))

    def truth(self, node: tree.Node, scope: Scope, where: str) -> str:
        """Return an expression that has to be true or false."""
        made = self.ex(node, scope, S_BOOL)
        if (
            made.type is not None
            and made.type is not BOOL
            and made.type.category != "X"
            and made.text != "NULL"
        ):
            raise PgError(
                "42804",
                f"argument of {where} must be type boolean, not type {made.type.title}",
                position=node.at + 1,
            )
        return made.text

    def as_text(self, ex: Ex) -> str:
        """Return any expression as text, as PostgreSQL writes its value."""
        if ex.unknown or ex.type is None or ex.type in STRINGS:
            return ex.text
        if is_free(ex) and (ex.shown or ex.scale is not None) and not self.lasting:
            self.functions = True
            return exact(ex)
        if ex.type is NUMERIC and re.fullmatch(r"-?\d+\.\d+", ex.text):
            return quote_text(ex.text)
        made = cast(ex, S_TEXT)
        self.functions |= made.startswith("pg_")
        return made

    def cast(self, ex: Ex, target: Sized, at: int, *, explicit: bool = True) -> Ex:
        """Return the expression as a value of another type."""
        if ex.unknown and not ex.param and not is_cut(target):
            same = target.type in (TEXT, UNKNOWN)
            if target == Sized(BPCHAR) and isinstance(ex.const, str) and ex.const.endswith(" "):
                return self._without_size(self.typed(ex, S_TEXT, at))
            return (self.typed if same else self.fitted)(ex, target, at)._replace(sized=target)
        if ex.unknown:
            ex = self.typed(ex, target, at)
        if ex.type is not None and not can_cast(ex.type, target.type):
            raise PgError(
                "42846", f"cannot cast type {ex.type.title} to {target.type.title}", position=at + 1
            )
        if target.type in STRINGS and is_free(ex) and (ex.shown or ex.scale is not None) and not self.lasting:
            digits = exact(ex)
            self.functions = True
            return self.cast(Ex(digits, S_TEXT, not_null=ex.not_null), target, at, explicit=explicit)
        if target == Sized(BPCHAR) and ex.type in STRINGS:
            return self._without_size(ex)
        made = cast(ex, target, explicit=explicit)
        self.functions |= "pg_" in made and made != ex.text
        done = Ex(made, target, ex.source if made == ex.text else (0, 0), ex.not_null)
        if is_free(done) and made == ex.text:  # it keeps its decimals
            return done._replace(scale=ex.decimals, shown=ex.shown)
        if is_free(done) and (ex.type in STRINGS or ex.type is JSONB):
            return done._replace(shown=f"pg_exact_read({ex.text})")
        return done

    def _without_size(self, ex: Ex) -> Ex:
        """Return a text as one of type bpchar: the spaces at its end are shown, and don't count."""
        if ex.type is BPCHAR:
            return sizeless(ex)
        return Ex(f"rtrim({ex.text}, ' ')", Sized(BPCHAR), not_null=ex.not_null, shown=ex.text)

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
            return Ex(repr(numbers.float_in(node.value, want.type)), want, not_null=True)
        if len(node.value.lower().partition("e")[0].replace(".", "").strip("0")) > (15 if whole else _DIGITS):
            raise PgError(
                "22003",
                f"numeric value {node.value[:40]} has more digits than can be kept",
                hint="Numbers have 15 digits here. Cast it to double precision, or keep it as text.",
                position=node.at + 1,
            )
        made = Ex(node.value + ".0" if whole else node.value, Sized(NUMERIC), not_null=True, const=node.value)
        return decimals.typed(made, Sized(NUMERIC))._replace(const=None)

    def _param(self, node: tree.Param, scope: Scope, want: Sized | None) -> Ex:
        sized = self.parameters.setdefault(node.number, None)
        if sized is None:
            return self.typed(Ex(f"?{node.number}", None, param=node.number, unknown=True), want, node.at)
        if sized.type in REG:  # it may come as a name
            return self.own(f"pg_reg({quote_text(sized.type.name)}, ?{node.number})", sized)
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
        return self.record([(c.name, relation.column(c)) for c in relation.columns])

    def record(self, fields: Sequence[tuple[str, Ex]]) -> Ex:
        """Return a row of these names and values."""
        self.functions = True
        if any(_has_json(ex) for _, ex in fields):  # which SQLite's function would write without its spaces
            parts = [
                f"{quote_text(name)}, '', {text}, {quote_text(kind)}"
                for name, ex in fields
                for text, kind in (self.for_json(ex),)
            ]
            return Ex(f"pg_json_record({', '.join(parts)})", Sized(RECORD))
        parts = [f"{quote_text(name)}, {self._json_value(ex)}" for name, ex in fields]
        return Ex(f"json_object({', '.join(parts)})", Sized(RECORD))

    def _json_value(self, ex: Ex) -> str:
        """Return an expression as json_object() and its like must get it to keep its kind."""
        kind = ex.type
        if kind in (JSON, JSONB, RECORD) or _holds_plain(kind):
            return f"json({ex.text})"
        if kind is BOOL:
            return f"json(CASE {ex.text} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"
        if kind is BYTEA:
            return f"pg_cast({ex.text}, 'bytea', 'text', -1)"
        if kind is None or kind in _AS_JSON or kind.category == "E":
            return ex.text
        text, name = self.for_json(ex)
        return self.own(f"json(pg_to_json({text}, {quote_text(name)}, 0))", None).text

    def for_json(self, ex: Ex) -> tuple[str, str]:
        """Return what a function of JSON is given for a value, and the name of its type."""
        if ex.type is BPCHAR:
            return self.padded(ex), "text"
        if ex.type is TIMESTAMPTZ:
            return self.own(f"pg_json_moment({ex.text})", None).text, "text"
        if ex.type is not None and ex.type is BY_OID[TIMESTAMPTZ.array]:
            return self.own(f"pg_json_moments({ex.text})", None).text, "json"
        if ex.type is NUMERIC and (ex.decimals is not None or ex.shown):
            return self.as_text(ex), "number"
        return ex.text, working_name(ex.type)

    def json_item(self, ex: Ex) -> str:
        """Return an expression as an item of an array: JSON itself writes 15 digits of a number, and has no bytes."""
        if ex.type is BYTEA:
            return f"CASE WHEN {ex.text} IS NOT NULL THEN '\\x' || lower(hex({ex.text})) END"
        if ex.type in (FLOAT8, FLOAT4):
            digits = (
                f"replace(printf('%!.17g', {ex.text}), 'Inf', '9e999')"  # which is infinite when it is read
            )
            return f"json(CASE WHEN {ex.text} IS NOT NULL THEN {digits} END)"
        if ex.type is not None and ex.type.element:
            return f"json({ex.text})"
        if ex.type is NUMERIC and (ex.shown or ex.decimals) and not self.lasting:
            return f"json({self.as_text(ex)})"  # a number with the zeros that it ends with
        return filled(ex) if ex.type is BPCHAR and ex.shown else ex.text

    def from_json(self, text: str, kind: PgType | None) -> str:
        """Return an item of an array, or a member, as a value: bytes stand in JSON as text."""
        return self.own(f"pg_bytes_of({text})", None).text if kind is BYTEA else text

    def padded(self, ex: Ex) -> str:
        """Return text; of a char(n) with the spaces that it ends with, which are not kept."""
        return filled(ex) if ex.type is BPCHAR else self.as_text(ex)

    def _default(self, node: tree.Default, scope: Scope, want: Sized | None) -> Ex:
        raise PgError("42601", "DEFAULT is not allowed in this context", position=node.at + 1)

    def _star(self, node: tree.Star, scope: Scope, want: Sized | None) -> Ex:
        raise PgError("42601", 'syntax error at or near "*"', position=node.at + 1)


def is_cut(target: Sized) -> bool:
    """Are the texts in an array of this type to be cut, or refused, where they are too long?"""
    return target.modifier > 4 and item_of(target.type) in (VARCHAR, BPCHAR)


def _holds_plain(kind: PgType | None) -> bool:
    """Is it an array of what JSON has as SQLite has it?"""
    item = item_of(kind)
    return item is not None and (item in _AS_JSON or item.category == "E")


def _has_json(ex: Ex) -> bool:
    kind = ex.type
    return (
        kind in (JSON, JSONB)
        or (kind is RECORD and ex.text.startswith("pg_json_record("))
        or item_of(kind) in (JSON, JSONB)
    )
