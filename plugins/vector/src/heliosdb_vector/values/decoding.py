"""Vectors as SQL sees them, a float32 BLOB or JSON text, turned into arrays."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from .halves import halves, is_half

FLOAT32 = np.dtype("<f4")  # little-endian wherever the file was written
FLOAT64 = np.dtype(np.float64)

ORDINALS = FIRST, SECOND, THIRD = "the first argument", "the second argument", "the third argument"

_frombuffer = np.frombuffer
_SQL_TYPES = {int: "an INTEGER", float: "a REAL", str: "TEXT", bytes: "a BLOB"}
_SHOWN = 40  # characters of an offending value


def float32(value: Any, place: str) -> Any:
    """Return an SQL value as a one-dimensional float32 array, which must not be written to.

    :param place: what the value is in the call, for the error: ``"the first argument"``
    :raises ValueError: the value is no vector
    """
    if type(value) is bytes:
        if not value or len(value) % 4:
            if is_half(value):
                return halves(value).astype(FLOAT32)
            raise ValueError(
                f"{place} is a BLOB of {len(value)} bytes: a vector is 4 bytes, one float32, for each dimension"
            )
        return _frombuffer(value, FLOAT32)
    if isinstance(value, str):
        return _from_json(value, place)
    raise ValueError(
        f"{place} is {type_of(value)}, {value!r}: "
        "give a vector, as a float32 BLOB or as JSON text like '[1, 2]'"
    )


def type_of(value: Any) -> str:
    """Return what SQL calls the type of a value, for an error: ``"an INTEGER"``."""
    return _SQL_TYPES.get(type(value), type(value).__name__)


def differ(first: int, second: int) -> str:
    """Return what is wrong with two vectors of these dimensions."""
    return f"the vectors have {first} and {second} dimensions: both must have the same number"


@lru_cache(maxsize=16)  # a text that is constant in a query is read once
def _from_json(text: str, place: str) -> Any:
    shown = repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")
    try:
        numbers = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{place} is no JSON array of numbers: {shown} ({error})") from None
    if not isinstance(numbers, list) or not numbers or not {int, float}.issuperset(map(type, numbers)):
        raise ValueError(f"{place} is no JSON array of numbers: {shown}")
    try:
        wide = np.array(numbers, FLOAT64)
    except OverflowError:  # an integer of more than 308 digits
        raise ValueError(f"no float32 can hold a number of {place}: {shown}") from None
    with np.errstate(over="ignore"):
        vector = wide.astype(FLOAT32)
    if not np.isfinite(vector).all():
        index = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise ValueError(f"no float32 can hold {numbers[index]!r}, at index {index} of {place}")
    vector.flags.writeable = False  # the cache hands it out again
    return vector


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
