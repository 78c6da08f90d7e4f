"""What this release does: it knows the feature's names, and refuses each of them clearly, with nothing half done."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite

REFUSED = r"not part of this release of heliosdb-crypto"


@pytest.mark.parametrize(
    "keywords", [{"encryption_key": "secret"}, {"encryption_key": b"k" * 32}, {"encryption_key": None}]
)
def test_a_connection_that_asks_for_it_is_refused_and_no_file_is_made(tmp_path, keywords):
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        heliosdb_sqlite.connect(tmp_path / "a.db", **keywords)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["rekey"])
def test_its_methods_are_there_and_refuse(method):
    conn = heliosdb_sqlite.connect(":memory:")
    assert method in dir(conn)
    with pytest.raises(sqlite3.NotSupportedError, match=REFUSED):
        getattr(conn, method)("x")
    conn.close()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE TABLE u (email TEXT ENCRYPTED)", "encryption_key="),
        ("ALTER TABLE t ADD COLUMN e TEXT ENCRYPTED DETERMINISTIC", "encryption_key="),
    ],
)
def test_its_sql_says_that_it_must_be_switched_on(sql, said):
    conn = heliosdb_sqlite.connect(":memory:")
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    with pytest.raises(sqlite3.DatabaseError, match=said):
        conn.execute(sql)
    assert [row[1] for row in conn.execute("PRAGMA table_info(t)")] == ["id"]
    conn.close()


def test_the_key_is_never_shown():
    with pytest.raises(sqlite3.NotSupportedError) as raised:
        heliosdb_sqlite.connect(":memory:", encryption_key="swordfish")
    assert "swordfish" not in repr(raised.value)


def test_its_options_are_checked_and_listed():
    with pytest.raises(TypeError, match="did you mean 'encryption_key'"):
        heliosdb_sqlite.connect(":memory:", encryption_kye=1)
