"""Vectors in models: the field, and the distances to order and filter by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import exceptions
from django.db import models
from django.db.models import FloatField, Func, Value


class VectorField(models.Field):
    """A vector of ``dimensions`` float32 numbers; needs ``"enable_vector_search": True`` among the ``OPTIONS``.

    Takes lists, tuples and numpy arrays, and gives :class:`heliosdb_vector.Vector` back, which is a sequence.
    """

    description = "Vector"
    empty_strings_allowed = False

    def __init__(self, *args: Any, dimensions: int | None = None, **kwargs: Any) -> None:
        self.dimensions = dimensions
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return what migrations write down."""
        name, _, args, kwargs = super().deconstruct()
        if self.dimensions is not None:
            kwargs["dimensions"] = self.dimensions
        return name, "heliosdb.django.VectorField", args, kwargs

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "VECTOR" if self.dimensions is None else f"VECTOR({self.dimensions:d})"

    def get_prep_value(self, value: Any) -> Any:
        """Return the value as it is bound: the plugin takes it from there."""
        value = super().get_prep_value(value)
        return list(value) if isinstance(value, tuple) else value

    def to_python(self, value: Any) -> Any:
        """Return a form's text ``[1, 2, 3]`` as a list.

        :raises ValidationError: it is none
        """
        if not isinstance(value, str):
            return value
        import json

        try:
            numbers = json.loads(value)
            return [float(number) for number in numbers]
        except (ValueError, TypeError):
            raise exceptions.ValidationError(f"not a vector: {value!r}: write it as [1, 2.5, 3]") from None

    def value_to_string(self, obj: models.Model) -> str:
        """Return the value as fixtures have it."""
        value = self.value_from_object(obj)
        return "" if value is None else str([float(number) for number in value])


class _Distance(Func):
    function = "vector_distance"
    metric = ""
    output_field = FloatField()

    def __init__(self, expression: Any, vector: Any, **extra: Any) -> None:
        if not hasattr(vector, "resolve_expression") and not isinstance(vector, str):
            vector = Value(_Bound.of(vector), output_field=VectorField())
        super().__init__(expression, vector, **extra)

    @property
    def template(self) -> str:
        """What is written: the metric as text, by which a search is recognised and answered from memory or an index."""
        return f"%(function)s(%(expressions)s, '{self.metric}')"


class _Bound(list[float]):
    """A vector that Django can hash, which it asks of the values in an expression."""

    @classmethod
    def of(cls, vector: Sequence[float]) -> _Bound:
        return cls(float(number) for number in vector)

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))


class CosineDistance(_Distance):
    """``order_by(CosineDistance("embedding", [1, 0, 0]))``: 1 - the cosine of the angle."""

    metric = "cosine"


class L2Distance(_Distance):
    """The length of the straight line between the two."""

    metric = "l2"


class L1Distance(_Distance):
    """The sum of the absolute differences."""

    metric = "l1"


class MaxInnerProduct(_Distance):
    """The inner product with its sign turned, so that less is nearer."""

    metric = "dot"
