"""A commit that a client was told of is on the disk; commits of many clients get there together."""

from __future__ import annotations

import os
import select
import threading
import time

import psycopg
import psycopg2
import psycopg2.errors
import pytest

import heliosdb_sqlite
from heliosdb_server.session import syncing


@pytest.fixture
def syncs(monkeypatch):
    """The syncs of write-ahead logs, each a moment long."""
    real, done = syncing.sync_file, []

    def sync(descriptor):
        time.sleep(0.02)
        real(descriptor)
        done.append(os.readlink(f"/proc/self/fd/{descriptor}") if os.path.isdir("/proc/self/fd") else "")

    monkeypatch.setattr(syncing, "sync_file", sync)
    return done


def test_each_commit_is_synced_before_the_client_is_told(syncs, connect, path):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("INSERT INTO posts (title) VALUES ('a')")
    assert syncs == []
    connection.commit()
    assert len(syncs) == 1
    assert syncs[0] in ("", f"{path}-wal")
    connection.autocommit = True
    for sql in (
        "UPDATE posts SET title = 'b'",
        "CREATE TABLE t (a INT)",
        "VACUUM",
        "INSERT OR REPLACE INTO posts (id) VALUES (1)",
    ):
        before = len(syncs)
        cursor.execute(sql)
        assert len(syncs) == before + 1, sql


def test_nothing_is_synced_for_readers_and_for_what_is_undone(syncs, connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM posts")
    connection.commit()
    cursor.execute("DELETE FROM posts")
    connection.rollback()
    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    cursor.execute("SELECT * FROM posts")
    connection.commit()
    assert syncs == []


def test_commits_of_many_clients_share_syncs(syncs, server):
    def write():
        with psycopg.connect(server.url, autocommit=True) as connection:
            for _ in range(10):
                connection.execute("INSERT INTO posts (title) VALUES ('together')")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert 10 <= len(syncs) < 80


@pytest.fixture
def stuck(monkeypatch):
    """A disk that does nothing until it is told to."""
    real, began, go_on = syncing.sync_file, threading.Event(), threading.Event()

    def sync(descriptor):
        began.set()
        go_on.wait(30)
        real(descriptor)

    monkeypatch.setattr(syncing, "sync_file", sync)
    yield began, go_on
    go_on.set()


def test_who_waits_for_the_disk_keeps_nobody_and_hears_nothing_before(stuck, server):
    began, go_on = stuck
    told = threading.Event()

    def write():
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("INSERT INTO posts (title) VALUES ('late')")
            told.set()

    with psycopg.connect(server.url, autocommit=True) as reader:
        writers = [threading.Thread(target=write) for _ in range(3)]
        for each in writers:
            each.start()
        assert began.wait(30)
        for _ in range(5):
            assert reader.execute("SELECT count(*) FROM posts WHERE id < 0").fetchone() == (0,)
        assert not told.is_set()
        go_on.set()
        for each in writers:
            each.join(30)
        assert told.is_set()
        assert reader.execute("SELECT count(*) FROM posts WHERE title = 'late'").fetchone() == (3,)


def test_a_commit_is_told_of_before_what_was_asked_for_behind_it(server):
    with psycopg.connect(server.url, autocommit=True) as holder, psycopg.connect(server.url) as connection:
        holder.execute("SELECT pg_advisory_lock(7)")
        wire = connection.pgconn
        wire.enter_pipeline_mode()
        wire.send_query_params(b"INSERT INTO posts (title) VALUES ('first')", None)
        wire.pipeline_sync()
        wire.send_query_params(b"SELECT pg_advisory_lock(7)", None)
        wire.pipeline_sync()
        wire.flush()
        while wire.is_busy():  # get_result() would keep the server, in the same process, from running
            select.select([wire.socket], [], [], 30)
            wire.consume_input()
        assert wire.get_result().command_status == b"INSERT 0 1"
        wire.finish()
        holder.execute("SELECT pg_advisory_unlock(7)")


def test_a_notification_of_what_is_not_on_the_disk_yet_is_not_sent(stuck, server):
    began, go_on = stuck

    def write():
        with psycopg.connect(server.url) as connection:
            connection.execute("INSERT INTO posts (title) VALUES ('news')")
            connection.execute("NOTIFY posts, 'news'")

    with psycopg.connect(server.url, autocommit=True) as listener:
        listener.execute("LISTEN posts")
        writer = threading.Thread(target=write)
        writer.start()
        assert began.wait(30)
        assert list(listener.notifies(timeout=0.2)) == []
        go_on.set()
        assert [each.payload for each in listener.notifies(timeout=30, stop_after=1)] == ["news"]
        writer.join(30)


def test_who_says_goodbye_behind_a_commit_is_synced_too(syncs, server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.pgconn.send_query(b"INSERT INTO posts (title) VALUES ('bye')")
        connection.pgconn.flush()
        connection.pgconn.finish()
    for _ in range(500):
        if syncs and server.get_status().active_connections == 0:
            break
        time.sleep(0.01)
    assert len(syncs) == 1
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT count(*) FROM posts WHERE title = 'bye'").fetchone() == (1,)


def test_a_client_may_choose_not_to_wait(syncs, connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SET LOCAL synchronous_commit TO off")
    cursor.execute("INSERT INTO posts (title) VALUES ('a')")
    connection.commit()
    assert syncs == []
    cursor.execute("SHOW synchronous_commit")
    assert cursor.fetchone() == ("on",)
    with pytest.raises(psycopg2.errors.InvalidParameterValue):
        cursor.execute("SET synchronous_commit TO sometimes")


def test_a_sync_that_fails_ends_the_session_and_every_later_commit(monkeypatch, server):
    def fail(descriptor):
        raise OSError(5, "Input/output error")

    with psycopg.connect(server.url) as first, psycopg.connect(server.url) as second:
        first.execute("INSERT INTO posts (title) VALUES ('a')")
        monkeypatch.setattr(syncing, "sync_file", fail)
        with pytest.raises(psycopg.errors.IoError, match="could not sync the write-ahead log"):
            first.commit()
        monkeypatch.undo()
        second.execute("SELECT count(*) FROM posts")
        second.execute("INSERT INTO posts (title) VALUES ('b')")
        with pytest.raises(psycopg.errors.IoError, match="may not last"):
            second.commit()


def test_a_database_without_a_log_waits_for_the_disk_by_itself(syncs, tmp_path):
    file = tmp_path / "plain.db"
    with heliosdb_sqlite.start_server(file, port=0, wal=False) as server:
        connection = psycopg2.connect(server.url)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a INT)")
        connection.commit()
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)
        connection.close()
    assert syncs == []


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts the descriptors that Linux shows")
def test_no_descriptor_is_left(path):
    def logs():
        return [each for each in os.listdir("/proc/self/fd") if "app.db" in _target(each)]

    with heliosdb_sqlite.start_server(path, port=0) as server:
        for _ in range(3):
            connection = psycopg2.connect(server.url)
            connection.cursor().execute("INSERT INTO posts (title) VALUES ('a')")
            connection.commit()
            connection.close()
    assert logs() == []


def _target(number):
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""
