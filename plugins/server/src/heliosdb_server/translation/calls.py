"""Calls of functions and aggregates, as SQLite reads them."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.quoting import quote_identifier, quote_text

from ..protocol.errors import PgError
from ..types import numbers
from ..types.registry import (
    BOOL,
    BPCHAR,
    BY_NAME,
    BY_OID,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INTEGERS,
    INTERVAL,
    NUMERIC,
    STRINGS,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    VECTOR,
    PgType,
    Sized,
    array_of,
    enumerated,
    item_of,
    working_name,
)  # fmt: skip
from . import decimals, tree
from .aggregating import AGGREGATES
from .literals import S_FLOAT8, S_INT4, S_TEXT, is_number
from .operators import is_apart
from .scope import Ex, Scope
from .signatures import SIGNATURES, VOLATILE, WRITES, Signature
from .special_calls import SpecialCalls
from .wholes import is_plain

# Aggregates in Python: PostgreSQL's name, the kind that the aggregate function is told, the result.
_TYPE_CALLS = {"int4": "int4", "int8": "int8", "float8": "float8", "text": "text", "date": "date", "numeric": "numeric",
               "bool": "bool", "varchar": "varchar", "float4": "float4", "int2": "int2", "oid": "oid", "uuid": "uuid"}  # fmt: skip


_WINDOW_ONLY = frozenset(
    ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
     "last_value", "nth_value")
)  # fmt: skip
# Which argument has to be an array.
_OF_ARRAYS = {
    "array_length": 0, "array_ndims": 0, "array_upper": 0, "array_lower": 0, "cardinality": 0, "array_append": 0,
    "array_prepend": 1, "array_cat": 0, "array_remove": 0, "array_replace": 0, "array_position": 0,
    "array_positions": 0, "array_dims": 0, "array_to_string": 0, "trim_array": 0,
}  # fmt: skip


# How many arguments beside the array are items of it.
_ITEMS = {"array_append": 1, "array_prepend": 1, "array_remove": 1, "array_replace": 2, "array_position": 1,
          "array_positions": 1}  # fmt: skip


class Calls(SpecialCalls):
    """Writes calls."""

    def call(self, node: tree.Call, scope: Scope, want: Sized | None) -> Ex:
        """Return a call of a function."""
        name = node.name.lower()
        if name in _WINDOW_ONLY and node.over is None:
            raise PgError("42809", f"window function {name} requires an OVER clause", position=node.at + 1)
        special = getattr(self, f"_call_{name}", None)
        if special is not None:
            found: Ex = special(node, scope, want)
            return found
        if name in AGGREGATES:
            return self._aggregate(node, name, scope)
        signature = SIGNATURES.get(name)
        if (
            signature is None
            and name in _TYPE_CALLS
            and len(node.args) == 1
            and (node.schema or name != "date")
        ):
            return self.ex(
                tree.Cast(node.args[0], Sized(BY_NAME[_TYPE_CALLS[name]]), name, at=node.at), scope
            )
        if signature is None and name == "date" and len(node.args) == 1:
            return self.ex(tree.Cast(node.args[0], Sized(DATE), name, at=node.at), scope)
        if node.named:
            self._place_named(node, name)
        if signature is None:
            return self._sqlite_call(node, name, scope)
        return self._by_signature(node, name, signature, scope)

    def _place_named(self, node: tree.Call, name: str) -> None:
        orders = {"make_interval": ("years", "months", "weeks", "days", "hours", "mins", "secs")}
        order = orders.get(name)
        if order is None or any(key not in order for key in node.named):
            raise PgError("42883", f"function {name}() has no arguments of these names", position=node.at + 1)
        given = dict(zip(order, node.args, strict=False)) | node.named
        node.args = [given.get(key, tree.Const(0, "int")) for key in order]

    def _by_signature(self, node: tree.Call, name: str, signature: Signature, scope: Scope) -> Ex:
        if name in _BYTES_TOO and BYTEA in [self.ex(arg, scope).type for arg in node.args[:2]]:
            bytes_too = tuple(BYTEA if kind is TEXT else kind for kind in signature.wants)
            result = BYTEA if signature.result is TEXT else signature.result
            signature = signature._replace(wants=bytes_too, result=result)
        wants = list(signature.wants)
        if signature.rest:
            wants += [wants[-1]] * (len(node.args) - len(wants))
        if len(node.args) > len(wants):
            raise self._no_function(node, [self.ex(arg, scope) for arg in node.args])
        args = []
        given = [
            self.ex(arg, scope, Sized(kind) if kind is not None else None)
            for arg, kind in zip(node.args, wants, strict=False)
        ]
        labels = self.beside_labels(node, name, given) or self._item_type(name, given)
        for arg, kind, found in zip(node.args, wants, given, strict=False):
            ex = found
            if ex.unknown and kind is None and labels is not None:
                ex = self.typed(ex, labels, arg.at)
            if kind in STRINGS and ex.type is not None and ex.type not in STRINGS:
                if ex.type is BOOL and name in ("concat", "concat_ws", "format"):
                    ex = ex._replace(text=f"CASE {ex.text} WHEN 1 THEN 't' WHEN 0 THEN 'f' END")
                elif name in _SAID_AS_TEXT:
                    ex = ex._replace(text=self.as_text(ex))
            if ex.type is BPCHAR and name in _PADDED:
                ex = ex._replace(text=self.padded(ex))
            args.append(self.typed(ex, S_TEXT, arg.at) if ex.unknown and name not in _UNTYPED else ex)
        self._refuse_types(node, name, args)
        if name in _ITEMS:
            args = [ex._replace(text=self.json_item(ex)) if ex.type is BYTEA else ex for ex in args]
        if name in VOLATILE:
            self.volatile = True
        if name in WRITES:
            self.writes = True
        return self._written(node, name, signature, args, scope)

    def _item_type(self, name: str, given: Sequence[Ex]) -> Sized | None:
        """Return the type of an array's items, which a literal beside it takes."""
        place = _OF_ARRAYS.get(name, len(given)) if name in _ITEMS else len(given)
        kind = given[place].type if place < len(given) else None
        element = BY_OID.get(kind.element) if kind is not None else None
        return Sized(element) if element is not None else None

    def _refuse_types(self, node: tree.Call, name: str, args: Sequence[Ex]) -> None:
        """Refuse arguments that would be taken for something else."""
        kinds = [None if arg.unknown else arg.type for arg in args]
        place = _OF_ARRAYS.get(name, len(kinds))
        if place < len(kinds) and (kind := kinds[place]) is not None and not kind.element:
            raise self._no_function(node, args)
        if name in _ITEMS and len(kinds) > 1 and place < len(kinds):
            array, items = (
                kinds[place],
                [each for at, each in enumerate(kinds[:3]) if at != place][: _ITEMS[name]],
            )
            element = BY_OID.get(array.element) if array is not None else None
            for each in items:
                if element is not None and each is not None and not each.element and is_apart(element, each):
                    raise self._no_function(node, args)
        if name == "abs" and kinds and kinds[0] is not None and not is_number(kinds[0]):
            raise self._no_function(node, args)
        if name == "length" and len(kinds) == 2 and kinds[0] not in (None, BYTEA):
            raise self._no_function(node, args)
        if name == "round" and len(kinds) == 2 and kinds[0] in (FLOAT4, FLOAT8):
            raise self._no_function(node, args)
        if name in ("date_part", "extract") and len(args) == 2 and kinds[1] is DATE:
            field = str(args[0].const or "").lower()
            if field in ("hour", "minute", "second", "milliseconds", "microseconds", "timezone"):
                raise PgError("0A000", f'unit "{field}" not supported for type date', position=node.at + 1)

    def _written(self, node: tree.Call, name: str, signature: Signature, args: list[Ex], scope: Scope) -> Ex:
        texts = [arg.text for arg in args]
        if name in ("to_char", "pg_typeof", "to_json", "to_jsonb", "date_trunc", "length", "octet_length", "date_part",
                    "extract", "to_timestamp", "md5", "age", "to_hex"):  # fmt: skip
            at = {"date_trunc": 1, "date_part": 1, "extract": 1}.get(name, 0)
            kind = args[at].type if len(args) > at else None
            texts.append(quote_text(working_name(kind)))
        if (
            name in ("length", "char_length")
            and len(args) == 1
            and args[0].type in (TEXT, BY_NAME["varchar"])
        ):
            return Ex(f"length({args[0].text})", S_INT4)  # SQLite's, which indexes and constraints may have
        if (
            name
            in (
                "json_build_object",
                "jsonb_build_object",
                "json_build_array",
                "jsonb_build_array",
                "num_nulls",
            )
            and name != "num_nulls"
        ):
            texts = [
                part
                for arg in args
                for text, kind in (self.for_json(arg),)
                for part in (text, quote_text(kind))
            ]
        if name == "array_to_string" and args and (kind := args[0].type) is not None:
            if kind is BY_OID[BOOL.array]:
                texts[0] = f"pg_array_letters({texts[0]})"
            elif kind.element and enumerated(kind) is None and item_of(kind) not in STRINGS | INTEGERS:
                texts[0] = self.cast(args[0], Sized(BY_OID[TEXT.array]), node.at).text
        if name in ("round", "trunc") and args:
            texts.append(quote_text(args[0].type.name if args[0].type else "")) if len(
                args
            ) > 1 else texts.extend(("0", quote_text(args[0].type.name if args[0].type else "")))
        made = f"{signature.function}({', '.join(texts)})"
        if name.startswith("jsonb_build_"):
            made = f"pg_to_json({made}, 'json', 1)"
        if name == "log" and len(args) == 2:
            made = f"pg_fifteen({made})"
        self.functions |= signature.function.startswith("pg_")
        if node.over is not None:
            made += self.over(node.over, scope)
        result = self._result(signature.result, args)
        if name == "abs" and result is not None and result.type in (FLOAT4, FLOAT8):
            made = f"({made} + 0.0)"  # of -0 it is 0
        if name == "abs" and result is not None and result.type in (INT2, INT4) and not self.lasting:
            least = f"{texts[0]} = {numbers.RANGES[result.type][0]}"
            if is_plain(texts[0], ()):
                return Ex(made, result, steps=(least,))
            return self.own(f"pg_int({made}, '{result.type.name}')", result)
        return decimals.called(name, Ex(made, result), args)

    def _result(self, result: PgType | str, args: Sequence[Ex]) -> Sized | None:
        if isinstance(result, PgType):
            return Sized(result)
        first = args[0] if args else Ex("")
        if result == "same":
            return Sized(first.sized.type) if first.sized is not None else None
        if result == "second":
            return args[1].sized if len(args) > 1 else None
        if result == "common":
            return self.common(args)
        if result == "log" and len(args) == 2:
            return Sized(NUMERIC)
        if result in ("float", "log"):
            kinds = [arg.type for arg in args]
            exact = NUMERIC in kinds and FLOAT8 not in kinds and FLOAT4 not in kinds
            return Sized(NUMERIC) if exact else S_FLOAT8
        if result == "rounded":
            whole = len(args) > 1 and first.type in INTEGERS
            return Sized(NUMERIC) if NUMERIC is first.type or whole else S_FLOAT8
        if result == "grown":
            last = args[-1]
            one = first if first.type is not None and first.type.element else last
            return self.grown(one, last if one is first else first, item=True)
        if result == "filled":
            array = array_of(first.type)
            return Sized(array or BY_OID[TEXT.array])
        if result == "moment":
            kind = args[1].type if len(args) > 1 else None
            return Sized(TIMESTAMP if kind == TIMESTAMP else INTERVAL if kind is INTERVAL else TIMESTAMPTZ)
        return None

    def _sqlite_call(self, node: tree.Call, name: str, scope: Scope) -> Ex:
        """Return a call of a function that is SQLite's, or a plugin's, or nobody's: SQLite will tell."""
        if not name.replace("_", "a").isalnum() or name.startswith("pg_") or node.variadic:
            raise self._no_function(node, [self.ex(arg, scope) for arg in node.args])
        args = [self.typed(self.ex(arg, scope), S_TEXT, arg.at) for arg in node.args]
        text = "*" if node.star else ", ".join(arg.text for arg in args)
        made = f"{quote_identifier(node.name)}({'DISTINCT ' if node.distinct else ''}{text})"
        made += self._filtered(node, scope)
        kind = VECTOR if name.startswith("vector_") and name.rpartition("_")[2] in _VECTORS else None
        return Ex(made, Sized(kind) if kind is not None else None)


_SAID_AS_TEXT = frozenset(
    [
        "lower",
        "upper",
        "concat",
        "concat_ws",
        "quote_literal",
        "quote_nullable",
        "format",
        "replace",
        "left",
        "right",
        "lpad",
        "rpad",
        "repeat",
        "strpos",
        "split_part",
        "substring",
        "substr",
        "char_length",
    ]
)
_PADDED = frozenset(("octet_length", "concat", "concat_ws", "format"))
_BYTES_TOO = frozenset(("btrim", "ltrim", "rtrim", "overlay", "substring", "substr", "position", "strpos"))
_UNTYPED = frozenset(("pg_typeof",))
_VECTORS = frozenset(("add", "subtract", "multiply", "scale", "normalize", "subvector", "avg", "sum"))
