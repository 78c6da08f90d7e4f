"""Another key: one page written, or all of them; in one transaction, also when it breaks off."""

from __future__ import annotations

import os
import shutil
import sqlite3

import pytest

import heliosdb_sqlite
from crypto_kit.power import Crashes, installed
from heliosdb_crypto import Passphrase, Scrypt

OLD, NEW = b"k" * 32, b"n" * 32
PAGE = 4096
BOTH = pytest.mark.parametrize("full", [False, True])


def fill(conn):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    conn.executemany("INSERT INTO t (a) VALUES (?)", (("x" * 300,) for _ in range(150)))
    conn.commit()


def opens(path, key):
    """Does the key open the database, with everything in it? The only other outcome is that it is the wrong one."""
    conn = None
    try:
        conn = heliosdb_sqlite.connect(path, encryption_key=key)
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert conn.execute("SELECT count(*), min(a) FROM t").fetchone() == (150, "x" * 300)
    except sqlite3.DatabaseError as error:
        if "wrong encryption key" not in str(error):
            raise
        return False
    finally:
        if conn is not None:
            conn.close()
    return True


@BOTH
@pytest.mark.parametrize("mode", ["delete", "truncate", "persist", "memory", "wal"])
def test_the_new_key_opens_the_database_and_the_old_one_does_not(open_encrypted, file, mode, full):
    conn = open_encrypted(encryption_key=OLD)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn)
    conn.rekey(NEW, full=full)
    assert conn.execute("PRAGMA journal_mode").fetchone() == (mode,)
    conn.execute("UPDATE t SET id = id + 1000")
    conn.commit()
    conn.close()
    assert (opens(file, NEW), opens(file, OLD)) == (True, False)


def changed_pages(before, after):
    places = range(0, max(len(before), len(after)), PAGE)
    return [
        place // PAGE + 1 for place in places if before[place : place + PAGE] != after[place : place + PAGE]
    ]


def test_one_page_is_written_however_large_the_file(open_encrypted, file):
    conn = open_encrypted()
    fill(conn)
    before = file.read_bytes()
    conn.rekey(NEW)
    assert changed_pages(before, file.read_bytes()) == [1]


def test_in_full_every_page_is_written(open_encrypted, file):
    conn = open_encrypted()
    fill(conn)
    before = file.read_bytes()
    told = []
    conn.rekey(NEW, full=True, progress=lambda *numbers: told.append(numbers))
    after = file.read_bytes()
    assert changed_pages(before, after) == list(range(1, len(after) // PAGE + 1))
    assert told[-1][1:] == (0, len(after) // PAGE)


@BOTH
def test_between_passphrases_and_raw_keys(open_encrypted, file, full):
    word = Passphrase("word", Scrypt(n=16, p=1))
    conn = open_encrypted(encryption_key=OLD)
    fill(conn)
    conn.rekey(word, full=full)
    conn.close()
    assert opens(file, word) and not opens(file, OLD)
    conn = open_encrypted(encryption_key=word)
    conn.rekey(lambda path: NEW, full=full)
    conn.close()
    assert opens(file, NEW) and not opens(file, word)


@BOTH
def test_what_is_attached_and_copied_afterwards_has_the_new_key(open_encrypted, file, tmp_path, full):
    conn = open_encrypted(encryption_key=OLD)
    fill(conn)
    conn.rekey(NEW, full=full)
    conn.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    assert opens(tmp_path / "copy.db", NEW)


def test_an_empty_database(open_encrypted, file):
    conn = open_encrypted(encryption_key=OLD)
    conn.rekey(NEW)
    fill(conn)
    conn.close()
    assert opens(file, NEW) and not opens(file, OLD)


@BOTH
def test_inside_a_transaction_it_is_refused(open_encrypted, file, full):
    conn = open_encrypted(encryption_key=OLD)
    fill(conn)
    conn.execute("DELETE FROM t")
    with pytest.raises(sqlite3.ProgrammingError, match="commit or roll back"):
        conn.rekey(NEW, full=full)
    conn.rollback()
    conn.close()
    assert opens(file, OLD)


@BOTH
@pytest.mark.parametrize("key", [None, "", b"short", 7])
def test_a_new_key_that_is_none_changes_nothing(open_encrypted, file, key, full):
    conn = open_encrypted(encryption_key=OLD)
    fill(conn)
    with pytest.raises(sqlite3.ProgrammingError):
        conn.rekey(key, full=full)
    conn.close()
    assert opens(file, OLD)


def test_a_database_in_memory_has_none(open_encrypted):
    with pytest.raises(sqlite3.ProgrammingError, match="in memory"):
        open_encrypted(":memory:").rekey(NEW)


def test_without_encryption_there_is_none():
    for options in ({}, {"column_key": NEW}):
        conn = heliosdb_sqlite.connect(":memory:", **options)
        with pytest.raises(
            sqlite3.ProgrammingError, match=r"opened without encryption_key: .* `heliosdb encrypt`"
        ):
            conn.rekey(NEW)
        conn.close()


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_other_connections_go_on(open_encrypted, file, mode):
    conn, other = open_encrypted(encryption_key=OLD), open_encrypted(encryption_key=OLD)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn)
    assert other.execute("SELECT count(*) FROM t").fetchone() == (150,)
    conn.rekey(NEW)
    assert other.execute("SELECT count(*) FROM t").fetchone() == (150,)
    other.execute("CREATE TABLE u (a)")  # writes page 1, which must keep the new wrapping
    other.execute("DROP TABLE u")
    other.commit()
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    conn.close()
    assert opens(file, NEW) and not opens(file, OLD)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_in_full_it_needs_the_database_for_itself(open_encrypted, file, mode):
    conn, other = open_encrypted(encryption_key=OLD, timeout=0), open_encrypted(encryption_key=OLD)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn)
    reading = other.execute("SELECT * FROM t")
    reading.fetchone()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        conn.rekey(NEW, full=True)
    reading.close()
    other.close()
    assert conn.execute("PRAGMA journal_mode").fetchone() == (mode,)
    conn.close()
    assert opens(file, OLD) and not opens(file, NEW)


def test_a_reader_of_an_old_snapshot_is_in_nobodys_way(open_encrypted, file):
    conn, other = open_encrypted(encryption_key=OLD), open_encrypted(encryption_key=OLD)
    conn.execute("PRAGMA journal_mode = WAL")
    fill(conn)
    reading = other.execute("SELECT * FROM t")
    reading.fetchone()
    conn.rekey(NEW)
    assert len(reading.fetchall()) == 149
    assert not opens(file, OLD)
    assert opens(file, NEW)


@BOTH
@pytest.mark.parametrize("mode", ["delete", "truncate", "persist", "wal"])
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.exhaustive), 11])
def test_a_crash_leaves_one_of_the_two_keys(tmp_path, mode, full, every):
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "c.db"
    crashes = Crashes(tmp_path / "run", tmp_path, every=every if full else 1)
    crashes.collecting = False
    with installed(crashes):
        conn = heliosdb_sqlite.connect(path, encryption_key=OLD)
        conn.execute(f"PRAGMA journal_mode = {mode}")
        fill(conn)
        crashes.collecting = True
        conn.execute("PRAGMA cache_size = 10")
        conn.rekey(NEW, full=full)
        conn.close()
    for state in crashes.states:
        twin = state.folder.with_name(state.folder.name + "-twin")
        shutil.copytree(state.folder, twin)
        # Whoever asks first: the key that does not fit must not damage what the other one needs.
        assert opens(state.folder / "c.db", NEW) != opens(state.folder / "c.db", OLD), state
        assert opens(twin / "c.db", OLD) != opens(twin / "c.db", NEW), state


@BOTH
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_what_is_committed_after_it_survives_a_crash(open_encrypted, file, tmp_path, mode, full):
    conn, other = open_encrypted(encryption_key=OLD), open_encrypted(encryption_key=OLD)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    fill(conn)
    if not full:
        other.execute("BEGIN").execute("SELECT * FROM t").fetchone()  # no checkpoint empties the log
    if mode == "delete":
        other.rollback()
    conn.rekey(NEW, full=full)
    conn.execute("CREATE TABLE after_it AS SELECT 1 AS a")
    conn.commit()
    (tmp_path / "copy").mkdir()
    for suffix in ("", "-wal", "-journal"):
        if os.path.exists(f"{file}{suffix}"):
            shutil.copy(f"{file}{suffix}", tmp_path / "copy" / f"c.db{suffix}")
    again = open_encrypted(tmp_path / "copy" / "c.db", encryption_key=NEW)
    assert again.execute("SELECT a FROM after_it").fetchall() == [(1,)]
    assert not opens(tmp_path / "copy" / "c.db", OLD)


def test_a_key_that_could_not_be_committed_is_not_written_later(open_encrypted, file):
    conn, other = open_encrypted(encryption_key=OLD, timeout=0), open_encrypted(encryption_key=OLD)
    fill(conn)
    other.execute("BEGIN").execute("SELECT * FROM t").fetchone()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        conn.rekey(NEW)
    other.rollback()
    conn.execute("CREATE TABLE later (a)")
    conn.execute("DROP TABLE later")
    conn.commit()
    conn.close()
    other.close()
    assert opens(file, OLD) and not opens(file, NEW)


def test_a_full_disk_leaves_the_old_key(open_encrypted, file):
    resource = pytest.importorskip("resource")
    import signal

    conn = open_encrypted(encryption_key=OLD)
    fill(conn)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(file) // 2, before[1]))
    try:
        with pytest.raises(sqlite3.OperationalError):
            conn.rekey(NEW, full=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    conn.close()
    assert opens(file, OLD)
