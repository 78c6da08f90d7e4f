"""DataRow messages, many rows at a time, by functions made for the shape of the result.

Nine rows in ten hold integers, text and numbers in columns declared so. A large result in text is written column by
column (:mod:`.columns`), and a binary one is packed as its columns are laid out. A few rows, and unusual ones, are
written row by row by a function that has the encoding of the usual values written out, with nothing called; whatever
else a value turns out to be goes through :mod:`.writing`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import timezone, tzinfo
from functools import lru_cache
from typing import Any

from . import columns as by_column
from . import numbers, writing
from .registry import BY_OID, FLOAT8, INT2, INT4, INT8, NUMERIC, OID, STRINGS, TEXT, VARCHAR, Sized

_PACK = {INT2: "!ih", INT4: "!ii", INT8: "!iq", OID: "!iI"}
_LAYOUT = {INT2: "h", INT4: "i", INT8: "q", OID: "I", FLOAT8: "d"}
_UNUSUAL = (struct.error, AttributeError, TypeError, OverflowError, UnicodeEncodeError)
_FEW = 8  # rows for which it does not pay to look at them by columns
Rows = Sequence[Sequence[Any]]


class Encoder:
    """Makes rows DataRow messages.

    :raises PgError: a value is none of its column's type
    """

    __slots__ = ("_few", "_layout", "_many")

    def __init__(
        self,
        few: Callable[[Rows], list[bytes]],
        many: Callable[[Rows], list[str]] | None,
        layout: Callable[[Rows], list[bytes]] | None,
    ) -> None:
        self._few = few
        self._many = many
        self._layout = layout

    def each(self, rows: Rows) -> list[bytes]:
        """Return a message for each row."""
        if self._layout is not None:
            try:
                return [b"D" + row for row in self._layout(rows)]
            except _UNUSUAL:
                return self._few(rows)
        if self._many is None or len(rows) < _FEW:
            return self._few(rows)
        made = self._many(rows)
        return [(head + row).encode("latin-1") for head, row in zip(made[::2], made[1::2], strict=True)]

    def together(self, rows: Rows) -> bytes:
        """Return the messages of all rows as one piece."""
        if self._layout is not None and rows:
            try:
                return b"D" + b"D".join(self._layout(rows))
            except _UNUSUAL:
                pass
        elif self._many is not None and len(rows) >= _FEW:
            return "".join(self._many(rows)).encode("latin-1")
        return b"".join(self._few(rows))


@lru_cache(maxsize=512)
def encoder(columns: tuple[Sized, ...], formats: tuple[int, ...], here: tzinfo = timezone.utc) -> Encoder:
    """Return what makes rows of these columns DataRow messages.

    :param formats: 0 text, 1 binary, one for each column
    """
    many = _by_columns(columns, here) if columns and not any(formats) else None
    layout = _by_layout(columns) if columns and all(formats) else None
    return Encoder(_by_rows(columns, formats, here), many, layout)


class _Heads(dict[int, str]):
    """What stands before the fields of a row, by their size: ``D``, the message's length, the number of fields."""

    def __init__(self, count: int) -> None:
        self._count = struct.pack("!H", count).decode("latin-1")

    def __missing__(self, size: int) -> str:
        made = "D" + by_column.ANY_LENGTH[size + 6] + self._count
        if size < 4096:
            self[size] = made
        return made


def _by_columns(columns: tuple[Sized, ...], here: tzinfo) -> Callable[[Rows], list[str]]:
    """Return a function that writes column after column, and puts the rows together from them.

    It returns what stands before the fields of a row, and the fields, in turns.
    """
    every = [f"v{at}" for at in range(len(columns))]
    scope: dict[str, Any] = {"head": _Heads(len(columns)).__getitem__, "join": "".join}
    scope |= {f"write{at}": by_column.fields(sized, here) for at, sized in enumerate(columns)}
    names = _unpacked(len(columns))
    body = [f"def encode(rows):\n {names} = zip(*rows)"]
    body += [f" v{at} = write{at}(v{at})" for at in range(len(columns))]
    body.append(
        f" made = [''] * (2 * len(rows))\n made[1::2] = fields = [*map(join, zip({', '.join(every)}))]"
    )
    body.append(" made[::2] = map(head, map(len, fields))\n return made")
    exec("\n".join(body), scope)  # noqa: S102 - the text is made of column numbers alone
    made: Callable[[Rows], list[str]] = scope["encode"]
    return made


def _by_layout(columns: tuple[Sized, ...]) -> Callable[[Rows], list[bytes]] | None:
    """Return a function for binary rows of numbers and text, which takes for granted that they are just that.

    What lies between two texts is packed at once. It returns rows without the letter of the message; a value that is
    something else, or NULL, raises one of :data:`_UNUSUAL`.
    """
    scope: dict[str, Any] = {}
    parts: list[str] = []
    layout, values = "!I", ["size"]
    fixed = struct.pack("!H", len(columns))
    texts: list[str] = []
    bare = 6

    def settle() -> None:
        nonlocal layout, values, fixed
        if fixed:
            scope[f"fixed{len(scope)}"] = fixed
            layout, values, fixed = f"{layout}{len(fixed)}s", [*values, f"fixed{len(scope) - 1}"], b""

    for at, sized in enumerate(columns):
        code = _LAYOUT.get(sized.type)
        if code is not None:
            fixed += struct.pack("!i", sized.type.size)
            settle()
            layout, values = layout + code, [*values, f"v{at}"]
            bare += 4 + sized.type.size
        elif _is_text(sized):
            settle()
            scope[f"pack{at}"] = struct.Struct(layout + "i").pack
            parts += [f"pack{at}({', '.join([*values, f'n{at}'])})", f"b{at}"]
            layout, values = "!", []
            texts.append(f"(n{at} := len(b{at} := v{at}.encode()))")
            bare += 4
        else:
            return None
    settle()
    if values:
        scope["pack"] = struct.Struct(layout).pack
        parts.append(f"pack({', '.join(values)})")
    row = " + ".join(parts).replace("size", " + ".join([str(bare), *texts]), 1)
    exec(f"def encode(rows):\n return [{row} for {_unpacked(len(columns))} in rows]", scope)  # noqa: S102 - as above
    made: Callable[[Rows], list[bytes]] = scope["encode"]
    return made


def _by_rows(
    columns: tuple[Sized, ...], formats: tuple[int, ...], here: tzinfo
) -> Callable[[Rows], list[bytes]]:
    """Return a function that writes row after row."""
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
    made: Callable[[Rows], list[bytes]] = scope["encode"]
    return made


def _unpacked(count: int) -> str:
    return "(" + "".join(f"v{at}, " for at in range(count)) + ")" if count else "_"


def _encoded(write: Callable[[Any], str]) -> Callable[[Any], bytes]:
    return lambda value: write(value).encode("utf-8", "surrogateescape")


def _is_text(sized: Sized) -> bool:
    kind = sized.type
    return kind in (TEXT, VARCHAR) or (kind in STRINGS and sized.modifier == -1 and kind.size == -1)


def _fast(sized: Sized, code: int, at: int, scope: dict[str, Any]) -> list[str]:
    """Return lines that encode the usual value of a type; the lines of the unusual follow them."""
    kind = sized.type
    value, made = f"v{at}", f"b{at}"
    if kind in by_column.RANGE:
        low, high = by_column.RANGE[kind]
        test = f"elif type({value}) is int and {low} <= {value} <= {high}:"
        if code:
            scope[f"pack{at}"] = struct.Struct(_PACK[kind]).pack
            return [test, f" {made} = pack{at}({kind.size}, {value})"]
        return [test, f" {made} = b'%d' % {value}; {made} = length(len({made})) + {made}"]
    if _is_text(sized):
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
