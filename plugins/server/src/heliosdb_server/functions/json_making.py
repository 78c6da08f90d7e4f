"""JSON made of values of other types."""

from __future__ import annotations

import json
import math
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, numbers, reading, writing
from ..types.reading import jsonb_dump
from ..types.registry import BY_NAME
from .documents import load
from .json_texts import members
from .marks import collected, sees_null


def jsonable(value: Any, kind: str) -> Any:
    """Return a value of a type as JSON has it."""
    if value is None:
        return None
    if kind in ("json", "record", "number"):
        return reading.Raw(value if isinstance(value, str) else reading.json_dump(value))
    if kind == "jsonb":
        return reading.Raw(jsonb_dump(load(value) if isinstance(value, str) else value))
    if kind == "bool":
        return bool(value)
    if isinstance(value, float) and not isinstance(value, reading.Literal):
        if not math.isfinite(value):
            return "Infinity" if value > 0 else "-Infinity"
        if kind == "float4":
            return reading.Raw(numbers.single_out(value))
        if kind == "numeric":
            return reading.Raw(numbers.decimal_out(numbers.decimal(value)))
        return reading.Raw(numbers.float_out(value))
    if kind.startswith("_"):
        items = arrays.load(value) if isinstance(value, str) else value
        inner = [jsonable(item, kind if isinstance(item, list) else kind[1:]) for item in items]
        return reading.Raw(reading.json_dump(inner))
    if kind in {"timestamp", "timestamptz"}:
        return writing.text_out(BY_NAME[kind])(value).replace(" ", "T") + (
            ":00" if kind == "timestamptz" else ""
        )
    if isinstance(value, (int, float)) and kind in (
        "",
        "int2",
        "int4",
        "int8",
        "float4",
        "float8",
        "numeric",
        "oid",
    ):
        return value
    if isinstance(value, bytes):
        return writing.text_out(BY_NAME["bytea"])(value)
    return writing.text(value)


@sees_null
def pg_to_json(value: Any, kind: str, binary: int = 0) -> str | None:
    if value is None:
        return None
    made = jsonb_dump(jsonable(value, kind))
    return jsonb_dump(load(made)) if binary else made


def pg_json_lines(made: str, lines: int) -> str:
    """Return an array or a row as JSON, each item or member on a line of its own where that is asked for."""
    items = members(made) if lines else []
    if not items:
        return made
    if made[:1] == "[":
        return "[" + ",\n ".join(text for _, text in items) + "]"
    return "{" + ",\n ".join(f"{json.dumps(name, ensure_ascii=False)}:{text}" for name, text in items) + "}"


NO_KEYS = frozenset(("json", "jsonb", "record"))


def _pairs(items: tuple[Any, ...], error: str) -> list[tuple[str, Any]]:
    """Return names and values of what functions are given as name, its type, value, its type, and so on."""
    if len(items) % 4:
        raise PgError("22023", "argument list must have even number of elements")
    if any(name is None for name in items[::4]):
        raise PgError("22023", error)
    if any(kind in NO_KEYS or kind.startswith("_") for kind in items[1::4]):
        raise PgError("22023", "key value must be scalar, not array, composite, or json")
    return [
        (key_of(items[at], items[at + 1]), jsonable(items[at + 2], items[at + 3]))
        for at in range(0, len(items), 4)
    ]


def key_of(value: Any, kind: str) -> str:
    """Return a value as the name of a member, with its quotes."""
    made = jsonb_dump(jsonable(value, kind))
    return made if made[:1] == '"' else json.dumps(made)


@sees_null
def pg_json_build_object(*items: Any) -> str:
    pairs = _pairs(items, "argument of a JSON object's key must not be null")
    return "{" + ", ".join(f"{name} : {jsonb_dump(value)}" for name, value in pairs) + "}"


@sees_null
def pg_json_record(*items: Any) -> str:
    """Return a row as row_to_json() writes it."""
    return "{" + ",".join(f"{name}:{jsonb_dump(value)}" for name, value in _pairs(items, "")) + "}"


@sees_null
def pg_json_build_array(*items: Any) -> str:
    return jsonb_dump([jsonable(items[at], items[at + 1]) for at in range(0, len(items), 2)])


def pg_json_object(keys: str, values: str | None = None) -> str:
    items = arrays.load(keys)
    there = arrays.load(values) if values is not None else items[1::2]
    items = items if values is not None else items[::2]
    if len(items) != len(there):
        raise PgError("2202E", "mismatched array dimensions")
    pairs = (f"{jsonb_dump(str(k))} : {jsonb_dump(v)}" for k, v in zip(items, there, strict=True))
    return "{" + ", ".join(pairs) + "}"


def pg_jsonb_pretty(document: Any) -> str:
    def lines(value: Any, indent: str) -> str:
        inner = indent + "    "
        if isinstance(value, dict):
            keys = sorted(value, key=lambda key: (len(key.encode()), key))
            items = [f"{inner}{jsonb_dump(key)}: {lines(value[key], inner)}" for key in keys]
        elif isinstance(value, list):
            items = [inner + lines(each, inner) for each in value]
        else:
            return jsonb_dump(value)
        first, last = "{}" if isinstance(value, dict) else "[]"
        return first + "\n" + "".join([",\n".join(items), "\n"] if items else []) + indent + last

    return lines(load(document), "")


FUNCTIONS = collected(globals())
