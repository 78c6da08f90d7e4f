"""Every commit has its row, which is part of it; a check may refuse a commit; the counts say how it all ended."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

import heliosdb_sqlite
from heliosdb_querytags import Commit, CommitRefused


@pytest.fixture
def conn(connect):
    """An audited connection with a table and an empty log."""
    with closing(sqlite3.connect(connect().execute("PRAGMA database_list").fetchone()[2])) as plain:
        plain.execute("CREATE TABLE t (a)")
    return connect(query_tag="test", audit_commits=True)


def changes(conn):
    """Return the changes of each commit, the oldest first."""
    return [commit.changes for commit in reversed(conn.audit_log())]


def test_a_commit_is_written_down_with_what_it_changed(conn):
    conn.executemany("INSERT INTO t VALUES (?)", [(1,), (2,)])
    conn.execute("UPDATE t SET a = 3 WHERE a = 2")
    assert conn.audit_log() == []
    conn.commit()
    [commit] = conn.audit_log()
    assert isinstance(commit, Commit)
    assert (commit.id, commit.tag, commit.changes) == (1, "test", 3)
    assert abs(datetime.now(timezone.utc) - commit.at) < timedelta(days=1)


def test_every_way_to_commit_is_written_down(conn):
    with conn:
        conn.execute("INSERT INTO t VALUES (1)")
    conn.execute("INSERT INTO t VALUES (2)")
    conn.execute("COMMIT")
    conn.executescript("BEGIN; INSERT INTO t VALUES (3), (4); COMMIT; DELETE FROM t;")
    conn.isolation_level = None
    conn.execute("INSERT INTO t VALUES (5), (6), (7)")
    conn.execute("CREATE TABLE u (a)")
    assert changes(conn) == [1, 1, 2, 4, 3, 0]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the attribute autocommit came with Python 3.12")
def test_so_are_those_of_pep_249(conn, connect):
    other = connect(audit_commits=True, autocommit=False)
    other.execute("INSERT INTO t VALUES (1)")
    other.commit()
    assert changes(other) == [1]


def test_a_transaction_that_only_reads_stays_one(conn, tmp_path):
    for mode in ("rw", "ro"):
        uri = f"{(tmp_path / 'test.db').as_uri()}?mode={mode}"
        reader = heliosdb_sqlite.connect(uri, uri=True, audit_commits=True)
        reader.executescript("BEGIN; SELECT * FROM t; COMMIT")
        assert (reader.audit_log(), reader.commit_counts().committed) == ([], 1)
        reader.close()


def test_a_definition_is_written_down_each_time(conn):
    for _ in range(2):
        with conn:
            conn.execute("BEGIN")
            conn.execute("CREATE TABLE u (a)")
            conn.execute("DROP TABLE u")
    assert changes(conn) == [0, 0]


def test_what_is_rolled_back_is_not(conn):
    conn.execute("INSERT INTO t VALUES (1)")
    conn.rollback()
    with pytest.raises(ZeroDivisionError), conn:
        conn.execute("INSERT INTO t VALUES (2)")
        1 / 0  # noqa: B018
    conn.execute("INSERT INTO t VALUES (3)")
    conn.commit()
    assert changes(conn) == [1]
    assert conn.commit_counts() == (1, 0, 2)


def test_a_commit_that_could_not_be_made_is_written_down_once_it_is(conn, connect):
    reader = sqlite3.connect(conn.execute("PRAGMA database_list").fetchone()[2])
    busy = connect(audit_commits=True, timeout=0)
    busy.execute("INSERT INTO t VALUES (1)")
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchall()
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                busy.commit()
    busy.execute("INSERT INTO t VALUES (2)")
    busy.commit()
    assert changes(busy) == [2]


def test_the_users_last_rowid_stays(conn):
    cursor = conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()
    assert cursor.lastrowid == conn.execute("SELECT last_insert_rowid()").fetchone()[0] == 1


@pytest.fixture
def checked(conn, connect):
    """A connection that may commit as long as the table has no more than two rows."""

    def check(connection):
        rows = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        return f"{rows} rows are too many" if rows > 2 else None

    return connect(audit_commits=True, commit_check=check)


def test_a_check_may_refuse_a_commit_which_stays_open(checked):
    checked.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)])
    with pytest.raises(CommitRefused, match=r"^commit refused: 3 rows are too many: mend it"):
        checked.commit()
    assert checked.in_transaction
    checked.execute("DELETE FROM t WHERE a = 3")
    checked.commit()
    assert changes(checked) == [4]
    assert checked.commit_counts() == (1, 1, 0)


def test_a_refused_with_block_is_rolled_back(checked):
    with pytest.raises(sqlite3.IntegrityError), checked:
        checked.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)])
    assert not checked.in_transaction
    assert checked.execute("SELECT * FROM t").fetchall() == []
    assert checked.commit_counts() == (0, 1, 1)


def test_the_log_is_read_on_any_connection_whatever_its_factories(conn, connect):
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()
    plain = connect()
    plain.row_factory, plain.text_factory = sqlite3.Row, bytes
    assert plain.audit_log() == conn.audit_log() != []
    assert plain.text_factory is bytes
    assert connect(":memory:").audit_log() == []


def test_the_newest_come_first_up_to_a_limit(conn):
    for number in range(5):
        conn.execute("INSERT INTO t VALUES (?)", (number,))
        conn.commit()
    assert [commit.id for commit in conn.audit_log(limit=2)] == [5, 4]
    with pytest.raises(sqlite3.ProgrammingError, match="limit=0"):
        conn.audit_log(limit=0)


def test_a_file_is_read_without_being_written(conn, tmp_path):
    conn.execute("INSERT INTO t VALUES (1)")
    conn.commit()
    assert heliosdb_sqlite.read_audit_log(tmp_path / "test.db") == conn.audit_log()
    with pytest.raises(sqlite3.OperationalError):
        heliosdb_sqlite.read_audit_log(tmp_path / "missing.db")
    assert [path.name for path in tmp_path.iterdir()] == ["test.db"]


def test_a_connection_without_the_plugin_counts_nothing(connect):
    with pytest.raises(sqlite3.ProgrammingError, match=r"connect\(..., audit_commits=True\)"):
        connect().commit_counts()


@pytest.mark.parametrize("options", [{}, {"audit_commits": False}, {"query_tag": None}])
def test_a_connection_that_asks_for_nothing_is_a_plain_one(connect, options):
    assert type(connect(**options)) is heliosdb_sqlite.Connection
