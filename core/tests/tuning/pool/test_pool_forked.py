"""Pools in a process that is forked."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from heliosdb_sqlite.testing import forked

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform can't fork")


def count(pool):
    with pool.connection() as connection:
        return connection.execute("SELECT count(*) FROM t").fetchone()[0]


def test_a_child_opens_connections_of_its_own(create):
    pool = create()
    with pool.connection() as connection:
        number = id(connection)
    assert forked(lambda: (count(pool), pool.metrics().opened)) == (1, 2)
    with pool.connection() as connection:
        assert id(connection) != number or pool.metrics().opened == 2


def test_a_commit_of_the_child_is_not_lost_when_the_parent_closes(create, database):
    # With a connection open at the fork, SQLite in the child believes in locks that it does not have, the parent's
    # last connection removes the -wal file under it, and what the child commits next is lost.
    pool = create()
    with pool.connection() as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT * FROM t").fetchall()
    answer, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with pool.connection() as connection, connection:
                connection.execute("INSERT INTO t VALUES (2)")
                connection.commit()
                os.write(answer[1], b"x")
                os.read(go[0], 1)
                connection.execute("INSERT INTO t VALUES (3)")
        finally:
            os._exit(0)
    os.close(answer[1])
    assert os.read(answer[0], 1) == b"x"
    pool.close()
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (2,)
    os.write(go[1], b"x")
    os.waitpid(child, 0)
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (3,)
    for end in (answer[0], *go):
        os.close(end)


def test_a_child_of_a_process_with_connections_in_use_is_refused(create):
    pool = create()
    with pool.connection():
        with pytest.raises(
            AssertionError, match=r"forked while connections of the pool were in use.*'spawn'"
        ):
            forked(count, pool)
        assert count(pool) == 1  # the parent goes on


def test_a_child_may_leave_the_block_that_it_was_forked_in(create, database):
    pool = create()
    with pool.connection() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        child = os.fork()
    if child == 0:  # which has just left the block, too
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert count(pool) == 1


def test_the_parents_transaction_survives_the_childs_end(database):
    # A child that ends as programs do collects what it inherited: closing it would roll the parent's transaction back.
    program = f"""
import os, sys
from heliosdb_sqlite import connection_pool
pool = connection_pool.create({str(database)!r})
with pool.connection() as conn:
    conn.execute("PRAGMA cache_size = 1")
    conn.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
    if os.fork() == 0:
        sys.exit(0)
    assert os.wait()[1] == 0
    conn.commit()
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (101,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_in_memory_stays_with_the_process_that_made_it(create):
    pool = create("file:forked?mode=memory&cache=shared", uri=True)
    with pool.connection() as connection, connection:
        connection.execute("CREATE TABLE t (a)")
    with pytest.raises(AssertionError, match="a database in memory stays with the process"):
        forked(count, pool)
    assert count(pool) == 0


def test_a_pool_made_in_the_child_is_the_childs(create):
    assert forked(lambda: count(create(warm_up=2))) == 1
