"""backup() both ways between plain and encrypted databases, whatever their pages are like."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from crypto_kit.sealed import assert_sealed, fill

OTHER = b"o" * 32


@pytest.fixture
def plain(tmp_path):
    """A plain database outside of the folder that is searched for readable bytes."""
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        fill(conn)
        conn.execute("CREATE TABLE loose (a)")
        conn.execute("INSERT INTO loose (rowid, a) VALUES (77, 'at 77')")
        conn.commit()
        yield conn


def contents(conn):
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    schema = conn.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    return (
        schema,
        conn.execute("SELECT * FROM notes").fetchall(),
        conn.execute("SELECT rowid, a FROM loose").fetchall(),
    )


@pytest.mark.parametrize("mode", ["a new file", "delete", "wal", "a temporary file", "memory"])
def test_from_plain_to_encrypted(plain, open_encrypted, file, tmp_path, mode):
    conn = open_encrypted({"memory": ":memory:", "a temporary file": ""}.get(mode, file))
    if mode in ("delete", "wal"):
        conn.execute(f"PRAGMA journal_mode = {mode}")
        conn.execute("CREATE TABLE before (a)")
        conn.commit()
    conn.execute("PRAGMA cache_size = 5")
    told = []
    plain.backup(conn, pages=3, progress=lambda *seen: told.append(seen), sleep=0)
    assert len(told) > 3 and told[-1][1] == 0
    assert contents(conn) == contents(plain)
    assert_sealed(tmp_path)
    conn.execute("INSERT INTO loose VALUES ('more')")
    conn.commit()
    if mode in ("a new file", "delete", "wal"):
        conn.close()
        assert [each.name for each in tmp_path.iterdir()] == [file.name]
        conn = open_encrypted()
        assert conn.execute("SELECT count(*) FROM loose").fetchone() == (2,)
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal" if mode == "wal" else "delete",)


@pytest.mark.parametrize("size", [512, 1024, 65536])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_source_may_have_pages_of_any_size_and_a_log(open_encrypted, tmp_path, size, mode):
    for there in (False, True):
        conn = open_encrypted(tmp_path / f"{there}.db")
        if there:
            conn.execute("CREATE TABLE before (a)")
            conn.commit()
        with closing(heliosdb_sqlite.connect(tmp_path / f"{there} plain.db")) as source:
            source.execute(f"PRAGMA page_size = {size}")
            source.execute(f"PRAGMA journal_mode = {mode}")
            fill(source)
            source.backup(conn)
        assert conn.execute("SELECT count(*) FROM notes").fetchone() == (300,)
        assert conn.execute("PRAGMA journal_mode").fetchone() == (mode,)
        conn.close()
        again = open_encrypted(tmp_path / f"{there}.db")
        assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_any_of_the_sources_databases(plain, open_encrypted, tmp_path):
    target = open_encrypted()
    plain.execute("CREATE TEMP TABLE mine AS SELECT 1 AS a")
    plain.commit()
    plain.backup(target, name="temp")
    assert target.execute("SELECT * FROM mine").fetchall() == [(1,)]
    source = open_encrypted(tmp_path / "source.db")
    source.execute("ATTACH ? AS p KEY ''", (str(tmp_path / "plain.db"),))
    source.executescript("CREATE TABLE p.theirs AS SELECT 2 AS a; CREATE TEMP TABLE mine AS SELECT 3 AS a")
    source.backup(target, name="p")
    assert target.execute("SELECT * FROM theirs").fetchall() == [(2,)]
    source.backup(target, name="temp")
    assert target.execute("SELECT * FROM mine").fetchall() == [(3,)]


def test_what_fails_leaves_the_target_as_it_was(plain, open_encrypted, file, tmp_path):
    conn = open_encrypted()
    conn.execute("CREATE TABLE before (a)")
    conn.commit()

    def fails(*_):
        raise LookupError("the caller's own")

    with pytest.raises(LookupError):
        plain.backup(conn, pages=1, progress=fails)
    conn.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="destination database is in use"):
        plain.backup(conn)
    conn.rollback()
    assert conn.execute("SELECT name FROM sqlite_master").fetchall() == [("before",)]
    conn.close()
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_from_encrypted_to_encrypted_keeps_each_ones_key(conn, open_encrypted, tmp_path):
    fill(conn)
    other = open_encrypted(tmp_path / "other.db", encryption_key=OTHER)
    conn.backup(other)
    other.close()
    with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key"):
        open_encrypted(tmp_path / "other.db")
    again = open_encrypted(tmp_path / "other.db", encryption_key=OTHER)
    assert again.execute("SELECT count(*) FROM notes").fetchone() == (300,)
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert_sealed(tmp_path)


def test_into_a_database_that_exists(conn, open_encrypted, tmp_path):
    fill(conn)
    other = open_encrypted(tmp_path / "other.db", encryption_key=OTHER)
    other.execute("CREATE TABLE before (a)")
    other.commit()
    conn.backup(other, pages=3)
    assert other.execute("SELECT count(*) FROM notes").fetchone() == (300,)
    other.close()
    assert open_encrypted(tmp_path / "other.db", encryption_key=OTHER).execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    ).fetchall() == [("notes",)]


def test_to_a_plain_database_it_decrypts(conn, open_plain, tmp_path):
    fill(conn)
    plain = open_plain(tmp_path / "plain.db")
    conn.backup(plain)
    plain.close()
    again = open_plain(tmp_path / "plain.db")
    assert again.execute("SELECT count(*) FROM notes").fetchone() == (300,)
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_source_of_the_standard_librarys_is_refused_and_nothing_is_lost(
    open_plain, conn, open_encrypted, caplog
):
    fill(conn)
    plain = open_plain(":memory:")
    fill(plain, 5000)
    with pytest.raises(sqlite3.Error):
        plain.backup(conn)
    assert "where heliosdb_sqlite has opened the source" in caplog.text
    conn.close()
    again = open_encrypted()
    assert again.execute("SELECT count(*) FROM notes").fetchone() == (300,)
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
