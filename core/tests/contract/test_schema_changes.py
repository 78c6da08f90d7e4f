"""A text that was rewritten for a schema follows every change of it: temp tables, attached files, whoever makes them."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Syntax, activate, hookimpl, run
from heliosdb_sqlite.sql.schema import schema_of
from heliosdb_sqlite.testing import registered


class WhereIs:
    """SELECT WHERE_IS t tells in which database t is."""

    @hookimpl
    def heliosdb_syntax(self):
        return Syntax(words=("where_is",))

    @hookimpl
    def heliosdb_parse(self, connection, statement):
        schema = schema_of(connection)
        table = schema.table(statement.sql.split()[-1])
        place = table.schema if table is not None else "nowhere"
        return statement.rewritten(f"SELECT '{place}'").bound_to(schema.stamp)


def through_the_hooks(conn, sql):
    conn.execute(sql)


def past_the_hooks(conn, sql):
    sqlite3.Cursor(conn).execute(sql)


def by_a_plugin(conn, sql):
    run(conn, sql)


def in_a_script(conn, sql):
    conn.executescript(sql)


def where(conn):
    return conn.execute("SELECT WHERE_IS t").fetchone()[0]


@pytest.fixture
def conn(tmp_path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (a)")
    with registered(WhereIs()), closing(heliosdb_sqlite.connect(":memory:", isolation_level=None)) as conn:
        yield conn


@pytest.mark.parametrize("execute", [through_the_hooks, past_the_hooks, by_a_plugin, in_a_script])
def test_temp_tables_and_attached_files_are_seen_whoever_makes_them(conn, tmp_path, execute):
    assert where(conn) == "nowhere"
    for _ in range(2):  # the second time every text is in the statement cache
        execute(conn, f"ATTACH '{tmp_path / 'other.db'}' AS other")
        assert where(conn) == "other"
        execute(conn, "CREATE TEMP TABLE t (a)")
        assert where(conn) == "temp"
        execute(conn, "DROP TABLE temp.t")
        execute(conn, "DETACH other")
        assert where(conn) == "nowhere"


def test_a_rolled_back_temp_table_is_gone(conn):
    conn.execute("CREATE TABLE main.t (a)")
    conn.execute("BEGIN")
    conn.execute("CREATE TEMP TABLE t (a)")
    assert where(conn) == "temp"
    conn.execute("ROLLBACK")
    assert where(conn) == "main"


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="every path is text there")
def test_a_file_whose_name_is_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xe4.db"
    with registered(WhereIs()), closing(heliosdb_sqlite.connect(path)) as conn:
        conn.execute("CREATE TABLE t (a)")
        assert where(conn) == "main"


def test_looking_at_the_schema_makes_no_temp_database(conn):
    where(conn)
    assert [row[1] for row in conn.execute("PRAGMA database_list")] == ["main"]


@pytest.mark.parametrize("execute", [through_the_hooks, past_the_hooks, by_a_plugin])
def test_temp_tables_that_a_pragma_throws_away_are_gone(conn, execute):
    conn.execute("CREATE TABLE main.t (a)")
    for mode in ("FILE", "MEMORY", "FILE"):
        execute(conn, "CREATE TEMP TABLE t (a)")
        assert where(conn) == "temp"
        execute(conn, f"PRAGMA temp_store = {mode}")
        assert where(conn) == "main"


def test_temp_tables_from_before_a_plugin_was_switched_on_are_seen():
    with (
        registered(WhereIs(), "where_is", always=False),
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
    ):
        conn.execute("CREATE TEMP TABLE t (a)")
        activate(conn, "where_is")
        assert where(conn) == "temp"
