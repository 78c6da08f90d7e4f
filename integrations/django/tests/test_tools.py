"""What manage.py does beside the connections: databases for tests, and the shell of SQLite."""

from __future__ import annotations

import subprocess
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from shop.models import Shelf

from heliosdb_sqlite.plugins import options_of


def names_that_another_thread_sees():
    names = []

    def look():
        names.extend(Shelf.objects.values_list("name", flat=True))
        connection.connection.close()  # Django keeps those to memory open, and the database with them

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return names


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ({}, "file:memorydb_default?mode=memory&cache=shared"),
        ({"branch": "draft"}, "file:memorydb_default?mode=memory&cache=shared"),
        ({"encryption_key": "open sesame", "branch": "draft"}, "test_db.sqlite3"),
    ],
    ids=["plain", "branch", "encrypted"],
)
def test_tests_have_a_database_of_their_own_that_all_threads_see(
    database, monkeypatch, tmp_path, options, file
):
    wrapper = database(migrated="", enable_vector_search=True, **options)
    kept = wrapper.settings_dict["NAME"]
    monkeypatch.setitem(wrapper.settings_dict["TEST"], "MIGRATE", False)
    name = wrapper.creation.create_test_db(verbosity=0, autoclobber=True)
    assert name in (file, str(tmp_path / file))
    assert options_of(wrapper.connection) == {
        "enable_vector_search": True,
        **{option: value for option, value in options.items() if option != "branch"},
    }
    Shelf.objects.create(name="hidden shelf")
    assert names_that_another_thread_sees() == ["hidden shelf"]
    wrapper.connection.close()
    wrapper.creation.destroy_test_db(kept, verbosity=0)
    assert wrapper.settings_dict["OPTIONS"] == {"enable_vector_search": True, **options}
    assert list(tmp_path.iterdir()) == []


def started(monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **keywords: commands.append(command))
    call_command("dbshell", "--", "-batch")
    return commands[0]


def test_the_shell_opens_the_branch_that_the_project_is_on(database, monkeypatch):
    wrapper = database(enable_vector_search=True)
    whole = wrapper.settings_dict["NAME"]
    assert started(monkeypatch) == ["sqlite3", whole, "-batch"]
    call_command("branch", "create", "draft", verbosity=0)
    database(migrated="", branch="draft", enable_vector_search=True)
    shell, file, batch = started(monkeypatch)
    assert (shell, batch) == ("sqlite3", "-batch")
    assert file.startswith(f"{whole}-branches")
    assert connection.settings_dict["NAME"] == whole


def test_the_shell_has_no_keys_and_says_so(database):
    database(encryption_key="open sesame", enable_vector_search=True)
    with pytest.raises(CommandError, match="is encrypted, and the shell of SQLite can't open it"):
        call_command("dbshell")
