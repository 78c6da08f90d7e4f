"""Threads that share a connection, processes that share a file, forks, and the end of the interpreter."""

from __future__ import annotations

import ctypes
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import heliosdb_sqlite
from heliosdb_crypto.vfs import binding, layer
from heliosdb_sqlite.testing import forked

KEY = b"k" * 32
PROGRAMS = Path(__file__).parent / "crypto_kit" / "processes.py"


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", str(PROGRAMS), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process, code=0):
    output, _ = process.communicate(timeout=120)
    assert process.returncode == code, output
    return output


def test_threads_that_open_their_first_files_at_once_use_one_table_of_methods(monkeypatch):
    real, entry_points, others = binding.IoMethods(), layer._entry_points, []

    def meanwhile():
        if not others:
            others.append(0)
            others[0] = layer._table(ctypes.addressof(real), "log")  # what another thread would do
        return entry_points()

    monkeypatch.setattr(layer, "_tables", {})
    monkeypatch.setattr(layer, "_entry_points", meanwhile)
    assert layer._table(ctypes.addressof(real), "log") == others[0]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_threads_share_a_connection(open_encrypted, mode):
    conn = open_encrypted(check_same_thread=False)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("PRAGMA cache_size = 5")
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    conn.executemany("INSERT INTO t (a) VALUES (?)", ((f"value {n}" * 20,) for n in range(500)))
    conn.commit()
    errors = []

    def work(seed):
        numbers = random.Random(seed)
        try:
            for number in range(60):
                if number % 10 == 0:
                    with conn:
                        conn.execute(
                            "UPDATE t SET a = ? WHERE id = ?", (f"{seed}", numbers.randrange(1, 500))
                        )
                cursor = conn.execute("SELECT a FROM t WHERE id BETWEEN ? AND ?", (number, number + 20))
                for _ in cursor:
                    pass
                conn.execute("SELECT count(*), max(a) FROM t").fetchone()
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,), daemon=True) for seed in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert not any(each.is_alive() for each in threads), "the threads wait for each other"
    assert errors == []
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_threads_with_connections_of_their_own(open_encrypted, file):
    conn = open_encrypted()
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("CREATE TABLE t (a)")
    conn.commit()
    errors = []

    def work(name):
        try:
            mine = heliosdb_sqlite.connect(file, encryption_key=KEY, timeout=60)
            for number in range(20):
                with mine:
                    mine.execute("INSERT INTO t VALUES (?)", (f"{name} {number}",))
                mine.execute("SELECT * FROM t").fetchall()
            mine.close()
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert errors == []
    assert conn.execute("SELECT count(*) FROM t").fetchone() == (80,)


@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("rounds", [pytest.param(1000, marks=pytest.mark.exhaustive), 40])
def test_four_processes_write_at_once(open_encrypted, file, mode, rounds):
    conn = open_encrypted()
    conn.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER)")
    conn.execute("CREATE TABLE moves (who TEXT)")
    conn.executemany("INSERT INTO accounts (amount) VALUES (?)", [(1000,)] * 100)
    conn.commit()
    for each in [start("transfer", file, mode, rounds, f"p{number}") for number in range(4)]:
        finish(each)
    assert conn.execute("SELECT sum(amount) FROM accounts").fetchone() == (100_000,)
    assert conn.execute("SELECT count(*), count(DISTINCT who) FROM moves").fetchone() == (4 * rounds, 4)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_processes_race_to_create_a_database(open_encrypted, file):
    for each in [start("create", file, f"p{number}") for number in range(4)]:
        finish(each)
    assert open_encrypted().execute("SELECT count(*) FROM t").fetchone() == (4,)


def test_connections_race_to_create_a_database(open_encrypted):
    """Both saw an empty file; the second to write takes the key that the first has put there."""
    first, second = open_encrypted(isolation_level=None), open_encrypted(isolation_level=None)
    first.execute("CREATE TABLE a (x)")
    second.execute("CREATE TABLE b (x)")
    first.execute("INSERT INTO b VALUES (1)")
    assert open_encrypted().execute("SELECT x FROM b").fetchall() == [(1,)]


@pytest.mark.parametrize("how", ["exit", "exit late", "raise", "exit in a thread"])
def test_the_interpreter_ends_with_a_transaction_open(open_encrypted, file, how):
    conn = open_encrypted()
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES ('before')")
    conn.commit()
    conn.close()
    said = finish(start("leave_open", file, how), code=1 if how == "raise" else 0)
    assert "Traceback" not in said or how == "raise"
    assert "Exception ignored" not in said
    again = open_encrypted()
    assert again.execute("SELECT a FROM t").fetchall() == [("before",)]
    assert again.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform can't fork")
def test_after_a_fork_parent_and_child_use_nonces_of_their_own(open_encrypted, file):
    made = open_encrypted()
    made.execute("CREATE TABLE t (a)")
    made.close()
    conn = open_encrypted()  # its key is remembered from here on, in the child too

    def child():
        mine = heliosdb_sqlite.connect(file, encryption_key=KEY)
        for number in range(20):
            mine.execute("INSERT INTO t VALUES (?)", (number,))
            mine.commit()
        mine.close()
        return nonces(file)

    seen = forked(child)
    for number in range(20):
        conn.execute("INSERT INTO t VALUES (?)", (number,))
        conn.commit()
    assert conn.execute("SELECT count(*) FROM t").fetchone() == (40,)
    own = nonces(file)
    assert not seen & own
    assert not {each[:12] for each in seen} & {each[:12] for each in own}  # nor is there a common subkey


def nonces(path):
    data = Path(path).read_bytes()
    return {data[at + 4096 - 24 : at + 4096] for at in range(4096, len(data), 4096)}


def test_no_nonce_is_used_twice(open_encrypted, file, monkeypatch):
    from heliosdb_crypto.vfs.files import OpenFile

    seen = []
    write = OpenFile.write_disk

    def writing(self, data, offset):
        if len(data) == 4096 and self.kind != "temporary":
            seen.append(bytes(data[-24:]))
        return write(self, data, offset)

    monkeypatch.setattr(OpenFile, "write_disk", writing)
    for mode in ("delete", "wal"):
        conn = open_encrypted()
        conn.execute(f"PRAGMA journal_mode = {mode}")
        conn.execute("CREATE TABLE IF NOT EXISTS t (a)")
        for _ in range(30):
            conn.execute("INSERT INTO t VALUES (randomblob(3000))")
            conn.commit()
        conn.execute("UPDATE t SET a = randomblob(3000)")
        conn.rollback()
        conn.close()
    assert len(seen) > 200 and len(set(seen)) == len(seen)


def test_a_copied_file_opens_with_the_same_key_and_goes_its_own_way(open_encrypted, file, tmp_path):
    conn = open_encrypted()
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()
    conn.close()
    (tmp_path / "copy.db").write_bytes(file.read_bytes())
    for name in (file, tmp_path / "copy.db"):
        each = open_encrypted(name)
        each.execute("INSERT INTO t VALUES (2)")
        each.commit()
    assert file.read_bytes()[4096:] != (tmp_path / "copy.db").read_bytes()[4096:]
    assert open_encrypted(tmp_path / "copy.db").execute("SELECT a FROM t").fetchall() == [(1,), (2,)]


SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters
    run = lambda code: interpreters.exec(interpreters.create("legacy"), code)
except ImportError:
    import _xxsubinterpreters as interpreters
    run = lambda code: interpreters.run_string(interpreters.create(isolated=False), code)
print(run('''
import sys
sys.path[:] = %r
import warnings
warnings.simplefilter("ignore")
import heliosdb_sqlite
try:
    heliosdb_sqlite.connect(":memory:", encryption_key=b"k" * 32)
    print("opened")
except Exception as error:
    print("refused:", type(error).__name__, error)
'''))
"""


def test_a_subinterpreter_is_refused():
    done = subprocess.run(
        [sys.executable, "-c", SUBINTERPRETER % (sys.path,)], capture_output=True, text=True, timeout=60
    )
    assert "opened" not in done.stdout
    assert "refused" in done.stdout or "interpreter" in done.stdout + done.stderr
    assert done.returncode in (0, 1)


def test_everything_that_was_opened_is_closed(open_encrypted, tmp_path):
    from heliosdb_crypto.vfs.layer import open_kinds

    before = open_kinds()
    conn = open_encrypted(tmp_path / "new.db")
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("CREATE TABLE t (a)")
    conn.execute("CREATE TEMP TABLE u AS SELECT 1")
    conn.commit()
    assert open_kinds() != before
    conn.close()
    assert open_kinds() == before
