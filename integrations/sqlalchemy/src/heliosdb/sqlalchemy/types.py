"""Column types that SQLite has not: vectors, and values that are sealed in the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Float, Text, func, literal, literal_column
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import TypeDecorator, UserDefinedType

Vector = Sequence[float]
_NOT_OF_VECTORS = {
    *(operators.lt, operators.le, operators.gt, operators.ge, operators.between_op, operators.not_between_op),
    *(operators.add, operators.sub, operators.mul, operators.truediv, operators.floordiv, operators.mod),
    *(
        operators.neg,
        operators.concat_op,
        operators.contains_op,
        operators.startswith_op,
        operators.endswith_op,
    ),
    *(operators.like_op, operators.ilike_op, operators.match_op, operators.regexp_match_op),
}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"not a vector: {text[:60]!r}: as text, write it as [1, 2.5, 3]") from None


class VECTOR(UserDefinedType[Vector]):
    """A vector of ``dim`` float32 numbers; needs ``enable_vector_search=True``.

    Takes lists, tuples, numpy arrays and JSON text, and gives :class:`heliosdb_vector.Vector`, a sequence, back.
    """

    cache_ok = True
    _word = "VECTOR"

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def get_col_spec(self, **kw: Any) -> str:
        """Return the type as it stands in a ``CREATE TABLE``."""
        return self._word if self.dim is None else f"{self._word}({self.dim:d})"

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        """Return what turns a parameter into what the plugin takes: JSON text into a list."""
        return lambda value: _read(value) if isinstance(value, str) else value

    class comparator_factory(UserDefinedType.Comparator[Vector]):  # noqa: N801 - SQLAlchemy looks for this name
        """The distances of a vector column, each a REAL, so that the nearest come first in ``order_by()``.

        The names are those that pgvector has for SQLAlchemy.
        """

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Return a comparison.

            :raises NotImplementedError: of which is the less, or a sum: SQLite would take the bytes for text or for 0
            """
            if op in _NOT_OF_VECTORS:
                raise NotImplementedError(
                    f"{op.__name__} of vectors: SQL can say whether they are equal, and what their distance is;"
                    " vector_add() and its like are functions: func.vector_add(a, b)"
                )
            return super().operate(op, *other, **kwargs)

        def _distance(self, other: Any, metric: str) -> ColumnElement[float]:
            if not isinstance(other, ClauseElement) and not hasattr(other, "__clause_element__"):
                other = literal(other, type_=self.expr.type)
            return func.vector_distance(self.expr, other, literal_column(f"'{metric}'"), type_=Float)

        def cosine_distance(self, other: Any) -> ColumnElement[float]:
            """Return 1 - the cosine of the angle: 0 for one direction, 2 for opposite ones."""
            return self._distance(other, "cosine")

        def l2_distance(self, other: Any) -> ColumnElement[float]:
            """Return the length of the straight line between the two."""
            return self._distance(other, "l2")

        def l1_distance(self, other: Any) -> ColumnElement[float]:
            """Return the sum of the absolute differences."""
            return self._distance(other, "l1")

        def max_inner_product(self, other: Any) -> ColumnElement[float]:
            """Return the inner product with its sign turned, so that less is nearer."""
            return self._distance(other, "dot")


class HALFVEC(VECTOR):
    """A vector of ``dim`` float16 numbers: half the room, three digits."""

    cache_ok = True  # SQLAlchemy asks each class, not what it is derived from
    _word = "HALFVEC"


class Encrypted(TypeDecorator[Any]):
    """A column whose values are sealed in the file: ``mapped_column(Encrypted(Text))``.

    Needs ``encryption_key`` or ``column_key``, best in ``connect_args``. What a ciphertext can't do, comparing for
    instance, is refused by HeliosDB with an error; with ``deterministic=True`` equal values look alike, and ``==``,
    ``in_()``, joins and UNIQUE work.
    """

    impl: Any = Text
    cache_ok = True

    def __init__(
        self, inner: TypeEngine[Any] | type[TypeEngine[Any]] = Text, *, deterministic: bool = False
    ) -> None:
        super().__init__()
        self.inner = inner() if isinstance(inner, type) else inner
        self.impl = self.inner
        self.deterministic = deterministic

    def __repr__(self) -> str:
        """Return the call that makes the type, as a migration that Alembic generates has it."""
        module = type(self.inner).__module__
        inner = f"{'sa' if module.startswith('sqlalchemy.') else module}.{self.inner!r}"
        return f"Encrypted({inner}{', deterministic=True' if self.deterministic else ''})"

    @property
    def words(self) -> str:
        """What stands behind the type in a ``CREATE TABLE``."""
        return "ENCRYPTED DETERMINISTIC" if self.deterministic else "ENCRYPTED"


# Where people, and Alembic's generated migrations, import them from.
for _type in (VECTOR, HALFVEC, Encrypted):
    _type.__module__ = __package__
