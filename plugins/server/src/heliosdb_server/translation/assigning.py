"""Values on their way into a column: what type they become, and what a column gets that is given none."""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types.conversions import ASSIGNED, way
from ..types.registry import (
    BOOL,
    BPCHAR,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INTEGERS,
    INTERVAL,
    MOMENTS,
    NUMERIC,
    STRINGS,
    TEXT,
    TIME,
    UNKNOWN,
    UUID,
    VARCHAR,
    VECTOR,
    Sized,
)
from . import tree
from .decimals import compared_of, exact, is_free, kept, last_of
from .literals import cast
from .scope import Column, Ex, Scope, TableInfo
from .selects import Selects
from .values import is_cut

NUMBERS = INTEGERS | {NUMERIC, FLOAT4, FLOAT8}
_NO_NUMBERS = MOMENTS | {TIME, INTERVAL, UUID}


class Assigning(Selects):
    """Writes what is stored in columns."""

    def _column(self, info: TableInfo, name: str, at: int) -> Column:
        for column in info.columns:
            if column.name == name:
                return column
        for column in info.columns:
            if column.name.lower() == name.lower():
                return column
        raise PgError("42703", f'column "{name}" of relation "{info.name}" does not exist', position=at + 1)

    def assigned(self, node: tree.Node, column: Column, scope: Scope, info: TableInfo) -> str:
        """Return what is stored in a column: the value as one of the column's type, checked where it may not fit."""
        if isinstance(node, tree.Default):
            if column.name in info.sequences:
                return self._next(info.sequences[column.name])
            return info.defaults.get(column.name) or "NULL"
        target = column.sized
        if target is None:
            return self.typed(self.ex(node, scope), Sized(TEXT), node.at).text
        if isinstance(node, tree.Array):
            made = self._array(node, scope, target if target.type.element else None)
        elif isinstance(node, tree.Const) and target.type in (VARCHAR, BPCHAR):
            made = self.ex(
                node, scope, Sized(target.type)
            )  # what is too long is an error here, and cut by a cast
            limit = target.modifier - 4
            if made.const is not None and limit > 0 and len(made.const.rstrip(" ")) > limit:
                raise PgError("22001", f"value too long for type {target.type.title}({limit})")
        elif isinstance(node, tree.Const) and node.kind == "string" and not is_cut(target):
            made = self.fitted(self.ex(node, scope), target, node.at)
        elif target.type is NUMERIC and (digits := _digits(node)):
            made = self.fitted(Ex("", const=digits), target, node.at)
        elif isinstance(node, tree.Param):
            made = self._given(node, scope, target)
            if made.type is target.type and target.type in (INT4, INT2):
                return made.text  # what a client gives is read as its type, and within its range
        else:
            made = self.unchecked(node, scope, Sized(target.type))
        return self.stored(made, target, column, node.at)

    def _given(self, node: tree.Param, scope: Scope, target: Sized) -> Ex:
        """Return a parameter on its way into a column: where that is all it is for, it is read as the column has it."""
        known = self.parameters.get(node.number)
        fitting = target.type in (NUMERIC, VECTOR)  # others are read whole, and fitted by a cast
        if fitting and node.number in self.once and known in (None, Sized(target.type)):
            self.parameters[node.number] = target
        return self.ex(node, scope, target)

    def stored(self, made: Ex, target: Sized, column: Column, at: int) -> str:
        """Return an expression as it is assigned to a column of this type."""
        kind, was = target.type, made.type
        if made.steps:
            made = self.checked(made)
            if was is kind:
                return made.text
        if made.text == "NULL" or was is None:
            return made.text
        self.refuse_label(kind, was, column.name, at)
        if kind in STRINGS and is_free(made) and (made.shown or made.scale is not None):
            made, was = Ex(self.as_text(made), Sized(TEXT), not_null=made.not_null), TEXT
        limited = kind in (VARCHAR, BPCHAR) and target.modifier > 4
        calculated = kind is NUMERIC and is_free(made) and made.shown and was is kind
        if was is kind and not limited and kind not in (INT4, INT2) and not calculated:  # noqa: SIM102
            if target.modifier == -1 or made.sized == target:
                return made.text
        if made.text.lstrip("-").isdigit() and kind in INTEGERS and was is not BOOL:
            from ..types.numbers import in_range

            return str(in_range(int(made.text), kind))
        if kind in STRINGS and was in STRINGS and not limited:
            return made.text
        if kind in STRINGS and was not in STRINGS and was.category not in "NBDTSUA":
            return made.text
        if way(was, kind) > ASSIGNED and was is not UNKNOWN:
            raise PgError(
                "42804",
                f'column "{column.name}" is of type {kind.title} but expression is of type {was.title}',
                hint="You will need to rewrite or cast the expression.",
                position=at + 1,
            )
        if limited and was in STRINGS and made.const is not None and len(made.const) <= target.modifier - 4:
            return made.text
        name = was.name
        self.functions = True
        if calculated:
            return kept(exact(made), made.shown, target)
        if was is kind and kind in (INT4, INT2):
            return f"pg_int({made.text}, '{kind.name}')"
        text = (
            cast(made, target, explicit=False)
            if was is not kind or limited or target.modifier != -1
            else made.text
        )
        if limited and text == made.text:
            text = f"pg_cast({made.text}, '{name}', '{kind.name}', {target.modifier}, 'assignment')"
        return text

    def rows_to_keep(self, query: tree.Node, scope: Scope | None = None) -> tuple[str, tuple[Column, ...]]:
        """Return a query whose rows are stored: its calculated numbers are texts, with all their digits."""
        outer, self.last, self.keeping = self.last, last_of(query), True
        self.compared = compared_of(query)
        self.last = [each for each in self.last if not any(each is other for other in self.compared)]
        try:
            return self.query(query, scope)
        finally:
            self.last, self.keeping, self.compared = outer, False, []

    def kept(self, text: str, was: Sized | None, target: Sized | None, query: str) -> str:
        """Return a number of such a row as it is stored in a column of this type, or of none."""
        if was is None or was.type is not NUMERIC or was.modifier != -1:
            return text
        self.functions = True
        return kept(text, query, target if target is not None and target.type is NUMERIC else Sized(NUMERIC))

    def _missing_key(self, info: TableInfo) -> PgError:
        text = (
            f'null value in column "{info.given_key}" of relation "{info.name}" violates not-null constraint'
        )
        return PgError("23502", text, table=info.name, column=info.given_key)

    def _key(self, info: TableInfo, name: str, text: str, *, late: bool = False) -> str:
        """Return a value for a key, of which SQLite would make up the next one if it were NULL."""
        if name != info.given_key or text.lstrip("-").isdigit():
            return text
        if text == "NULL" and not late:
            raise self._missing_key(info)
        self.functions = True
        return f"coalesce({text}, pg_missing_key({quote_text(info.name)}, {quote_text(name)}))"

    def _next(self, sequence: str) -> str:
        self.functions = True
        return f"pg_nextval({quote_text(sequence)})"


def _digits(node: tree.Node) -> str:
    """Return a number that is written with a point or an exponent, "" for anything else."""
    sign = ""
    if isinstance(node, tree.Unary) and node.op == "-":
        sign, node = "-", node.operand
    return sign + str(node.value) if isinstance(node, tree.Const) and node.kind == "numeric" else ""
