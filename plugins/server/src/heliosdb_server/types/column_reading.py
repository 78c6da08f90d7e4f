"""Values out of the text of whole columns: what COPY brings, hundreds of values of one type at a time.

The counterpart of :mod:`.columns`: one look at a column says whether all of it is what its type usually looks like, and
then few calls read it. Anything else is refused here, to be read value by value: there it can be said which is wrong.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

from . import reading
from .columns import RANGE
from .registry import BOOL, BPCHAR, FLOAT8, VARCHAR, Sized

Read = Callable[[Sequence[str]], "Sequence[Any]"]
_NUMBER = re.compile(r"[0-9.,+-]*")  # with a comma between them; no exponent: those may be out of range
_SIZES = {  # letters of arrays whose numbers have that range
    (-(2 ** (8 * array(letter).itemsize - 1)), 2 ** (8 * array(letter).itemsize - 1) - 1): letter
    for letter in "hiq"
}
_BOOLEANS = {"t": 1, "f": 0, "true": 1, "false": 0, "1": 1, "0": 0}


class Unusual(Exception):
    """A column has something in it that has to be looked at by itself."""


def reader(sized: Sized, zone: tzinfo) -> Read:
    """Return what reads the texts of a column, among which there is no NULL.

    :raises Unusual: in the function: read them one by one
    :raises PgError: in the function: one is none of its type
    """
    kind, modifier = sized
    if kind in RANGE:
        return _integers(*RANGE[kind])
    if kind is FLOAT8:
        return _floats
    if kind is BOOL:
        return _booleans
    one = reading.text_in(kind, modifier, zone)
    if kind in (VARCHAR, BPCHAR) and modifier > 4:
        return _short(modifier - 4, None if one is str else one)
    if one is str:
        return _as_they_are
    return lambda column: [one(text) for text in column]


def _as_they_are(column: Sequence[str]) -> Sequence[Any]:
    return column


def _integers(low: int, high: int) -> Read:
    fits = _SIZES.get((low, high))

    def run(column: Sequence[str]) -> list[Any]:
        found: list[Any]
        text = ",".join(column)
        if "e" in text:  # true, false
            raise Unusual
        try:
            found = json.loads(f"[{text}]")  # half of what int() takes for each, and knows nothing but digits
            if len(found) != len(column):
                raise Unusual
            if fits is not None:
                array(fits, found)  # what is no integer, or too great for it, is an error
            elif set(map(type, found)) != {int} or min(found) < low or max(found) > high:
                raise Unusual
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise Unusual from None
        return found

    return run


def _floats(column: Sequence[str]) -> Sequence[Any]:
    if not _NUMBER.fullmatch(",".join(column)):
        raise Unusual
    try:
        return list(map(float, column))
    except ValueError:
        raise Unusual from None


def _booleans(column: Sequence[str]) -> Sequence[Any]:
    try:
        return list(map(_BOOLEANS.__getitem__, column))
    except KeyError:
        raise Unusual from None


def _short(limit: int, one: Callable[[str], Any] | None) -> Read:
    def run(column: Sequence[str]) -> Sequence[Any]:
        if max(map(len, column)) > limit:
            raise Unusual
        return column if one is None else list(map(one, column))

    return run
