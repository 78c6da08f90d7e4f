"""activate(): a plugin is switched on for a connection that is open already."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from pydantic import BaseModel, ConfigDict

import heliosdb_sqlite
from heliosdb_sqlite.plugins import activate, hookimpl, options_of
from heliosdb_sqlite.testing import Recorder, registered


class LateOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    late_level: int = 7


class Late:
    def __init__(self):
        self.seen = []

    @hookimpl
    def heliosdb_options(self):
        return LateOptions

    @hookimpl
    def heliosdb_connect(self, connection, options):
        self.seen.append(f"connect {options.late_level}")
        connection.create_function("late", 0, lambda: "late")

    @hookimpl
    def heliosdb_executed(self, statement):
        self.seen.append(statement.sql)

    @hookimpl
    def heliosdb_commit(self):
        self.seen.append("commit")

    @hookimpl
    def heliosdb_close(self):
        self.seen.append("close")


@pytest.fixture
def late():
    with registered(Late(), "late", always=False) as plugin:
        yield plugin


def test_a_plain_connection_gets_the_plugin_with_its_defaults(late):
    conn = heliosdb_sqlite.connect(":memory:")
    conn.execute("CREATE TABLE t (a)")
    activate(conn, "late")
    assert conn.execute("SELECT late()").fetchone() == ("late",)
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()
    conn.close()
    assert late.seen == ["connect 7", "SELECT late()", "INSERT INTO t VALUES (1)", "commit", "close"]


def test_twice_is_once(late):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        activate(conn, "late")
        activate(conn, "late")
        assert late.seen == ["connect 7"]


def test_a_connection_that_has_another_plugin_keeps_it(late):
    with registered(Recorder(), "recorder"), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("SELECT 1")
        activate(conn, "late")
        conn.execute("SELECT 1")
        assert "SELECT 1" in late.seen
        assert options_of(conn) == {}


def test_one_that_was_given_options_keeps_those(late):
    with closing(heliosdb_sqlite.connect(":memory:", late_level=3)) as conn:
        activate(conn, "late")
        assert (late.seen, options_of(conn)) == (["connect 3"], {"late_level": 3})


def test_the_users_own_class_stays(late):
    class Mine(heliosdb_sqlite.Connection):
        greeting = "hello"

    with closing(heliosdb_sqlite.connect(":memory:", factory=Mine)) as conn:
        activate(conn, "late")
        assert isinstance(conn, Mine)
        assert (conn.greeting, conn.execute("SELECT late()").fetchone()) == ("hello", ("late",))


def test_in_the_middle_of_a_transaction(late):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE t (a)")
        conn.execute("INSERT INTO t VALUES (1)")
        activate(conn, "late")
        conn.commit()
        assert late.seen == ["connect 7", "commit"]


def test_what_can_not_be_given_a_plugin(late):
    with (
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
        closing(sqlite3.connect(":memory:")) as stranger,
    ):
        with pytest.raises(sqlite3.ProgrammingError, match="no plugin 'unheard of' is loaded"):
            activate(conn, "unheard of")
        with pytest.raises(sqlite3.ProgrammingError, match=r"was not made by heliosdb_sqlite.connect\(\)"):
            activate(stranger, "late")
