"""The SQL functions that compute something of one vector or two, row by row.

Each is written here for vectors that are there and finite, as float32 arrays; :func:`scalar_function` brings what SQL
hands over into that form. NULL in any argument gives NULL, and so does a vector with NaN or infinity in it, which only
a writer without this plugin can have stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite, sqrt
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..values.decoding import FLOAT32, FLOAT64, ORDINALS, SECOND, differ, float32, type_of
from ..values.halves import half_blob
from ..values.shortest import shortest
from .failure import Failure


class Scalar(NamedTuple):
    """One SQL function: how it is computed, of how many arguments, the first ``vectors`` of which are vectors."""

    compute: Callable[..., Any]
    arguments: int
    vectors: int
    gives_vector: bool


def scalar_function(name: str, scalar: Scalar, failure: Failure) -> Callable[..., Any]:
    """Return the function for one connection, as SQLite calls it."""
    compute, _, vectors, gives_vector = scalar
    places = ORDINALS[:vectors]

    def call(*values: Any) -> Any:
        try:
            if None in values:
                return None
            found = [float32(value, place) for value, place in zip(values, places, strict=False)]
            if vectors == 2 and found[0].size != found[1].size:
                raise ValueError(differ(found[0].size, found[1].size))
            with np.errstate(all="ignore"):
                if not all(np.isfinite(each).all() for each in found):
                    return None
                result = compute(*found, *values[vectors:])
                return _stored(result) if gives_vector and result is not None else result
        except Exception as error:
            failure.note(f"{name}(): {error}")
            raise

    return call


def _stored(result: Any) -> bytes:
    """Return an array as a float32 BLOB.

    :raises ValueError: a number is too large for that
    """
    if type(result) is bytes:
        return result
    narrow = result.astype(FLOAT32, copy=False)
    finite = np.isfinite(narrow)
    if not finite.all():
        raise ValueError(f"no float32 can hold the result at index {int(finite.argmin())}")
    return narrow.tobytes()  # type: ignore[no-any-return]


# -- vectors of vectors ----------------------------------------------------------------------------------------------


def vector(a: Any) -> Any:
    """The float32 vector of a BLOB or of JSON text."""
    return a


def of_size(a: Any, dimensions: Any) -> Any:
    """The float32 vector, if it has so many dimensions."""
    if a.size != dimensions:
        raise ValueError(f"the vector has {a.size} dimensions, not {dimensions!r}")
    return a


def half_of_size(a: Any, dimensions: Any) -> bytes:
    """The vector in 2-byte floats, if it has so many dimensions."""
    return half_blob(of_size(a, dimensions))


def scale(a: Any, number: Any) -> Any:
    """Every element multiplied by a number."""
    if type(number) not in (int, float):
        raise ValueError(f"{SECOND} is {type_of(number)}, {number!r}: give a number")
    factor = float(number)
    if not isfinite(factor):
        raise ValueError(f"{SECOND} is {number!r}: give a finite number")
    return a.astype(FLOAT64) * factor


def normalize(a: Any) -> Any:
    """The vector of length 1 in the same direction; NULL for a zero vector, which has none."""
    wide = a.astype(FLOAT64)
    length = sqrt(wide.dot(wide))
    return wide / length if length else None


def subvector(a: Any, start: Any, length: Any) -> Any:
    """``length`` elements from the one at ``start``, counted from 1; as in substr(), what lies outside is left out."""
    for place, value in zip(ORDINALS[1:], (start, length), strict=False):
        if type(value) is not int:
            raise ValueError(f"{place} is {type_of(value)}, {value!r}: give an integer")
    if length < 1:
        raise ValueError(f"the length is {length}: a vector has at least one dimension")
    found = a[max(start - 1, 0) : max(start - 1 + length, 0)]
    if not found.size:
        raise ValueError(
            f"there is nothing at {start} to {start + length - 1} of {a.size} dimensions, which are counted from 1"
        )
    return found


# -- numbers and text of vectors -------------------------------------------------------------------------------------


def norm(a: Any) -> float:
    """The length, sqrt(a . a)."""
    wide = a.astype(FLOAT64)
    return sqrt(wide.dot(wide))


def inner_product(a: Any, b: Any) -> float:
    """The inner product a . b."""
    return float(a.astype(FLOAT64).dot(b.astype(FLOAT64)))


def dims(a: Any) -> int:
    """The number of dimensions."""
    return int(a.size)


def to_json(a: Any) -> str:
    """JSON text with as few digits as make the same float32 again."""
    return f"[{', '.join(shortest(a))}]"


SCALARS: Mapping[str, Scalar] = MappingProxyType(
    {
        "vector": Scalar(vector, 1, 1, True),
        "halfvec": Scalar(half_blob, 1, 1, True),
        # What CAST(v AS VECTOR(n)) and CAST(v AS HALFVEC(n)) call.
        "vector_cast": Scalar(of_size, 2, 1, True),
        "halfvec_cast": Scalar(half_of_size, 2, 1, True),
        "vector_add": Scalar(np.add, 2, 2, True),
        "vector_subtract": Scalar(np.subtract, 2, 2, True),
        "vector_multiply": Scalar(np.multiply, 2, 2, True),
        "vector_scale": Scalar(scale, 2, 1, True),
        "vector_normalize": Scalar(normalize, 1, 1, True),
        "vector_subvector": Scalar(subvector, 3, 1, True),
        "vector_dot": Scalar(inner_product, 2, 2, False),
        "vector_norm": Scalar(norm, 1, 1, False),
        "vector_dims": Scalar(dims, 1, 1, False),
        "vector_to_json": Scalar(to_json, 1, 1, False),
        # pgvector's names, where they are others: its queries run as they are.
        "inner_product": Scalar(inner_product, 2, 2, False),
        "l2_normalize": Scalar(normalize, 1, 1, True),
        "subvector": Scalar(subvector, 3, 1, True),
    }
)
