"""One sync of the disk for many commits: none is acknowledged that is not on the disk."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.tuning.concurrency import syncing
from heliosdb_sqlite.tuning.concurrency.syncing import SharedSync


@pytest.fixture
def syncs(monkeypatch):
    """A disk that writes when it is told to: begin, then go."""

    class Disk:
        begun, go, count = threading.Semaphore(0), threading.Semaphore(0), 0

        def sync(self, _):
            self.count += 1
            self.begun.release()
            self.go.acquire()

    disk = Disk()
    monkeypatch.setattr(syncing, "sync_file", disk.sync)
    return disk


def test_those_who_come_while_the_disk_is_busy_share_the_next_sync(syncs):
    shared = SharedSync(0)
    first = threading.Thread(target=shared.wait)
    first.start()
    syncs.begun.acquire()
    others = [threading.Thread(target=shared.wait) for _ in range(5)]
    for thread in others:
        thread.start()
    while shared._asked < 6:
        pass
    syncs.go.release()
    first.join(30)
    syncs.begun.acquire()  # the second, and last
    assert all(thread.is_alive() for thread in others)
    syncs.go.release()
    for thread in others:
        thread.join(30)
    assert syncs.count == 2


def test_a_sync_that_failed_fails_all_who_waited_and_all_who_come(monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(syncing, "sync_file", full)
    shared = SharedSync(0)
    with pytest.raises(OSError, match="No space"):
        shared.wait()
    monkeypatch.setattr(syncing, "sync_file", lambda _: None)  # a later sync may succeed, and says nothing
    with pytest.raises(OSError, match="No space"):
        shared.wait()


def test_a_commit_whose_sync_fails_says_that_it_may_not_last(tmp_path, monkeypatch):
    conn = heliosdb_sqlite.connect(tmp_path / "a.db", concurrency="wal")
    conn.execute("CREATE TABLE t (a)")

    def broken(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(syncing, "sync_file", broken)
    conn.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="was committed, but may not last: Input/output error"):
        conn.commit()
    assert conn.execute("SELECT a FROM t").fetchall() == [(1,)]
    conn.close()


def test_after_a_loss_of_power_every_acknowledged_commit_is_there(tmp_path, monkeypatch):
    """What a sync covers is what was written before it began: that, and no more, survives here."""
    path, wal = tmp_path / "a.db", tmp_path / "a.db-wal"
    durable = b""
    real, guard = os.fsync, threading.Lock()

    def sync(descriptor):
        nonlocal durable
        written = wal.read_bytes()
        real(descriptor)
        with guard:
            durable = max(durable, written, key=len)  # no checkpoint: the log only grows

    monkeypatch.setattr(syncing, "sync_file", sync)
    acknowledged, losses = [], []
    with closing(heliosdb_sqlite.connect(path, concurrency="wal", check_same_thread=False)) as keeper:
        keeper.execute("CREATE TABLE t (a)")
        keeper.execute("PRAGMA wal_autocheckpoint = 0")
        base = path.read_bytes()

        def write(number):
            with closing(heliosdb_sqlite.connect(path, concurrency="wal")) as conn:
                conn.execute("PRAGMA wal_autocheckpoint = 0")
                for count in range(25):
                    conn.execute("INSERT INTO t VALUES (?)", (number * 100 + count,))
                    conn.commit()
                    acknowledged.append(number * 100 + count)
                    if count % 5 == number % 5:
                        with guard:
                            told = list(acknowledged)  # first what was promised, then what the disk has
                            losses.append((told, durable))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(acknowledged) == 150
    assert len(losses) == 30
    after = tmp_path / "after"
    for told, log in losses:
        after.mkdir()
        (after / "a.db").write_bytes(base)
        (after / "a.db-wal").write_bytes(log)
        with closing(sqlite3.connect(after / "a.db")) as conn:
            found = {row[0] for row in conn.execute("SELECT a FROM t")}
            assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert found.issuperset(told)
        shutil.rmtree(after)
