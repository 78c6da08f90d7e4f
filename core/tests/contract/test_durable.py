"""heliosdb_durable: what makes a commit last, after it has happened and before the caller goes on."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered


class Durable:
    """Fails to make a commit last while it is told to."""

    def __init__(self):
        self.seen = []
        self.fails = False

    @hookimpl
    def heliosdb_durable(self, connection):
        self.seen.append(
            (connection.in_transaction, connection.execute("SELECT count(*) FROM t").fetchone()[0])
        )
        if self.fails:
            raise sqlite3.OperationalError("the disk is gone")


def _with(conn):
    with conn:
        conn.execute("INSERT INTO t VALUES (1)")


def _commit(conn):
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()


def _sql(conn):
    conn.execute("INSERT INTO t VALUES (1)")
    conn.execute("COMMIT")


def _autocommit(conn):
    conn.isolation_level = None
    conn.execute("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize("commit", [_commit, _with, _sql, _autocommit])
def test_what_makes_a_commit_last_comes_after_it_and_may_fail(commit):
    with registered(Durable()) as plugin:
        conn = heliosdb_sqlite.connect(":memory:")
        conn.execute("CREATE TABLE t (a)")
        plugin.seen.clear()
        commit(conn)
        assert plugin.seen == [(False, 1)]
        conn.isolation_level = ""
        plugin.fails = True
        with pytest.raises(sqlite3.OperationalError, match="the disk is gone"):
            commit(conn)
        assert not conn.in_transaction
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (2,)
        conn.execute("INSERT INTO t VALUES (1)") if conn.isolation_level is not None else None
        plugin.seen.clear()
        conn.rollback()
        assert plugin.seen == []
        conn.close()
