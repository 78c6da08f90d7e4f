"""What plugins bring is found on connections, cursors and the module; what is missing says how to get it."""

from __future__ import annotations

import inspect
import pydoc
import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite import MissingPlugin
from heliosdb_sqlite._catalogue import FEATURES
from heliosdb_sqlite._first_party import CONNECTION
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered

METHODS = [(feature.name, method) for feature in FEATURES for method in feature.methods]
FUNCTIONS = [(feature.name, function) for feature in FEATURES for function in feature.functions]


@pytest.fixture
def conn():
    with closing(heliosdb_sqlite.connect(":memory:")) as connection:
        yield connection


@pytest.fixture
def greeting():
    """A plugin that brings one of each."""

    def greet(connection, name):
        """Say hello by SQL."""
        return connection.execute("SELECT 'hello ' || ?", (name,)).fetchone()[0]

    def greet_all(cursor, names):
        """Say hello to everyone."""
        return [cursor.execute("SELECT 'hello ' || ?", (name,)).fetchone()[0] for name in names]

    def start_greeting(name="you"):
        """Say hello without a database."""
        return f"hello {name}"

    class Greeting:
        @hookimpl
        def heliosdb_methods(self):
            return {"greet": greet}

        @hookimpl
        def heliosdb_cursor_methods(self):
            return {"greet_all": greet_all}

        @hookimpl
        def heliosdb_functions(self):
            return {"start_greeting": start_greeting}

    with registered(Greeting(), "greeting", always=False):
        yield


def test_methods_and_functions_of_a_plugin_are_there_without_an_option(greeting, conn):
    assert conn.greet("you") == "hello you"
    assert conn.cursor().greet_all(["a", "b"]) == ["hello a", "hello b"]
    assert heliosdb_sqlite.start_greeting() == "hello you"


def test_dir_shows_the_methods_of_installed_plugins(greeting, conn):
    assert "greet" in dir(conn)
    assert "greet_all" in dir(conn.cursor())
    assert {*dir(sqlite3.Connection)} <= {*dir(conn)}


def test_help_shows_the_methods_of_installed_plugins_with_signature_and_docstring(greeting, conn):
    cursor = conn.cursor()
    for owner, method in ((conn, "greet(connection, name)"), (cursor, "greet_all(cursor, names)")):
        for page in (pydoc.render_doc(owner), pydoc.render_doc(type(owner))):
            text = pydoc.plain(page)
            assert method in text
            assert "Say hello" in text


@pytest.mark.alone
@pytest.mark.parametrize(("plugin", "method"), METHODS)
def test_a_method_of_a_missing_plugin_is_not_there_and_says_how_to_get_it(conn, plugin, method):
    assert not hasattr(conn, method)
    assert method not in dir(conn)
    with pytest.raises(MissingPlugin) as caught:
        getattr(conn, method)

    assert str(caught.value) == f"{method}() comes with the {plugin} plugin: pip install 'heliosdb[{plugin}]'"
    assert isinstance(caught.value, sqlite3.Error)


@pytest.mark.alone
@pytest.mark.parametrize(("plugin", "function"), FUNCTIONS)
def test_a_function_of_a_missing_plugin_is_not_there_and_says_how_to_get_it(plugin, function):
    assert not hasattr(heliosdb_sqlite, function)
    with pytest.raises(MissingPlugin) as caught:
        getattr(heliosdb_sqlite, function)

    assert (
        str(caught.value) == f"{function}() comes with the {plugin} plugin: pip install 'heliosdb[{plugin}]'"
    )


def test_help_and_inspect_are_not_put_off_by_missing_plugins(conn):
    for owner in (conn, heliosdb_sqlite.Connection, heliosdb_sqlite.Cursor, heliosdb_sqlite):
        assert pydoc.render_doc(owner)
    assert inspect.getmembers(conn)
    assert inspect.classify_class_attrs(heliosdb_sqlite.Connection)


def test_what_nobody_brings_is_an_ordinary_attribute_error(conn):
    for owner in (conn, conn.cursor(), heliosdb_sqlite):
        with pytest.raises(AttributeError, match="has no attribute 'no_such_thing'") as caught:
            owner.no_such_thing  # noqa: B018 - the look-up is what is tested
        assert not isinstance(caught.value, sqlite3.Error)


def test_the_classes_know_the_methods_of_the_catalogue():
    assert sorted(CONNECTION) == sorted(method for _, method in METHODS)
