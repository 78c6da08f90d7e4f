"""What this Python and its SQLite can do, and what follows."""

from __future__ import annotations

import ctypes
import sqlite3
import sys
import threading
import time
import types

import pytest

from heliosdb_sqlite import capabilities as module
from heliosdb_sqlite import native
from heliosdb_sqlite.capabilities import capabilities, file_system
from heliosdb_sqlite.plugins import Capability, hookimpl
from heliosdb_sqlite.testing import registered


@pytest.fixture
def facts():
    return lambda: {each.name: each for each in capabilities()}


@pytest.fixture
def native_again():
    native.sqlite_library.cache_clear()
    yield
    native.sqlite_library.cache_clear()


def test_every_fact_has_a_name_and_a_value(facts):
    found = facts()
    assert all(name and each.value for name, each in found.items())
    for name in (
        *("SQLite", "SQLite's threading", "full-text search", "extension loading", "SQLite through ctypes"),
        *("module _sqlite3", "free threading", "serialize()", "autocommit=", "copy_file_range", "reflinks"),
        *("/proc/self/fd", "flock", "unlinking open files"),
    ):
        assert name in found


def test_what_python_says_itself(facts):
    found = facts()
    assert found["SQLite"].value == sqlite3.sqlite_version
    assert (found["extension loading"].value == "yes") == hasattr(sqlite3.Connection, "enable_load_extension")
    assert (found["serialize()"].value == "yes") == (sys.version_info >= (3, 11))
    assert (found["autocommit="].value == "yes") == (sys.version_info >= (3, 12))


def test_threading_is_what_the_db_api_says(facts):
    levels = {"single-threaded": 0, "multi-threaded": 1, "serialized": 3}
    level = levels[facts()["SQLite's threading"].value]
    assert sqlite3.threadsafety == (level if sys.version_info >= (3, 11) else 1)  # 3.10 did not ask SQLite


def test_what_is_missing_has_a_consequence(facts):
    for each in facts().values():
        assert each.consequence or each.value != "no"


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ((3, 34, 1), "too old for RETURNING, DROP COLUMN, STRICT tables, -> and ->>"),
        ((3, 37, 0), "too old for -> and ->>"),
        ((3, 40, 1), ""),
    ],
)
def test_what_an_old_sqlite_lacks(facts, monkeypatch, version, says):
    monkeypatch.setattr(module.sqlite3, "sqlite_version_info", version)
    assert facts()["SQLite"].consequence == says


def test_the_library_is_the_one_that_sqlite3_uses(native_again):
    library = native.sqlite_library()
    if library is None:
        pytest.fail("this Python's SQLite is out of reach: the tests of what follows from that run elsewhere")
    library.sqlite3_libversion.restype = ctypes.c_char_p
    assert library.sqlite3_libversion().decode() == sqlite3.sqlite_version


def test_asking_for_the_library_changes_no_limit(native_again):
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA soft_heap_limit = 123456789")
    native.sqlite_library()
    limit = connection.execute("PRAGMA soft_heap_limit").fetchone()
    connection.execute("PRAGMA soft_heap_limit = 0")
    connection.close()

    assert limit == (123456789,)


def test_threads_that_ask_at_once_all_find_it_and_leave_the_limit_alone(native_again, monkeypatch):
    class Slow(sqlite3.Connection):
        def execute(self, *arguments):
            time.sleep(0.02)  # in which the others ask, too
            return super().execute(*arguments)

    slow = types.SimpleNamespace(connect=lambda name: sqlite3.connect(name, factory=Slow))
    monkeypatch.setattr(native, "sqlite3", slow)
    found = []
    ask = [threading.Thread(target=lambda: found.append(native.sqlite_library())) for _ in range(4)]
    for each in ask:
        each.start()
        time.sleep(0.005)
    for each in ask:
        each.join()
    connection = sqlite3.connect(":memory:")
    limit = connection.execute("PRAGMA soft_heap_limit").fetchone()
    connection.execute("PRAGMA soft_heap_limit = 0")
    connection.close()

    assert len(found) == 4
    assert None not in found
    assert limit == (0,)


@pytest.mark.parametrize("binary", [None, "/nowhere/_sqlite3.so", __file__])
def test_a_library_that_is_out_of_reach(native_again, facts, monkeypatch, binary):
    """As where ``_sqlite3`` is built in, without its symbols, or linked to an SQLite that hides them."""
    hidden = types.ModuleType("_sqlite3")
    if binary is not None:
        hidden.__file__ = binary
    monkeypatch.setitem(sys.modules, "_sqlite3", hidden)

    assert native.sqlite_library() is None
    assert facts()["SQLite through ctypes"].value == "no"
    assert "no encryption" in facts()["SQLite through ctypes"].consequence
    assert facts()["module _sqlite3"].value == ("built in" if binary is None else "a file of its own")


def test_another_library_of_the_same_kind_is_not_taken_for_it():
    class Another:
        def sqlite3_soft_heap_limit64(self, limit):
            return 0

    assert not native.sets_ours(Another().sqlite3_soft_heap_limit64)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not say")
def test_the_file_system_of_a_folder(tmp_path):
    assert file_system("/proc") == "proc"
    assert file_system("/proc/self") == "proc"
    assert file_system(str(tmp_path)) == file_system(str(tmp_path / "not" / "there"))


class Knows:
    @hookimpl
    def heliosdb_facts(self, folder):
        return [Capability("mailer", "no", f"reports are written to {folder}")]


class Fails:
    @hookimpl
    def heliosdb_facts(self):
        raise RuntimeError("no idea")


def test_plugins_add_what_they_know(tmp_path):
    with registered(Knows(), always=False):
        assert ("mailer", "no", f"reports are written to {tmp_path}") in capabilities(tmp_path)
    assert all(each.name != "mailer" for each in capabilities(tmp_path))


def test_a_plugin_that_fails_takes_nothing_away():
    with registered(Fails(), "fails", always=False):
        found = capabilities()
    assert ("fails", "unknown", "the plugin could not say: no idea") in found
    assert len(found) > 10


def test_the_command_shows_what_plugins_know(heliosdb, tmp_path):
    with registered(Knows(), always=False):
        assert "mailer" in heliosdb("info").output
