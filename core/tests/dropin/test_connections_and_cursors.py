"""Connections and cursors behave as sqlite3's do at the edges: closed, unmade, forgotten, elsewhere."""

from __future__ import annotations

import copy
import gc
import pickle
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from types import ModuleType
from typing import Any

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing.dropin.observe import Observation, assert_same, observe, plain

pytestmark = pytest.mark.usefixtures("configuration")

CONNECTION_METHODS = sorted(name for name in dir(sqlite3.Connection) if not name.startswith("__"))
CURSOR_METHODS = sorted(name for name in dir(sqlite3.Cursor) if not name.startswith("__"))
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "backup": (None,), "blobopen": ("t", "a", 1), "create_aggregate": ("f", 1, list),
    "create_collation": ("c", None), "create_function": ("f", 1, None),
    "create_window_function": ("f", 1, None), "deserialize": (b"",), "enable_load_extension": (False,),
    "execute": ("SELECT 1",), "executemany": ("INSERT INTO t VALUES (?)", [(1,)]),
    "executescript": ("SELECT 1",), "getconfig": (1,), "getlimit": (1,), "load_extension": ("x",),
    "set_authorizer": (None,), "set_progress_handler": (None, 1), "set_trace_callback": (None,),
    "setconfig": (1, True), "setlimit": (1, 100), "setinputsizes": ((),), "setoutputsize": (1,),
    "fetchmany": (2,),
}  # fmt: skip


def use(owner: Any, name: str) -> object:
    """Read the attribute and, if it can be called, call it."""
    attribute = getattr(owner, name)
    if not callable(attribute) or isinstance(attribute, type | sqlite3.Connection):
        return attribute
    result = attribute(*ARGUMENTS.get(name, ()))
    return list(result) if name == "iterdump" else result


@pytest.mark.parametrize("name", CONNECTION_METHODS)
def test_every_attribute_of_a_closed_connection_fails_the_same(name: str) -> None:
    def closed(module: ModuleType) -> object:
        connection = module.connect(":memory:")
        connection.close()
        return use(connection, name)

    assert_same(closed)


@pytest.mark.parametrize("name", CONNECTION_METHODS)
def test_every_attribute_of_an_unmade_connection_fails_the_same(name: str) -> None:
    assert_same(lambda module: use(module.Connection.__new__(module.Connection), name))


@pytest.mark.parametrize("name", CURSOR_METHODS)
def test_every_attribute_of_a_closed_cursor_fails_the_same(name: str) -> None:
    def closed(module: ModuleType) -> object:
        with closing(module.connect(":memory:")) as connection:
            cursor = connection.cursor()
            cursor.close()
            return use(cursor, name)

    assert_same(closed)


@pytest.mark.parametrize("name", CURSOR_METHODS)
def test_every_attribute_of_an_unmade_cursor_fails_the_same(name: str) -> None:
    assert_same(lambda module: use(module.Cursor.__new__(module.Cursor), name))


@pytest.mark.parametrize("name", CURSOR_METHODS)
def test_every_attribute_of_a_closed_connections_cursor_fails_the_same(name: str) -> None:
    def closed(module: ModuleType) -> object:
        connection = module.connect(":memory:")
        cursor = connection.execute("SELECT 1")
        connection.close()
        return use(cursor, name)

    assert_same(closed)


def in_thread(call: Callable[[], object]) -> Observation:
    """What ``call`` shows in a thread of its own."""
    shown: list[Observation] = []
    thread = threading.Thread(target=lambda: shown.append(observe(call)))
    thread.start()
    thread.join()
    return shown[0]


def thread_free(shown: Observation) -> object:
    """An observation without the numbers of threads."""
    return "".join(character for character in repr(shown) if not character.isdigit())


@pytest.mark.parametrize("name", [name for name in CONNECTION_METHODS if name not in ("close", "interrupt")])
def test_another_thread_is_refused_the_same(name: str) -> None:
    shown = []
    for module in (sqlite3, heliosdb_sqlite):
        with closing(module.connect(":memory:")) as connection:
            shown.append(thread_free(in_thread(partial(use, connection, name))))
    assert shown[1] == shown[0]


@pytest.mark.parametrize("name", ["execute", "fetchone", "fetchall", "close", "executescript", "__next__"])
def test_another_threads_cursor_is_refused_the_same(name: str) -> None:
    shown = []
    for module in (sqlite3, heliosdb_sqlite):
        with closing(module.connect(":memory:")) as connection:
            cursor = connection.execute("SELECT 1")
            shown.append(thread_free(in_thread(partial(use, cursor, name))))
    assert shown[1] == shown[0]
    assert "ProgrammingError" in str(shown[1])


def test_threads_may_share_a_connection_that_allows_it() -> None:
    def shared(module: ModuleType) -> object:
        with closing(module.connect(":memory:", check_same_thread=False)) as connection:
            connection.execute("CREATE TABLE t(a)")
            lock = threading.Lock()

            def insert() -> None:
                for number in range(50):
                    with lock, connection:
                        connection.execute("INSERT INTO t VALUES (?)", (number,))

            threads = [threading.Thread(target=insert) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return connection.execute("SELECT count(*), sum(a) FROM t").fetchone()

    assert assert_same(shared).value == plain((200, 4 * sum(range(50))))


def test_each_thread_may_have_a_connection_of_its_own() -> None:
    def own(module: ModuleType) -> object:
        def count() -> object:
            with closing(module.connect(":memory:")) as connection:
                return connection.execute("SELECT 40 + 2").fetchone()

        return [in_thread(count).value for _ in range(4)]

    assert_same(own)


def test_pickling_and_copying_are_refused_the_same() -> None:
    for refuse in (pickle.dumps, copy.copy, copy.deepcopy):
        for make in (
            lambda connection: connection,
            lambda connection: connection.cursor(),
            lambda c: c.execute("SELECT 1"),
        ):

            def refused(module: ModuleType, refuse: Any = refuse, make: Any = make) -> object:
                with closing(module.connect(":memory:")) as connection:
                    refuse(make(connection))
                    return "not refused"

            assert isinstance(assert_same(refused).error, tuple)


def test_attributes_of_a_fresh_connection_are_the_same() -> None:
    def attributes(module: ModuleType) -> object:
        with closing(module.connect(":memory:")) as connection:
            names = [name for name in CONNECTION_METHODS if not callable(getattr(connection, name))]
            return [(name, getattr(connection, name)) for name in names]

    assert_same(attributes)


@pytest.mark.parametrize(
    "name", [name for name in CONNECTION_METHODS if name.endswith("Error") or name == "Warning"]
)
def test_exceptions_are_attributes_of_a_connection(name: str) -> None:
    with closing(heliosdb_sqlite.connect(":memory:")) as connection:
        assert getattr(connection, name) is getattr(sqlite3, name)


def test_a_connection_can_be_initialized_again() -> None:
    def again(module: ModuleType) -> object:
        connection = module.connect(":memory:")
        connection.execute("CREATE TABLE t(a)")
        cursor = connection.cursor()
        connection.row_factory = module.Row
        connection.__init__(":memory:")
        results = [
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone(),
            connection.row_factory,
        ]
        try:
            cursor.execute("SELECT 1")
        finally:
            connection.close()
        return results

    assert_same(again)


def test_with_commits_rolls_back_and_leaves_open() -> None:
    def blocks(module: ModuleType) -> Iterator[object]:
        connection = module.connect(":memory:")
        connection.execute("CREATE TABLE t(a UNIQUE)")
        with connection as entered:
            yield entered is connection
            connection.execute("INSERT INTO t VALUES (1)")
            yield connection.in_transaction
        yield connection.in_transaction
        for statement in ("INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)"):
            try:
                with connection:
                    connection.execute(statement)
                    raise KeyError(statement)
            except (KeyError, module.IntegrityError) as error:
                yield type(error)
        yield connection.execute("SELECT a FROM t").fetchall()
        connection.close()

    shown = assert_same(lambda module: list(blocks(module)))
    assert shown.error is None


def test_execute_on_the_connection_gives_a_cursor() -> None:
    with closing(heliosdb_sqlite.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t(a)")
        for cursor in (
            connection.execute("SELECT 1"),
            connection.executescript("SELECT 1"),
            connection.executemany("DELETE FROM t WHERE a = ?", []),
            connection.cursor(),
            connection.cursor().execute("SELECT 1"),
        ):
            assert isinstance(cursor, heliosdb_sqlite.Cursor)
            assert isinstance(cursor, sqlite3.Cursor)
            assert cursor.connection is connection
    assert not isinstance(connection, heliosdb_sqlite.Cursor)
    assert issubclass(heliosdb_sqlite.Cursor, sqlite3.Cursor)


def test_cursors_are_made_from_connections_alone() -> None:
    with closing(sqlite3.connect(":memory:")) as bare:
        assert_same(lambda module: module.Cursor(bare).execute("SELECT 1").fetchone())
    for wrong in (None, 5, object()):
        assert_same(partial(lambda wrong, module: module.Cursor(wrong), wrong))
    assert_same(lambda module: module.Cursor())


def test_closing_twice_and_using_after_is_the_same() -> None:
    def twice(module: ModuleType) -> object:
        connection = module.connect(":memory:")
        connection.close()
        connection.close()
        return connection.execute("SELECT 1")

    assert_same(twice)


def test_an_unclosed_connection_warns_the_same() -> None:
    def forgotten(module: ModuleType) -> None:
        connection = module.connect(":memory:")
        connection.execute("CREATE TABLE t(a)")
        del connection
        gc.collect()

    gc.collect()  # what earlier tests forgot
    shown = assert_same(forgotten)
    assert [warning[0] for warning in shown.warnings] == [ResourceWarning] * (sys.version_info >= (3, 13))
