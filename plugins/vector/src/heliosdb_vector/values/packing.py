"""Python's kinds of vectors turned into the BLOB that is stored: float32, little-endian, nothing around it."""

from __future__ import annotations

import sqlite3
import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from reprlib import repr
from typing import Any

import numpy as np

from .decoding import FLOAT32

# What the standard library raises for a parameter it can't bind: another class up to CPython 3.10.
BindingError: type[sqlite3.Error] = (
    sqlite3.ProgrammingError if sys.version_info >= (3, 11) else sqlite3.InterfaceError
)

_isfinite = np.isfinite
_frombuffer = np.frombuffer
_REAL_KINDS = frozenset("fiub")


def is_vector(value: Any) -> bool:
    """Return whether the value is of a type that is bound as a vector.

    Lists and tuples, numpy's arrays and what turns into one (``__array__``: tensors, pandas' columns), and arrays of
    numbers. bytes, bytearray and memoryview are bytes, and a numpy scalar is no vector.
    """
    if isinstance(value, (list, tuple, np.ndarray)):
        return True
    if isinstance(value, array):
        return value.typecode not in "uw"  # text
    return hasattr(type(value), "__array__") and not isinstance(value, np.generic)


def pack(value: Any, place: str) -> bytes:
    """Return the vector as float32 numbers, 4 bytes each.

    :param place: which parameter it is, for the error: ``"parameter 1"``
    :raises ProgrammingError: it is no vector of finite numbers (InterfaceError on Python 3.10, as the standard
        library's)
    """
    if isinstance(value, (list, tuple)):
        return _pack_numbers(value, place)
    try:
        found = np.asarray(value)
    except Exception as error:  # whatever a stranger's __array__ raises
        what = type(value).__name__
        raise BindingError(f"{place}: this {what} can't be turned into an array: {error}") from error
    if found.ndim != 1:
        raise BindingError(
            f"{place}: a vector has one dimension, and this array of shape {found.shape} has {found.ndim}: "
            "bind one row at a time"
        )
    if found.dtype.kind == "O":
        return _pack_numbers(found.tolist(), place)
    if found.dtype == FLOAT32:
        packed = found.tobytes()
    else:
        if found.dtype.kind not in _REAL_KINDS and (found.dtype.kind != "V" or found.dtype.names):
            raise BindingError(f"{place}: an array of {found.dtype} is no vector: it takes real numbers")
        try:
            with np.errstate(all="ignore"):
                packed = found.astype(FLOAT32).tobytes()
        except (TypeError, ValueError) as error:  # kind V: a type of another library's, bfloat16 among them
            raise BindingError(f"{place}: an array of {found.dtype} is no vector: {error}") from None
    if not packed:
        raise _empty(place, value)
    if 0 in _isfinite(_frombuffer(packed, FLOAT32)).tobytes():
        raise _not_finite(packed, found, place)
    return packed


def pack_list(numbers: list[Any]) -> bytes | None:
    """Return a list as float32 numbers in the shortest way; None for one that :func:`pack` has to look at."""
    try:
        packed = _packer(len(numbers))(*numbers)
    except Exception:  # noqa: BLE001 - pack() meets it again, and says what it is
        return None
    return None if not packed or 0 in _isfinite(_frombuffer(packed, FLOAT32)).tobytes() else packed


def _pack_numbers(numbers: Sequence[Any], place: str) -> bytes:
    if not numbers:
        raise _empty(place, numbers)
    try:
        packed = _packer(len(numbers))(*numbers)
    except (struct.error, OverflowError, TypeError, ValueError):
        raise _odd_one_out(numbers, place) from None
    if 0 in _isfinite(_frombuffer(packed, FLOAT32)).tobytes():
        raise _not_finite(packed, numbers, place)
    return packed


@lru_cache(maxsize=64)
def _packer(dimensions: int) -> Callable[..., bytes]:
    # The machine's own byte order packs faster than one that is asked for.
    return struct.Struct(f"{dimensions}f" if sys.byteorder == "little" else f"<{dimensions}f").pack


def _odd_one_out(numbers: Sequence[Any], place: str) -> sqlite3.Error:
    """Return the error for the first element that is no number, or none that a float32 can hold."""
    one = _packer(1)
    for index, number in enumerate(numbers):
        try:
            one(number)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's __float__ raises
            shown = repr(number)
            if isinstance(error, OverflowError) or isinstance(number, int):
                return BindingError(f"{place}: no float32 can hold {shown}, at index {index}")
            what = type(number).__name__
            return BindingError(f"{place}: a vector holds numbers, and index {index} holds {shown}, a {what}")
    return BindingError(f"{place}: this {type(numbers).__name__} can't be packed as a vector")


def _not_finite(packed: bytes, numbers: Any, place: str) -> sqlite3.Error:
    index = int(_isfinite(_frombuffer(packed, FLOAT32)).argmin())
    number = float(numbers[index])
    if np.isfinite(number):
        return BindingError(f"{place}: no float32 can hold {number!r}, at index {index}")
    return BindingError(f"{place}: a vector holds finite numbers, and index {index} holds {number!r}")


def _empty(place: str, value: Any) -> sqlite3.Error:
    what = type(value).__name__
    return BindingError(f"{place}: an empty {what} is no vector: bind None for a row without one")
