"""A Django project whose database is a new file for each test."""

from __future__ import annotations

import sys
from pathlib import Path

import django
import pytest
from django.conf import settings

sys.path.insert(0, str(Path(__file__).parent))  # for the app `shop`

settings.configure(
    DATABASES={"default": {"ENGINE": "heliosdb.django", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "heliosdb.django", "shop"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402 - Django has to be set up first
from django.db import connections  # noqa: E402


@pytest.fixture
def database(tmp_path):
    """Have the database in a file, with these OPTIONS and all migrations, or those up to one of the shop's."""

    def make(migrated="0002", **options):
        connections["default"].close()
        del connections["default"]
        connections.settings["default"].update(NAME=str(tmp_path / "db.sqlite3"), OPTIONS=options)
        if migrated:
            call_command("migrate", "shop", migrated, verbosity=0)
        return connections["default"]

    yield make
    connections["default"].close()
    del connections["default"]
