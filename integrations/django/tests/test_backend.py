"""The backend: Django at work on HeliosDB's connections."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, NotSupportedError, connection, transaction
from django.db.models import Count, F, Sum
from shop.models import Fruit, Shelf

import heliosdb_sqlite
from heliosdb_sqlite.plugins import options_of

ALL = {"enable_vector_search": True, "enable_time_travel": True, "enable_cache": True}


def test_connections_are_heliosdbs_and_the_vendor_is_sqlite(database):
    wrapper = database(enable_vector_search=True)
    with wrapper.cursor() as cursor:
        assert cursor.execute("SELECT %s || '%%'", ["100"]).fetchone() == ("100%",)
        assert isinstance(cursor.cursor, heliosdb_sqlite.Cursor)
    assert isinstance(wrapper.connection, heliosdb_sqlite.Connection)
    assert options_of(wrapper.connection) == {"enable_vector_search": True}
    assert (wrapper.vendor, wrapper.display_name) == ("sqlite", "SQLite")


def test_an_option_that_is_none_is_an_error_that_helps(database):
    wrapper = database(migrated="", enable_vektor_search=True)
    with pytest.raises(TypeError, match="did you mean 'enable_vector_search'"):
        wrapper.ensure_connection()


@pytest.mark.parametrize("options", [{"enable_vector_search": True}, ALL], ids=["vectors", "all"])
def test_the_orm_at_work(database, options):
    database(**options)
    shelf = Shelf.objects.create(name="top")
    Fruit.objects.bulk_create(
        [Fruit(name=f"fruit {number}", price=number, shelf=shelf) for number in range(20)]
    )
    assert Fruit.objects.filter(price__gte=10).count() == 10
    assert Fruit.objects.aggregate(total=Sum("price")) == {"total": 190}
    assert Shelf.objects.annotate(many=Count("fruits")).get().many == 20
    Fruit.objects.filter(price__lt=10).update(price=F("price") + 100)
    assert Fruit.objects.order_by("-price").first().name == "fruit 9"
    with pytest.raises(IntegrityError), transaction.atomic():
        Fruit.objects.create(name="fruit 1")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Fruit.objects.all().delete()
        1 / 0  # noqa: B018
    assert Fruit.objects.count() == 20
    shelf.delete()
    assert not Fruit.objects.exists()


def test_djangos_own_apps_migrate_and_work(database):
    database(migrated="", **ALL)
    call_command("migrate", verbosity=0)
    User.objects.create_user("ann", password="secret")
    assert User.objects.get(username="ann").check_password("secret")


def test_tables_that_django_makes_anew_keep_their_vectors(database):
    database(migrated="0001", enable_vector_search=True)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop_fruit (name, price, taste) VALUES ('fig', 1, %s)", [[1, 2, 3]])
    call_command("migrate", "shop", "0002", verbosity=0)
    assert list(Fruit.objects.get().taste) == [1, 2, 3]
    call_command("migrate", "shop", "0001", verbosity=0)
    assert call_command("makemigrations", "--check", "--dry-run", verbosity=0) is None


def test_inspectdb_knows_vectors(database):
    database(enable_vector_search=True)
    shown = io.StringIO()
    call_command("inspectdb", "shop_fruit", stdout=shown)
    assert "taste = heliosdb.django.VectorField(" in shown.getvalue()


def test_tables_of_plugins_are_no_models(database):
    database(**ALL)
    Shelf.objects.create(name="top")
    names = connection.introspection.table_names(include_views=True)
    assert "shop_shelf" in names
    assert [name for name in names if "heliosdb" in name] == []


def test_secrets_of_an_encrypted_database_stay_out_of_errors(database, tmp_path):
    database(encryption_key="open sesame", enable_vector_search=True)
    Shelf.objects.create(name="hidden shelf")
    connection.close()
    assert b"hidden shelf" not in (tmp_path / "db.sqlite3").read_bytes()
    wrapper = database(migrated="", encryption_key="hunter2")
    with pytest.raises(Exception, match="wrong encryption key") as caught:
        wrapper.ensure_connection()
    assert "hunter2" not in str(caught.value)


def test_without_the_feature_the_error_says_what_to_switch_on(database):
    database(migrated="")
    with pytest.raises(NotSupportedError, match="enable_vector_search=True"):
        call_command("migrate", verbosity=0)
