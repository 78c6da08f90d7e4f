"""An encrypted database does what a plain one does, and no byte of it can be read in any file."""

from __future__ import annotations

import os
import sqlite3

import pytest

import heliosdb_sqlite
from crypto_kit.sealed import MARK, assert_sealed, fill

JOURNAL_MODES = ["delete", "truncate", "persist", "memory", "wal"]


@pytest.mark.parametrize("mode", JOURNAL_MODES)
def test_every_journal_mode(open_encrypted, tmp_path, mode):
    conn = open_encrypted()
    assert conn.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)
    fill(conn)
    conn.execute("UPDATE notes SET title = title || ' changed' WHERE id % 2")
    assert_sealed(tmp_path)
    conn.rollback()
    conn.execute("DELETE FROM notes WHERE id > 200")
    conn.commit()
    assert_sealed(tmp_path)
    conn.close()
    again = open_encrypted()
    assert again.execute("SELECT count(*), max(title) FROM notes").fetchone() == (200, f"{MARK} 99")
    assert again.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert_sealed(tmp_path)


def test_a_connection_is_sqlite3s(conn):
    assert isinstance(conn, sqlite3.Connection)
    assert isinstance(conn.cursor(), sqlite3.Cursor)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_transaction_larger_than_the_cache(open_encrypted, tmp_path, mode):
    conn = open_encrypted()
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.execute("PRAGMA cache_size = 10")
    fill(conn, 2000)
    before = conn.execute("SELECT sum(length(title)) FROM notes").fetchone()
    conn.execute("UPDATE notes SET title = title || ' and more'")
    assert_sealed(tmp_path)
    conn.rollback()
    assert conn.execute("SELECT sum(length(title)) FROM notes").fetchone() == before
    conn.execute("UPDATE notes SET title = title || ' and more'")
    conn.commit()
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert conn.execute("SELECT sum(length(title)) FROM notes").fetchone() == (before[0] + 9 * 2000,)


def test_savepoints(conn):
    fill(conn)
    conn.execute("PRAGMA cache_size = 5")
    conn.execute("SAVEPOINT a")
    conn.execute("UPDATE notes SET title = 'a'")
    conn.execute("SAVEPOINT b")
    conn.execute("DELETE FROM notes")
    conn.execute("ROLLBACK TO b")
    assert conn.execute("SELECT count(*) FROM notes WHERE title = 'a'").fetchone() == (300,)
    conn.execute("ROLLBACK TO a")
    conn.execute("RELEASE a")
    assert conn.execute("SELECT count(*) FROM notes WHERE title LIKE ?", (f"{MARK}%",)).fetchone() == (300,)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_statement_that_fails_halfway_is_undone(conn):
    fill(conn)
    conn.execute("CREATE UNIQUE INDEX only ON notes (body, id)")
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("UPDATE notes SET id = CASE WHEN id = 300 THEN 1010 ELSE id + 1000 END")
    conn.commit()
    assert conn.execute("SELECT min(id), max(id) FROM notes").fetchone() == (1, 300)


def test_sorters_and_temporary_tables_spill_sealed(conn, tmp_path, monkeypatch):
    fill(conn, 3000)
    conn.execute("PRAGMA cache_size = 5")
    conn.execute("CREATE TEMP TABLE copy AS SELECT * FROM notes")
    conn.execute("CREATE INDEX temp.copied ON copy (body, title)")
    cursor = conn.execute("SELECT title FROM copy ORDER BY body, title DESC")
    assert cursor.fetchone() == (f"{MARK} 999",)
    assert_sealed(tmp_path)
    assert len(cursor.fetchall()) == 2999
    conn.execute("UPDATE copy SET title = upper(title)")
    assert_sealed(tmp_path)
    conn.rollback()
    assert conn.execute("SELECT max(title) FROM copy").fetchone() == (f"{MARK} 999",)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_vacuum(open_encrypted, tmp_path, mode):
    conn = open_encrypted()
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn)
    conn.execute("DELETE FROM notes WHERE id > 10")
    conn.commit()
    conn.execute("VACUUM")
    if mode == "wal":
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert os.path.getsize(tmp_path / "secret.db") < 10 * 4096
    assert conn.execute("SELECT count(*) FROM notes").fetchone() == (10,)
    assert_sealed(tmp_path)


@pytest.mark.parametrize("into", ["'copy.db'", "?", ":name"])
def test_vacuum_into_makes_an_encrypted_copy_with_the_same_key(open_encrypted, tmp_path, monkeypatch, into):
    monkeypatch.chdir(tmp_path)
    conn = open_encrypted()
    fill(conn)
    conn.execute(f"VACUUM INTO {into}", {"?": ("copy.db",), ":name": {"name": "copy.db"}}.get(into, ()))
    copy = open_encrypted("copy.db")
    assert copy.execute("SELECT count(*) FROM notes").fetchone() == (300,)
    assert_sealed(tmp_path)


def test_auto_vacuum_and_page_size_are_the_users_choice(open_encrypted, file):
    conn = open_encrypted()
    conn.execute("PRAGMA page_size = 8192")
    conn.execute("PRAGMA auto_vacuum = FULL")
    fill(conn)
    grown = os.path.getsize(file)
    conn.execute("DELETE FROM notes")
    conn.commit()
    assert os.path.getsize(file) < grown
    conn.close()
    again = open_encrypted()
    assert again.execute("PRAGMA auto_vacuum").fetchone() == (1,)
    assert again.execute("PRAGMA page_size").fetchone() == (8192,)


@pytest.mark.parametrize("size", [1024, 2048, 4096, 16384, 65536])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_every_page_size(open_encrypted, tmp_path, size, mode):
    conn = open_encrypted()
    conn.execute(f"PRAGMA page_size = {size}")
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn)
    conn.execute("UPDATE notes SET title = title || 'x'")
    conn.commit()
    conn.close()
    again = open_encrypted()
    assert again.execute("PRAGMA page_size").fetchone() == (size,)
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert_sealed(tmp_path)


@pytest.mark.parametrize("mode", ["persist", "off", "wal"])
@pytest.mark.parametrize("rows", [0, 300])
def test_the_page_size_of_a_database_that_exists_stays(open_encrypted, tmp_path, rows, mode):
    conn = open_encrypted()
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn, rows)
    conn.execute("PRAGMA page_size = 1024")
    conn.execute("VACUUM")
    assert_sealed(tmp_path)
    conn.execute("ATTACH ? AS other", (os.fspath(tmp_path / "other.db"),))
    conn.execute("CREATE TABLE other.t (a)")
    conn.execute("PRAGMA page_size = 8192")
    conn.execute("VACUUM other")
    conn.close()
    again = open_encrypted()
    again.execute("ATTACH ? AS other", (os.fspath(tmp_path / "other.db"),))
    for schema in ("main", "other"):
        assert again.execute(f"PRAGMA {schema}.page_size").fetchone() == (4096,)
        assert again.execute(f"PRAGMA {schema}.integrity_check").fetchone() == ("ok",)
    assert again.execute("SELECT count(*) FROM notes").fetchone() == (rows,)


@pytest.mark.parametrize("rows", [0, 50])
@pytest.mark.parametrize(("source_size", "size"), [(1024, 4096), (16384, 4096), (4096, 1024)])
def test_a_backup_of_pages_of_another_size(open_encrypted, tmp_path, rows, source_size, size):
    source, target = open_encrypted(tmp_path / "source.db"), open_encrypted()
    for conn, each in ((source, source_size), (target, size)):
        conn.execute(f"PRAGMA page_size = {each}")
        fill(conn, rows)
    source.execute("CREATE TABLE only_here (a)")
    source.backup(target)
    target.close()
    again = open_encrypted()
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert again.execute("PRAGMA page_size").fetchone() == (size,)
    assert again.execute("SELECT count(*) FROM only_here").fetchone() == (0,)


@pytest.mark.parametrize("size", [1024, 4096])
def test_pages_that_sqlite_leaves_out_can_be_read(open_encrypted, tmp_path, size):
    """With a small cache it writes some before those that precede them, and reads what it has never written."""
    conn = open_encrypted()
    for setting in (f"page_size = {size}", "auto_vacuum = FULL", "cache_size = 5"):
        conn.execute(f"PRAGMA {setting}")
    long = "much_longer_than_usual" * 4
    conn.execute(f"CREATE TABLE {long} (id INTEGER PRIMARY KEY, {long}_ TEXT UNIQUE)")
    conn.execute(f"CREATE TRIGGER after_{long} AFTER INSERT ON {long} BEGIN SELECT '{long}'; END")
    for number in range(8):
        conn.execute(f"CREATE TABLE t{number}_{long} (a TEXT PRIMARY KEY, b UNIQUE, c UNIQUE) WITHOUT ROWID")
        conn.execute(f"CREATE VIEW v{number}_{long} AS SELECT '{long}' FROM {long}")
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file = (tmp_path / "secret.db").read_bytes()
    assert all(any(file[at : at + size]) for at in range(0, len(file), size))


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "blobopen"), reason="Python 3.11 has blobopen()")
def test_blobs_are_read_and_written_in_place(conn, open_encrypted):
    fill(conn)
    with conn.blobopen("notes", "body", 7) as blob:
        blob.seek(10)
        blob.write(b"0123456789")
    conn.commit()
    conn.close()
    body = open_encrypted().execute("SELECT body FROM notes WHERE id = 7").fetchone()[0]
    assert body[10:20] == b"0123456789"


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "serialize"), reason="Python 3.11 has serialize()")
def test_serialize_gives_a_plain_database(conn, open_plain):
    fill(conn)
    plain = open_plain(":memory:")
    plain.deserialize(conn.serialize())
    assert plain.execute("SELECT count(*) FROM notes").fetchone() == (300,)


def test_a_dump_makes_an_encrypted_database_of_a_plain_one(open_plain, conn):
    plain = open_plain(":memory:")
    fill(plain)
    conn.executescript("\n".join(plain.iterdump()))
    assert conn.execute("SELECT count(*) FROM notes").fetchone() == (300,)


def test_a_database_in_memory_and_one_in_a_temporary_file(open_encrypted):
    for name in (":memory:", ""):
        conn = open_encrypted(name)
        fill(conn)
        assert conn.execute("SELECT count(*) FROM notes").fetchone() == (300,)


def test_an_empty_file_becomes_an_encrypted_database(open_encrypted, file):
    file.touch()
    conn = open_encrypted()
    fill(conn)
    conn.close()
    assert file.read_bytes()[:8] == b"HeliosDB"


def test_opening_makes_no_difference_to_a_file(open_encrypted, file):
    fill(open_encrypted())
    before = file.read_bytes()
    conn = open_encrypted()
    conn.execute("SELECT * FROM notes").fetchall()
    conn.close()
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "name",
    ["with space.db", "per%cent.db", "what?.db", "ha#sh.db", "ünïcode.db", "file:x.db&a=b", "a;b'c\".db"],
)
def test_any_file_name(open_encrypted, tmp_path, name):
    if os.name == "nt" and set(name) & set('?:"'):
        pytest.skip("Windows has no such names")
    path = tmp_path / name
    fill(open_encrypted(path))
    assert path.exists()
    assert [each.name for each in tmp_path.iterdir()] == [name]
    fill(open_encrypted(os.fsencode(tmp_path / ("b" + name))))


def test_a_relative_name(open_encrypted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(open_encrypted("relative.db"))
    assert (tmp_path / "relative.db").exists()


def test_uris(open_encrypted, file):
    fill(open_encrypted())
    conn = open_encrypted(f"file:{file}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        conn.execute("DELETE FROM notes")
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        open_encrypted(f"file:{file}x?mode=rw", uri=True)


@pytest.mark.parametrize("query", ["cache=shared", "vfs=unix-none", "psow=0"])
def test_what_a_uri_may_not_ask_for(open_encrypted, file, query):
    with pytest.raises(sqlite3.NotSupportedError, match="leave it out"):
        open_encrypted(f"file:{file}?{query}", uri=True)
    assert not file.exists()


def test_an_unusable_name_is_refused_as_the_standard_library_does():
    for name in ("a\0b", None, 3.5):
        with pytest.raises(Exception) as standard:
            sqlite3.connect(name)
        with pytest.raises(Exception) as ours:
            heliosdb_sqlite.connect(name, encryption_key=b"k" * 32)
        assert ours.type is standard.type


def test_a_missing_folder_is_sqlite3s_own_error(open_encrypted, tmp_path):
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):
        open_encrypted(tmp_path / "no" / "such.db")
