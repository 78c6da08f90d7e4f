"""What this release does: it knows the feature's names, and refuses each of them clearly, with nothing half done."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite

REFUSED = r"not part of this release of heliosdb-server"


@pytest.mark.parametrize("keywords", [{"heliosdb_mode": "hybrid"}])
def test_a_connection_that_asks_for_it_is_refused_and_no_file_is_made(tmp_path, keywords):
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        heliosdb_sqlite.connect(tmp_path / "a.db", **keywords)
    assert list(tmp_path.iterdir()) == []


def test_one_that_declines_it_is_plain():
    conn = heliosdb_sqlite.connect(":memory:", heliosdb_mode="embedded")
    assert type(conn) is heliosdb_sqlite.Connection
    conn.close()


def test_start_server_refuses(tmp_path):
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        heliosdb_sqlite.start_server(database=str(tmp_path / "a.db"), port=0)


@pytest.mark.parametrize("method", ["get_server_info"])
def test_its_methods_are_there_and_refuse(method):
    conn = heliosdb_sqlite.connect(":memory:")
    assert method in dir(conn)
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        getattr(conn, method)("x")
    conn.close()


def test_its_options_are_checked_and_listed():
    with pytest.raises(TypeError, match="did you mean 'heliosdb_mode'"):
        heliosdb_sqlite.connect(":memory:", heliosdb_mod=1)
