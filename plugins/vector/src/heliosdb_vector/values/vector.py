"""A vector as a SELECT returns it: an unchanging sequence of floats that shares its memory with whoever asks."""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex, overload

import numpy as np

from .decoding import FLOAT32, float32
from .halves import half_blob, halves
from .packing import BindingError, is_vector, pack
from .shortest import shortest

_LITTLE = sys.byteorder == "little"
_SHOWN = 3  # numbers of a long vector in its repr

_item: Any = array.__getitem__
_equal: Any = array.__eq__

if TYPE_CHECKING:
    _Floats = array[float]
else:
    _Floats = array  # which can't be subscripted before Python 3.12


class Vector(_Floats):
    """A vector: as many floats as it has dimensions, kept as float32.

    It has a length, items and slices (which are vectors too), and can be iterated, copied and pickled. As a parameter
    it is bound as it is, on any connection. Below it is an ``array.array``, so that whatever reads bytes reads it
    without a copy: ``numpy.asarray(v)``, ``numpy.frombuffer(v, "float32")``, ``struct.unpack``, ``bytes(v)``. It has no
    method that changes it; who writes through numpy into its memory does, so copy first.

    Two vectors are equal when their numbers are, and then have one hash. A list, tuple, array or bytes object is equal
    when it would be stored as this vector, so that numbers are rounded to float32 before they are compared; its hash
    is its own. With a numpy array the comparison is numpy's, element by element, and so is all arithmetic: ``v * 2``
    alone is an error, ``numpy.asarray(v) * 2`` is not.

    >>> v = Vector([0.1, 0.5, 2])
    >>> v, len(v), v[1], v[1:], v == [0.1, 0.5, 2]
    (Vector([0.1, 0.5, 2]), 3, 0.5, Vector([0.5, 2]), True)

    :param numbers: whatever a vector can be bound from, or the bytes of one as they are stored
    :raises ProgrammingError: it is no vector of finite numbers (InterfaceError on Python 3.10)
    """

    __slots__ = ()

    def __new__(cls, numbers: Any) -> Vector:  # noqa: PYI034 - Self is not in the 3.10 library
        if isinstance(numbers, (bytes, bytearray, memoryview)):
            blob = bytes(numbers)
            try:
                found = float32(blob, "this")
            except ValueError as error:
                raise BindingError(f"Vector(): {error}") from None
            blob = found.tobytes()
        elif is_vector(numbers):
            blob = pack(numbers, "Vector()")
        else:
            raise BindingError(
                f"Vector(): {numbers!r} is a {type(numbers).__name__}: give a list, an array, or bytes"
            )
        return from_blob(blob)

    # -- a sequence --------------------------------------------------------------------------------------------------
    @overload
    def __getitem__(self, index: SupportsIndex) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> Vector: ...
    def __getitem__(self, index: Any) -> Any:
        found = _item(self, index)
        return _from_native(found.tobytes()) if isinstance(index, slice) else found

    def __eq__(self, other: object) -> Any:
        if isinstance(other, array):
            return _equal(self, other if isinstance(other, Vector) else _rounded(other))
        if isinstance(other, (list, tuple)) and len(other) == len(self):
            return _equal(self, _rounded(other))
        if isinstance(other, bytes):
            return self.tobytes() == other
        return NotImplemented

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __repr__(self) -> str:
        numbers = np.asarray(self)
        if len(self) <= 2 * _SHOWN:
            return f"Vector([{', '.join(_texts(numbers))}])"
        first, last = _texts(numbers[:_SHOWN]), _texts(numbers[-1:])
        return f"<Vector of {len(self)}: {', '.join(first)}, ..., {last[0]}>"

    # -- its bytes ---------------------------------------------------------------------------------------------------
    def __bytes__(self) -> bytes:
        return self.tobytes()

    def tobytes(self) -> bytes:
        """Return the vector as it is stored: 4 bytes for each number, the least significant one first."""
        return super().tobytes() if _LITTLE else np.asarray(self).astype(FLOAT32).tobytes()

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return _restored, (self.tobytes(),)

    def __copy__(self) -> Vector:
        return self

    def __deepcopy__(self, memo: object) -> Vector:
        return self

    # -- what an array can do and a vector does not --------------------------------------------------------------------
    def __add__(self, other: object) -> Any:  # an array would be made longer
        return NotImplemented

    def __mul__(self, other: object) -> Any:  # ... or be repeated
        return NotImplemented

    __rmul__ = __mul__

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("a Vector does not change: make a list of it, or a copy with numpy.array(vector)")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = pop = remove = clear = reverse = byteswap = _refuse
    frombytes = fromfile = fromlist = fromunicode = _refuse


class HalfVector(Vector):
    """A vector as a HALFVEC column has it: of numbers that a 2-byte float can hold, and stored as such.

    It is a :class:`Vector` in all but its bytes: ``bytes(v)`` and ``v.tobytes()`` are what is stored, two for each
    number and a byte 2, and that is what it is bound as, on any connection. Its memory has the numbers as float32.

    >>> v = HalfVector([0.1, 0.5, 2])
    >>> v, len(bytes(v)), v == [0.1, 0.5, 2], v[1:] == [0.5, 2]
    (HalfVector([0.099975586, 0.5, 2]), 7, True, True)

    :param numbers: whatever a vector can be bound from, or the bytes of one as they are stored; rounded to float16
    :raises ProgrammingError: it is no vector of numbers that a float16 can hold (InterfaceError on Python 3.10)
    """

    __slots__ = ()

    def __new__(cls, numbers: Any) -> HalfVector:  # noqa: PYI034 - Self is not in the 3.10 library
        whole = Vector(numbers)
        try:
            return half_from_blob(half_blob(np.asarray(whole)))
        except ValueError as error:
            raise BindingError(f"HalfVector(): {error}") from None

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Vector) or not isinstance(other, (array, list, tuple)):
            return super().__eq__(other)
        return len(other) == len(self) and _equal(self, _rounded_to_half(other))

    __hash__ = Vector.__hash__

    def __repr__(self) -> str:
        return super().__repr__().replace("Vector", "HalfVector", 1)

    def tobytes(self) -> bytes:
        """Return the vector as it is stored: 2 bytes for each number, the least significant one first, and a byte 2."""
        return half_blob(np.asarray(self))

    def __conform__(self, protocol: object) -> bytes | None:
        return self.tobytes() if protocol is sqlite3.PrepareProtocol else None

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return half_from_blob, (self.tobytes(),)


def half_from_blob(blob: bytes) -> HalfVector:
    """Return the vector of a BLOB that is known to be one of 2-byte floats."""
    made: HalfVector = array.__new__(HalfVector, "f", halves(blob).astype("=f4").tobytes())
    return made


_from_native: Callable[[bytes], Vector] = partial(array.__new__, Vector, "f")  # type: ignore[assignment]


def _from_little_endian(blob: bytes) -> Vector:
    return _from_native(np.frombuffer(blob, FLOAT32).astype("=f4").tobytes())


from_blob: Callable[[bytes], Vector] = _from_native if _LITTLE else _from_little_endian
"""Makes a vector of a BLOB that is known to be one."""


def _restored(blob: bytes) -> Vector:
    return from_blob(blob)


def _rounded(numbers: Any) -> Any:
    """Return the numbers as float32, or None, which equals nothing, if they are no numbers."""
    try:
        return array("f", numbers)
    except (TypeError, OverflowError, ValueError):
        return None


def _rounded_to_half(numbers: Any) -> Any:
    wide = _rounded(numbers)
    if wide is None:
        return None
    with np.errstate(all="ignore"):
        return array("f", np.asarray(wide).astype("f2").astype("=f4").tobytes())


def _texts(numbers: Any) -> Any:
    if np.isfinite(numbers).all():
        return shortest(numbers)
    return [str(number) for number in numbers]  # nan and inf: of another program's making
