"""vector_distance, and pgvector's names for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple

from ..values.decoding import FIRST, FLOAT64, SECOND, differ, float32
from ..values.metrics import METRICS, metric
from .failure import Failure


class Distance(NamedTuple):
    """One SQL function that tells how far two vectors are apart; less is nearer."""

    arguments: tuple[int, ...]
    metric: str


DISTANCES: Mapping[str, Distance] = MappingProxyType(
    {
        "vector_distance": Distance((2, 3), "cosine"),
        # What queries written for pgvector call, and what its operators <=>, <-> and <+> stand for.
        "cosine_distance": Distance((2,), "cosine"),
        "l2_distance": Distance((2,), "l2"),
        "l1_distance": Distance((2,), "l1"),
    }
)


def distance_function(function: str, failure: Failure, default: str) -> Callable[..., float | None]:
    """Return ``vector_distance(a, b, metric=default)`` for one connection, under the name ``function``.

    In a query one of the two vectors is mostly the same for every row. So the last vector on either side is kept, with
    its squared length: comparing 1.5 kB costs a tenth of reading them anew.
    """
    first: tuple[Any, Any, float] = (None, None, 0.0)
    second: tuple[Any, Any, float] = (None, None, 0.0)

    def vector_distance(a: Any, b: Any, name: Any = default) -> float | None:
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
                wide = float32(a, FIRST).astype(FLOAT64)
                first = known = (a if type(a) is bytes else None, wide, wide.dot(wide))
            _, x, x_squared = known
            known = second
            if type(b) is not bytes or b != known[0]:
                wide = float32(b, SECOND).astype(FLOAT64)
                second = known = (b if type(b) is bytes else None, wide, wide.dot(wide))
            _, y, y_squared = known
            if x.size != y.size:
                raise ValueError(differ(x.size, y.size))
            if isfinite(x_squared) and isfinite(y_squared):
                return measure(x, x_squared, y, y_squared)
            return None  # NaN or infinity, which only a writer without this plugin can have stored
        except RuntimeWarning:  # where warnings are errors: a signalling NaN
            return None
        except Exception as error:
            failure.note(f"{function}(): {error}")
            raise

    return vector_distance
