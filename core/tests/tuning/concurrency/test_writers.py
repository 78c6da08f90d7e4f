"""concurrency=: threads and processes that write to one file wait for each other, and nothing else changes."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import state
from heliosdb_sqlite.tuning.concurrency import syncing
from heliosdb_sqlite.tuning.concurrency.syncing import SharedSync
from heliosdb_sqlite.tuning.concurrency.writer import Writer


def connect(path, concurrency="wal", **keywords):
    return heliosdb_sqlite.connect(path, concurrency=concurrency, **keywords)


@pytest.fixture(params=["default", "wal"])
def mode(request):
    return request.param


@pytest.fixture
def path(tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        conn.executemany("INSERT INTO t VALUES (?, 0)", [(number,) for number in range(10)])
        conn.commit()
    return tmp_path / "app.db"


def total(path):
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute("SELECT sum(n) FROM t").fetchone()[0]


def in_threads(number, work):
    errors = []

    def run(who):
        try:
            work(who)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(who,)) for who in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []


def plainly(conn, who):
    conn.execute("UPDATE t SET n = n + 1 WHERE id = 3")
    conn.commit()


def read_then_write(conn, who):
    """Each its own row: reading first must not make the write fail."""
    n = conn.execute("SELECT n FROM t WHERE id = ?", (who,)).fetchone()[0]
    conn.execute("UPDATE t SET n = ? WHERE id = ?", (n + 1, who))
    conn.commit()


def at_once(conn, who):
    conn.execute("BEGIN IMMEDIATE")
    n = conn.execute("SELECT n FROM t WHERE id = 3").fetchone()[0]
    conn.execute("UPDATE t SET n = ? WHERE id = 3", (n + 1,))
    conn.execute("COMMIT")


def in_a_block(conn, who):
    with conn:
        conn.executemany("UPDATE t SET n = n + 1 WHERE id = ?", [(3,)])


@pytest.mark.parametrize("transaction", [plainly, read_then_write, at_once, in_a_block])
def test_threads(path, transaction, mode):
    def work(who):
        with closing(connect(path, mode)) as conn:
            for _ in range(30):
                transaction(conn, who)

    in_threads(8, work)
    assert total(path) == 240


def test_statements_that_commit_by_themselves(path, mode):
    def work(who):
        with closing(connect(path, mode, isolation_level=None)) as conn:
            for _ in range(30):
                conn.execute("UPDATE t SET n = n + 1 WHERE id = 3")

    in_threads(8, work)
    assert total(path) == 240


def test_changes_of_the_schema(path):
    def work(who):
        with closing(connect(path)) as conn:
            for number in range(5):
                conn.execute(f"CREATE TABLE u{who}_{number} (a)")
                conn.execute(f"INSERT INTO u{who}_{number} VALUES (1)")
                conn.commit()

    in_threads(6, work)
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'u%'").fetchone() == (30,)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the attribute autocommit came with Python 3.12")
def test_transactions_of_pep_249(path):
    def work(who):
        with closing(connect(path, autocommit=False)) as conn:
            for _ in range(20):
                conn.execute("UPDATE t SET n = n + 1 WHERE id = 3")
                conn.commit()

    in_threads(6, work)
    assert total(path) == 120


PROCESS = """
import sys, heliosdb_sqlite
conn = heliosdb_sqlite.connect(sys.argv[1])
for _ in range(50):
    conn.execute("UPDATE t SET n = n + 1 WHERE id = 3")
    conn.commit()
conn.close()
"""


def test_processes_that_know_of_it_by_the_environment(path):
    environment = {**os.environ, "HELIOSDB_CONCURRENCY": "wal"}
    command = [sys.executable, "-c", PROCESS, str(path)]
    running = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(each.communicate(timeout=120)[1], each.returncode) for each in running] == [(b"", 0)] * 4
    assert total(path) == 200


def test_beside_a_process_that_knows_nothing_of_it(path):
    environment = {key: value for key, value in os.environ.items() if key != "HELIOSDB_CONCURRENCY"}
    other = subprocess.Popen(
        [sys.executable, "-c", PROCESS.replace("heliosdb_sqlite", "sqlite3"), str(path)], env=environment
    )
    with closing(connect(path)) as conn:
        for _ in range(50):
            plainly(conn, 0)
    assert other.wait(120) == 0
    assert total(path) == 100


def test_one_that_looks_at_an_older_state_does_not_wait(path):
    """Its snapshot would be too old when its turn came: SQLite says so at once, and the queue is not held up."""
    with closing(connect(path, timeout=30)) as reader, closing(connect(path, timeout=30)) as writer:
        cursor = reader.execute("SELECT id FROM t")
        cursor.fetchone()
        writer.execute("UPDATE t SET n = 1 WHERE id = 1")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            in_threads_timeout(reader)
        writer.commit()
        reader.rollback()
        cursor.close()
        reader.execute("UPDATE t SET n = n + 1 WHERE id = 1")
        reader.commit()
    assert total(path) == 2


def in_threads_timeout(reader):
    reader.execute("PRAGMA busy_timeout = 100")
    reader.execute("UPDATE t SET n = 5 WHERE id = 2")


def test_a_turn_that_does_not_come_is_a_locked_database(path):
    with closing(connect(path)) as first, closing(connect(path, timeout=0.05)) as second:
        first.execute("UPDATE t SET n = 1 WHERE id = 1")
        with pytest.raises(sqlite3.OperationalError, match=r"^database is locked$") as raised:
            second.execute("UPDATE t SET n = 2 WHERE id = 1")
        if sys.version_info >= (3, 11):
            assert raised.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
        assert not second.in_transaction
        first.rollback()
        second.execute("UPDATE t SET n = 2 WHERE id = 1")
        second.commit()


def test_each_statement_of_a_script_is_committed_by_itself(path, mode):
    with closing(connect(path, mode)) as conn:
        conn.executescript("UPDATE t SET n = 1 WHERE id = 1; DELETE FROM t WHERE id = 2")
        assert not conn.in_transaction
        conn.executescript(
            "BEGIN; UPDATE t SET n = 5 WHERE id = 1; ROLLBACK; UPDATE t SET n = 2 WHERE id = 3"
        )
        conn.execute("UPDATE t SET n = 9")
        assert conn.in_transaction
    assert total(path) == 3


def fails_and_rolls_back(conn):
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT OR ROLLBACK INTO t VALUES (1, 1)")


@pytest.mark.parametrize(
    "end",
    [
        lambda conn: conn.commit(),
        lambda conn: conn.rollback(),
        lambda conn: conn.execute("ROLLBACK"),
        lambda conn: conn.close(),
        lambda conn: conn.executescript("SELECT 1"),
        fails_and_rolls_back,
    ],
    ids=["commit", "rollback", "ROLLBACK", "close", "executescript", "OR ROLLBACK"],
)
def test_the_turn_is_given_on_whichever_way_a_transaction_ends(path, end, mode):
    first = connect(path, mode)
    first.execute("UPDATE t SET n = 1 WHERE id = 1")
    end(first)
    with closing(connect(path, mode, timeout=0)) as second:
        plainly(second, 0)
    first.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_forgotten_connection_gives_its_turn_on(path):
    first = connect(path)
    first.execute("UPDATE t SET n = 1 WHERE id = 1")
    del first
    gc.collect()
    with closing(connect(path, timeout=0)) as second:
        plainly(second, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_child_has_queues_of_its_own(path):
    with closing(connect(path)) as conn:
        state(conn)["concurrency"].file.turns.take("a thread of the parent", 0)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                with closing(connect(path, timeout=1)) as fresh:
                    plainly(fresh, 0)
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
    assert total(path) == 1


def test_a_log_that_was_deleted_is_not_synced_in_the_place_of_a_new_one(path, monkeypatch):
    synced = []
    monkeypatch.setattr(syncing, "sync_file", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    with closing(connect(path)) as conn:
        plainly(conn, 0)
        conn.execute("PRAGMA journal_mode = DELETE")
        plainly(conn, 0)
        assert len(synced) == 1  # the second commit was SQLite's own to sync
        conn.execute("PRAGMA journal_mode = WAL")
        plainly(conn, 0)
        with closing(connect(path)) as other:  # which looks for the log
            plainly(other, 0)
            assert synced[-1] == (path.parent / "app.db-wal").stat().st_ino
        assert len(synced) == 2  # the third was SQLite's own too
        assert conn.execute("PRAGMA synchronous").fetchone() == (2,)


class TestAsBefore:
    def test_a_text_that_is_no_sql_begins_nothing(self, path):
        with closing(connect(path)) as conn:
            with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
                conn.execute("INSERT INTO missing VALUES (1)")
            assert not conn.in_transaction

    def test_a_statement_that_fails_leaves_the_transaction_open(self, path):
        for module_connect in (sqlite3.connect, connect):
            with closing(module_connect(path)) as conn:
                with pytest.raises(sqlite3.IntegrityError):
                    conn.execute("INSERT INTO t VALUES (1, 1)")
                assert conn.in_transaction
                with pytest.raises(sqlite3.ProgrammingError):
                    conn.execute("INSERT INTO t VALUES (?, ?)", (1,))
                assert conn.in_transaction

    def test_settings_are_what_they_were(self, path):
        with closing(connect(path)) as conn:
            assert conn.isolation_level == ""
            conn.execute("UPDATE t SET n = 1 WHERE id = 1")
            conn.commit()
            assert conn.execute("PRAGMA synchronous").fetchone() == (2,)
            assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_a_setting_of_the_users_is_kept(self, path):
        with closing(connect(path)) as conn:
            conn.execute("PRAGMA synchronous = OFF")
            plainly(conn, 0)
            assert conn.execute("PRAGMA synchronous").fetchone() == (0,)

    def test_in_memory_there_is_nothing_to_share(self):
        with closing(connect(":memory:")) as conn:
            conn.execute("CREATE TABLE t (a)")
            assert conn.execute("PRAGMA journal_mode").fetchone() == ("memory",)


def test_a_file_that_is_only_read(path, monkeypatch):
    uri = f"file:{path}?mode=ro"
    with pytest.raises(sqlite3.OperationalError, match=r"concurrency='wal' can't be had for .*leave it out"):
        connect(uri, uri=True)
    monkeypatch.setenv("HELIOSDB_CONCURRENCY", "wal")
    from heliosdb_sqlite import _connect

    _connect.plain_again()
    with closing(heliosdb_sqlite.connect(uri, uri=True)) as conn:
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (10,)
    monkeypatch.undo()
    _connect.plain_again()


def test_words_that_mean_nothing(path, monkeypatch):
    with pytest.raises(sqlite3.ProgrammingError, match="concurrency='fast'"):
        heliosdb_sqlite.connect(path, concurrency="fast")
    monkeypatch.setenv("HELIOSDB_CONCURRENCY", "fast")
    with pytest.raises(
        sqlite3.ProgrammingError, match="HELIOSDB_CONCURRENCY='fast': it can be one of default, wal, sqlite"
    ):
        heliosdb_sqlite.connect(path, concurrency="default", timeout=1).close()
        from heliosdb_sqlite import _connect

        _connect.plain_again()
        heliosdb_sqlite.connect(path).close()
    monkeypatch.undo()
    from heliosdb_sqlite import _connect

    _connect.plain_again()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="every path is text there")
def test_a_path_that_is_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xe4\xf6.db"
    with closing(connect(path)) as conn:
        plainly_made(conn)
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def plainly_made(conn):
    conn.execute("CREATE TABLE t (a)")
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()


@pytest.mark.parametrize("level", ["", None, "IMMEDIATE"])
def test_a_write_that_is_no_sql_keeps_nobody_waiting(path, level):
    with closing(connect(path, isolation_level=level)) as first, closing(connect(path, timeout=0)) as second:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            first.execute("INSERT INTO nowhere VALUES (1)")
        first.commit()
        with second:
            second.execute("UPDATE t SET n = 1 WHERE id = 1")
    assert total(path) == 1


def test_every_commit_is_synced_though_an_authorizer_forbids_pragmas_for_a_while(path, monkeypatch):
    synced = []
    monkeypatch.setattr(syncing, "sync_file", synced.append)

    def no_pragmas(action, *_):
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_PRAGMA else sqlite3.SQLITE_OK

    with closing(connect(path)) as conn:
        conn.execute("UPDATE t SET n = 1 WHERE id = 1")
        conn.set_authorizer(no_pragmas)
        conn.commit()
        conn.set_authorizer(lambda *_: sqlite3.SQLITE_OK)
        for number in range(2):
            conn.execute("UPDATE t SET n = ? WHERE id = 1", (number,))
            conn.commit()
        assert len(synced) == 3
        assert conn.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_commit_is_synced_though_another_thread_of_the_connection_was_faster_to_end_it(path, monkeypatch):
    waited = []
    monkeypatch.setattr(SharedSync, "wait", lambda sync: waited.append(threading.get_ident()))
    options = {"concurrency": "wal", "isolation_level": None, "check_same_thread": False}
    with closing(heliosdb_sqlite.connect(path, **options)) as conn:
        conn.execute("CREATE TABLE shared (a)")
        writers = []
        ended = Writer.ended
        monkeypatch.setattr(Writer, "ended", lambda self, conn: writers.append(self) or ended(self, conn))
        conn.execute("INSERT INTO shared VALUES (1)")
        conn.create_function("meanwhile", 0, lambda: ended(writers[0], conn) and None)
        other = threading.Thread(target=conn.execute, args=("INSERT INTO shared VALUES (meanwhile())",))
        other.start()
        other.join()
    assert waited[-1] != threading.get_ident()
