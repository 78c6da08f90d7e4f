"""Functions of JSON."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, numbers, reading, writing
from ..types.reading import jsonb_dump
from ..types.registry import BY_NAME
from .json_texts import members
from .marks import collected, sees_null


def load(text: Any) -> Any:
    try:
        return json.loads(text if isinstance(text, str) else writing.text(text), parse_float=reading.Literal)
    except ValueError:
        raise PgError(
            "22P02", "invalid input syntax for type json", detail=f"The text is {str(text)[:80]!r}."
        ) from None


def as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return jsonb_dump(value)


def _step(value: Any, key: Any) -> Any:
    """Return a member or an item; :data:`_MISSING` for none."""
    if isinstance(value, dict):
        return value.get(str(key), _MISSING) if not isinstance(key, int) else _MISSING
    if isinstance(value, list):
        try:
            return value[int(key)]
        except (ValueError, IndexError):
            return _MISSING
    return _MISSING


_MISSING = object()


def _dump(value: Any) -> str | None:
    return None if value is _MISSING else jsonb_dump(value)


def _item(document: Any, key: Any) -> Any:
    """Return what stands in a jsonb document by a name or a place: a value alone counts as an array of itself."""
    value = load(document)
    if isinstance(value, list) and isinstance(key, str):
        return _MISSING
    if isinstance(key, int) and not isinstance(value, (dict, list)):
        value = [value]
    return _step(value, key)


def pg_json_get(document: Any, key: Any) -> str | None:
    return _dump(_item(document, key))


def pg_json_get_raw(document: Any, key: Any) -> str | None:
    """Return a member or an item of a json document as it is written there."""
    value = load(document)
    if isinstance(value, list) and isinstance(key, str):
        return None
    return _raw(document, value, key)


def _raw(document: str, value: Any, key: Any) -> str | None:
    if _step(value, key) is _MISSING:
        return None
    parts = members(document)
    if isinstance(value, list):
        return parts[int(key)][1]
    return next(text for name, text in reversed(parts) if name == key)


def pg_json_path_raw(document: Any, path: str) -> str | None:
    found: str | None = writing.text(document)
    for key in arrays.load(path):
        if found is None or key is None:
            return None
        found = _raw(found, load(found), str(key))
    return found


def pg_json_get_text_raw(document: Any, key: Any) -> str | None:
    """Return a member or an item of a json document as text: what is no text itself is as it is written there."""
    return bare(pg_json_get_raw(document, key))


def pg_json_path_text_raw(document: Any, path: str) -> str | None:
    return bare(pg_json_path_raw(document, path))


def bare(written: str | None) -> str | None:
    """Return a value as text that is written so in a document."""
    if written is None or written == "null":
        return None
    return str(json.loads(written)) if written[:1] == '"' else written


def pg_json_get_text(document: Any, key: Any) -> str | None:
    found = _item(document, key)
    return None if found is _MISSING else as_text(found)


def _walk(value: Any, path: list[Any]) -> Any:
    for key in path:
        if key is None:
            return _MISSING
        value = _step(value, key)
        if value is _MISSING:
            return value
    return value


def pg_json_path(document: Any, path: str) -> str | None:
    return _dump(_walk(load(document), [str(each) for each in arrays.load(path)]))


def pg_json_path_text(document: Any, path: str) -> str | None:
    found = _walk(load(document), [str(each) for each in arrays.load(path)])
    return None if found is _MISSING else as_text(found)


def pg_json_extract_path(document: Any, *path: str) -> str | None:
    return _dump(_walk(load(document), list(path)))


def pg_json_extract_path_raw(document: Any, *path: str) -> str | None:
    return pg_json_path_raw(document, arrays.dump(list(path)))


def pg_json_extract_path_text_raw(document: Any, *path: str) -> str | None:
    return bare(pg_json_path_raw(document, arrays.dump(list(path))))


def pg_json_extract_path_text(document: Any, *path: str) -> str | None:
    found = _walk(load(document), list(path))
    return None if found is _MISSING else as_text(found)


def _contains(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return all(key in a and _contains(a[key], value) for key, value in b.items())
    if isinstance(a, list) and isinstance(b, list):
        return all(any(_contains(each, item) for each in a) for item in b)
    if isinstance(a, list) and not isinstance(b, dict):
        return any(_equal(each, b) for each in a)
    return _equal(a, b)


def _equal(a: Any, b: Any) -> bool:
    return (type(a) is type(b) and a == b) or (not isinstance(a, bool) and not isinstance(b, bool) and a == b)


def pg_json_contains(a: Any, b: Any) -> int:
    return int(_contains(load(a), load(b)))


def pg_json_contained(a: Any, b: Any) -> int:
    return pg_json_contains(b, a)


def pg_json_has(document: Any, key: str) -> int:
    value = load(document)
    return int(key in value if isinstance(value, (dict, list)) else value == key)


def pg_json_has_any(document: Any, keys: str) -> int:
    return int(any(pg_json_has(document, key) for key in arrays.load(keys)))


def pg_json_has_all(document: Any, keys: str) -> int:
    return int(all(pg_json_has(document, key) for key in arrays.load(keys)))


def pg_json_concat(a: Any, b: Any) -> str:
    one, two = load(a), load(b)
    if isinstance(one, dict) and isinstance(two, dict):
        return jsonb_dump({**one, **two})
    return jsonb_dump(
        [*(one if isinstance(one, list) else [one]), *(two if isinstance(two, list) else [two])]
    )


def pg_json_delete(document: Any, key: Any) -> str:
    value = load(document)
    if isinstance(value, dict):
        if isinstance(key, int):
            raise PgError("22023", "cannot delete from object using integer index")
        keys = arrays.load(key) if isinstance(key, str) and key[:1] == "[" else [key]
        return jsonb_dump({name: each for name, each in value.items() if name not in keys})
    if isinstance(value, list):
        if isinstance(key, int):
            place = key if key >= 0 else len(value) + key
            return jsonb_dump([each for at, each in enumerate(value) if at != place])
        return jsonb_dump([each for each in value if each != key])
    raise PgError("22023", "cannot delete from scalar")


def _target(document: Any, path: str, what: str) -> tuple[Any, Any, Any]:
    """Return a document, the object or array in it that a path ends in, and the name or place there.

    :raises PgError: the document is no object or array, or the path leads into an array by a name
    """
    value, keys = load(document), arrays.load(path)
    if not isinstance(value, (dict, list)):
        raise PgError("22023", f"cannot {what} path in scalar")
    if not value and what != "set":
        return value, None, None
    parent: Any = value
    for at, key in enumerate(keys, 1):
        if not isinstance(parent, (dict, list)):
            break
        if key is None:
            raise PgError("22004", f"path element at position {at} is null")
        step: Any = str(key)
        if isinstance(parent, list):
            try:
                step = int(step)
            except ValueError:
                text = f'path element at position {at} is not an integer: "{key}"'
                raise PgError("22P02", text) from None
            if step < 0 and at < len(keys) and -step > len(parent):
                break
        if at == len(keys):
            return value, parent, step
        parent = _step(parent, step if isinstance(parent, list) else str(key))
    return value, None, None


def pg_json_delete_path(document: Any, path: str) -> str:
    value, parent, key = _target(document, path, "delete")
    if isinstance(parent, dict):
        parent.pop(key, None)
    elif isinstance(parent, list) and -len(parent) <= key < len(parent):
        del parent[key]
    return jsonb_dump(value)


def pg_jsonb_set(document: Any, path: str, new: Any, create: int = 1) -> str:
    value, parent, key = _target(document, path, "set")
    if isinstance(parent, dict) and (create or key in parent):
        parent[key] = load(new)
    elif isinstance(parent, list):
        if -len(parent) <= key < len(parent):
            parent[key] = load(new)
        elif create:
            parent.insert(0 if key < 0 else len(parent), load(new))
    return jsonb_dump(value)


def pg_jsonb_insert(document: Any, path: str, new: Any, after: int = 0) -> str:
    value, parent, key = _target(document, path, "set")
    if isinstance(parent, dict):
        if key in parent:
            raise PgError("22023", "cannot replace existing key")
        parent[key] = load(new)
    elif isinstance(parent, list):
        if key < 0:
            key = len(parent) + key
            parent.insert(max(key + bool(after), 0) if key >= 0 else 0, load(new))
        else:
            parent.insert(key + bool(after), load(new))
    return jsonb_dump(value)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def pg_json_strip_nulls(document: str) -> str:
    raw = reading.Raw
    load(document)
    return reading.json_dump(_without_nulls(json.loads(document, parse_float=raw, parse_int=raw)))


def pg_jsonb_strip_nulls(document: Any) -> str:
    return jsonb_dump(_without_nulls(load(document)))


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


def pg_json_typeof(document: Any) -> str:
    value = load(document)
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", type(None): "null"}
    return names.get(type(value), "number")


def pg_json_array_length(document: Any) -> int:
    value = load(document)
    if not isinstance(value, list):
        raise PgError("22023", "cannot get array length of a non-array")
    return len(value)


def jsonable(value: Any, kind: str) -> Any:
    """Return a value of a type as JSON has it."""
    if value is None:
        return None
    if kind in ("json", "record"):
        return reading.Raw(value if isinstance(value, str) else reading.json_dump(value))
    if kind == "jsonb":
        return reading.Raw(jsonb_dump(load(value) if isinstance(value, str) else value))
    if kind == "bool":
        return bool(value)
    if isinstance(value, float) and not isinstance(value, reading.Literal):
        if not math.isfinite(value):
            return "Infinity" if value > 0 else "-Infinity"
        if kind == "float4":
            return reading.Literal(numbers.single_out(value))
        number = float(f"{value:.15g}") if kind == "numeric" else value
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
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


_NO_KEYS = frozenset(("json", "jsonb", "record"))


def _pairs(items: tuple[Any, ...], error: str) -> list[tuple[str, Any]]:
    """Return names and values of what functions are given as name, its type, value, its type, and so on."""
    if len(items) % 4:
        raise PgError("22023", "argument list must have even number of elements")
    if any(name is None for name in items[::4]):
        raise PgError("22023", error)
    if any(kind in _NO_KEYS or kind.startswith("_") for kind in items[1::4]):
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


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def pg_jsonb(document: Any) -> str:
    """Return a document so that those which are equal are the same text."""
    return jsonb_dump(_plain(load(document)))


def _order(value: Any) -> bytes:
    if value is None:
        return b"\1"
    if isinstance(value, str):
        return b"\2" + value.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\1") + b"\0\0"
    if isinstance(value, bool):
        return b"\4" + bytes([value])
    if isinstance(value, (int, float)):
        bits = int.from_bytes(struct.pack("!d", value + 0.0), "big")
        return b"\3" + (bits ^ (2**64 - 1 if bits >> 63 else 1 << 63)).to_bytes(8, "big")
    if isinstance(value, list):
        return (b"\5" if value else b"\0") + len(value).to_bytes(4, "big") + b"".join(map(_order, value))
    keys: list[str] = sorted(value, key=lambda key: (len(key.encode()), key))
    pairs: bytes = b"".join(_order(key) + _order(value[key]) for key in keys)
    size: bytes = len(value).to_bytes(4, "big")
    return b"\6" + size + pairs


def pg_jsonb_order(document: Any) -> bytes:
    """Return bytes that sort as documents do: null, texts, numbers, false and true, arrays and objects by size."""
    return _order(load(document))


def pg_l2_distance(a: Any, b: Any) -> float:
    one, two = writing.floats(a), writing.floats(b)
    return float(sum((x - y) ** 2 for x, y in zip(one, two, strict=True)) ** 0.5)


FUNCTIONS = collected(globals())
