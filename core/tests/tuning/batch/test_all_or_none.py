"""cursor.batch_insert(): all rows or none, whatever fails; and plugins, who see one transaction."""

from __future__ import annotations

import signal
import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite
from batch_kit import people, users
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import Recorder, registered


@pytest.mark.parametrize("place", [1, 1000, 1001, 2345])
def test_a_violated_constraint_is_named_by_its_row_and_nothing_is_inserted(conn, insert, place):
    for bad, message in (
        (("user 3", 1), "UNIQUE constraint failed"),
        (("new", 1000), "CHECK constraint failed"),
    ):
        insert([("user 3", 3)])
        conn.commit()
        rows = people(2345, 10)
        rows[place - 1] = bad
        with pytest.raises(sqlite3.IntegrityError, match=f"^row {place}: {message}") as caught:
            insert(rows)
        assert caught.value.row_number == place
        assert not conn.in_transaction
        assert users(conn) == [("user 3", 3)]
        conn.execute("DELETE FROM users")
        conn.commit()


def test_the_first_of_several_wrong_rows_is_named(insert):
    rows = people(1500)
    rows[700] = ("x", 1000)
    for later in (object(), (1,), ("x", object())):
        rows[900] = later
        with pytest.raises(sqlite3.IntegrityError, match=r"^row 701: CHECK"):
            insert(rows)


def test_inside_a_transaction_what_was_there_before_stays(conn, insert):
    conn.execute("INSERT INTO users (name) VALUES ('before')")
    with pytest.raises(sqlite3.IntegrityError, match=r"^row 1201"):
        insert([*people(1200), ("before", 1)])
    assert conn.in_transaction
    assert users(conn) == [("before", None)]
    assert insert(people(3)) == 3
    conn.rollback()
    assert users(conn) == []


def test_the_transaction_is_the_programs_to_commit(conn, insert):
    insert(people(3))
    assert conn.in_transaction
    conn.rollback()
    assert users(conn) == []


def test_where_each_statement_commits_by_itself_the_batch_does(tmp_path):
    with closing(heliosdb_sqlite.connect(tmp_path / "app.db", isolation_level=None)) as conn:
        conn.execute("CREATE TABLE users (name UNIQUE, age)")
        conn.cursor().batch_insert("users", ["name", "age"], people(1500))
        assert not conn.in_transaction
        with pytest.raises(sqlite3.IntegrityError, match=r"^row 1001"):
            conn.cursor().batch_insert("users", ["name", "age"], [*people(1000, 5000), *people(1)])
        assert not conn.in_transaction
        assert conn.execute("SELECT count(*) FROM users").fetchone() == (1500,)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit= came with Python 3.12")
@pytest.mark.parametrize("autocommit", [True, False])
def test_with_the_autocommit_attribute(tmp_path, autocommit):
    with closing(heliosdb_sqlite.connect(tmp_path / "app.db", autocommit=autocommit)) as conn:
        conn.execute("CREATE TABLE users (name UNIQUE, age)")
        conn.commit()
        conn.cursor().batch_insert("users", ["name", "age"], people(1500))
        assert conn.in_transaction is not autocommit
        with pytest.raises(sqlite3.IntegrityError, match=r"^row 1"):
            conn.cursor().batch_insert("users", ["name", "age"], people(1))
        assert conn.execute("SELECT count(*) FROM users").fetchone() == (1500,)
        conn.rollback()
        assert conn.execute("SELECT count(*) FROM users").fetchone() == (1500 if autocommit else 0,)


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("error", [ValueError("no more"), KeyboardInterrupt(), GeneratorExit()])
def test_what_the_iterable_raises_undoes_all(conn, insert, opened, error):
    if opened:
        conn.execute("INSERT INTO users (name) VALUES ('before')")

    def rows():
        yield from people(2500)
        raise error

    with pytest.raises(type(error)) as caught:
        insert(rows())
    assert caught.value is error
    assert users(conn) == ([("before", None)] if opened else [])
    assert conn.in_transaction is opened


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this platform")
@pytest.mark.parametrize("isolation_level", ["", None])
def test_ctrl_c_leaves_nothing_half_done(tmp_path, isolation_level):
    with closing(heliosdb_sqlite.connect(tmp_path / "app.db", isolation_level=isolation_level)) as conn:
        conn.execute("CREATE TABLE users (name, age)")
        rows = people(50_000)
        for delay in (0.001, 0.003, 0.006, 0.01):
            signal.setitimer(signal.ITIMER_REAL, delay)
            before = signal.signal(signal.SIGALRM, signal.default_int_handler)
            try:
                conn.cursor().batch_insert("users", ["name", "age"], (row for row in rows for _ in range(20)))
            except KeyboardInterrupt:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
            assert not conn.in_transaction
            assert conn.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_an_iterable_that_commits_is_found_out(conn, insert):
    def rows():
        yield from people(2500)
        conn.commit()
        yield from people(2500, 2500)

    with pytest.raises(sqlite3.ProgrammingError, match="must not commit or roll back"):
        insert(rows())
    assert 0 < len(users(conn)) < 2500  # what it has committed stays; the rest does not follow


def test_a_trigger_that_ends_the_transaction_is_reported(conn, insert):
    conn.execute(
        "CREATE TRIGGER strict BEFORE INSERT ON users WHEN new.age = 77 BEGIN SELECT RAISE(ROLLBACK, 'not 77'); END"
    )
    conn.execute("INSERT INTO users (name) VALUES ('before')")
    with pytest.raises(sqlite3.IntegrityError, match=r"^one of rows 1 to \d+: not 77"):
        insert(people(1500))
    assert not conn.in_transaction
    assert users(conn) == []


def test_triggers_see_each_row(conn, insert):
    conn.execute("CREATE TABLE log (name, at DEFAULT (random()))")
    conn.execute(
        "CREATE TRIGGER logs AFTER INSERT ON users BEGIN INSERT INTO log (name) VALUES (new.name); END"
    )
    insert(people(2100))
    assert conn.execute("SELECT count(*), count(DISTINCT at) FROM log").fetchone() == (2100, 2100)
    assert conn.execute("SELECT name FROM log").fetchall() == [(name,) for name, _ in people(2100)]


def test_defaults_are_made_for_each_row(conn):
    conn.execute("CREATE TABLE d (a, b DEFAULT (hex(randomblob(8))), c DEFAULT 7)")
    conn.cursor().batch_insert("d", ["a"], [(number,) for number in range(2500)])
    assert conn.execute("SELECT count(DISTINCT b), min(c), max(c) FROM d").fetchone() == (2500, 7, 7)


def test_foreign_keys_are_checked_row_by_row(conn):
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("CREATE TABLE tree (id INTEGER PRIMARY KEY, parent REFERENCES tree)")
    columns = ["id", "parent"]
    with pytest.raises(sqlite3.IntegrityError, match=r"^row 1: FOREIGN KEY"):
        conn.cursor().batch_insert("tree", columns, [(1, 2), (2, None), *((n, 2) for n in range(3, 3000))])
    assert (
        conn.cursor().batch_insert("tree", columns, [(1, None), *((n, n - 1) for n in range(2, 3000))])
        == 2999
    )
    conn.execute("CREATE TABLE leaves (tree REFERENCES tree)")
    with pytest.raises(sqlite3.IntegrityError, match=r"^row 2501: FOREIGN KEY"):
        conn.cursor().batch_insert("leaves", ["tree"], [*[(1,)] * 2500, (-1,), *[(2,)] * 2500])


# -- with plugins --------------------------------------------------------------------------------------------------------
class Lists:
    """Binds lists as text, and refuses empty ones."""

    @hookimpl
    def heliosdb_bind(self, statement):
        return lambda values: [self.text(value) if isinstance(value, list) else value for value in values]

    @staticmethod
    def text(value):
        if not value:
            raise sqlite3.ProgrammingError("an empty list")
        return ",".join(map(str, value))


@pytest.fixture
def lists():
    with registered(Lists(), "lists"), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name, age)")
        conn.commit()
        yield conn


def test_plugins_bind_each_value(lists):
    lists.cursor().batch_insert("users", ["name", "age"], (([number, 7], number) for number in range(2345)))
    assert users(lists) == [(f"{number},7", number) for number in range(2345)]


@pytest.mark.parametrize("place", [1, 700, 2001, 2345])
def test_what_a_plugin_refuses_is_named_by_its_row(lists, place):
    rows = [([number], number) for number in range(2345)]
    rows[place - 1] = ([], 0)
    with pytest.raises(sqlite3.ProgrammingError, match=f"^row {place}: an empty list"):
        lists.cursor().batch_insert("users", ["name", "age"], rows)
    assert users(lists) == []


@pytest.mark.parametrize("isolation_level", ["", None])
def test_plugins_are_told_of_one_transaction(isolation_level):
    recorder = Recorder()
    with (
        registered(recorder),
        closing(heliosdb_sqlite.connect(":memory:", isolation_level=isolation_level)) as conn,
    ):
        conn.execute("CREATE TABLE users (name, age)")
        conn.commit()
        del recorder.events[:]
        conn.cursor().batch_insert("users", ["name", "age"], people(2500))
        conn.commit()
        endings = [
            event.hook for event in recorder.events if event.hook in ("before_commit", "commit", "rollback")
        ]
        assert endings == ["before_commit", "commit"]


def test_a_commit_that_a_plugin_refuses_undoes_all():
    class Refuses:
        @hookimpl
        def heliosdb_before_commit(self, connection):
            if connection.execute("SELECT count(*) FROM users").fetchone()[0]:
                raise sqlite3.IntegrityError("nobody is let in")

    with registered(Refuses(), "refuses"), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE users (name, age)")
        conn.isolation_level = None
        with pytest.raises(sqlite3.IntegrityError, match="nobody is let in"):
            conn.cursor().batch_insert("users", ["name", "age"], people(1500))
        assert not conn.in_transaction
        assert conn.execute("SELECT count(*) FROM users").fetchone() == (0,)
