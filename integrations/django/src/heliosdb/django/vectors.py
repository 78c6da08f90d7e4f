"""Vectors in models: the field, and the distances to order and filter by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core import exceptions
from django.db import models
from django.db.models import FloatField, Func, Value


class _Empty:
    """What counts as no vector; Django's own list asks an array whether it equals ""."""

    def __contains__(self, value: object) -> bool:
        return value is None or (isinstance(value, (str, list, tuple)) and not value)


def _written(vector: Any) -> str:
    return vector if isinstance(vector, str) else str([float(number) for number in vector])


def _parsed(text: str) -> list[float]:
    try:
        return [float(number) for number in json.loads(text)]
    except (ValueError, TypeError):
        raise exceptions.ValidationError(f"not a vector: {text!r}: write it as [1, 2.5, 3]") from None


class VectorFormField(forms.CharField):
    """A vector in a form: ``[1, 2.5, 3]``."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """Return the text that is shown."""
        return None if value is None else _written(value)

    def to_python(self, value: Any) -> Any:
        """Return the text as a list, None for an empty one.

        :raises ValidationError: it is no vector
        """
        text = super().to_python(value)
        return _parsed(text) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text says another vector."""
        try:
            given = self.to_python(data)
        except exceptions.ValidationError:
            return True
        known = None if initial is None else _parsed(_written(initial))
        return bool(given != known)


class VectorField(models.Field):
    """A vector of ``dimensions`` float32 numbers; needs ``"enable_vector_search": True`` among the ``OPTIONS``.

    Takes lists, tuples and numpy arrays, and gives :class:`heliosdb_vector.Vector` back, which is a sequence.
    """

    description = "Vector"
    empty_strings_allowed = False
    empty_values = _Empty()

    def __init__(self, *args: Any, dimensions: int | None = None, **kwargs: Any) -> None:
        self.dimensions = dimensions
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return what migrations write down."""
        name, _, args, kwargs = super().deconstruct()
        if self.dimensions is not None:
            kwargs["dimensions"] = self.dimensions
        return name, "heliosdb.django.VectorField", args, kwargs

    def get_lookup(self, lookup_name: str) -> Any:
        """Return what ``filter(field__name=...)`` compares by, or None, which is an error.

        Vectors have no order and are no text: SQLite would compare the bytes that they are stored as.
        """
        lookup = super().get_lookup(lookup_name)
        inherited = lookup is not None and lookup is models.Field.get_lookups().get(lookup_name)
        return None if inherited and lookup_name not in ("exact", "in", "isnull") else lookup

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "VECTOR" if self.dimensions is None else f"VECTOR({self.dimensions:d})"

    def get_prep_value(self, value: Any) -> Any:
        """Return the value as it is bound: the plugin takes it from there."""
        value = self.to_python(super().get_prep_value(value))
        return list(value) if isinstance(value, tuple) else value

    def to_python(self, value: Any) -> Any:
        """Return a form's text ``[1, 2, 3]`` as a list.

        :raises ValidationError: it is none
        """
        return _parsed(value) if isinstance(value, str) else value

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """See that the vector has the column's number of dimensions.

        :raises ValidationError: it has not
        """
        super().validate(value, model_instance)
        if value is not None and self.dimensions is not None and len(value) != self.dimensions:
            raise exceptions.ValidationError(
                f"{len(value)} numbers, and a vector of this field has {self.dimensions}"
            )

    def formfield(self, **kwargs: Any) -> Any:
        """Return the field of a form, in which a vector is text."""
        return super().formfield(**{"form_class": VectorFormField, **kwargs})

    def value_to_string(self, obj: models.Model) -> str:
        """Return the value as fixtures have it."""
        value = self.value_from_object(obj)
        return "" if value is None else _written(value)


class _Distance(Func):
    function = "vector_distance"
    metric = ""
    output_field = FloatField()

    def __init__(self, expression: Any, vector: Any, **extra: Any) -> None:
        if isinstance(vector, str) and vector.lstrip().startswith("["):
            vector = _parsed(vector)  # any other text is the name of a field
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
