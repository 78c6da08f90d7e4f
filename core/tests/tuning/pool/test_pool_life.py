"""Old, broken, lost and closed connections, and the end of the pool."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from heliosdb_sqlite import connection_pool


def test_a_connection_past_its_age_is_replaced(create):
    pool = create(recycle=0)
    with pool.connection() as first:
        pass
    with pool.connection() as second:
        assert second is not first
    assert (pool.metrics().recycled, pool.metrics().idle) == (2, 1)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        first.execute("SELECT 1")


def test_a_connection_within_its_age_is_kept(create):
    pool = create(recycle=3600)
    with pool.connection() as first:
        pass
    with pool.connection() as second:
        assert second is first


@pytest.mark.parametrize("never", [None, -1])
def test_connections_may_stay_for_ever(create, never):
    assert create(recycle=never).settings.recycle is None


def test_a_database_in_memory_outlives_its_connections_age(create):
    pool = create("file:recycled?mode=memory&cache=shared", uri=True, recycle=0, pool_size=1, max_overflow=0)
    with pool.connection() as connection, connection:
        connection.execute("CREATE TABLE kept (a)")
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_ping_finds_a_file_that_was_replaced(create, database, tmp_path):
    pool = create(pre_ping=True)
    with pool.connection() as connection:
        connection.execute("SELECT a FROM t").fetchall()
    other = tmp_path / "restored.db"
    with closing(sqlite3.connect(other)) as made, made:
        made.execute("CREATE TABLE t (a)")
        made.execute("INSERT INTO t VALUES ('restored')")
    os.replace(other, database)
    with pool.connection() as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [("restored",)]
    assert pool.metrics().failed == 1


def test_the_ping_finds_a_file_that_is_gone(create, database):
    pool = create(pre_ping=True)
    os.remove(database)
    with pool.connection() as connection, pytest.raises(sqlite3.OperationalError, match="no such table"):
        connection.execute("SELECT a FROM t")


def test_the_ping_finds_a_file_that_is_no_database_any_more(create, database):
    pool = create(pre_ping=True)
    database.write_bytes(b"no database" * 1000)
    with pool.connection() as connection, pytest.raises(sqlite3.DatabaseError, match="not a database"):
        connection.execute("SELECT a FROM t")
    assert pool.metrics().failed == 1


def test_the_ping_leaves_a_healthy_connection_as_it_is(create):
    pool = create(pre_ping=True)
    with pool.connection() as first:
        pass
    with pool.connection() as second:
        assert second is first
        assert not second.in_transaction


def test_a_lock_of_somebody_elses_is_no_illness(create, database):
    pool = create(pre_ping=True, busy_timeout=0)
    with pool.connection() as first:
        pass
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pool.connection() as second:
            assert second is first


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit came with Python 3.12")
def test_the_ping_leaves_no_snapshot_behind(create, database):
    pool = create(pre_ping=True, autocommit=False)
    with pool.connection() as connection:
        with closing(sqlite3.connect(database, timeout=0)) as other, other:
            other.execute("INSERT INTO t VALUES (2)")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_a_replacement_that_cannot_be_opened_leaves_its_place_free(create, database, tmp_path):
    pool = create(pre_ping=True, pool_size=1, max_overflow=0)
    shutil.rmtree(database.parent)
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="unable to open"):
            pool.acquire()
    assert pool.metrics().in_use == 0


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_a_connection_that_nobody_has_any_more_is_missed(create):
    pool = create(pool_size=1, max_overflow=0, timeout=0, debug=True)

    def forgetful():
        pool.acquire().execute("SELECT 1")

    def forget():
        forgetful()
        gc.collect()  # CPython's connections and their statements refer to each other

    with pytest.warns(ResourceWarning, match=r"was never brought back: thread 'MainThread' .* in forgetful"):
        forget()
    assert pool.metrics().lost == 1
    with pool.connection() as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_closing_closes_what_is_idle_now_and_the_rest_when_it_comes_back(create):
    pool = create()
    first, second = pool.acquire(), pool.acquire()
    pool.release(first)
    pool.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        first.execute("SELECT 1")
    assert second.execute("SELECT 1").fetchone() == (1,)
    pool.release(second)
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        second.execute("SELECT 1")
    assert pool.closed


def test_a_closed_pool_lends_nothing(create):
    pool = create()
    pool.close()
    pool.close()
    for use in (pool.acquire, pool.connection().__enter__, pool.warm_up):
        with pytest.raises(sqlite3.ProgrammingError, match=r"the pool to '.*app\.db' is closed"):
            use()


def test_closing_tells_those_who_wait(create):
    pool = create(pool_size=1, max_overflow=0)
    with pool.connection(), ThreadPoolExecutor() as threads:
        waiting = threads.submit(pool.acquire)
        while not pool.metrics().waiting:
            pass
        pool.close()
        with pytest.raises(sqlite3.ProgrammingError, match="is closed"):
            waiting.result()


def test_closing_may_wait_for_what_is_out(create):
    pool = create()
    connection = pool.acquire()
    closing_it = threading.Thread(target=pool.close, args=(60,))
    closing_it.start()
    while not pool.closed:
        pass
    pool.release(connection)
    closing_it.join()
    assert pool.metrics().in_use == 0


def test_the_pool_is_a_context_manager_that_closes_it(database):
    with connection_pool.create(database) as pool, pool.connection() as connection:
        pass
    assert pool.closed
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        connection.execute("SELECT 1")


def test_a_pool_that_nobody_has_any_more_closes_its_connections(database):
    pool = connection_pool.create(database)
    with pool.connection() as connection:
        pass
    del pool
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        connection.execute("SELECT 1")


def test_a_program_may_end_without_closing_its_pool(database):
    program = (
        "from heliosdb_sqlite import connection_pool\n"
        f"pool = connection_pool.create({str(database)!r})\n"
        "with pool.connection() as conn: conn.execute('PRAGMA journal_mode = WAL'); conn.execute('DELETE FROM t')\n"
        "conn = pool.acquire(); conn.execute('INSERT INTO t VALUES (5)')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_metrics_add_up(create):
    pool = create(pool_size=2, max_overflow=1)
    with pool.connection(), pool.connection():
        now = pool.metrics()
    assert (now.pool_size, now.max_overflow, now.idle, now.in_use) == (2, 1, 0, 2)
    assert (now.checkouts, now.opened, now.most_in_use, now.waits) == (2, 2, 2, 0)
    assert pool.metrics().idle == 2
