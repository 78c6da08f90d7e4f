"""Querysets of the past, and blocks that read it."""

from __future__ import annotations

import time
from datetime import datetime, timezone

import pytest
from django.db import NotSupportedError, connection
from django.db.models import Count, Exists, OuterRef, Subquery, Sum
from shop.models import Fruit, Shelf

from heliosdb.django import as_of


@pytest.fixture(autouse=True)
def then(database):
    """A moment after which everything changes."""
    database(enable_time_travel=True, enable_vector_search=True)
    shelf = Shelf.objects.create(name="top")
    for name, price in (("fig", 1), ("pear", 2)):
        Fruit.objects.create(name=name, price=price, shelf=shelf)
    time.sleep(0.005)
    moment = datetime.now(timezone.utc)
    time.sleep(0.005)
    Fruit.objects.filter(name="pear").delete()
    Fruit.objects.update(price=100)
    Shelf.objects.update(name="bottom")
    return moment


def test_a_queryset_of_then(then):
    past = Fruit.history.as_of(then)
    assert [(fruit.name, fruit.price) for fruit in past.order_by("-price")] == [("pear", 2), ("fig", 1)]
    assert past.filter(price__lt=2).get().name == "fig"
    assert past.count() == 2
    assert past.filter(name="pear").exists()
    assert past.aggregate(total=Sum("price")) == {"total": 3}
    assert past.values_list("price", flat=True).distinct().order_by("price")[0] == 1
    assert Fruit.objects.get().price == 100


def test_what_it_joins_and_contains_is_of_then(then):
    past = Fruit.history.as_of(then)
    assert {fruit.shelf.name for fruit in past.select_related("shelf")} == {"top"}
    assert {fruit.shelf.name for fruit in past.prefetch_related("shelf")} == {"top"}
    assert past.filter(shelf__name="top").count() == 2
    assert Shelf.history.as_of(then).annotate(many=Count("fruits")).get().many == 2
    assert list(Fruit.objects.filter(id__in=past.filter(price=1).values("id"))) == [Fruit.objects.get()]
    both = past.filter(price=1).union(past.filter(price=2)).order_by("name")
    assert [fruit.price for fruit in both] == [1, 2]
    assert sorted(fruit.price for fruit in past.iterator()) == [1, 2]


def test_subqueries_are_of_then_whether_there_is_a_condition_or_not(then):
    shelf = Shelf.objects.filter(id=OuterRef("shelf_id")).values("name")[:1]
    past = Fruit.history.as_of(then).annotate(where=Subquery(shelf))
    assert set(past.values_list("where", flat=True)) == {"top"}
    assert set(past.filter(price=1).values_list("where", flat=True)) == {"top"}
    assert set(past.values_list("where").union(Shelf.objects.values_list("name"))) == {("top",), ("bottom",)}
    of_then = Shelf.history.as_of(then).filter(id=OuterRef("shelf_id"))
    assert Fruit.objects.annotate(where=Subquery(of_then.values("name"))).get().where == "top"
    assert Fruit.objects.filter(Exists(of_then.filter(name="top"))).count() == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda past: past.update(price=1),
        lambda past: past.delete(),
        lambda past: past.create(name="plum"),
        lambda past: past.bulk_create([Fruit(name="plum")]),
        lambda past: past.bulk_update(list(past), ["price"]),
        lambda past: past.get_or_create(name="plum"),
        lambda past: past.update_or_create(name="fig", defaults={"price": 7}),
    ],
)
def test_it_can_not_be_written_to(then, write):
    with pytest.raises(NotSupportedError, match="the past can only be read"):
        write(Fruit.history.as_of(then))
    assert [(fruit.name, fruit.price) for fruit in Fruit.objects.all()] == [("fig", 100)]


def test_what_would_be_read_of_now_is_refused(then):
    past = Fruit.history.as_of(then)
    for late in (
        lambda: past.only("name"),
        lambda: past.defer("price"),
        lambda: Fruit.history.only("name").as_of(then),
    ):
        with pytest.raises(NotSupportedError, match=r"use values\(\)"):
            late()
    with pytest.raises(NotSupportedError, match="would read the present"):
        past.raw("SELECT * FROM shop_fruit")
    for mixed in (
        lambda: past | Fruit.history.all(),
        lambda: Fruit.objects.all() & past,
        lambda: past ^ past.as_of(0),
    ):
        with pytest.raises(NotSupportedError, match="can't be one"):
            mixed()
    assert (past.filter(price=1) | past.filter(price=2)).count() == 2


def test_a_block_of_then(then):
    with as_of(then):
        assert Fruit.objects.count() == 2
        shelf = Shelf.objects.get()
        assert [fruit.price for fruit in shelf.fruits.order_by("id")] == [1, 2]
        assert list(Fruit.history.as_of(datetime.now(timezone.utc)).values_list("price", flat=True)) == [100]
        with connection.cursor() as cursor:
            for text in ("SELECT name FROM shop_shelf WHERE name LIKE '%op'", "SELECT name FROM shop_shelf;"):
                assert cursor.execute(text).fetchall() == [("top",)]
            assert cursor.execute("SELECT 1").fetchone() == (1,)
        assert "shop_shelf" in connection.introspection.table_names()
        with pytest.raises(NotSupportedError, match="the past can only be read"):
            shelf.save()
    assert Shelf.objects.get().name == "bottom"


def test_the_story_of_an_object():
    versions = Fruit.history.versions(Fruit.objects.get(name="fig"))
    assert [version.changes for version in versions] == [{}, {"price": (1, 100)}]
