"""Keys: what may be one, which errors the others give, and that a file is left as it was."""

from __future__ import annotations

import os
import sqlite3
import traceback

import pytest

import heliosdb_sqlite
from heliosdb_crypto import Argon2id, Passphrase, Scrypt, forget_keys

CHEAP = Scrypt(n=2**4, p=1)


def cheap(text):
    return Passphrase(text, CHEAP)


def make(connect, **keywords):
    conn = connect(**keywords)
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES (42)")
    conn.commit()
    conn.close()


@pytest.mark.parametrize(
    "key", [b"k" * 32, bytearray(b"k" * 32), memoryview(b"k" * 32), cheap("word"), lambda path: b"k" * 32]
)
def test_what_may_be_a_key(open_encrypted, key):
    make(open_encrypted, encryption_key=key)
    assert open_encrypted(encryption_key=key).execute("SELECT a FROM t").fetchone() == (42,)


def test_a_passphrase_is_a_str(open_encrypted):
    make(open_encrypted, encryption_key="correct horse battery staple")
    conn = open_encrypted(encryption_key="correct horse battery staple")
    assert conn.execute("SELECT a FROM t").fetchone() == (42,)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "encryption_key is None: an unset key never means an unencrypted database"),
        ("", "an empty passphrase"),
        (b"", "has 0 bytes: a raw key has 32"),
        (b"short", "has 5 bytes: a raw key has 32"),
        (42, "is of type int"),
        (["a"], "is of type list"),
        (lambda path: None, "what the encryption_key function returned is None"),
        (lambda path: b"short", "what the encryption_key function returned has 5 bytes"),
        (lambda path: lambda: None, "returned another function"),
    ],
)
def test_what_is_no_key_makes_no_file(tmp_path, key, said):
    with pytest.raises(sqlite3.ProgrammingError, match=said):
        heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=key)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_a_function_could_not_fetch_is_its_own_error(tmp_path):
    def fetch(path):
        raise ConnectionError("the key service is away")

    with pytest.raises(ConnectionError, match="is away"):
        heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=fetch)
    assert list(tmp_path.iterdir()) == []


def test_a_function_is_told_which_database(open_encrypted, file):
    asked = []

    def fetch(path):
        asked.append(path)
        return b"k" * 32

    make(open_encrypted, encryption_key=fetch)
    assert asked == [str(file)]


@pytest.mark.parametrize("wrong", [b"x" * 32, cheap("other")])
@pytest.mark.parametrize("right", [b"k" * 32, cheap("word")])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_wrong_key_is_told_at_once_and_leaves_the_file(open_encrypted, file, right, wrong, mode):
    conn = open_encrypted(encryption_key=right)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.close()
    make(open_encrypted, encryption_key=right)
    before = file.read_bytes(), sorted(os.listdir(file.parent))
    with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key") as raised:
        open_encrypted(encryption_key=wrong)
    assert raised.type is sqlite3.DatabaseError
    assert (file.read_bytes(), sorted(os.listdir(file.parent))) == before


def test_no_key_is_no_database_and_leaves_the_file(open_encrypted, open_plain, file):
    make(open_encrypted)
    before = file.read_bytes()
    for connect, way_out in (
        (open_plain, "$"),
        (heliosdb_sqlite.connect, r": .* is encrypted.*encryption_key="),
    ):
        conn = connect(file)
        with pytest.raises(sqlite3.DatabaseError, match=f"^file is not a database{way_out}"):
            conn.execute("SELECT * FROM t")
        with pytest.raises(sqlite3.DatabaseError, match=f"^file is not a database{way_out}"):
            conn.executescript("CREATE TABLE u (a)")
        conn.close()
    assert file.read_bytes() == before


def test_a_plain_database_is_not_opened_with_a_key(open_encrypted, open_plain, file):
    make(open_plain, database=file)
    before = file.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match="not an encrypted HeliosDB database but a plain one"):
        open_encrypted()
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "data", [b"x", b"hello world, this is no database" * 200, b"HeliosDB" + b"\xff" * 5000]
)
def test_any_other_file_is_not_opened_either(open_encrypted, file, data):
    file.write_bytes(data)
    with pytest.raises(sqlite3.DatabaseError, match="is not an encrypted HeliosDB database"):
        open_encrypted()
    assert file.read_bytes() == data


def test_a_file_of_a_later_version_says_so(open_encrypted, file):
    make(open_encrypted)
    data = bytearray(file.read_bytes())
    data[8] = 2
    file.write_bytes(data)
    with pytest.raises(sqlite3.DatabaseError, match="version 2 of the encrypted format"):
        open_encrypted()


def test_each_file_has_a_data_key_of_its_own(open_encrypted, tmp_path):
    for name in ("a.db", "b.db"):
        make(open_encrypted, database=tmp_path / name)
    a, b = ((tmp_path / name).read_bytes() for name in ("a.db", "b.db"))
    mixed = tmp_path / "mixed.db"
    mixed.write_bytes(a[:4096] + b[4096:])
    with pytest.raises(sqlite3.DatabaseError, match=r"page 2 of .*mixed.db.* failed authentication"):
        open_encrypted(mixed).execute("SELECT * FROM t").fetchall()


def test_a_passphrase_says_how_it_becomes_a_key_and_the_file_remembers(open_encrypted):
    make(open_encrypted, encryption_key=Passphrase("word", Scrypt(n=2**5, r=4, p=3)))
    conn = open_encrypted(encryption_key=Passphrase("word", CHEAP))  # the file's own costs count
    assert conn.execute("SELECT a FROM t").fetchone() == (42,)


def argon2id():
    try:
        Argon2id(memory=64, iterations=1, lanes=1).stretch(b"secret", b"s" * 16)
    except sqlite3.NotSupportedError:
        return False
    return True


def test_argon2id(open_encrypted):
    key = Passphrase("word", Argon2id(memory=64, iterations=1, lanes=1))
    if argon2id():
        make(open_encrypted, encryption_key=key)
        assert open_encrypted(encryption_key="word").execute("SELECT a FROM t").fetchone() == (42,)
    else:
        with pytest.raises(sqlite3.OperationalError, match="Argon2id needs cryptography"):
            make(open_encrypted, encryption_key=key)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Scrypt(n=3), lambda: Scrypt(n=2**29, r=8), lambda: Scrypt(r=0), lambda: Scrypt(p=256),
        lambda: Argon2id(memory=100), lambda: Argon2id(iterations=0), lambda: Argon2id(memory=8, lanes=4),
        lambda: Passphrase(""), lambda: Passphrase(b"bytes"), lambda: Passphrase("word", "scrypt"),
    ],
)  # fmt: skip
def test_costs_that_make_no_sense_are_refused(wrong):
    with pytest.raises(sqlite3.ProgrammingError):
        wrong()


def test_a_hostile_file_can_not_ask_for_all_memory(open_encrypted, file):
    make(open_encrypted, encryption_key=cheap("word"))
    data = bytearray(file.read_bytes())
    data[11:13] = bytes((30, 255))  # scrypt with n = 2**30 and r = 255
    file.write_bytes(data)
    with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key"):
        open_encrypted(encryption_key=cheap("word"))


def test_any_text_is_a_passphrase(open_encrypted, tmp_path):
    for number, text in enumerate(["ü", "密码", "\0", " ", "\ud800", "a" * 10_000]):
        make(open_encrypted, database=tmp_path / f"{number}.db", encryption_key=cheap(text))
        conn = open_encrypted(tmp_path / f"{number}.db", encryption_key=cheap(text))
        assert conn.execute("SELECT a FROM t").fetchone() == (42,)


def test_keys_are_never_shown(tmp_path):
    secret = "swordfish"
    said = []
    for key in (cheap(secret), secret.encode(), [secret]):
        try:
            conn = heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=key)
            said.append(repr(conn) + repr(vars(conn)))
            conn.execute("CREATE TABLE IF NOT EXISTS t (a)")
            conn.close()
            heliosdb_sqlite.connect(tmp_path / "a.db", encryption_key=cheap(secret + "!"))
        except sqlite3.Error as error:
            said.append("".join(traceback.format_exception_only(type(error), error)))
    assert len(said) >= 3 and not any(secret in each for each in said)
    assert secret not in repr(cheap(secret))


def test_a_derived_key_is_kept_for_the_process_until_it_is_forgotten(open_encrypted, monkeypatch):
    stretched = []
    stretch = Scrypt.stretch
    monkeypatch.setattr(Scrypt, "stretch", lambda self, *args: stretched.append(1) or stretch(self, *args))
    make(open_encrypted, encryption_key=cheap("word"))
    for _ in range(3):
        open_encrypted(encryption_key=cheap("word"))
    assert len(stretched) == 1
    forget_keys()
    conn = open_encrypted(encryption_key=cheap("word"))
    assert len(stretched) == 2
    forget_keys()
    assert conn.execute("SELECT a FROM t").fetchone() == (42,)  # what is open stays open


def test_attached_databases_have_the_connections_key(open_encrypted, tmp_path):
    conn = open_encrypted()
    conn.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    conn.execute("CREATE TABLE other.t AS SELECT 1 AS a")
    conn.commit()
    conn.close()
    assert open_encrypted(tmp_path / "other.db").execute("SELECT a FROM t").fetchone() == (1,)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("ATTACH ? AS other KEY ?", ("other.db", b"o" * 32)),
        ("attach database 'other.db' as [other] key :key;", {"key": b"o" * 32}),
        ("ATTACH :name AS other KEY :key", {"key": b"o" * 32, "name": "other.db"}),
        ("ATTACH 'oth' || 'er.db' AS 'other' KEY x'" + "6f" * 32 + "' -- the end", ()),
        ("ATTACH 'file:other.db?mode=rwc' AS other KEY ?", (b"o" * 32,)),
    ],
)
def test_an_attached_database_may_have_a_key_of_its_own(
    open_encrypted, tmp_path, monkeypatch, sql, parameters
):
    monkeypatch.chdir(tmp_path)
    conn = open_encrypted()
    conn.execute(sql, parameters)
    conn.execute("CREATE TABLE other.t AS SELECT 1 AS a")
    conn.execute("CREATE TABLE main.u AS SELECT * FROM other.t")
    conn.close()
    assert open_encrypted("other.db", b"o" * 32).execute("SELECT a FROM t").fetchone() == (1,)
    with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key"):
        open_encrypted("other.db")


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("ATTACH 'a.db' AS other KEY ?", (b"c" * 32,)),
        ("ATTACH ? AS other KEY ?", ("a.db", b"c" * 32)),
        ("ATTACH ?2 AS other KEY ?1", (b"c" * 32, "a.db")),
        ("ATTACH 'a.db' AS other KEY :key", {"key": b"c" * 32}),
        ("ATTACH 'a.db' AS other KEY X'" + "63" * 32 + "'", ()),
    ],
)
@pytest.mark.filterwarnings("ignore:Binding:DeprecationWarning")
def test_a_key_is_not_shown_to_a_trace_callback(open_encrypted, tmp_path, monkeypatch, sql, parameters):
    monkeypatch.chdir(tmp_path)
    conn = open_encrypted()
    seen = []
    conn.set_trace_callback(seen.append)
    conn.execute(sql, parameters)
    conn.execute("CREATE TABLE other.t (a)")
    conn.set_trace_callback(None)
    assert any("ATTACH" in each for each in seen)
    assert not any("63" * 8 in each or "c" * 8 in each for each in seen)
    conn.execute("DETACH other")
    conn.execute(sql, parameters)
    assert open_encrypted("a.db", b"c" * 32).execute("SELECT * FROM t").fetchall() == []


def test_attaching_with_a_wrong_key_says_so(open_encrypted, tmp_path):
    make(open_encrypted, database=tmp_path / "other.db", encryption_key=b"o" * 32)
    conn = open_encrypted()
    for key in (b"x" * 32, b"short"):
        with pytest.raises(
            sqlite3.DatabaseError, match=r"wrong encryption key for .*other.db|KEY has 5 bytes"
        ):
            conn.execute("ATTACH ? AS other KEY ?", (str(tmp_path / "other.db"), key))
    assert [row[1] for row in conn.execute("PRAGMA database_list")] == ["main"]


def test_a_plain_database_is_attached_with_an_empty_key(open_encrypted, open_plain, tmp_path):
    make(open_plain, database=tmp_path / "plain.db")
    conn = open_encrypted()
    with pytest.raises(sqlite3.DatabaseError, match="but a plain one"):
        conn.execute("ATTACH ? AS plain", (str(tmp_path / "plain.db"),))
    conn.execute("ATTACH ? AS plain KEY ''", (str(tmp_path / "plain.db"),))
    conn.execute("CREATE TABLE t AS SELECT * FROM plain.t")
    conn.commit()
    conn.close()
    assert open_encrypted().execute("SELECT a FROM t").fetchone() == (42,)


def test_a_null_key_never_means_a_plain_database(open_encrypted, tmp_path):
    conn = open_encrypted()
    with pytest.raises(sqlite3.Error, match="KEY is None"):
        conn.execute("ATTACH ? AS other KEY ?", (str(tmp_path / "other.db"), None))
    assert not (tmp_path / "other.db").exists()


def test_attaching_a_database_in_memory(conn):
    conn.execute("ATTACH ':memory:' AS scratch")
    conn.execute("CREATE TABLE scratch.t (a)")
    conn.execute("ATTACH '' AS temporary")
    conn.execute("CREATE TABLE temporary.u (a)")


def test_a_key_function_is_asked_for_each_attached_file(open_encrypted, tmp_path):
    def fetch(path):
        return b"o" * 32 if "other" in path else b"k" * 32

    conn = open_encrypted(encryption_key=fetch)
    conn.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
    conn.execute("CREATE TABLE other.t (a)")
    conn.close()
    assert open_encrypted(tmp_path / "other.db", b"o" * 32).execute("SELECT * FROM t").fetchall() == []


def test_a_forgotten_key_opens_no_more_files_of_old_connections(open_encrypted, tmp_path):
    memory = open_encrypted(":memory:", encryption_key=b"m" * 32)
    conn = open_encrypted()
    forget_keys()
    conn.execute("CREATE TABLE t (a)")
    conn.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    assert open_encrypted(tmp_path / "copy.db").execute("SELECT * FROM t").fetchall() == []
    memory.execute("CREATE TABLE t AS SELECT 1")
