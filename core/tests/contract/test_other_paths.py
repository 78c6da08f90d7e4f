"""Paths that run no SQL text of the user's: blobs, backup, iterdump, serialize; what the hooks see of them."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite._active import pragma_tables

NOTHING: list[str] = []
needs_311 = pytest.mark.skipif(sys.version_info < (3, 11), reason="came with Python 3.11")


@pytest.fixture
def conn(recorder, tmp_path):
    connection = heliosdb_sqlite.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("INSERT INTO t VALUES (1, zeroblob(4))")
    connection.commit()
    recorder.events.clear()
    yield connection
    connection.close()


@needs_311
def test_a_blob_written_inside_a_transaction_commits_with_it(conn, recorder):
    conn.execute("BEGIN")
    recorder.events.clear()
    with conn.blobopen("t", "data", 1) as blob:
        blob.write(b"abcd")
    assert recorder.hooks() == NOTHING
    conn.rollback()
    assert recorder.transactions() == ["rollback"]
    assert conn.execute("SELECT data FROM t").fetchone() == (b"\0\0\0\0",)


@needs_311
def test_a_blob_written_outside_of_one_commits_by_itself_and_no_hook_sees_it(conn, recorder):
    with conn.blobopen("t", "data", 1) as blob:
        blob.write(b"abcd")
    assert recorder.hooks() == NOTHING
    assert conn.execute("SELECT data FROM t").fetchone() == (b"abcd",)


def test_backup_from_a_connection_with_plugins_runs_no_hook(conn, recorder, tmp_path):
    target = sqlite3.connect(tmp_path / "b.db")
    conn.backup(target)
    assert recorder.hooks() == NOTHING
    assert target.execute("SELECT count(*) FROM t").fetchone() == (1,)
    target.close()


def test_backup_into_a_connection_with_plugins_shows_it_the_new_content(conn, recorder, tmp_path):
    source = sqlite3.connect(":memory:")
    source.execute("CREATE TABLE u (a)")
    assert conn.execute("SELECT count(*) FROM t").fetchone() == (1,)
    recorder.events.clear()
    source.backup(conn)
    assert recorder.hooks() == NOTHING
    assert conn.execute("SELECT count(*) FROM u").fetchone() == (0,)
    with pytest.raises(sqlite3.OperationalError, match="no such table: t"):
        conn.execute("SELECT count(*) FROM t")
    source.close()


def test_iterdump_reads_through_the_hooks_and_ends_nothing(conn, recorder):
    assert "CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB);" in list(conn.iterdump())
    assert recorder.transactions() == NOTHING


@needs_311
def test_deserialize_replaces_the_content_unseen(recorder):
    conn = heliosdb_sqlite.connect(":memory:")
    conn.execute("CREATE TABLE t (a)")
    data = conn.serialize()
    other = heliosdb_sqlite.connect(":memory:")
    recorder.events.clear()
    other.deserialize(data)
    assert recorder.hooks() == NOTHING
    assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
    conn.close()
    other.close()


@needs_311
def test_deserialize_is_safe_after_a_pragma_was_asked_as_a_table(recorder, tmp_path):
    tables = "SELECT name FROM pragma_table_info('t') UNION SELECT name FROM pragma_module_list WHERE name = 'none'"
    with closing(heliosdb_sqlite.connect(tmp_path / "a.db")) as conn:
        conn.execute("CREATE TABLE t (a)")
        assert conn.execute(tables).fetchall() == [("a",)]
        unread = conn.execute(tables)
        data = conn.serialize()
        unread.close()
        for _ in range(5):  # with the standard library's, SQLite crashes now and then
            conn.deserialize(data)
            conn.executescript("CREATE TABLE u (a, b); DROP TABLE u")
            assert conn.execute(tables).fetchall() == [("a",)]


@needs_311
def test_deserialize_is_refused_where_it_could_not_be_made_safe(recorder, monkeypatch):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE t (a)")
        data = conn.serialize()
        monkeypatch.setattr(pragma_tables, "sqlite_library", lambda: None)
        conn.deserialize(data)
        conn.execute("SELECT * FROM pragma_table_list").fetchall()
        with pytest.raises(sqlite3.NotSupportedError, match=r"out of reach.*backup\(\)"):
            conn.deserialize(data)


def test_an_interrupted_statement_is_told_as_an_error(conn, recorder):
    conn.set_progress_handler(lambda: 1, 100)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        conn.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n")
    conn.set_progress_handler(None, 0)
    assert [event.detail for event in recorder.events if event.hook == "executed"] == ["OperationalError"]


def test_hooks_run_in_this_order_for_one_commit(conn, recorder):
    conn.execute("INSERT INTO t VALUES (2, NULL)")
    conn.commit()
    assert recorder.hooks() == ["parse", "bind", "row", "error", "executed", "before_commit", "commit"]


def test_another_thread_may_not_use_it(conn, recorder):
    import threading

    errors = []

    def use():
        try:
            conn.execute("SELECT 1")
        except sqlite3.ProgrammingError as error:
            errors.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert "created in a thread" in errors[0]
