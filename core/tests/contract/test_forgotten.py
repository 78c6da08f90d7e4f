"""A connection with plugins that nobody refers to any more is closed when one of sqlite3's is: no cycle of ours keeps it.

At once on CPython 3.10; since 3.11 a connection's own statement cache refers to it, and the garbage collector must run.
"""

from __future__ import annotations

import gc
import sqlite3
import weakref
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Plugin, Syntax, hookimpl, schema_of
from heliosdb_sqlite.testing import Recorder, registered

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Widens(Plugin):
    @hookimpl
    def heliosdb_syntax(self):
        return Syntax(words=("all_of",))

    @hookimpl
    def heliosdb_parse(self, connection, statement):
        schema = schema_of(connection)
        assert schema.table("t") is not None
        return statement.rewritten(statement.sql.replace("ALL_OF", "* FROM")).bound_to(schema.stamp)


def use(path, **options):
    conn = heliosdb_sqlite.connect(path, **options)
    conn.execute("CREATE TABLE IF NOT EXISTS t (a)")
    conn.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
    conn.execute("SELECT ALL_OF t" if not options else "SELECT * FROM t").fetchone()
    conn.execute("INSERT INTO t VALUES (3)")
    return weakref.ref(conn)


class Mine(sqlite3.Connection):
    """One that can be referred to weakly."""


def use_sqlite3(path):
    conn = sqlite3.connect(path, factory=Mine)
    conn.execute("CREATE TABLE IF NOT EXISTS t (a)")
    conn.execute("INSERT INTO t VALUES (3)")
    return weakref.ref(conn)


@pytest.mark.parametrize(("plugin", "options"), [(Widens, {}), (Recorder, {"concurrency": "wal"})])
def test_it_is_closed_when_its_last_user_forgets_it(tmp_path, plugin, options):
    gc.collect()
    gc.disable()
    try:
        at_once = use_sqlite3(tmp_path / "b.db")() is None
        with registered(plugin()):
            forgotten = use(tmp_path / "a.db", **options)
            assert (forgotten() is None) == at_once
            gc.collect()
            assert forgotten() is None
        with closing(sqlite3.connect(tmp_path / "a.db", timeout=0)) as other:
            other.execute("INSERT INTO t VALUES (4)")  # the transaction was rolled back, its lock is gone
    finally:
        gc.enable()
