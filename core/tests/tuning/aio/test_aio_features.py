"""Plugins work on awaited connections: their keywords, methods, functions and hooks."""

from __future__ import annotations

import ast
import sqlite3
import threading
from contextlib import contextmanager

import pytest
from pydantic import BaseModel, ConfigDict

import heliosdb_sqlite
from aio_kit import in_a_loop, stub
from heliosdb_sqlite import aio
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered


class Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    colour: str | None = None


class Colours:
    """A plugin with a keyword, methods and a function."""

    def __init__(self):
        self.commits = 0

    @hookimpl
    def heliosdb_options(self):
        return Options

    @hookimpl
    def heliosdb_active(self, options):
        return options.colour is not None

    @hookimpl
    def heliosdb_connect(self, connection, options):
        connection.create_function("colour", 0, lambda: options.colour)

    @hookimpl
    def heliosdb_commit(self, connection):
        self.commits += 1

    @hookimpl
    def heliosdb_methods(self):
        def paint(connection, wall, *, coats=1):
            """Paint a wall."""
            return threading.current_thread(), wall * coats

        def walls(connection):
            return connection.execute("SELECT a FROM t ORDER BY a LIMIT 3")

        def each_wall(connection):
            yield from connection.execute("SELECT a FROM t ORDER BY a LIMIT 3")

        @contextmanager
        def scaffold(connection):
            steps = [threading.current_thread()]
            try:
                yield steps
            finally:
                steps.append(threading.current_thread())

        return {"paint": paint, "walls": walls, "each_wall": each_wall, "scaffold": scaffold}

    @hookimpl
    def heliosdb_cursor_methods(self):
        def paint_row(cursor, row):
            cursor.execute("INSERT INTO t VALUES (?)", (row,))
            return cursor.lastrowid

        return {"paint_row": paint_row}


@pytest.fixture
def colours():
    with registered(Colours(), "colours", always=False) as plugin:
        yield plugin


@in_a_loop
async def test_a_plugins_keyword_switches_it_on(database, colours):
    async with aio.connect(database, colour="red") as db:
        assert await db.execute_fetchall("SELECT colour()") == [("red",)]
        await db.execute("INSERT INTO t VALUES (1)")
        await db.commit()
    assert colours.commits == 1


@in_a_loop
async def test_a_plugins_method_is_awaited_and_runs_in_the_connections_thread(database, colours):
    async with aio.connect(database, colour="red") as db:
        assert await db.paint("wall ", coats=2) == (db._thread, "wall wall ")
        assert "paint" in dir(db)


@in_a_loop
async def test_a_cursor_that_a_method_returns_is_awaited_too(database, colours):
    async with aio.connect(database, colour="red") as db:
        async with db.walls() as cursor:
            assert isinstance(cursor, aio.Cursor)
            assert await cursor.fetchall() == [(0,), (1,), (2,)]
        assert await db.each_wall() == [(0,), (1,), (2,)]


@in_a_loop
async def test_a_context_manager_that_a_method_returns_is_entered_and_left_in_the_connections_thread(
    database, colours
):
    async with aio.connect(database, colour="red") as db:
        async with db.scaffold() as steps:
            assert steps == [db._thread]
        assert steps == [db._thread] * 2
        with pytest.raises(ZeroDivisionError):
            async with db.scaffold() as steps:
                1 / 0  # noqa: B018
        assert len(steps) == 2


@in_a_loop
async def test_a_plugins_cursor_method_is_awaited(database, colours):
    async with aio.connect(database, colour="red") as db:
        cursor = await db.cursor()
        assert await cursor.paint_row(7) == 201
        assert not hasattr(cursor, "no_such_method")


@in_a_loop
async def test_methods_can_be_told_from_those_that_are_missing(database, colours):
    async with aio.connect(database) as db:
        assert hasattr(db, "paint")
        with pytest.raises(AttributeError, match="no_such_method"):
            await db.no_such_method()


@pytest.mark.alone
@in_a_loop
async def test_a_method_of_a_plugin_that_is_not_installed_says_which_it_is(database):
    async with aio.connect(database) as db:
        with pytest.raises(heliosdb_sqlite.MissingPlugin, match=r"pip install 'heliosdb\[branching\]'"):
            await db.create_branch("experiment")


@in_a_loop
async def test_an_error_of_a_plugin_reaches_who_awaits(database):
    class Refusing:
        @hookimpl
        def heliosdb_before_commit(self, connection):
            raise sqlite3.IntegrityError("not today")

    with registered(Refusing(), "refusing"):
        async with aio.connect(database) as db:
            await db.execute("INSERT INTO t VALUES (1)")
            with pytest.raises(sqlite3.IntegrityError, match="not today"):
                await db.commit()


def test_type_checkers_know_the_methods_of_heliosdbs_own_plugins():
    written, wanted = (
        ast.dump(ast.parse(each)) for each in (stub.WRITTEN.read_text(encoding="utf-8"), stub.text())
    )
    assert written == wanted, "run core/tests/tuning/aio/aio_kit/stub.py, and ruff format"
