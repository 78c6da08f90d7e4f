"""heliosdb_backup: a plugin of the target fills it in its own way."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered


class Fills:
    def __init__(self, answer=True):
        self.answer = answer
        self.asked = []

    @hookimpl
    def heliosdb_backup(self, connection, source, copy):
        self.asked.append((connection, source))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            with closing(sqlite3.connect(":memory:")) as between:
                copy(between)
                connection.executescript("\n".join(between.iterdump()))
        return self.answer


@pytest.fixture
def source():
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
        yield conn


def rows(conn):
    return conn.execute("SELECT a FROM t ORDER BY a").fetchall()


@pytest.mark.parametrize("answer", [True, None])
def test_the_plugin_of_the_target_is_asked(source, answer):
    fills, seen = Fills(answer), []
    with registered(fills), closing(heliosdb_sqlite.connect(":memory:")) as target:
        source.backup(target, pages=1, progress=lambda *told: seen.append(told))
        assert fills.asked == [(target, source)]
        assert rows(target) == [(1,), (2,)]
        assert seen  # copy() and SQLite's own way hand the caller's arguments on


def test_that_of_the_source_is_not(source):
    fills = Fills()
    with registered(fills), closing(heliosdb_sqlite.connect(":memory:")) as mine:
        mine.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (5)")
        for target in (sqlite3.connect(":memory:"), heliosdb_sqlite.Connection(":memory:")):
            with closing(target):
                mine.backup(target)
                assert rows(target) == [(5,)]
    assert fills.asked == []


def test_an_error_reaches_the_caller(source):
    with (
        registered(Fills(sqlite3.NotSupportedError("not into this one"))),
        closing(heliosdb_sqlite.connect(":memory:")) as target,
        pytest.raises(sqlite3.NotSupportedError, match="not into this one"),
    ):
        source.backup(target)


def test_what_was_known_of_the_target_is_forgotten(source):
    with registered(Fills(None)), closing(heliosdb_sqlite.connect(":memory:")) as target:
        target.execute("CREATE TABLE old (a)")
        assert target.execute("SELECT * FROM old").fetchall() == []
        target.commit()
        source.backup(target)
        assert rows(target) == [(1,), (2,)]
        with pytest.raises(sqlite3.OperationalError, match="no such table: old"):
            target.execute("SELECT * FROM old")


@pytest.mark.parametrize("arguments", [(), (None,), (5,), ("a.db", 1)])
def test_a_mistake_is_described_as_by_the_standard_library(source, arguments):
    with closing(sqlite3.connect(":memory:")) as plain:
        with pytest.raises(TypeError) as theirs:
            plain.backup(*arguments)
        with pytest.raises(TypeError) as ours:
            source.backup(*arguments)
    assert str(ours.value) == str(theirs.value)


def test_a_closed_target_is_sqlites_error(source):
    with registered(Fills()):
        target = heliosdb_sqlite.connect(":memory:")
        target.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            source.backup(target)
