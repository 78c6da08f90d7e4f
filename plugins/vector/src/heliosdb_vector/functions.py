"""The SQL functions: vector_distance, vector_add and vector_subtract."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from .decoding import FLOAT32, FLOAT64, float32
from .failure import Failure
from .metrics import METRICS, metric

NAMES = ("vector_distance", "vector_add", "vector_subtract")

_FIRST, _SECOND = "the first argument", "the second argument"


def define(connection: sqlite3.Connection, failure: Failure) -> None:
    """Define the functions on a connection.

    All are deterministic, so that SQLite computes what is constant in a query once and an index may be made on them.
    """
    distance = distance_function(failure)
    connection.create_function("vector_distance", 2, distance, deterministic=True)
    connection.create_function("vector_distance", 3, distance, deterministic=True)
    for name, operation in (("vector_add", np.add), ("vector_subtract", np.subtract)):
        connection.create_function(name, 2, arithmetic_function(name, operation, failure), deterministic=True)


def distance_function(failure: Failure) -> Callable[..., float | None]:
    """Return ``vector_distance(a, b, metric='cosine')`` for one connection.

    In a query one of the two vectors is mostly the same for every row. So the last vector on either side is kept, with
    its squared length: comparing 1.5 kB costs a tenth of reading them anew.
    """
    first: tuple[Any, Any, float] = (None, None, 0.0)
    second: tuple[Any, Any, float] = (None, None, 0.0)

    def vector_distance(a: Any, b: Any, name: Any = "cosine") -> float | None:
        nonlocal first, second
        try:
            measure = METRICS.get(name)
            if measure is None:
                if name is None:
                    return None
                measure = metric(name)
            if a is None or b is None:
                return None
            known = first  # taken once: another thread may use the connection in between
            if type(a) is not bytes or a != known[0]:
                wide = float32(a, _FIRST).astype(FLOAT64)
                first = known = (a if type(a) is bytes else None, wide, wide.dot(wide))
            _, x, x_squared = known
            known = second
            if type(b) is not bytes or b != known[0]:
                wide = float32(b, _SECOND).astype(FLOAT64)
                second = known = (b if type(b) is bytes else None, wide, wide.dot(wide))
            _, y, y_squared = known
            if x.size != y.size:
                raise ValueError(_differ(x.size, y.size))
            if isfinite(x_squared) and isfinite(y_squared):
                return measure(x, x_squared, y, y_squared)
            return None  # NaN or infinity, which only a writer without this plugin can have stored
        except RuntimeWarning:  # where warnings are errors: a signalling NaN
            return None
        except Exception as error:
            failure.note(f"vector_distance(): {error}")
            raise

    return vector_distance


def arithmetic_function(name: str, operation: Any, failure: Failure) -> Callable[[Any, Any], bytes | None]:
    """Return ``vector_add`` or ``vector_subtract`` for one connection: element by element, as a float32 BLOB."""

    def compute(a: Any, b: Any) -> bytes | None:
        try:
            if a is None or b is None:
                return None
            x, y = float32(a, _FIRST), float32(b, _SECOND)
            if x.size != y.size:
                raise ValueError(_differ(x.size, y.size))
            with np.errstate(all="ignore"):
                result = operation(x, y)
            finite = np.isfinite(result)
            if not finite.all():
                if not (np.isfinite(x).all() and np.isfinite(y).all()):
                    return None
                raise ValueError(f"no float32 can hold the result at index {int(finite.argmin())}")
            return result.astype(FLOAT32, copy=False).tobytes()  # type: ignore[no-any-return]
        except Exception as error:
            failure.note(f"{name}(): {error}")
            raise

    return compute


def _differ(first: int, second: int) -> str:
    return f"the vectors have {first} and {second} dimensions: both must have the same number"
