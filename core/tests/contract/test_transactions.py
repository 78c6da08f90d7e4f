"""Every way a transaction can end, and which hooks run for it."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite

COMMITTED = ["before_commit", "commit"]
ROLLED_BACK = ["rollback"]
NOTHING: list[str] = []


@pytest.fixture
def conn(recorder, tmp_path):
    connection = heliosdb_sqlite.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    recorder.transactions()
    yield connection
    connection.close()


def rows(connection):
    return [row[0] for row in connection.execute("SELECT a FROM t ORDER BY a")]


def test_commit_method(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    assert recorder.transactions() == NOTHING
    conn.commit()
    assert recorder.transactions() == COMMITTED


def test_commit_without_a_transaction_tells_nobody(conn, recorder):
    conn.commit()
    conn.rollback()
    with conn:
        pass
    assert recorder.transactions() == NOTHING


def test_rollback_method(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    conn.rollback()
    assert recorder.transactions() == ROLLED_BACK
    assert rows(conn) == []


def test_with_block(conn, recorder):
    with conn:
        conn.execute("INSERT INTO t VALUES (1, 1)")
    assert recorder.transactions() == COMMITTED
    with pytest.raises(ZeroDivisionError), conn:
        conn.execute("INSERT INTO t VALUES (2, 2)")
        1 / 0  # noqa: B018
    assert recorder.transactions() == ROLLED_BACK
    assert rows(conn) == [1]


@pytest.mark.parametrize(
    "text", ["COMMIT", "END", "commit;", "/* now */ END TRANSACTION", "COMMIT TRANSACTION -- done"]
)
def test_commit_as_text(conn, recorder, text):
    conn.execute("BEGIN")
    conn.execute("INSERT INTO t VALUES (1, 1)")
    assert recorder.transactions() == NOTHING
    conn.execute(text)
    assert recorder.transactions() == COMMITTED
    assert not conn.in_transaction


@pytest.mark.parametrize("text", ["ROLLBACK", "rollback transaction;"])
def test_rollback_as_text(conn, recorder, text):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    conn.execute(text)
    assert recorder.transactions() == ROLLED_BACK


def test_release_of_the_outermost_savepoint_commits(conn, recorder):
    conn.execute("SAVEPOINT outermost")
    conn.execute("INSERT INTO t VALUES (1, 1)")
    conn.execute('SAVEPOINT "inner one"')
    conn.execute("INSERT INTO t VALUES (2, 2)")
    conn.execute('ROLLBACK TO "INNER one"')
    conn.execute('RELEASE "inner one"')
    assert recorder.transactions() == NOTHING
    conn.execute("RELEASE SAVEPOINT Outermost")
    assert recorder.transactions() == COMMITTED
    assert rows(conn) == [1]


def test_release_of_a_name_used_twice_ends_the_inner_one(conn, recorder):
    conn.execute("SAVEPOINT s")
    conn.execute("SAVEPOINT s")
    conn.execute("RELEASE s")
    assert recorder.transactions() == NOTHING
    assert conn.in_transaction
    conn.execute("RELEASE s")
    assert recorder.transactions() == COMMITTED


def test_release_inside_begin_commits_nothing(conn, recorder):
    conn.execute("BEGIN")
    conn.execute("SAVEPOINT s")
    conn.execute("RELEASE s")
    assert recorder.transactions() == NOTHING
    conn.rollback()
    assert recorder.transactions() == ROLLED_BACK


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE u (a)",
        "CREATE INDEX i ON t (b)",
        "ALTER TABLE t ADD COLUMN c",
        "DROP TABLE t",
        "WITH x AS (SELECT 7) INSERT INTO t SELECT *, 1 FROM x",
        "ANALYZE",
        "REINDEX",
    ],
)
def test_a_statement_that_commits_by_itself(conn, recorder, text):
    conn.execute(text)
    assert not conn.in_transaction
    assert recorder.transactions() == COMMITTED


@pytest.mark.parametrize(
    "text", ["SELECT 1", "PRAGMA user_version", "EXPLAIN DELETE FROM t", "VALUES (1)", "VACUUM", "-- x"]
)
def test_a_statement_that_changes_no_rows_tells_nobody(conn, recorder, text):
    conn.execute(text)
    assert recorder.transactions() == NOTHING


def test_every_statement_commits_without_isolation_level(conn, recorder):
    conn.isolation_level = None
    conn.execute("INSERT INTO t VALUES (1, 1)")
    assert recorder.transactions() == COMMITTED
    conn.executemany("INSERT INTO t VALUES (?, 1)", [(2,), (3,)])
    assert recorder.transactions() == COMMITTED
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT INTO t VALUES (1, 1)")
    assert recorder.transactions() == ROLLED_BACK
    assert not conn.in_transaction
    assert rows(conn) == [1, 2, 3]


def test_setting_isolation_level_to_none_commits(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    conn.isolation_level = "IMMEDIATE"
    assert recorder.transactions() == NOTHING
    conn.isolation_level = None
    assert recorder.transactions() == COMMITTED


def test_setting_isolation_level_amid_a_statement_that_writes_is_sqlite3s_error(conn, recorder):
    conn.execute("BEGIN")
    cursor = conn.execute("INSERT INTO t VALUES (1, 1), (2, 2) RETURNING a")
    cursor.fetchone()
    with pytest.raises(sqlite3.OperationalError, match="SQL statements in progress"):
        conn.isolation_level = None
    cursor.close()
    assert conn.in_transaction


def test_returning_in_autocommit_is_committed_and_its_rows_are_there(conn, recorder):
    conn.isolation_level = None
    cursor = conn.execute("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3) RETURNING a, b")
    assert recorder.transactions() == COMMITTED
    assert not conn.in_transaction
    assert [column[0] for column in cursor.description] == ["a", "b"]
    assert cursor.fetchone() == (1, 1)
    assert cursor.fetchmany(1) == [(2, 2)]
    assert list(cursor) == [(3, 3)]
    assert cursor.fetchone() is None
    assert cursor.execute("SELECT 5").fetchall() == [(5,)]


def test_returning_inside_a_transaction_streams(conn, recorder):
    cursor = conn.execute("INSERT INTO t VALUES (1, 1), (2, 2) RETURNING a")
    assert recorder.transactions() == NOTHING
    assert cursor.fetchall() == [(1,), (2,)]
    conn.commit()
    assert recorder.transactions() == COMMITTED


def test_an_error_that_rolls_back(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    conn.commit()
    conn.execute("INSERT INTO t VALUES (2, 2)")
    recorder.transactions()
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT OR ROLLBACK INTO t VALUES (1, 1)")
    assert recorder.transactions() == ROLLED_BACK
    assert rows(conn) == [1]


def test_a_trigger_that_rolls_back(conn, recorder):
    conn.execute("CREATE TRIGGER g BEFORE DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'kept'); END")
    conn.execute("INSERT INTO t VALUES (1, 1)")
    recorder.transactions()
    with pytest.raises(sqlite3.IntegrityError, match="kept"):
        conn.execute("DELETE FROM t")
    assert recorder.transactions() == ROLLED_BACK


def test_a_full_database_that_rolls_back(conn, recorder):
    pages = conn.execute("PRAGMA page_count").fetchone()[0]
    conn.execute(f"PRAGMA max_page_count = {pages}")
    conn.execute("INSERT INTO t VALUES (1, 1)")
    recorder.transactions()
    with pytest.raises(sqlite3.OperationalError, match="full"):
        conn.execute("INSERT INTO t VALUES (2, zeroblob(100000))")
    expected = NOTHING if conn.in_transaction else ROLLED_BACK
    assert recorder.transactions() == expected
    conn.rollback()


def test_an_error_that_does_not_roll_back(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute("INSERT INTO t VALUES (1, 1)")
    assert recorder.transactions() == NOTHING
    assert conn.in_transaction
    conn.commit()
    assert recorder.transactions() == COMMITTED


def test_a_script(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    conn.executescript(
        "INSERT INTO t VALUES (2, 2); BEGIN; INSERT INTO t VALUES (3, 3); COMMIT; SELECT * FROM t;"
        " BEGIN; INSERT INTO t VALUES (4, 4); ROLLBACK"
    )
    assert recorder.transactions() == COMMITTED + COMMITTED + COMMITTED + ROLLED_BACK
    assert rows(conn) == [1, 2, 3]


def test_a_script_that_leaves_a_transaction_open(conn, recorder):
    conn.executescript("BEGIN; INSERT INTO t VALUES (1, 1);")
    assert conn.in_transaction
    assert recorder.transactions() == NOTHING
    conn.rollback()
    assert recorder.transactions() == ROLLED_BACK


def test_a_script_with_a_trigger_body(conn, recorder):
    conn.executescript(
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = ';'; DELETE FROM t WHERE a = 9; END;"
        "INSERT INTO t VALUES (9, 1); INSERT INTO t VALUES (8, 1)"
    )
    assert recorder.transactions() == COMMITTED * 3
    assert conn.execute("SELECT * FROM t").fetchall() == [(8, ";")]


def test_close_rolls_back_what_is_open(conn, recorder):
    conn.execute("INSERT INTO t VALUES (1, 1)")
    recorder.events.clear()
    conn.close()
    assert recorder.hooks() == ["rollback", "close"]
    conn.close()
    assert recorder.hooks() == ["rollback", "close"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the attribute autocommit came with Python 3.12")
class TestAutocommitAttribute:
    def test_false(self, recorder, tmp_path):
        conn = heliosdb_sqlite.connect(tmp_path / "a.db", autocommit=False)
        conn.execute("CREATE TABLE t (a)")
        assert recorder.transactions() == NOTHING
        conn.commit()
        assert recorder.transactions() == COMMITTED
        conn.execute("INSERT INTO t VALUES (1)")
        conn.rollback()
        assert recorder.transactions() == ROLLED_BACK
        with conn:
            conn.execute("INSERT INTO t VALUES (1)")
        assert recorder.transactions() == COMMITTED
        conn.execute("INSERT INTO t VALUES (2)")
        conn.autocommit = True
        assert recorder.transactions() == COMMITTED
        assert rows(conn) == [1, 2]
        conn.close()

    def test_false_while_the_isolation_level_is_set(self, recorder, tmp_path):
        with closing(heliosdb_sqlite.connect(tmp_path / "a.db", autocommit=False)) as conn:
            conn.execute("CREATE TABLE t (a)")
            conn.isolation_level = "IMMEDIATE"
            assert recorder.transactions() == NOTHING
            conn.isolation_level = None  # commits, and begins the next one
            assert conn.in_transaction
            assert recorder.transactions() == COMMITTED
            conn.rollback()
            assert rows(conn) == []

    def test_true_once_more_commits(self, recorder, tmp_path):
        with closing(heliosdb_sqlite.connect(tmp_path / "a.db", autocommit=True)) as conn:
            conn.execute("CREATE TABLE t (a)")
            conn.execute("BEGIN")
            conn.execute("INSERT INTO t VALUES (1)")
            recorder.transactions()
            conn.isolation_level = None  # does nothing in this mode
            assert conn.in_transaction
            assert recorder.transactions() == NOTHING
            conn.autocommit = True
            assert not conn.in_transaction
            assert recorder.transactions() == COMMITTED

    def test_true(self, recorder, tmp_path):
        conn = heliosdb_sqlite.connect(tmp_path / "a.db", autocommit=True)
        conn.execute("CREATE TABLE t (a)")
        conn.execute("INSERT INTO t VALUES (1)")
        assert recorder.transactions() == COMMITTED * 2
        conn.execute("BEGIN")
        conn.execute("INSERT INTO t VALUES (2)")
        conn.commit()  # does nothing in this mode
        conn.rollback()
        with conn:
            pass
        assert recorder.transactions() == NOTHING
        conn.execute("COMMIT")
        assert recorder.transactions() == COMMITTED
        conn.close()

    def test_closing_rolls_back(self, recorder, tmp_path):
        conn = heliosdb_sqlite.connect(tmp_path / "a.db", autocommit=False)
        recorder.events.clear()
        conn.close()
        assert recorder.hooks() == ["rollback", "close"]


def test_a_busy_commit_that_fails_tells_of_no_commit(recorder, tmp_path):
    path = tmp_path / "busy.db"
    writer = heliosdb_sqlite.connect(path, timeout=0)
    writer.execute("CREATE TABLE t (a)")
    recorder.transactions()
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchall()
    writer.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        writer.commit()
    assert recorder.transactions() == ["before_commit"]
    assert writer.in_transaction
    reader.close()
    writer.commit()
    assert recorder.transactions() == COMMITTED
    writer.close()
