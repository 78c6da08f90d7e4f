"""A plain file made an encrypted one and back, by function and by command; a crash leaves one of the two."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat

import pytest
from click.testing import CliRunner

import heliosdb_sqlite
from crypto_kit.power import Crashes, installed
from heliosdb_crypto import decrypt_file, encrypt_file
from heliosdb_crypto.converting import _compare
from heliosdb_sqlite.cli.app import build

pytestmark = pytest.mark.ends

KEY = b"k" * 32
SCHEMA = """
    CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a, b BLOB);
    CREATE INDEX by_a ON t (a);
    CREATE TABLE w (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
    CREATE TABLE rowids (a);
    CREATE VIEW v AS SELECT a FROM t;
    CREATE TRIGGER tr AFTER INSERT ON w BEGIN INSERT INTO t (a) VALUES (new.k); END;
    CREATE VIRTUAL TABLE words USING fts5 (text);
    INSERT INTO words VALUES ('swordfish and chips');
    INSERT INTO w VALUES ('one', 1), ('two', x'00ff');
    INSERT INTO rowids (rowid, a) VALUES (7, 'seven'), (99, 'ninety-nine');
    PRAGMA user_version = 7;
    PRAGMA application_id = 99;
"""


@pytest.fixture
def plain(file):
    conn = sqlite3.connect(file)
    conn.executescript(SCHEMA)
    conn.executemany(
        "INSERT INTO t (a, b) VALUES (?, ?)", ((f"swordfish {n}", bytes(300)) for n in range(300))
    )
    conn.execute("INSERT INTO t (a) VALUES (CAST(x'ff00fe' AS TEXT))")  # no valid text
    conn.commit()
    conn.close()
    return file


def dump(conn):
    conn.text_factory = bytes
    try:
        tables = ["t", "w", "v", "words"]
        return (
            [conn.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables],
            conn.execute("SELECT rowid, a FROM rowids").fetchall(),
            conn.execute("SELECT * FROM words WHERE words MATCH 'chips'").fetchall(),
            conn.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall(),
            conn.execute("SELECT * FROM sqlite_sequence").fetchall(),
            [
                conn.execute(f"PRAGMA {each}").fetchone()
                for each in ("user_version", "application_id", "journal_mode")
            ],
            conn.execute("PRAGMA integrity_check").fetchall(),
        )
    finally:
        conn.close()


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("size", [512, 1024, 4096, 65536])
def test_there_and_back_everything_is_the_same(file, tmp_path, mode, size):
    conn = sqlite3.connect(file)
    conn.executescript(f"PRAGMA page_size = {size}; PRAGMA journal_mode = {mode}; {SCHEMA}")
    conn.close()
    before = dump(sqlite3.connect(file))
    encrypt_file(file, KEY)
    assert b"swordfish" not in file.read_bytes()
    assert dump(heliosdb_sqlite.connect(file, encryption_key=KEY)) == before
    decrypt_file(file, KEY)
    assert dump(sqlite3.connect(file)) == before
    assert [each.name for each in tmp_path.iterdir()] == ["secret.db"]


def test_what_is_reported(plain):
    told = []
    encrypt_file(plain, KEY, progress=lambda *what: told.append(what))
    assert told[-1][0] == "comparing" and told[-1][1] == told[-1][2]


def test_the_files_mode_and_a_link_to_it_stay(plain, tmp_path):
    os.chmod(plain, 0o600)
    link = tmp_path / "link.db"
    link.symlink_to(plain)
    encrypt_file(link, KEY)
    assert link.is_symlink() and stat.S_IMODE(plain.stat().st_mode) == 0o600
    assert plain.read_bytes()[:8] == b"HeliosDB"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("convert", [encrypt_file, decrypt_file])
def test_nobody_else_can_read_the_copy_while_it_is_made(plain, tmp_path, convert):
    if convert is decrypt_file:
        encrypt_file(plain, KEY)
    os.chmod(plain, 0o644)
    modes = set()
    convert(
        plain,
        KEY,
        progress=lambda *_: modes.add((tmp_path / f"{plain.name}-converting").stat().st_mode & 0o777),
    )
    assert modes == {0o600}
    assert plain.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO t VALUES (3)", "DELETE FROM t WHERE a = 2", "UPDATE t SET a = 4 WHERE a = 2", "CREATE INDEX i ON t (a)"],
)  # fmt: skip
def test_a_copy_that_is_not_like_the_original_is_noticed(open_plain, statement):
    source, copy = open_plain(":memory:"), open_plain(":memory:")
    for each in (source, copy):
        each.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
    _compare(source, copy, None)
    copy.executescript(statement)
    with pytest.raises(sqlite3.DatabaseError, match="is not that of the original: it was thrown away"):
        _compare(source, copy, None)


def test_the_copy_is_on_the_disk_before_it_takes_the_files_place(plain, monkeypatch):
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: done.append("synced") or sync(file))
    monkeypatch.setattr(os, "replace", lambda *paths: done.append("replaced") or replace(*paths))
    encrypt_file(plain, KEY)
    assert done.count("replaced") == 1
    before, after = done[: done.index("replaced")], done[done.index("replaced") + 1 :]
    assert len(before) >= 1 and len(after) >= (os.name != "nt")  # the copy; then the folder that names it


@pytest.mark.skipif(os.name == "nt", reason="Windows has other owners")
def test_the_copy_belongs_to_whom_the_file_did(plain, monkeypatch):
    owner = plain.stat()
    given = []
    monkeypatch.setattr(os, "chown", lambda path, *ids: given.append((os.path.basename(path), *ids)))
    encrypt_file(plain, KEY)
    assert given == [(f"{plain.name}-converting", owner.st_uid, owner.st_gid)]


def test_an_empty_database(file):
    file.touch()
    encrypt_file(file, KEY)
    assert file.read_bytes()[:8] == b"HeliosDB"
    conn = heliosdb_sqlite.connect(file, encryption_key=KEY)
    assert conn.execute("SELECT * FROM sqlite_master").fetchall() == []
    conn.execute("CREATE TABLE t (a)")
    conn.close()


@pytest.mark.parametrize("convert", [encrypt_file, decrypt_file])
def test_what_can_not_be_converted_stays_as_it_is(file, tmp_path, convert):
    file.write_bytes(b"this is no database" * 300)
    with pytest.raises(sqlite3.DatabaseError, match=r"not a database|not an encrypted"):
        convert(file, KEY)
    assert file.read_bytes() == b"this is no database" * 300
    with pytest.raises(sqlite3.OperationalError, match="there is no database"):
        convert(tmp_path / "none.db", KEY)
    assert [each.name for each in tmp_path.iterdir()] == ["secret.db"]


def test_encrypting_twice_and_decrypting_with_a_wrong_key_are_refused(plain):
    encrypt_file(plain, KEY)
    before = plain.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match="is encrypted already"):
        encrypt_file(plain, KEY)
    with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key"):
        decrypt_file(plain, b"x" * 32)
    assert plain.read_bytes() == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_in_use_is_refused(plain, mode):
    other = sqlite3.connect(plain)
    other.execute(f"PRAGMA journal_mode = {mode}")
    reading = other.execute("SELECT * FROM t")
    reading.fetchone()
    before = plain.read_bytes()
    with pytest.raises(sqlite3.OperationalError, match=r"locked|in use"):
        encrypt_file(plain, KEY)
    assert plain.read_bytes() == before
    other.close()


def test_a_connection_that_was_left_open_can_not_write_to_the_old_file(plain):
    other = sqlite3.connect(plain)
    other.execute("SELECT count(*) FROM t").fetchone()
    encrypt_file(plain, KEY)
    with pytest.raises(sqlite3.DatabaseError):
        other.execute("INSERT INTO t (a) VALUES (1)")
        other.commit()
    other.close()


def test_a_leftover_of_a_crash_is_in_nobodys_way(plain, tmp_path):
    (tmp_path / "secret.db-converting").write_bytes(b"half a file")
    encrypt_file(plain, KEY)
    assert heliosdb_sqlite.connect(plain, encryption_key=KEY).close() is None
    assert [each.name for each in tmp_path.iterdir()] == ["secret.db"]


def test_a_crash_leaves_the_plain_file(plain, tmp_path):
    (tmp_path / "run").mkdir()
    shutil.move(plain, tmp_path / "run" / "c.db")
    before = dump(sqlite3.connect(tmp_path / "run" / "c.db"))
    crashes = Crashes(tmp_path / "run", tmp_path, every=9)
    with installed(crashes):
        encrypt_file(tmp_path / "run" / "c.db", KEY)
    assert len(crashes.states) > 10
    for state in crashes.states:
        assert dump(sqlite3.connect(state.folder / "c.db")) == before, state
    assert dump(heliosdb_sqlite.connect(tmp_path / "run" / "c.db", encryption_key=KEY)) == before


@pytest.fixture
def command():
    def run(*words, **keywords):
        return CliRunner().invoke(build(), [str(word) for word in words], **keywords)

    return run


def test_the_commands_ask_for_passphrases(plain, command):
    before = dump(sqlite3.connect(plain))
    done = command("encrypt", plain, input="first\nfirst\n")
    assert (done.exit_code, f"{plain} is encrypted" in done.output, "first" in done.output) == (
        0,
        True,
        False,
    )
    done = command("rekey", plain, input="first\nsecond\nsecond\n")
    assert (done.exit_code, "has a new key" in done.output) == (0, True)
    assert dump(heliosdb_sqlite.connect(plain, encryption_key="second")) == before
    done = command("decrypt", plain, input="second\n")
    assert (done.exit_code, "is a plain database" in done.output) == (0, True)
    assert dump(sqlite3.connect(plain)) == before


def test_the_commands_take_keys_from_variables_and_files(plain, command, tmp_path):
    before = dump(sqlite3.connect(plain))
    raw, digits = tmp_path / "raw.key", tmp_path / "hex.key"
    raw.write_bytes(KEY)
    digits.write_text(("n" * 32).encode().hex() + "\n")
    assert command("encrypt", "--key-file", raw, plain).exit_code == 0
    assert command("rekey", "--key-file", raw, "--new-key-file", digits, "--full", plain).exit_code == 0
    done = command("rekey", "--key-file", digits, "--new-key-env", "NEW_KEY", plain, env={"NEW_KEY": "word"})
    assert done.exit_code == 0
    assert (
        command("decrypt", "--key-env", "NEW_KEY", "--no-verify", plain, env={"NEW_KEY": "word"}).exit_code
        == 0
    )
    assert dump(sqlite3.connect(plain)) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--key-env", "UNSET_KEY"), "UNSET_KEY is not set"),
        (("--key-file", "short.key"), "a key file has 32 bytes"),
        (("--key-file", "short.key", "--key-env", "A"), "in one way"),
    ],
)
def test_the_commands_refuse_what_is_no_key(plain, command, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.key").write_bytes(b"short")
    done = command("encrypt", *words, plain)
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
    assert plain.read_bytes()[:6] == b"SQLite"
