"""Rows as JSON, with every type that SQLite has."""

from __future__ import annotations

import json
from typing import Any


def encode(content: Any) -> str:
    """Return rows as JSON; a BLOB is ``{"blob": "hex"}``."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_blob)


def _blob(content: Any) -> dict[str, str]:
    if isinstance(content, bytes):
        return {"blob": content.hex()}
    raise TypeError(f"no value of a database: {content!r}")


def decode(text: str) -> Any:
    """Return what :func:`encode` was given, tuples as lists."""
    return json.loads(
        text, object_hook=lambda each: bytes.fromhex(each["blob"]) if set(each) == {"blob"} else each
    )
