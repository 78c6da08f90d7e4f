"""Functions that look into documents of JSON, and compare them."""

from __future__ import annotations

import json
import struct
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays, reading, writing
from ..types.reading import jsonb_dump
from .json_texts import members
from .marks import collected


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


def step(value: Any, key: Any) -> Any:
    """Return a member or an item; :data:`MISSING` for none."""
    if isinstance(value, dict):
        return value.get(str(key), MISSING) if not isinstance(key, int) else MISSING
    if isinstance(value, list):
        try:
            return value[int(key)]
        except (ValueError, IndexError):
            return MISSING
    return MISSING


MISSING = object()


def _dump(value: Any) -> str | None:
    return None if value is MISSING else jsonb_dump(value)


def _item(document: Any, key: Any) -> Any:
    """Return what stands in a jsonb document by a name or a place: a value alone counts as an array of itself."""
    value = load(document)
    if isinstance(value, list) and isinstance(key, str):
        return MISSING
    if isinstance(key, int) and not isinstance(value, (dict, list)):
        value = [value]
    return step(value, key)


def pg_json_get(document: Any, key: Any) -> str | None:
    return _dump(_item(document, key))


def pg_json_get_raw(document: Any, key: Any) -> str | None:
    """Return a member or an item of a json document as it is written there."""
    value = load(document)
    if isinstance(value, list) and isinstance(key, str):
        return None
    return _raw(document, value, key)


def _raw(document: str, value: Any, key: Any) -> str | None:
    if step(value, key) is MISSING:
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
    return None if found is MISSING else as_text(found)


def _walk(value: Any, path: list[Any]) -> Any:
    for key in path:
        if key is None:
            return MISSING
        value = step(value, key)
        if value is MISSING:
            return value
    return value


def pg_json_path(document: Any, path: str) -> str | None:
    return _dump(_walk(load(document), [str(each) for each in arrays.load(path)]))


def pg_json_path_text(document: Any, path: str) -> str | None:
    found = _walk(load(document), [str(each) for each in arrays.load(path)])
    return None if found is MISSING else as_text(found)


def pg_json_extract_path(document: Any, *path: str) -> str | None:
    return _dump(_walk(load(document), list(path)))


def pg_json_extract_path_raw(document: Any, *path: str) -> str | None:
    return pg_json_path_raw(document, arrays.dump(list(path)))


def pg_json_extract_path_text_raw(document: Any, *path: str) -> str | None:
    return bare(pg_json_path_raw(document, arrays.dump(list(path))))


def pg_json_extract_path_text(document: Any, *path: str) -> str | None:
    found = _walk(load(document), list(path))
    return None if found is MISSING else as_text(found)


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
    return int(any(pg_json_has(document, key) for key in arrays.load(keys) if key is not None))


def pg_json_has_all(document: Any, keys: str) -> int:
    return int(all(pg_json_has(document, key) for key in arrays.load(keys) if key is not None))


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
