"""The default: once two threads have a file open they stand in line to write, and all else is the standard library's."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing
from operator import methodcaller

import pytest

import heliosdb_sqlite
from heliosdb_sqlite import _connect
from heliosdb_sqlite.tuning.concurrency import files
from heliosdb_sqlite.tuning.concurrency.line import Place


@pytest.fixture
def path(tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        conn.executemany("INSERT INTO t VALUES (?, 0)", [(number,) for number in range(10)])
        conn.commit()
    return tmp_path / "app.db"


@pytest.fixture
def two(path):
    """Two connections that threads may share, and that therefore are in line."""
    first = heliosdb_sqlite.connect(path, check_same_thread=False)
    second = heliosdb_sqlite.connect(path, check_same_thread=False, timeout=60)
    yield first, second
    first.close()
    second.close()


def turns_of(connection):
    return connection._place._file.turns


def stands_in_line(connection):
    file = connection._place._file  # known from the first write on
    return file is not None and any(waiter.who is connection._place for waiter in file.turns._waiting)


def waits(connection, sql="UPDATE t SET n = n + 1 WHERE id = 1"):
    """Start a thread that writes, and return it once it stands in line."""
    thread = threading.Thread(target=lambda: (connection.execute(sql), connection.commit()))
    thread.start()
    deadline = time.monotonic() + 30
    while not stands_in_line(connection) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert stands_in_line(connection)
    return thread


def total(path):
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute("SELECT sum(n) FROM t").fetchone()[0]


class TestWhoStandsInLine:
    def in_a_process(self, path, code):
        process = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.stderr == ""
        return process.stdout.split()

    def test_one_connection_is_the_standard_librarys(self, path):
        code = """
            import sqlite3, sys, heliosdb_sqlite
            first = heliosdb_sqlite.connect(sys.argv[1])
            second = heliosdb_sqlite.connect(sys.argv[1])  # of the same thread
            print(heliosdb_sqlite.Connection.commit is sqlite3.Connection.commit)
            print(heliosdb_sqlite.Cursor.execute is sqlite3.Cursor.execute, "ctypes" in sys.modules)
            first.close(), second.close()
        """
        assert self.in_a_process(path, code) == ["True", "True", "False"]

    def test_two_threads_with_one_file(self, path):
        code = """
            import sys, threading, heliosdb_sqlite
            first = heliosdb_sqlite.connect(sys.argv[1])
            cursor = first.cursor()
            second = []
            thread = threading.Thread(target=lambda: second.append(heliosdb_sqlite.connect(sys.argv[1])))
            thread.start(), thread.join()
            print(first._place is not None, second[0]._place is not None)
            cursor.execute("UPDATE t SET n = 1")  # by a cursor that was there before
            print(first._place._file.turns.holder is first._place)
            first.commit()
            print(first._place._file.turns.holder)
        """
        assert self.in_a_process(path, code) == ["True", "True", "True", "None"]

    @pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
    def test_connections_that_are_collected_while_others_are_opened(self, path):
        before = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            for _ in range(100):
                conn = heliosdb_sqlite.connect(path, check_same_thread=False)
                conn.execute("SELECT 1")  # what it was compiled to is part of a cycle
                with conn:
                    conn.execute("UPDATE t SET n = n + 1 WHERE id = 1")
        finally:
            gc.set_threshold(*before)
        del conn
        gc.collect()
        assert total(path) == 100

    @pytest.mark.parametrize("database", [":memory:", "", "file::memory:?cache=shared"])
    def test_databases_without_a_file(self, database):
        options = {"check_same_thread": False, "uri": database.startswith("file:")}
        first, second = (heliosdb_sqlite.connect(database, **options) for _ in range(2))
        with closing(first), closing(second):
            assert first._place is second._place is None

    def test_nobody_who_does_not_want_to(self, path, monkeypatch):
        with closing(heliosdb_sqlite.connect(path, check_same_thread=False)) as first:
            second = heliosdb_sqlite.connect(path, check_same_thread=False, concurrency="sqlite")
            with closing(second):
                assert first._place is second._place is None
            monkeypatch.setenv("HELIOSDB_CONCURRENCY", "sqlite")
            _connect.plain_again()
            with closing(heliosdb_sqlite.connect(path, check_same_thread=False)) as second:
                assert second._place is None
            monkeypatch.undo()
            _connect.plain_again()

    def test_subclasses_and_connections_with_plugins(self, path):
        class Mine(heliosdb_sqlite.Connection):
            pass

        first = heliosdb_sqlite.connect(path, check_same_thread=False, factory=Mine)
        second = heliosdb_sqlite.connect(path, check_same_thread=False, enable_cache=True)
        with closing(first), closing(second):
            first.execute("UPDATE t SET n = n + 1 WHERE id = 1")
            thread = waits(second)
            first.commit()
            thread.join(60)
        assert total(path) == 2

    def test_writes_that_begin_with_their_own_tables(self, path, two):
        first, second = two
        first.execute("UPDATE t SET n = n + 1 WHERE id = 2")
        thread = waits(second, "WITH one AS (SELECT 1 AS id) UPDATE t SET n = n + 1 WHERE id IN one")
        first.commit()
        thread.join(60)
        assert total(path) == 2
        assert turns_of(second).holder is None  # sqlite3 begins no transaction for them

    def test_the_file_and_its_journal_stay_as_they_are(self, path, two):
        first, second = two
        with first:
            first.execute("UPDATE t SET n = 1")
        with second:
            second.execute("UPDATE t SET n = 2")
        assert first.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert [each.name for each in path.parent.iterdir()] == ["app.db"]

    def test_what_is_traced_is_what_the_standard_library_runs(self, path, two):
        seen, expected = [], []
        for connect, statements in ((heliosdb_sqlite.connect, seen), (sqlite3.connect, expected)):
            with closing(connect(path)) as conn:
                conn.set_trace_callback(statements.append)
                conn.execute("UPDATE t SET n = 1 WHERE id = 1")
                conn.commit()
        assert seen == expected


class TestTheTurn:
    @pytest.mark.parametrize(
        "ends",
        [
            lambda conn: conn.commit(),
            lambda conn: conn.rollback(),
            lambda conn: conn.execute("COMMIT"),
            lambda conn: conn.cursor().execute("ROLLBACK"),
            lambda conn: conn.executescript("SELECT 1"),
            lambda conn: conn.cursor().executescript("SELECT 1"),
            lambda conn: conn.__exit__(None, None, None),
            methodcaller("close"),
            lambda conn: setattr(conn, "isolation_level", None) or conn.rollback(),
            sqlite3.Connection.commit,  # unseen: whoever waits looks
        ],
    )
    def test_it_is_given_on_at_the_end_of_the_transaction(self, path, two, ends):
        first, second = two
        first.execute("UPDATE t SET n = n + 1 WHERE id = 2")
        thread = waits(second)
        ends(first)
        thread.join(60)
        assert not thread.is_alive()
        assert total(path) in (1, 2)

    @pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
    def test_it_is_given_on_by_a_connection_that_is_forgotten(self, path):
        first = heliosdb_sqlite.connect(path, check_same_thread=False)
        with closing(heliosdb_sqlite.connect(path, check_same_thread=False)) as second:
            first.execute("UPDATE t SET n = n + 1 WHERE id = 2")
            thread = waits(second)
            del first
            gc.collect()  # it is part of a cycle, as sqlite3's own
            thread.join(60)
        assert total(path) == 1

    def test_it_is_given_on_after_a_statement_that_failed(self, two):
        first, _ = two
        with pytest.raises(sqlite3.IntegrityError):
            first.execute("INSERT OR ROLLBACK INTO t VALUES (1, 1)")
        with pytest.raises(sqlite3.OperationalError):
            first.execute("INSERT INTO nothing VALUES (1)")
        first.rollback()
        assert turns_of(first).holder is None

    def test_statements_that_commit_by_themselves(self, two):
        first, _ = two
        first.isolation_level = None
        first.execute("UPDATE t SET n = n + 1")
        assert turns_of(first).holder is None

    def test_a_transaction_begun_at_once(self, path, two):
        first, second = two
        first.execute("BEGIN IMMEDIATE")
        thread = waits(second)
        first.execute("COMMIT")
        thread.join(60)
        assert total(path) == 1

    def test_a_schema_that_is_not_read_yet_while_the_file_is_locked(self, path, two):
        first, second = two
        first.execute("BEGIN EXCLUSIVE")
        thread = waits(second)
        first.commit()
        thread.join(60)
        assert total(path) == 1

    def test_it_is_kept_until_the_commit_is_on_the_disk(self, two):
        first, _ = two
        first.execute("UPDATE t SET n = 1")
        first._place.ends()
        sqlite3.Connection.commit(first)  # SQLite says so from the moment on when it begins to
        assert not first.in_transaction
        assert not first._place.is_idle()
        first._place.ran(first)
        assert turns_of(first).holder is None

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="the attribute autocommit came with Python 3.12")
    @pytest.mark.parametrize("options", [{}, {"query_analyzer": True}], ids=["plain", "with a plugin"])
    def test_transactions_of_pep_249(self, path, options):
        options = {"check_same_thread": False, "autocommit": False, **options}
        first, second = (heliosdb_sqlite.connect(path, **options) for _ in range(2))
        ends = (first.commit, first.rollback, lambda: setattr(first, "isolation_level", None))
        with closing(first), closing(second):
            for end in ends:  # after which it is inside of the next one
                first.execute("UPDATE t SET n = n + 1 WHERE id = 1")
                assert turns_of(first).holder is first._place
                thread = waits(second)
                end()
                thread.join(60)
                assert turns_of(first).holder is None
        assert total(path) == 5


class TestNobodyIsHeldUp:
    def test_by_a_writer_that_has_read_and_so_holds_up_the_one_before(self, two):
        first, second = two
        second.execute("BEGIN")
        second.execute("SELECT * FROM t").fetchone()
        first.execute("UPDATE t SET n = 1")
        second.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute("UPDATE t SET n = 2")

    def test_by_temporary_tables(self, two):
        first, second = two
        for conn in two:
            conn.execute("CREATE TEMP TABLE mine (a)")
        first.execute("UPDATE t SET n = 1")
        second.execute("INSERT INTO mine VALUES (1)")
        second.execute("INSERT INTO temp.mine VALUES (1)")
        second.commit()
        first.commit()
        first.execute("INSERT INTO mine VALUES (1)")  # in a transaction that stays open
        assert turns_of(first).holder is None

    def test_by_attached_databases(self, two, tmp_path):
        first, second = two
        second.execute("ATTACH ? AS other", (str(tmp_path / "other.db"),))
        second.execute("CREATE TABLE other.u (a)")
        first.execute("UPDATE t SET n = 1")
        second.execute("INSERT INTO u VALUES (1)")
        second.execute("INSERT INTO other.u VALUES (1)")
        second.commit()

    def test_for_longer_than_the_timeout(self, path):
        first = heliosdb_sqlite.connect(path, check_same_thread=False)
        second = heliosdb_sqlite.connect(path, check_same_thread=False, timeout=0.05)
        with closing(first), closing(second):
            first.execute("UPDATE t SET n = 1")
            with pytest.raises(sqlite3.OperationalError, match="database is locked") as caught:
                second.execute("UPDATE t SET n = 2")
            if sys.version_info >= (3, 11):
                assert caught.value.sqlite_errorname == "SQLITE_BUSY"
            first.commit()
            second.execute("UPDATE t SET n = 2")
            second.commit()

    def test_by_one_thread_with_two_connections(self, path):
        others = []
        thread = threading.Thread(
            target=lambda: others.append(heliosdb_sqlite.connect(path, check_same_thread=False))
        )
        first = heliosdb_sqlite.connect(path)
        thread.start()
        thread.join()
        with closing(first), closing(heliosdb_sqlite.connect(path, timeout=0.01)) as second:
            first.execute("UPDATE t SET n = 1")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                second.execute("UPDATE t SET n = 2")
            assert not turns_of(first)._waiting
        others[0].close()

    def test_for_longer_than_a_timeout_that_was_set_later(self, path):
        first = heliosdb_sqlite.connect(path, check_same_thread=False)
        second = heliosdb_sqlite.connect(path, check_same_thread=False, timeout=3600)
        with closing(first), closing(second):
            second.execute("PRAGMA busy_timeout = 10")
            first.execute("UPDATE t SET n = 1")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                second.execute("UPDATE t SET n = 2")
            assert second.execute("PRAGMA busy_timeout").fetchone() == (10,)

    @pytest.mark.parametrize("timeout", [0, -1, 1e300])
    def test_where_sqlite_would_not_wait_at_all(self, path, timeout):
        first = heliosdb_sqlite.connect(path, check_same_thread=False)
        second = heliosdb_sqlite.connect(path, check_same_thread=False, timeout=timeout)
        with closing(first), closing(second):
            second.execute("PRAGMA busy_timeout = 0")  # on some processors, a number too large is the largest
            first.execute("UPDATE t SET n = 1")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                second.execute("UPDATE t SET n = 2")

    @pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
    def test_by_who_writes_to_a_file_of_that_name_that_was_deleted(self, path, two):
        first, _ = two
        first.execute("UPDATE t SET n = 1")
        path.unlink()
        with closing(heliosdb_sqlite.connect(path, check_same_thread=False, timeout=3600)) as fresh:
            fresh.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
            fresh.execute("INSERT INTO t VALUES (1, 7)")
            fresh.commit()
        first.rollback()
        assert total(path) == 7

    def test_by_a_writer_that_only_read_it(self, path):
        writer = heliosdb_sqlite.connect(path, check_same_thread=False)
        options = {"uri": True, "check_same_thread": False, "timeout": 3600}
        reader = heliosdb_sqlite.connect(f"file:{path}?mode=ro", **options)
        another = heliosdb_sqlite.connect(f"file:{path}?mode=ro", **options)
        with closing(writer), closing(reader), closing(another):
            writer.execute("UPDATE t SET n = 1")
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                reader.execute("UPDATE t SET n = 2")

    def test_where_an_authorizer_forbids_to_ask_for_the_timeout(self, path, two):
        first, second = two
        second.execute("PRAGMA busy_timeout = 60000")
        second.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_PRAGMA else sqlite3.SQLITE_OK
        )
        first.execute("UPDATE t SET n = n + 1 WHERE id = 1")
        thread = waits(second)
        first.commit()
        thread.join(60)
        second.set_authorizer(lambda *_: sqlite3.SQLITE_OK)
        assert total(path) == 2

    def test_by_threads_that_share_a_connection(self, path, two):
        first, second = two
        for _ in range(10):
            thread = threading.Thread(target=first.execute, args=("UPDATE t SET n = n + 1 WHERE id = 1",))
            thread.start()
            thread.join(60)
            first.execute("UPDATE t SET n = n + 1 WHERE id = 1")
            first.commit()
            with second:
                second.execute("UPDATE t SET n = n + 1 WHERE id = 2")
        assert total(path) == 30

    def test_by_an_interrupt_right_after_a_statement(self, two, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        first, _ = two
        with monkeypatch.context() as patched:
            patched.setattr(Place, "ran", interrupted)
            with pytest.raises(KeyboardInterrupt):
                first.execute("UPDATE t SET n = 1")
        first.rollback()
        assert turns_of(first).holder is None
        with first:
            first.execute("UPDATE t SET n = 1")
        assert turns_of(first).holder is None

    def test_by_a_turn_that_was_interrupted(self, path, two, monkeypatch):
        first, second = two
        first.execute("UPDATE t SET n = 1 WHERE id = 1")
        first.rollback()

        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(files.File, "_lock_out_processes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            first.execute("UPDATE t SET n = 1 WHERE id = 1")
        monkeypatch.undo()
        with second:
            second.execute("UPDATE t SET n = 1 WHERE id = 1")
        assert total(path) == 1

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_in_a_forked_child(self, path, two):
        first, _ = two
        with first:
            first.execute("UPDATE t SET n = 0")
        turns_of(first).take("a thread that the child does not have", 1)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                with closing(heliosdb_sqlite.connect(path, timeout=30)) as fresh:
                    assert first._place is fresh._place is None
                    fresh.execute("UPDATE t SET n = n + 1 WHERE id = 2")
                    fresh.commit()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert total(path) == 1


def test_mistakes_are_told_as_the_standard_library_tells_them(path, two):
    first, _ = two
    with closing(sqlite3.connect(path)) as plain:
        for mistake in (
            lambda conn: conn.execute(),
            lambda conn: conn.execute(1),
            lambda conn: conn.execute(["SELECT 1"]),
            lambda conn: conn.cursor().executemany("UPDATE t SET n = 1"),
            lambda conn: conn.execute("INSERT INTO t VALUES (?, ?)", (1,)),
            lambda conn: sqlite3.Cursor.__new__(type(conn.cursor())).execute("SELECT 1"),
        ):
            errors = []
            for conn in (plain, first):
                with pytest.raises(Exception, match=r".") as caught:
                    mistake(conn)
                errors.append((type(caught.value), str(caught.value)))
                conn.rollback()
            assert errors[0] == errors[1]


def test_a_setting_that_can_not_commit_says_what_the_standard_library_says(path, two):
    first, _ = two
    with closing(sqlite3.connect(path)) as plain:
        errors = []
        for conn in (plain, first):
            cursor = conn.execute("INSERT INTO t VALUES (20, 1), (21, 1) RETURNING id")
            cursor.fetchone()
            with pytest.raises(sqlite3.OperationalError) as caught:
                conn.isolation_level = None
            cursor.close()
            conn.rollback()
            errors.append((str(caught.value), caught.value.__cause__, caught.value.__context__))
        assert errors[0] == errors[1]
