"""A program's own subclasses of Connection and Cursor behave as those of sqlite3's do."""

from __future__ import annotations

import abc
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from heliosdb_sqlite.testing.dropin import PLAIN, Configuration
from heliosdb_sqlite.testing.dropin.observe import assert_same, observe

pytestmark = pytest.mark.usefixtures("configuration")


def test_cursor_takes_a_factory_that_makes_a_real_cursor(configuration: Configuration) -> None:
    def is_a(cursor: Any, wanted: type) -> bool:
        # An active plugin may put a class of HeliosDB's below the caller's; nothing else may.
        return type(cursor) is wanted if configuration is PLAIN else isinstance(cursor, wanted)

    def factories(module: ModuleType) -> Iterator[object]:
        class Mine(module.Cursor):  # type: ignore[name-defined,misc]
            def fetchone(self) -> object:
                return ("mine", super().fetchone())

        class Bare(sqlite3.Cursor):
            pass

        with closing(module.connect(":memory:")) as connection:
            yield is_a(connection.cursor(Mine), Mine)
            yield is_a(connection.cursor(factory=Mine), Mine)
            yield connection.cursor(Mine).execute("SELECT 1").fetchone()
            yield is_a(connection.cursor(Bare), Bare)
            yield connection.cursor(Bare).execute("SELECT 1").fetchone()
            yield is_a(connection.cursor(partial(Mine)), Mine)
            yield is_a(connection.cursor(sqlite3.Cursor), sqlite3.Cursor)
            for wrong in (lambda connection: None, lambda connection: 5, 5, None, list, lambda: 1):
                yield observe(partial(connection.cursor, wrong))
            connection.row_factory = module.Row
            yield connection.cursor(Mine).row_factory is module.Row

    shown = assert_same(lambda module: list(factories(module)))
    assert shown.error is None


def test_a_subclass_may_override_anything() -> None:
    mine = ("CREATE TABLE t(a)", "INSERT INTO t VALUES (?)", "SELECT a FROM t", "DELETE FROM t WHERE a = ?")

    def overridden(module: ModuleType) -> object:
        calls: list[object] = []

        class LoudCursor(module.Cursor):  # type: ignore[name-defined,misc]
            def execute(self, sql: str, parameters: Any = ()) -> Any:
                calls.append(("cursor.execute", sql))
                return super().execute(sql, parameters)

            def executemany(self, sql: str, rows: Any) -> Any:
                calls.append(("cursor.executemany", sql))
                return super().executemany(sql, rows)

            def fetchall(self) -> Any:
                calls.append("fetchall")
                return super().fetchall()

        class Loud(module.Connection):  # type: ignore[name-defined,misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.mine = "mine"

            def cursor(self, factory: Any = LoudCursor) -> Any:
                calls.append("cursor")
                return super().cursor(factory)

            def execute(self, *args: Any) -> Any:
                calls.append(("execute", *args))
                return super().execute(*args)

            def commit(self) -> None:
                calls.append("commit")
                super().commit()

            def rollback(self) -> None:
                calls.append("rollback")
                super().rollback()

            def close(self) -> None:
                calls.append("close")
                super().close()

            def __call__(self, *args: Any) -> Any:
                if args[0] in mine:  # and not a statement that an active plugin runs
                    calls.append(("__call__", *args))
                return super().__call__(*args)

        connection = module.connect(":memory:", factory=Loud)
        calls.append(connection.mine)
        connection.execute("CREATE TABLE t(a)")
        connection.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
        connection.commit()
        cursor = connection.cursor()
        calls.append(cursor.execute("SELECT a FROM t").fetchall())
        with connection:
            cursor.execute("DELETE FROM t WHERE a = ?", (1,))
        connection.executescript("SELECT 1; SELECT 2")
        connection.rollback()
        calls.append(connection.execute("SELECT count(*) FROM t").fetchall())
        connection.close()
        return calls

    shown = assert_same(overridden)
    assert shown.error is None


def test_classes_mix_with_abstract_ones() -> None:
    def mixed(module: ModuleType) -> object:
        class Repository(abc.ABC):
            @abc.abstractmethod
            def find(self, key: int) -> Any: ...

        class Database(module.Connection, Repository):  # type: ignore[name-defined,misc]
            def find(self, key: int) -> Any:
                return self.execute("SELECT ?", (key,)).fetchone()

        class Finder(module.Cursor, Repository):  # type: ignore[name-defined,misc]
            def find(self, key: int) -> Any:
                return self.execute("SELECT ?", (key,)).fetchone()

        with closing(module.connect(":memory:", factory=Database)) as connection:
            return connection.find(1), connection.cursor(Finder).find(2), isinstance(connection, Repository)

    shown = assert_same(mixed)
    assert shown.error is None


def test_instances_take_attributes_only_where_sqlite3s_do() -> None:
    def subclass(module: ModuleType) -> object:
        class Mine(module.Connection):  # type: ignore[name-defined,misc]
            pass

        with closing(module.connect(":memory:", factory=Mine)) as connection:
            connection.note = "kept"
            return connection.note, connection.cursor().connection.note

    assert_same(subclass)
