"""What this release does: it knows the feature's names, and refuses each of them clearly, with nothing half done."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite

REFUSED = r"not part of this release of heliosdb-timetravel"


@pytest.mark.parametrize(
    "keywords", [{"enable_time_travel": True}, {"enable_time_travel": True, "time_travel_tables": "explicit"}]
)
def test_a_connection_that_asks_for_it_is_refused_and_no_file_is_made(tmp_path, keywords):
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        heliosdb_sqlite.connect(tmp_path / "a.db", **keywords)
    assert list(tmp_path.iterdir()) == []


def test_one_that_declines_it_is_plain():
    conn = heliosdb_sqlite.connect(":memory:", enable_time_travel=False)
    assert type(conn) is heliosdb_sqlite.Connection
    conn.close()


@pytest.mark.parametrize("method", ["history", "restore", "tag", "purge_history"])
def test_its_methods_are_there_and_refuse(method):
    conn = heliosdb_sqlite.connect(":memory:")
    assert method in dir(conn)
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        getattr(conn, method)("x")
    conn.close()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("ALTER TABLE t ADD SYSTEM VERSIONING", "enable_time_travel=True"),
        ("SELECT * FROM t AS OF TIMESTAMP '2024-01-01'", "enable_time_travel=True"),
        ("SELECT * FROM t FOR SYSTEM_TIME ALL", "enable_time_travel=True"),
    ],
)
def test_its_sql_says_that_it_must_be_switched_on(sql, said):
    conn = heliosdb_sqlite.connect(":memory:")
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    with pytest.raises(sqlite3.DatabaseError, match=said):
        conn.execute(sql)
    assert [row[1] for row in conn.execute("PRAGMA table_info(t)")] == ["id"]
    conn.close()


def test_its_options_are_checked_and_listed():
    with pytest.raises(TypeError, match="did you mean 'enable_time_travel'"):
        heliosdb_sqlite.connect(":memory:", enable_timetravel=1)
