"""A connection that comes back is as it was when it was new."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest

from heliosdb_sqlite.connection_pool import _returning


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT a FROM t ORDER BY a").fetchall()


def test_what_was_not_committed_is_rolled_back(create, database):
    pool = create()
    with pool.connection() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    assert rows(database) == [(1,)]
    with pool.connection() as connection:
        assert not connection.in_transaction


def test_what_was_committed_stays(create, database):
    with create().connection() as connection, connection:
        connection.execute("INSERT INTO t VALUES (2)")
    assert rows(database) == [(1,), (2,)]


def test_a_transaction_begun_by_hand_is_rolled_back_too(create, database):
    with create(isolation_level=None).connection() as connection:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("INSERT INTO t VALUES (2)")
    assert rows(database) == [(1,)]


def test_a_cursor_that_was_not_read_to_its_end_keeps_no_lock(create, database):
    pool = create()
    with pool.connection() as connection, connection:
        connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(1000)])
    with pool.connection() as connection:
        left = connection.execute("SELECT * FROM t")
        left.fetchone()
    with closing(sqlite3.connect(database, timeout=0)) as other, other:
        other.execute("DELETE FROM t")
    with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
        left.fetchone()


def test_a_cursor_that_was_not_read_to_its_end_shows_nobody_an_old_state(create, database):
    pool = create(pool_size=1, max_overflow=0)
    with pool.connection() as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(1000)])
        connection.commit()
    with pool.connection() as connection:
        left = connection.cursor()
        left.execute("SELECT * FROM t").fetchone()
    with closing(sqlite3.connect(database)) as other, other:
        other.execute("DELETE FROM t")
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    left.close()


def test_many_cursors_are_found_as_well_as_one(create, database):
    pool = create(pool_size=1, max_overflow=0)
    for _ in range(5):
        with pool.connection() as connection:
            left = [connection.cursor() for _ in range(300)]
            for cursor in left:
                cursor.execute("SELECT 1 UNION SELECT 2")
        for cursor in left:
            with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
                cursor.fetchone()


def test_cursors_of_whoever_configured_the_connection_stay_open(create):
    kept = []
    pool = create(configure=lambda connection: kept.append(connection.cursor()))
    for _ in range(3):
        with pool.connection() as connection:
            _ = [connection.cursor() for _ in range(250)]
    assert kept[0].execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no blobopen()")
def test_a_blob_that_was_left_open_is_closed(create, database):
    with create().connection() as connection:
        connection.execute("INSERT INTO t VALUES (zeroblob(10))")
        connection.commit()
        blob = connection.blobopen("t", "a", 2)
    with closing(sqlite3.connect(database, timeout=0)) as other, other:
        other.execute("DELETE FROM t")
    with pytest.raises(sqlite3.ProgrammingError, match="closed blob"):
        blob.read()


def test_where_python_does_not_show_the_cursors_a_busy_connection_is_replaced(create, database, monkeypatch):
    monkeypatch.setattr(_returning, "SEES_CURSORS", False)
    monkeypatch.setattr(_returning, "_lists", lambda _: ())
    pool = create()
    with pool.connection() as connection:
        connection.execute("SELECT * FROM t").fetchall()
    assert pool.metrics().failed == 0
    with pool.connection() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        connection.commit()
        left = connection.cursor()
        left.execute("SELECT * FROM t").fetchone()
    assert pool.metrics().failed == 1
    with pool.connection() as connection:
        assert connection is not left.connection


def test_this_python_shows_the_cursors():
    assert _returning.SEES_CURSORS


@pytest.mark.parametrize(
    ("attribute", "value", "was"),
    [
        ("row_factory", sqlite3.Row, None),
        ("text_factory", bytes, str),
        ("isolation_level", None, "IMMEDIATE"),
    ],
)
def test_factories_and_isolation_level_are_what_they_were(create, attribute, value, was):
    pool = create(pool_size=1, max_overflow=0, isolation_level="IMMEDIATE")
    with pool.connection() as connection:
        setattr(connection, attribute, value)  # one alone
    with pool.connection() as connection:
        assert getattr(connection, attribute) == was


def test_what_they_were_is_what_configure_made_them(create):
    def configure(connection):
        connection.row_factory = sqlite3.Row

    pool = create(configure=configure)
    with pool.connection() as connection:
        connection.row_factory = None
    with pool.connection() as connection:
        assert connection.row_factory is sqlite3.Row


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit came with Python 3.12")
@pytest.mark.parametrize("own", [True, False, sqlite3.__dict__.get("LEGACY_TRANSACTION_CONTROL")])
@pytest.mark.parametrize("borrowers", [True, False, sqlite3.__dict__.get("LEGACY_TRANSACTION_CONTROL")])
def test_autocommit_is_what_it_was(create, database, own, borrowers):
    pool = create(autocommit=own)
    with pool.connection() as connection:
        connection.autocommit = borrowers
        connection.execute("SELECT * FROM t").fetchall()
        if borrowers is not True:
            connection.execute("INSERT INTO t VALUES (2)")
    assert rows(database) == [(1,)]
    with pool.connection() as connection:
        assert connection.autocommit == own
        assert connection.in_transaction is (own is False)
        connection.execute("INSERT INTO t VALUES (3)")
        connection.commit()
    assert rows(database) == [(1,), (3,)]


def test_a_connection_that_was_closed_is_replaced(create):
    pool = create(pool_size=1, max_overflow=0)
    with pool.connection() as connection:
        connection.close()
    with pool.connection() as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert pool.metrics().failed == 1


def test_reset_is_called_with_each_connection_that_comes_back(create):
    def reset(connection):
        connection.execute("PRAGMA query_only = OFF")

    pool = create(reset=reset)
    with pool.connection() as connection:
        connection.execute("PRAGMA query_only = ON")
    with pool.connection() as connection:
        assert connection.execute("PRAGMA query_only").fetchone() == (0,)


def test_what_reset_leaves_open_is_rolled_back(create, database):
    pool = create(reset=lambda connection: connection.execute("INSERT INTO t VALUES (9)"))
    with pool.connection():
        pass
    assert rows(database) == [(1,)]


def test_a_connection_that_cannot_be_reset_is_replaced(create, caplog):
    def reset(connection):
        raise RuntimeError("no way")

    pool = create(pool_size=1, max_overflow=0, reset=reset)
    for _ in range(2):
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert pool.metrics().failed == 2
    assert "could not be reset and is replaced" in caplog.text


def test_configure_must_leave_no_transaction_open(create):
    with pytest.raises(sqlite3.ProgrammingError, match="left a transaction open"):
        create(configure=lambda connection: connection.execute("INSERT INTO t VALUES (2)"))


def test_what_configure_raises_reaches_who_asked_for_the_connection(create):
    pool = create(warm_up=0, pool_size=1, max_overflow=0, configure=lambda connection: 1 / 0)
    for _ in range(2):  # and the place is free again
        with pytest.raises(ZeroDivisionError), pool.connection():
            pass
    assert pool.metrics().in_use == 0
