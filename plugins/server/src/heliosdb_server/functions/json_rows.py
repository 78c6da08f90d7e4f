"""What stands in a document of JSON as rows: the items of arrays, the members of objects."""

from __future__ import annotations

import json
from typing import Any

from ..protocol.errors import PgError
from ..types.reading import jsonb_dump
from .documents import as_text, bare, load
from .json_texts import members
from .marks import collected


def _items(document: Any) -> list[Any]:
    value = load(document)
    if not isinstance(value, list):
        raise PgError(
            "22023",
            "cannot extract elements from " + ("an object" if isinstance(value, dict) else "a scalar"),
        )
    return value


def pg_json_items(document: Any) -> str:
    return json.dumps([jsonb_dump(item) for item in _items(document)], ensure_ascii=False)


def pg_json_items_raw(document: Any) -> str:
    _items(document)
    return json.dumps([text for _, text in members(document)], ensure_ascii=False)


def pg_json_texts_raw(document: Any) -> str:
    _items(document)
    return json.dumps([bare(text) for _, text in members(document)], ensure_ascii=False)


def pg_json_texts(document: Any) -> str:
    return json.dumps([as_text(item) for item in _items(document)], ensure_ascii=False)


def _members(document: Any) -> dict[str, Any]:
    value = load(document)
    if not isinstance(value, dict):
        raise PgError(
            "22023",
            "cannot deconstruct " + ("an array as an object" if isinstance(value, list) else "a scalar"),
        )
    return value


def pg_jsonb_keys(document: Any) -> str:
    return json.dumps(
        sorted(_members(document), key=lambda key: (len(key.encode()), key)), ensure_ascii=False
    )


def pg_json_keys(document: Any) -> str:
    return json.dumps(list(_members(document)), ensure_ascii=False)


def pg_json_pairs(document: Any) -> str:
    return json.dumps(
        [[key, jsonb_dump(value)] for key, value in _members(document).items()], ensure_ascii=False
    )


def pg_json_pairs_raw(document: Any) -> str:
    _members(document)
    return json.dumps([[key, text] for key, text in members(document)], ensure_ascii=False)


def pg_json_pairs_text_raw(document: Any) -> str:
    _members(document)
    return json.dumps([[key, bare(text)] for key, text in members(document)], ensure_ascii=False)


def pg_json_pairs_text(document: Any) -> str:
    return json.dumps(
        [[key, as_text(value)] for key, value in _members(document).items()], ensure_ascii=False
    )


FUNCTIONS = collected(globals())
