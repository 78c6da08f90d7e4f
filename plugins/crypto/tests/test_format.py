"""The file format: old files are read, its description is enough to read them, its map is what stands in a file."""

from __future__ import annotations

import re
import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import pytest

import heliosdb_sqlite
from crypto_kit import decryptor
from heliosdb_crypto import Passphrase, Scrypt

GOLDEN = Path(__file__).parent / "golden"
ROWS = [(1, "first", "swordfish", 7), (2, "second", "x" * 2000, -1), (3, "third", None, None)]
FILES = {"raw.db": bytes(range(32)), "passphrase.db": "correct horse"}


@pytest.mark.parametrize(("name", "key"), FILES.items())
def test_files_of_the_first_version_are_read_and_written(tmp_path, name, key):
    shutil.copy(GOLDEN / name, tmp_path / name)
    conn = heliosdb_sqlite.connect(tmp_path / name, encryption_key=key)
    assert conn.execute("SELECT * FROM notes").fetchall() == ROWS
    assert conn.execute("SELECT id FROM notes WHERE code = -1").fetchall() == [(2,)]
    conn.execute("INSERT INTO notes VALUES (4, 'fourth', 'new', 8)")
    conn.commit()
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()


@pytest.mark.parametrize(("name", "key"), FILES.items())
def test_a_decryptor_made_of_the_description_reads_them(tmp_path, name, key):
    (tmp_path / "plain.db").write_bytes(decryptor.decrypt((GOLDEN / name).read_bytes(), key))
    plain = sqlite3.connect(tmp_path / "plain.db")
    assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    keys = plain.execute("SELECT id, derivation, envelope FROM heliosdb_crypto_keys").fetchall()
    rows = plain.execute("SELECT * FROM notes").fetchall()
    plain.close()
    opened = [
        tuple(decryptor.open_value(v, key, keys) if isinstance(v, bytes) else v for v in row) for row in rows
    ]
    assert opened == ROWS


@pytest.mark.parametrize(
    ("name", "beside", "rows"),
    [
        ("logged.db", "-wal", [(1, "in the log, too"), (2, "in the log")]),
        ("interrupted.db", "-journal", [(number, f"note {number} " + "x" * 300) for number in range(1, 13)]),
    ],
)
def test_logs_and_journals_of_the_first_version_are_recovered(tmp_path, name, beside, rows):
    for suffix in ("", beside):
        shutil.copy(GOLDEN / (name + suffix), tmp_path)
    conn = heliosdb_sqlite.connect(tmp_path / name, encryption_key=FILES["raw.db"])
    assert conn.execute("SELECT * FROM notes ORDER BY id").fetchall() == rows
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_log_of_a_later_version_is_refused_and_kept(tmp_path):
    for suffix in ("", "-wal"):
        shutil.copy(GOLDEN / f"logged.db{suffix}", tmp_path)
    log = tmp_path / "logged.db-wal"
    header = log.read_bytes()[:24].replace(b"HDB\x01", b"HDB\x02")
    first = second = 0
    # SQLite's checksum: a header without it is of no log.
    for one, other in struct.iter_unpack("<II", header):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    later = header + struct.pack(">II", first, second) + log.read_bytes()[32:]
    log.write_bytes(later)
    with (
        closing(heliosdb_sqlite.connect(tmp_path / "logged.db", encryption_key=FILES["raw.db"])) as conn,
        pytest.raises(sqlite3.DatabaseError, match=r"log of .* version 2 .* knows version 1: upgrade it"),
    ):
        conn.execute("SELECT * FROM notes")
    assert log.read_bytes() == later


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_it_reads_what_is_written_today(tmp_path, mode):
    conn = heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=b"k" * 32)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.execute("CREATE TABLE t (a)")
    conn.executemany("INSERT INTO t VALUES (?)", ((f"row {n:03}" * 50,) for n in range(200)))
    conn.commit()
    conn.rekey(b"n" * 32)
    conn.close()
    (tmp_path / "plain.db").write_bytes(decryptor.decrypt((tmp_path / "a.db").read_bytes(), b"n" * 32))
    plain = sqlite3.connect(tmp_path / "plain.db")
    plain.execute("PRAGMA journal_mode = DELETE")
    assert plain.execute("SELECT count(*), max(a) FROM t").fetchone() == (200, "row 199" * 50)
    plain.close()


def test_the_head_is_as_described(tmp_path):
    key = Passphrase("word", Scrypt(n=2**5, r=3, p=2))
    conn = heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=key)
    conn.execute("PRAGMA page_size = 2048")
    conn.execute("CREATE TABLE t (a)")
    conn.close()
    head = (tmp_path / "a.db").read_bytes()[:16]
    assert struct.unpack(">8sBBBBBB2x", head) == (b"HeliosDB", 1, 11, 1, 5, 3, 2)


def test_the_journal_is_sqlites_with_sealed_pages(tmp_path):
    """What the description promises to tools: record checksums over what stands on disk."""
    conn = heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=b"k" * 32)
    conn.execute("PRAGMA journal_mode = PERSIST")
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES ('before')")
    conn.commit()
    before = (tmp_path / "a.db").read_bytes()
    conn.execute("PRAGMA cache_size = 1")
    conn.execute("BEGIN IMMEDIATE")
    conn.execute("UPDATE t SET a = randomblob(20000)")
    journal = (tmp_path / "a.db-journal").read_bytes()
    conn.rollback()
    conn.close()
    records, nonce, pages, sector, size = struct.unpack_from(">5I", journal, 8)
    assert (size, pages) == (4096, len(before) // 4096)
    at, checked = sector, 0
    while checked < records:
        (number,) = struct.unpack_from(">I", journal, at)
        page = journal[at + 4 : at + 4 + size]
        (checksum,) = struct.unpack_from(">I", journal, at + 4 + size)
        assert checksum == (nonce + sum(page[size - 200 : 0 : -200])) & 0xFFFFFFFF
        assert 1 <= number <= pages
        at, checked = at + size + 8, checked + 1
    assert checked


def test_the_log_names_a_version_that_plain_sqlite_leaves_alone(tmp_path):
    conn = heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=b"k" * 32)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("CREATE TABLE t (a)")
    conn.commit()
    log = (tmp_path / "a.db-wal").read_bytes()
    assert log[4:8] == b"HDB\x01"
    plain = sqlite3.connect(tmp_path / "a.db")
    with pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT * FROM t")
    plain.close()
    assert (tmp_path / "a.db-wal").read_bytes() == log
    assert conn.execute("SELECT count(*) FROM t").fetchone() == (0,)
    conn.close()


def test_the_decryptor_shares_no_code_with_the_plugin():
    source = Path(decryptor.__file__).read_text(encoding="utf-8")
    assert not re.search(r"import.*heliosdb", source)
    assert len(source.splitlines()) < 120
