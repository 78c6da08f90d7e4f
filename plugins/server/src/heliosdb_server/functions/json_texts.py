"""What stands in a document of JSON, as it is written there: the type json keeps spaces and the order of keys."""

from __future__ import annotations

import json
import re

_SPACE = re.compile(r"[ \t\n\r]*")
_VALUE = json.JSONDecoder()


def members(document: str) -> list[tuple[str, str]]:
    """Return the members of an object with their keys, or the items of an array, each as text; [] for anything else."""
    found: list[tuple[str, str]] = []
    at = _past_space(document, 0)
    first = document[at : at + 1]
    if first not in ("{", "["):
        return found
    at = _past_space(document, at + 1)
    while document[at] not in "}]":
        key = ""
        if first == "{":
            key, at = _VALUE.raw_decode(document, at)
            at = _past_space(document, _past_space(document, at) + 1)  # the colon
        start = at
        _, at = _VALUE.raw_decode(document, at)
        found.append((key, document[start:at]))
        at = _past_space(document, at)
        if document[at] == ",":
            at = _past_space(document, at + 1)
    return found


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at
