"""manage.py branch."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, router
from shop.models import Fruit


def branch(*arguments):
    shown = io.StringIO()
    call_command("branch", *arguments, stdout=shown, stderr=shown)
    return shown.getvalue()


@pytest.fixture(autouse=True)
def project(database):
    database(migrated="0001", enable_vector_search=True)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop_fruit (name, price) VALUES ('fig', 1)")


def columns():
    with connection.cursor() as cursor:
        return [
            column.name for column in connection.introspection.get_table_description(cursor, "shop_fruit")
        ]


def test_migrations_run_on_a_branch_and_are_merged():
    shown = branch("migrate", "try")
    assert "shelf_id" in columns()
    assert Fruit.objects.get().shelf is None
    assert Fruit.objects.get().rank == 7  # NOT NULL, and Django leaves no default in the table
    assert "  add column shop_fruit.rank\n" in shown
    assert "  shop_fruit: 0 added, 1 changed, 0 removed\n" in shown
    assert "deleted try" in shown
    assert "  Applying shop.0002_fruit_shelf... OK\n" in shown
    assert branch("list") == "main\n"
    call_command("migrate", "--check", verbosity=0)


class Router:
    """As projects have it: each database by its name, and migrations for the one."""

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"


def test_routers_and_migrations_see_the_name_that_they_know(monkeypatch):
    monkeypatch.setattr(router, "routers", [Router()])
    branch("migrate", "try")
    assert "shelf_id" in columns()


def test_one_that_fails_half_way_leaves_the_database_as_it_was(monkeypatch):
    monkeypatch.setenv("SHOP_MIGRATION_FAILS", "1")
    with pytest.raises(RuntimeError, match="half way"):
        branch("migrate", "try")
    assert "shelf_id" not in columns()
    with connection.cursor() as cursor:
        assert cursor.execute("SELECT name FROM shop_fruit").fetchall() == [("fig",)]
    assert branch("list").split() == ["main", "try"]


def test_a_branch_is_made_merged_undone_and_deleted(database):
    call_command("migrate", verbosity=0)
    branch("create", "sale")
    database(migrated="", branch="sale", enable_vector_search=True)
    Fruit.objects.update(price=5)
    database(migrated="", enable_vector_search=True)
    assert Fruit.objects.get().price == 1
    assert branch("merge", "sale", "--dry-run").startswith("would merge sale into main\n")
    assert Fruit.objects.get().price == 1
    assert branch("merge", "sale") == "merged sale into main\n  shop_fruit: 0 added, 1 changed, 0 removed\n"
    assert Fruit.objects.get().price == 5
    branch("undo", "sale")
    assert Fruit.objects.get().price == 1
    assert "deleted sale" in branch("delete", "sale")


@pytest.mark.parametrize("arguments", [("merge", "nowhere"), ("create",), ("delete", "main")])
def test_what_can_not_be_done_says_why(arguments):
    with pytest.raises(CommandError):
        branch(*arguments)
