"""VectorField and the distances."""

from __future__ import annotations

import numpy as np
import pytest
from django.core import serializers
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Avg, F, Max, Sum
from django.forms import modelform_factory
from shop.models import Fruit, Shelf

from heliosdb.django import CosineDistance, L1Distance, L2Distance, MaxInnerProduct, VectorField


@pytest.fixture(autouse=True)
def fruits(database):
    database(enable_vector_search=True)
    tastes = {
        "fig": [1, 0, 0],
        "pear": np.array([0, 1, 0], np.float32),
        "quince": (0.1, 0.9, 0.0),
        "ice": None,
    }
    for name, taste in tastes.items():
        Fruit.objects.create(name=name, taste=taste)


@pytest.mark.parametrize("distance", [CosineDistance, L2Distance, L1Distance, MaxInnerProduct])
def test_the_nearest_come_first(distance):
    nearest = Fruit.objects.exclude(taste=None).order_by(distance("taste", [0, 1, 0]))
    assert [fruit.name for fruit in nearest[:2]] == ["pear", "quince"]


def test_distances_are_values_to_filter_by():
    near = Fruit.objects.annotate(far=CosineDistance("taste", np.array([0, 1, 0]))).filter(far__lt=0.1)
    assert {fruit.name: round(fruit.far, 2) for fruit in near} == {"pear": 0.0, "quince": 0.01}
    assert Fruit.objects.annotate(own=L2Distance("taste", F("taste"))).filter(own=0).count() == 3


def test_a_search_is_answered_from_memory_not_row_by_row():
    query = Fruit.objects.order_by(CosineDistance("taste", [0, 1, 0]))[:2].query
    sql, parameters = query.sql_with_params()
    plan = connection.connection.explain_vector(sql.replace("%s", "?"), parameters)
    assert plan.path == "matrix", plan


def test_values_are_sequences_and_survive_a_fixture():
    taste = Fruit.objects.get(name="fig").taste
    assert (len(taste), list(taste)) == (3, [1, 0, 0])
    (loaded,) = serializers.deserialize(
        "json", serializers.serialize("json", Fruit.objects.filter(name="fig"))
    )
    loaded.object.pk = None
    loaded.object.name = "fig again"
    loaded.save()
    assert list(Fruit.objects.get(name="fig again").taste) == [1, 0, 0]


def test_averages_and_sums_are_of_vectors():
    assert Fruit.objects.filter(name__in=["fig", "pear"]).aggregate(Avg("taste"), Max("price")) == {
        "taste__avg": [0.5, 0.5, 0],
        "price__max": 0,
    }
    top = Shelf.objects.create(name="top")
    Fruit.objects.filter(name__in=["fig", "ice"]).update(shelf=top)
    totals = Fruit.objects.values("shelf__name").annotate(total=Sum("taste")).order_by("shelf__name")
    assert [(each["shelf__name"], [round(n, 2) for n in each["total"]]) for each in totals] == [
        (None, [0.1, 1.9, 0]),
        ("top", [1, 0, 0]),
    ]
    few = Fruit.objects.order_by("name")[:2].aggregate(Avg("taste"))
    assert few == {"taste__avg": [1, 0, 0]}
    assert Fruit.objects.filter(name="ice").aggregate(Avg("taste")) == {"taste__avg": None}


def test_vectors_are_equal_or_not_and_have_no_order():
    assert Fruit.objects.get(taste=[1, 0, 0]).name == "fig"
    assert Fruit.objects.filter(taste__in=[[1, 0, 0], (0, 1, 0)]).count() == 2
    assert Fruit.objects.filter(taste__isnull=True).count() == 1
    for lookup in ("lt", "contains", "range"):
        with pytest.raises(FieldError, match="Unsupported lookup"):
            Fruit.objects.filter(**{f"taste__{lookup}": [1, 0, 0]})


def test_what_is_no_vector_is_refused():
    with pytest.raises(IntegrityError, match=r"not a VECTOR\(3\)"), transaction.atomic():
        Fruit.objects.create(name="short", taste=[1, 2])
    with pytest.raises(ValidationError, match="not a vector"):
        VectorField(dimensions=3).clean("one, two", None)
    assert VectorField(dimensions=3).clean("[1, 2, 3]", None) == [1, 2, 3]


def test_text_is_a_vector_where_a_vector_is_meant():
    Fruit.objects.create(name="plum", taste="[0, 0, 2]")
    assert list(Fruit.objects.get(name="plum").taste) == [0, 0, 2]
    assert Fruit.objects.order_by(CosineDistance("taste", "[0, 0, 1]")).exclude(taste=None)[0].name == "plum"


def test_models_are_validated_with_vectors_of_any_kind():
    shelf = Shelf.objects.create(name="top")
    for number, taste in enumerate(([1, 2, 3], np.array([1, 2, 3]), (1, 2, 3), "[1, 2, 3]", None)):
        Fruit(name=f"fruit {number}", taste=taste, shelf=shelf).full_clean()
    with pytest.raises(ValidationError, match="write it as"):
        Fruit(name="plum", taste="sweet", shelf=shelf).full_clean()


def test_a_vector_in_a_form_is_text():
    form = modelform_factory(Fruit, fields=["name", "taste"])
    fig = Fruit.objects.get(name="fig")
    assert "[1.0, 0.0, 0.0]" in str(form(instance=fig)["taste"])
    assert not form({"name": "fig", "taste": "[1, 0, 0]"}, instance=fig).has_changed()
    changed = form({"name": "fig", "taste": "[0, 0, 1]"}, instance=fig)
    assert changed.has_changed()
    changed.save()
    assert list(Fruit.objects.get(name="fig").taste) == [0, 0, 1]
    assert "write it as" in str(form({"name": "fig", "taste": "sweet"}, instance=fig).errors)
    assert "2 numbers, and a vector of this" in str(
        form({"name": "fig", "taste": "[1, 2]"}, instance=fig).errors
    )
    form({"name": "fig", "taste": ""}, instance=fig).save()
    assert Fruit.objects.get(name="fig").taste is None


def test_many_at_once():
    fruits = list(Fruit.objects.order_by("id"))
    fruits[0].taste, fruits[1].taste = [5, 5, 5], np.array([1, 2, 3])
    Fruit.objects.bulk_update(fruits, ["taste"])
    assert [list(fruit.taste) for fruit in Fruit.objects.order_by("id")[:2]] == [[5, 5, 5], [1, 2, 3]]
