"""DataRow messages, many rows at a time, by a function made for the shape of the result.

Nine rows in ten hold integers, text and numbers in columns declared so. For those the function has the encoding written
out, with nothing called; whatever else a value turns out to be goes through :mod:`.writing`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import timezone, tzinfo
from functools import lru_cache
from typing import Any

from . import numbers, writing
from .registry import BY_OID, FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC, OID, STRINGS, TEXT, VARCHAR, Sized

Encoder = Callable[[Iterable[Sequence[Any]]], list[bytes]]
_RANGE = {
    INT2: (-(2**15), 2**15 - 1),
    INT4: (-(2**31), 2**31 - 1),
    INT8: (-(2**63), 2**63 - 1),
    OID: (0, 2**32 - 1),
}
_PACK = {INT2: "!ih", INT4: "!ii", INT8: "!iq", OID: "!iI"}


@lru_cache(maxsize=512)
def encoder(columns: tuple[Sized, ...], formats: tuple[int, ...], here: tzinfo = timezone.utc) -> Encoder:
    """Return a function that makes each row of an iterable a DataRow message.

    :param formats: 0 text, 1 binary, one for each column
    :raises PgError: in the function: a value is none of its column's type
    """
    scope: dict[str, Any] = {
        "length": struct.Struct("!i").pack, "head": struct.Struct("!cIH").pack, "NULL": b"\xff\xff\xff\xff",
        "float_out": numbers.float_out, "double": struct.Struct("!id").pack,
    }  # fmt: skip
    body = [f"def encode(rows):\n made = []\n add = made.append\n for {_unpacked(len(columns))} in rows:"]
    for at, (sized, code) in enumerate(zip(columns, formats, strict=True)):
        slow = writing.binary_out(*sized) if code else _encoded(writing.text_out(*sized, here))
        scope[f"slow{at}"] = slow
        fast = _fast(sized, code, at, scope)
        body.append(f"  if v{at} is None: b{at} = NULL")
        body += [f"  {line}" for line in fast]
        body.append(f"  else:\n   b{at} = slow{at}(v{at})\n   b{at} = length(len(b{at})) + b{at}")
    joined = " + ".join(f"b{at}" for at in range(len(columns))) or "b''"
    body.append(f"  row = {joined}\n  add(head(b'D', len(row) + 6, {len(columns)}) + row)\n return made")
    exec("\n".join(body), scope)  # noqa: S102 - the text is made of column numbers alone
    made: Encoder = scope["encode"]
    return made


def _unpacked(count: int) -> str:
    return "(" + "".join(f"v{at}, " for at in range(count)) + ")" if count else "_"


def _encoded(write: Callable[[Any], str]) -> Callable[[Any], bytes]:
    return lambda value: write(value).encode("utf-8", "surrogateescape")


def _fast(sized: Sized, code: int, at: int, scope: dict[str, Any]) -> list[str]:
    """Return lines that encode the usual value of a type; the lines of the unusual follow them."""
    kind = sized.type
    value, made = f"v{at}", f"b{at}"
    if kind in _RANGE:
        low, high = _RANGE[kind]
        test = f"elif type({value}) is int and {low} <= {value} <= {high}:"
        if code:
            scope[f"pack{at}"] = struct.Struct(_PACK[kind]).pack
            return [test, f" {made} = pack{at}({kind.size}, {value})"]
        return [test, f" {made} = b'%d' % {value}; {made} = length(len({made})) + {made}"]
    if kind in (TEXT, VARCHAR) or (kind in STRINGS and sized.modifier == -1 and kind.size == -1):
        return [
            f"elif type({value}) is str:",
            f" {made} = {value}.encode(); {made} = length(len({made})) + {made}",
        ]
    if kind is FLOAT8:
        if code:
            return [f"elif type({value}) is float:", f" {made} = double(8, {value})"]
        return [
            f"elif type({value}) is float:",
            f" {made} = float_out({value}).encode(); {made} = length(len({made})) + {made}",
        ]
    if kind is NUMERIC and not code and sized.modifier == -1:
        return [
            f"elif type({value}) is int:",
            f" {made} = b'%d' % {value}; {made} = length(len({made})) + {made}",
        ]
    return []


def guessed(value: Any) -> Sized:
    """Return the type that a value of SQLite's has by itself, for a column that says nothing of its own."""
    if isinstance(value, bool):
        return Sized(INT8)
    if isinstance(value, int):
        return Sized(INT8)
    if isinstance(value, float):
        return Sized(FLOAT8)
    if isinstance(value, bytes):
        return Sized(BY_OID[17])
    if value is None or isinstance(value, str):
        return Sized(TEXT)
    return Sized(BY_OID[16388])


__all__ = ["FLOAT4", "Encoder", "encoder", "guessed"]
