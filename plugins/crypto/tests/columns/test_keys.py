"""Encrypted columns: their keys, and values that are not what was written."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from crypto_kit.users import KEY, ROWS, USERS


def test_another_key_opens_no_value(conn_plain, file):
    other = heliosdb_sqlite.connect(file, column_key=b"x" * 32)
    assert other.execute("SELECT username FROM users").fetchall() == [("ann",), ("bob",), ("cat",)]
    with pytest.raises(sqlite3.DatabaseError, match="no key for a value"):
        other.execute("SELECT email FROM users").fetchall()
    with pytest.raises(sqlite3.DatabaseError, match="no key to write"):
        other.execute("UPDATE users SET email = 'x'")
    other.close()


@pytest.mark.parametrize(
    "damage", ["derivation = x'00'", "derivation = 4", "envelope = x''", "envelope = 'text'"]
)
def test_keys_that_somebody_wrote_to_open_no_value(conn_plain, file, damage):
    _, plain = conn_plain
    plain.execute(f"UPDATE heliosdb_crypto_keys SET {damage}")
    plain.commit()
    other = heliosdb_sqlite.connect(file, column_key=KEY)
    for _ in range(2):
        with pytest.raises(sqlite3.DatabaseError, match="no key for a value"):
            other.execute("SELECT email FROM users").fetchall()
    assert other.execute("SELECT count(*) FROM users").fetchone() == (len(ROWS),)
    other.close()


def test_without_a_key_there_is_no_encrypted_column(file, conn_plain):
    conn = heliosdb_sqlite.connect(file)
    assert isinstance(conn.execute("SELECT email FROM users").fetchone()[0], bytes)
    with pytest.raises(sqlite3.DatabaseError, match="ENCRYPTED"):
        conn.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
    conn.close()


@pytest.mark.parametrize("key", [None, "", b"short", 4, []])
def test_what_is_no_column_key(tmp_path, key):
    with pytest.raises(sqlite3.ProgrammingError, match="column_key"):
        heliosdb_sqlite.connect(tmp_path / "a.db", column_key=key)
    assert not (tmp_path / "a.db").exists()


def test_the_first_key_writes_and_all_read(conn_plain, file):
    new = b"n" * 32
    with_both = heliosdb_sqlite.connect(file, column_key=[new, KEY])
    with_both.execute("INSERT INTO users (id, email) VALUES (8, 'by the new key')")
    with_both.execute("INSERT INTO users (id, ssn) VALUES (9, '999')")
    with_both.commit()
    assert with_both.execute("SELECT email FROM users WHERE id IN (1, 8) ORDER BY id").fetchall() == [
        ("ann@swordfish",), ("by the new key",)
    ]  # fmt: skip
    assert with_both.execute("SELECT id FROM users WHERE ssn IN ('111', '999') ORDER BY id").fetchall() == [
        (1,),
        (9,),
    ]
    with_both.close()
    with_new = heliosdb_sqlite.connect(file, column_key=new)
    assert with_new.execute("SELECT email FROM users WHERE id = 8").fetchone() == ("by the new key",)
    with pytest.raises(sqlite3.DatabaseError, match="no key for a value"):
        with_new.execute("SELECT email FROM users WHERE id = 1").fetchone()
    with_new.close()


@pytest.mark.parametrize("full", [False, True])
def test_rekey_takes_the_columns_along(file, full):
    conn = heliosdb_sqlite.connect(file, encryption_key=KEY)
    conn.execute(USERS)
    conn.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    conn.commit()
    conn.rekey(b"n" * 32, full=full)
    assert conn.execute("SELECT * FROM users").fetchall() == ROWS
    conn.execute("INSERT INTO users (id, email) VALUES (4, 'after')")
    conn.commit()
    conn.close()
    again = heliosdb_sqlite.connect(file, encryption_key=b"n" * 32)
    assert again.execute("SELECT email FROM users WHERE id IN (1, 4)").fetchall() == [
        ("ann@swordfish",),
        ("after",),
    ]
    again.close()


def test_a_changed_value_is_an_error(conn_plain, file):
    conn, plain = conn_plain
    (sealed,) = plain.execute("SELECT email FROM users WHERE id = 1").fetchone()
    plain.execute("UPDATE users SET email = ? WHERE id = 1", (sealed[:-1] + bytes([sealed[-1] ^ 1]),))
    plain.commit()
    with pytest.raises(sqlite3.DatabaseError, match="failed authentication"):
        conn.execute("SELECT email FROM users").fetchall()


def test_a_column_that_was_declared_without_heliosdb_is_refused(file):
    plain = sqlite3.connect(file)
    plain.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
    plain.execute("INSERT INTO t VALUES ('in the clear')")
    plain.commit()
    plain.close()
    conn = heliosdb_sqlite.connect(file, column_key=KEY)
    for sql in ("SELECT * FROM t", "INSERT INTO t VALUES ('x')"):
        with pytest.raises(sqlite3.DatabaseError, match="declared ENCRYPTED without HeliosDB"):
            conn.execute(sql)
    conn.close()


def test_numbers_in_a_deterministic_blob_are_refused(conn):
    conn.execute("CREATE TABLE t (a BLOB ENCRYPTED DETERMINISTIC)")
    conn.execute("INSERT INTO t VALUES (x'01'), ('text')")
    with pytest.raises(sqlite3.Error, match="takes bytes and texts"):
        conn.execute("INSERT INTO t VALUES (5)")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO (ssn, email) VALUES (?, ?) RETURNING ssn",
        "UPDATE users SET email = ?, ssn (SELECT ssn FROM users)",
        "CREATE TABLE AS SELECT * FROM users",
        "CREATE TRIGGER t AFTER INSERT ON users",
        "CREATE VIEW v SELECT email FROM users",
        "DELETE users WHERE ssn = ? RETURNING *",
    ],
)
def test_what_is_no_sql_has_sqlites_own_error(conn_plain, sql):
    conn, _ = conn_plain
    with pytest.raises(sqlite3.OperationalError, match=r"syntax error|incomplete input"):
        conn.execute(sql, [None] * sql.count("?"))
