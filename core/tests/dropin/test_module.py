"""``import heliosdb_sqlite as sqlite3`` gives every name of sqlite3, and the same objects."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import sqlite3
import sqlite3.dbapi2
import sys
from functools import partial
from types import ModuleType

import pytest

import heliosdb_sqlite
import heliosdb_sqlite.dbapi2
from heliosdb_sqlite.testing.dropin.observe import assert_same, observe

OWN = {"connect", "Connection", "Cursor"}
SUBMODULES = {"dbapi2", "dump"}
DEPRECATED = ("version", "version_info", "OptimizedUnicode")
PAIRS = ((sqlite3, heliosdb_sqlite), (sqlite3.dbapi2, heliosdb_sqlite.dbapi2))


def public_names(module: ModuleType) -> set[str]:
    return {name for name in dir(module) if not name.startswith("_")}


@pytest.mark.parametrize(("stdlib", "ours"), PAIRS, ids=["module", "dbapi2"])
def test_has_every_public_name_of_the_running_pythons_sqlite3(stdlib: ModuleType, ours: ModuleType) -> None:
    assert public_names(ours) >= public_names(stdlib) - SUBMODULES


@pytest.mark.parametrize(("stdlib", "ours"), PAIRS, ids=["module", "dbapi2"])
def test_all_but_three_names_are_the_very_same_objects(stdlib: ModuleType, ours: ModuleType) -> None:
    different = {
        name for name in public_names(stdlib) - SUBMODULES if getattr(ours, name) is not getattr(stdlib, name)
    }
    assert different == OWN


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_three_names_are_the_same_in_dbapi2(name: str) -> None:
    assert getattr(heliosdb_sqlite.dbapi2, name) is getattr(heliosdb_sqlite, name)


def test_connection_and_cursor_are_subclasses() -> None:
    assert issubclass(heliosdb_sqlite.Connection, sqlite3.Connection)
    assert issubclass(heliosdb_sqlite.Cursor, sqlite3.Cursor)


def test_dbapi2_is_reached_as_attribute_and_by_import() -> None:
    assert heliosdb_sqlite.dbapi2 is importlib.import_module("heliosdb_sqlite.dbapi2")
    assert heliosdb_sqlite.dbapi2.__name__ == "heliosdb_sqlite.dbapi2"


@pytest.mark.parametrize("name", DEPRECATED)
@pytest.mark.parametrize("submodule", ["", ".dbapi2"])
def test_deprecated_names_warn_at_the_callers_line_in_the_standard_librarys_words(
    name: str, submodule: str
) -> None:
    modules = [importlib.import_module(module + submodule) for module in ("sqlite3", "heliosdb_sqlite")]
    # One line makes both calls, in a function of this file: the one that has to be named.
    expected, actual = (observe(lambda module=module: getattr(module, name)) for module in modules)  # type: ignore[misc]
    assert actual.value == expected.value
    assert actual.warnings == expected.warnings
    assert type(actual.error) is type(expected.error)
    if submodule == "" and (name == "OptimizedUnicode") is (sys.version_info < (3, 12)):
        assert [warning[2] for warning in actual.warnings] == [__file__]


@pytest.mark.parametrize("name", DEPRECATED)
def test_deprecated_names_can_be_imported_from(name: str) -> None:
    def imported(module: ModuleType) -> object:
        namespace: dict[str, object] = {}
        exec(compile(f"from {module.__name__} import {name}", "caller.py", "exec"), namespace)
        return namespace[name]

    expected, actual = (observe(partial(imported, module)) for module in (sqlite3, heliosdb_sqlite))
    # `from x import y` warns at importlib's line or the caller's, whichever CPython makes of it: the same for both.
    assert (actual.value, actual.warnings) == (expected.value, expected.warnings)


@pytest.mark.parametrize("submodule", ["", ".dbapi2"])
def test_an_unknown_name_is_an_attribute_error(submodule: str) -> None:
    module = importlib.import_module("heliosdb_sqlite" + submodule)
    assert not hasattr(module, "no_such_name")
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        _ = module.no_such_name


def test_importing_it_warns_of_nothing() -> None:
    assert assert_same(lambda module: importlib.import_module(module.__name__) is module).warnings == ()


def test_a_star_import_brings_what_sqlite3s_brings() -> None:
    def star(module: ModuleType) -> set[str]:
        namespace: dict[str, object] = {}
        exec(f"from {module.__name__} import *", namespace)
        return {name for name in namespace if not name.startswith("_")}

    assert star(heliosdb_sqlite) >= star(sqlite3) - SUBMODULES


def test_thread_safety_and_api_level_are_the_running_pythons() -> None:
    assert_same(
        lambda module: (module.threadsafety, module.apilevel, module.paramstyle, module.sqlite_version_info)
    )


def test_connect_says_where_it_comes_from() -> None:
    connect = heliosdb_sqlite.connect
    assert connect.__module__.partition(".")[0] == "heliosdb_sqlite"
    assert (connect.__name__, connect.__qualname__) == ("connect", "connect")
    assert inspect.getdoc(connect)
    assert "connect" in pydoc.render_doc(connect)


@pytest.mark.parametrize("name", ["Connection", "Cursor"])
def test_help_shows_the_inherited_methods(name: str) -> None:
    text = pydoc.plain(pydoc.render_doc(getattr(heliosdb_sqlite, name)))
    assert f"class {name}" in text
    assert "execute" in text
