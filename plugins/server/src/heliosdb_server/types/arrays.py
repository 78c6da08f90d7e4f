"""Arrays. In SQLite an array is JSON text, ``[1, 2, null]``; on the wire ``{1,2,NULL}``, or PostgreSQL's binary form."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from typing import Any

from ..protocol.errors import PgError
from .numbers import wrong

Item = Any


def from_text(text: str, element: Callable[[str], Any], delimiter: str = ",") -> list[Item]:
    """Return the items of ``{1,NULL,"a b"}``, each read by ``element``.

    :raises PgError: it is no array
    """
    made, at = _read(text, _skip(text, 0), element, delimiter, _bounds(text))
    if _skip(text, at) != len(text):
        raise _malformed(text, "Junk after closing right brace.")
    if not is_even(made):
        raise _malformed(text, "Multidimensional arrays must have sub-arrays with matching dimensions.")
    if text[_skip(text, 0) : _skip(text, 0) + 1] == "[":
        said = [int(each[2]) for each in _BOUND.finditer(text[: text.index("=")])]
        if said != _shape(made):
            raise _malformed(text, "Specified array dimensions do not match array contents.")
    return made


def is_even(items: list[Item]) -> bool:
    """Are all arrays within an array of one size?"""
    inner = [item for item in items if isinstance(item, list)]
    if not inner:
        return True
    if len(inner) != len(items) or len({len(item) for item in inner}) > 1:
        return False
    return all(map(is_even, inner)) and len({any(isinstance(x, list) for x in item) for item in inner}) == 1


_BOUND = re.compile(r"\[\s*(?:([+-]?\d+)\s*:\s*)?([+-]?\d+)\s*\]")


def _bounds(text: str) -> int:
    """Return where the braces begin: a text may name the bounds first, ``[1:2]={1,2}``."""
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        return at
    while (found := _BOUND.match(text, at)) is not None:
        if int(found[1] or 1) != 1:
            raise not_from_one()
        at = found.end()
    at = _skip(text, at)
    if text[at : at + 1] != "=":
        raise _malformed(text, 'Missing "=" after array dimensions.')
    return _skip(text, at + 1)


def not_from_one() -> PgError:
    """Return the error for an array whose items are counted from another number than 1."""
    return PgError("0A000", "arrays begin at 1 here: other bounds can't be kept")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _malformed(text: str, detail: str) -> PgError:
    return PgError("22P02", f'malformed array literal: "{text}"', detail=detail)


def _read(
    text: str, _: int, element: Callable[[str], Any], delimiter: str, at: int
) -> tuple[list[Item], int]:
    if at < 0 or text[at : at + 1] != "{":
        raise _malformed(text, 'Array value must start with "{" or dimension information.')
    at = _skip(text, at + 1)
    items: list[Item] = []
    if text[at : at + 1] == "}":
        return items, at + 1
    while True:
        at = _skip(text, at)
        if text[at : at + 1] == "{":
            item, at = _read(text, at, element, delimiter, at)
            items.append(item)
        elif text[at : at + 1] == '"':
            at += 1
            chars = []
            while text[at : at + 1] not in ('"', ""):
                at += text[at] == "\\"
                chars.append(text[at : at + 1])
                at += 1
            at += 1
            items.append(element("".join(chars)))
        else:
            start = at
            chars = []
            while at < len(text) and text[at] not in (delimiter, "}", "{", '"'):
                at += text[at] == "\\"
                chars.append(text[at : at + 1])
                at += 1
            word = "".join(chars).rstrip()
            if not word:
                raise _malformed(text, "Unexpected array element.")
            items.append(None if word.upper() == "NULL" and "\\" not in text[start:at] else element(word))
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return items, at + 1
        if text[at : at + 1] != delimiter:
            raise _malformed(
                text, "Unexpected end of input." if at >= len(text) else "Unexpected array element."
            )
        at += 1


def to_text(items: list[Item], element: Callable[[Any], str]) -> str:
    """Return items as ``{1,NULL,"a b"}``."""
    parts = []
    for item in items:
        if item is None:
            parts.append("NULL")
        elif isinstance(item, list):
            parts.append(to_text(item, element))
        else:
            text = element(item)
            if not text or text.upper() == "NULL" or any(char in '{},"\\' or char.isspace() for char in text):
                text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            parts.append(text)
    return "{" + ",".join(parts) + "}"


def _shape(items: list[Item]) -> list[int]:
    sizes = []
    each: Any = items
    while isinstance(each, list):
        sizes.append(len(each))
        if not each:
            break
        each = each[0]
    return [] if sizes and sizes[-1] == 0 else sizes


def to_binary(items: list[Item], oid: int, element: Callable[[Any], bytes], first: int = 1) -> bytes:
    """Return items in the binary form; ``oid`` is their type, ``first`` the number of the first one."""
    shape = _shape(items)
    flat: list[bytes] = []
    has_null = False

    def walk(some: list[Item], depth: int) -> None:
        nonlocal has_null
        if len(some) != shape[depth]:
            raise PgError("2202E", "multidimensional arrays must have sub-arrays with matching dimensions")
        for item in some:
            if isinstance(item, list) and depth + 1 < len(shape):
                walk(item, depth + 1)
            elif item is None:
                has_null = True
                flat.append(b"\xff\xff\xff\xff")
            else:
                data = element(item)
                flat.append(struct.pack("!i", len(data)) + data)

    if shape:
        walk(items, 0)
    head = struct.pack("!iiI", len(shape), has_null, oid)
    return head + b"".join(struct.pack("!ii", size, first) for size in shape) + b"".join(flat)


def from_binary(data: bytes, element: Callable[[bytes], Any], first: int = 1) -> list[Item]:
    """Return the items of the binary form, each read by ``element``; ``first`` is the number of the first one."""
    try:
        count, _, _ = struct.unpack_from("!iiI", data)
        if not 0 <= count <= 6:
            raise PgError("22P03", f"invalid number of dimensions: {count}")
        at = 12 + 8 * count
        sizes = [struct.unpack_from("!ii", data, 12 + 8 * i)[0] for i in range(count)]
        if any(size < 0 for size in sizes):
            raise PgError("22P03", "invalid array dimensions")
        if any(struct.unpack_from("!i", data, 16 + 8 * i)[0] not in (1, first) for i in range(count)):
            raise not_from_one()

        def walk(depth: int) -> list[Item]:
            nonlocal at
            made: list[Item] = []
            for _ in range(sizes[depth]):
                if depth + 1 < count:
                    made.append(walk(depth + 1))
                    continue
                (size,) = struct.unpack_from("!i", data, at)
                at += 4
                if size < 0:
                    made.append(None)
                    continue
                if at + size > len(data):
                    raise PgError("22P03", "insufficient data left in message")
                made.append(element(data[at : at + size]))
                at += size
            return made

        return walk(0) if count else []
    except struct.error:
        raise PgError("22P03", "incorrect binary data format for an array") from None


def flat(items: list[Item]) -> list[Item]:
    """Return the items of all arrays within an array."""
    if not any(isinstance(item, list) for item in items):
        return items
    return [each for item in items for each in (flat(item) if isinstance(item, list) else [item])]


def depth(items: list[Item]) -> int:
    """Return how many dimensions an array has: none when it is empty."""
    return len(_shape(items))


def load(value: object) -> list[Item]:
    """Return the items of an array that stands in SQLite."""
    if isinstance(value, str):
        if value[:1] == "{":
            return from_text(value, str)
        try:
            items = json.loads(value)
        except ValueError:
            raise wrong("array", value) from None
        if isinstance(items, list):
            return items
    raise wrong("array", value)


def dump(items: list[Item]) -> str:
    r"""Return items as SQLite keeps them; bytes, which JSON has not, as ``\\x`` and hexadecimal digits."""
    made = json.dumps(items, ensure_ascii=False, separators=(",", ":"), default=_bytes)
    if "Infinity" in made:  # JSON has none: SQLite reads a number that is too great as infinite
        return _INFINITE.sub(lambda found: found[1] or found[0].replace("Infinity", "9e999"), made)
    return made


_INFINITE = re.compile(r'("(?:[^"\\]|\\.)*")|Infinity')


def dump_numbers(items: list[Item]) -> str:
    """Return decimal numbers as SQLite keeps them in an array: with the zeros that they end with."""
    parts = (
        "null" if each is None else dump_numbers(each) if isinstance(each, list) else f"{each:f}"
        for each in items
    )
    return f"[{','.join(parts)}]"


def load_numbers(value: object) -> list[Item]:
    """Return the decimal numbers of an array that stands in SQLite: those with a point as text, with all digits."""
    if isinstance(value, str) and value[:1] == "[":
        try:
            items: list[Item] = json.loads(value, parse_float=str)
        except ValueError:
            raise wrong("array", value) from None
        return items
    return load(value)


def _bytes(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(type(value).__name__)
