"""Documents of JSON changed: put together, with something set, inserted or taken out."""

from __future__ import annotations

import json
from typing import Any

from ..protocol.errors import PgError
from ..types import arrays
from ..types.reading import jsonb_dump
from .documents import load, step
from .json_texts import members
from .marks import collected


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
        return jsonb_dump({name: each for name, each in value.items() if name != key})
    if isinstance(value, list):
        if isinstance(key, int):
            place = key if key >= 0 else len(value) + key
            return jsonb_dump([each for at, each in enumerate(value) if at != place])
        return jsonb_dump([each for each in value if each != key])
    raise PgError("22023", "cannot delete from scalar")


def pg_json_delete_all(document: Any, keys: str) -> str:
    value, names = load(document), arrays.load(keys)
    if isinstance(value, dict):
        return jsonb_dump({name: each for name, each in value.items() if name not in names})
    if isinstance(value, list):
        return jsonb_dump([each for each in value if not (isinstance(each, str) and each in names)])
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
        place: Any = str(key)
        if isinstance(parent, list):
            try:
                place = int(place)
            except ValueError:
                text = f'path element at position {at} is not an integer: "{key}"'
                raise PgError("22P02", text) from None
            if place < 0 and at < len(keys) and -place > len(parent):
                break
        if at == len(keys):
            return value, parent, place
        parent = step(parent, place)
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
    load(document)
    return _stripped(document.strip())


def _stripped(document: str) -> str:
    """Return a document without the members that are null; it keeps those that are there twice."""
    parts = [(name, _stripped(text)) for name, text in members(document)]
    if document[:1] == "[":
        return f"[{','.join(text for _, text in parts)}]"
    if document[:1] != "{":
        return document
    listed = (f"{json.dumps(name, ensure_ascii=False)}:{text}" for name, text in parts if text != "null")
    return "{" + ",".join(listed) + "}"


def pg_jsonb_strip_nulls(document: Any) -> str:
    return jsonb_dump(_without_nulls(load(document)))


FUNCTIONS = collected(globals())
