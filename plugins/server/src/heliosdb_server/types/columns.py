"""The text of whole columns: what a few hundred values of one type look like, made by few calls.

Python takes longer to call a function than to write a number. So the values of a column are written together, by one
formatting or joining of them all, after one look at what they are: a column that holds something else than its type
promises goes value by value.

Texts here are UTF-8 in which each byte is one character, so that they can be put together with the binary lengths
between them, and become bytes all at once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

from . import writing
from .registry import BOOL, FLOAT8, INT2, INT4, INT8, NUMERIC, OID, STRINGS, TEXT, VARCHAR, Sized

Column = Sequence[Any]
Write = Callable[[Column], "list[str | None]"]
_INT, _STR, _FLOAT = frozenset((int,)), frozenset((str,)), frozenset((float,))
_BITS = frozenset((0, 1))
RANGE = {
    INT2: (-(2**15), 2**15 - 1),
    INT4: (-(2**31), 2**31 - 1),
    INT8: (-(2**63), 2**63 - 1),
    OID: (0, 2**32 - 1),
}


class _Lengths(dict[int, str]):
    """Four bytes for each number."""

    def __missing__(self, number: int) -> str:
        return struct.pack("!i", number).decode("latin-1")


LENGTH = {number: struct.pack("!i", number).decode("latin-1") for number in range(4096)}
ANY_LENGTH = _Lengths(LENGTH)
NULL = "\xff\xff\xff\xff"
_SMALL = {number: LENGTH[len(str(number))] + str(number) for number in range(1024)}


class Holey(list["str | None"]):
    """The texts of a column in which there are NULLs."""


def writer(sized: Sized, here: tzinfo) -> Write:
    """Return what writes the values of a column as text; a list of the class Holey has None where there is NULL.

    :raises PgError: in the function: a value is none of the type
    """
    kind = sized.type
    slowly = _one_by_one(writing.text_out(*sized, here))
    if kind in RANGE:
        return _integers(*RANGE[kind], slowly)
    if kind is NUMERIC and sized.modifier == -1:
        return _integers(*RANGE[INT8], slowly)
    if kind is FLOAT8:
        return _floats(slowly)
    if kind in (TEXT, VARCHAR) or (kind in STRINGS and sized.modifier == -1 and kind.size == -1):
        return _strings(slowly)
    return _booleans(slowly) if kind is BOOL else slowly


def fields(sized: Sized, here: tzinfo) -> Callable[[Column], list[str]]:
    """Return what writes the values of a column as DataRow has them: length and text.

    :raises PgError: in the function: a value is none of the type
    """
    write = writer(sized, here)

    def run(column: Column) -> list[str]:
        texts: list[Any] = write(column)
        if type(texts) is list:
            try:
                return [LENGTH[len(text)] + text for text in texts]
            except KeyError:  # longer than most
                pass
        return [NULL if text is None else ANY_LENGTH[len(text)] + text for text in texts]

    if sized.type not in RANGE:
        return run
    most = RANGE[sized.type][1]

    def integers(column: Column) -> list[str]:
        if set(map(type, column)) == _INT:
            low, high = min(column), max(column)
            if low >= 0 and high < 1024:
                return [_SMALL[value] for value in column]
            if low > 0 and high <= most and len(str(low)) == len(str(high)):
                found = (f"{LENGTH[len(str(low))]}%d," * len(column) % tuple(column)).split(",")
                found.pop()
                return found
        return run(column)

    return integers


def _one_by_one(write: Callable[[Any], str]) -> Write:
    def run(column: Column) -> list[str | None]:
        kind = Holey if None in column else list
        return kind([None if value is None else _narrow(write(value)) for value in column])

    return run


def _narrow(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _integers(low: int, high: int, slowly: Write) -> Write:
    def run(column: Column) -> list[str | None]:
        if set(map(type, column)) == _INT and low <= min(column) and max(column) <= high:
            found: list[Any] = ("%d," * len(column) % tuple(column)).split(",")
            found.pop()
            return found
        return slowly(column)

    return run


def _floats(slowly: Write) -> Write:
    def run(column: Column) -> list[str | None]:
        if set(map(type, column)) == _FLOAT and min(column) > -1e15 and max(column) < 1e15:
            text = repr(tuple(column))[1:]
            if "e" not in text and "n" not in text:  # 1e-05, nan
                text = text[:-2] if text.endswith(",)") else text[:-1]
                found: list[Any] = (text + ", ").replace(".0, ", ", ").split(", ")
                found.pop()
                return found
        return slowly(column)

    return run


def _strings(slowly: Write) -> Write:
    def run(column: Column) -> list[str | None]:
        if set(map(type, column)) != _STR:
            return slowly(column)
        text = "\0".join(column)
        if text.isascii():
            return list(column)
        found: list[Any] = text.encode().decode("latin-1").split("\0")
        return found if len(found) == len(column) else slowly(column)  # a text with a NUL in it

    return run


def _booleans(slowly: Write) -> Write:
    def run(column: Column) -> list[str | None]:
        if set(map(type, column)) == _INT and _BITS.issuperset(column):
            return ["t" if value else "f" for value in column]
        return slowly(column)

    return run
