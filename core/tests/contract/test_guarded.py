"""Target.serialized: threads that share a connection wait for each other. Target.explain: errors say more."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl, run
from heliosdb_sqlite.testing import registered


class Serializes:
    @hookimpl
    def heliosdb_open(self, target):
        return replace(target, serialized=True)


class Executes(Serializes):
    @hookimpl
    def heliosdb_error(self):
        return lambda error: None


@pytest.fixture
def conn():
    with (
        registered(Executes()),
        closing(heliosdb_sqlite.connect(":memory:", check_same_thread=False)) as conn,
    ):
        yield conn


# In a process of its own: without the lock it comes to a standstill, the interpreter's lock included.
THREADS = """
import threading
from dataclasses import replace
import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl, register, run

class Serializes:
    @hookimpl
    def heliosdb_open(self, target):
        return replace(target, serialized={serialized})

register(Serializes(), "serializes", always=True)
conn = heliosdb_sqlite.connect(":memory:", check_same_thread=False)
conn.create_function("slow", 1, lambda x: sum(range(200)) and x)
conn.execute("CREATE TABLE t (a)")
conn.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(100)])
conn.commit()

def work():
    for turn in range(40):
        cursor = conn.execute("SELECT slow(a) FROM t")
        assert len([cursor.fetchone(), *cursor.fetchmany(9), *cursor]) == 100
        conn.execute("INSERT INTO t SELECT slow(a) FROM t WHERE 0")
        run(conn, "SELECT slow(a) FROM t").fetchall()
        conn.commit()

threads = [threading.Thread(target=work) for _ in range(6)]
[each.start() for each in threads]
[each.join() for each in threads]
print("done")
"""


def test_threads_share_a_connection_whose_functions_are_written_in_python():
    done = subprocess.run(
        [sys.executable, "-c", THREADS.format(serialized=True)], capture_output=True, text=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_a_statement_waits_until_the_one_before_it_is_done(conn):
    entered, go, order = threading.Event(), threading.Event(), []

    def waits():
        entered.set()
        go.wait(30)
        order.append("first")

    conn.create_function("waits", 0, waits)
    first = threading.Thread(target=lambda: conn.execute("SELECT waits()"))
    second = threading.Thread(target=lambda: (conn.execute("SELECT 1"), order.append("second")))
    first.start()
    assert entered.wait(30)
    second.start()
    second.join(0.2)
    assert second.is_alive()
    go.set()
    first.join(30)
    second.join(30)
    assert order == ["first", "second"]


def test_interrupt_does_not_wait(conn):
    entered, stopped = threading.Event(), []

    def endless():
        try:
            conn.execute(
                "WITH RECURSIVE n (i) AS (SELECT begins() UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
            )
        except heliosdb_sqlite.OperationalError as error:
            stopped.append(str(error))

    conn.create_function("begins", 0, lambda: entered.set() or 1)
    thread = threading.Thread(target=endless)
    thread.start()
    assert entered.wait(30)
    while thread.is_alive():  # an interrupt between two steps is no interrupt
        conn.interrupt()
        thread.join(0.01)
    assert stopped == ["interrupted"]


def test_a_function_may_use_its_own_connection(conn):
    conn.create_function("nested", 0, lambda: conn.execute("SELECT 7").fetchone()[0])
    assert conn.execute("SELECT nested()").fetchone() == (7,)


def test_a_cursor_class_of_the_users_is_locked_below_its_own_methods(conn):
    class Shouts(heliosdb_sqlite.Cursor):
        def fetchone(self):
            return tuple(str(value).upper() for value in super().fetchone())

    cursor = conn.cursor(Shouts)
    assert cursor.execute("SELECT 'a'").fetchone() == ("A",)
    assert isinstance(cursor, heliosdb_sqlite.Cursor)


def test_it_is_called_what_every_connection_is_called(conn):
    assert repr(conn).startswith("<heliosdb_sqlite.Connection object")
    assert repr(conn.cursor()).startswith("<heliosdb_sqlite.Cursor object")


def test_a_plugin_runs_its_own_statements_under_the_same_lock(conn):
    assert run(conn, "SELECT 5").fetchone() == (5,)


def test_a_factory_function_makes_a_serialized_connection_too():
    with registered(Serializes()):
        conn = heliosdb_sqlite.connect(
            ":memory:", factory=lambda *args, **kwargs: heliosdb_sqlite.Connection(*args)
        )
        assert "_lock" in vars(conn)
        assert conn.execute("SELECT 1").fetchone() == (1,)
        conn.close()


def test_others_have_no_lock():
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        assert not hasattr(conn, "_lock")


def test_two_connections_back_each_other_up_at_the_same_time(tmp_path):
    with registered(Serializes()):
        pair = [
            heliosdb_sqlite.connect(tmp_path / name, check_same_thread=False, isolation_level=None)
            for name in ("a.db", "b.db")
        ]
        for conn in pair:
            conn.execute("CREATE TABLE t (a)")

        def copies(source, target):
            for _ in range(20):
                source.backup(target)

        threads = [threading.Thread(target=copies, args=each) for each in (pair, reversed(pair))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        for conn in pair:
            conn.close()


class Explains:
    """Says of every error where it came from."""

    def __init__(self, serialized):
        self.serialized = serialized

    @hookimpl
    def heliosdb_open(self, target):
        def explain(error):
            if "(in " not in str(error):
                error.args = (f"{error} (in {target.database})",)

        return replace(target, explain=explain, serialized=self.serialized)


def fails(conn):
    """Make a function that fails at its third value."""
    conn.create_function("fails", 1, lambda n: n if n < 3 else 1 / 0)
    return conn.execute("SELECT fails(value) FROM json_each('[1, 2, 3]')")


@pytest.mark.parametrize("serialized", [False, True])
@pytest.mark.parametrize(
    "run_into_it",
    [
        lambda conn: conn.execute("SELECT * FROM missing"),
        lambda conn: conn.cursor().execute("SELECT * FROM missing"),
        lambda conn: conn.executemany("INSERT INTO missing VALUES (?)", [(1,)]),
        lambda conn: conn.executescript("SELECT * FROM missing"),
        lambda conn: list(fails(conn)),
        lambda conn: fails(conn).fetchall(),
        lambda conn: fails(conn).fetchmany(3),
        lambda conn: [cursor.fetchone() for cursor in [fails(conn)] * 3],
        lambda conn: run(conn, "SELECT * FROM missing"),
    ],
    ids=[
        "execute",
        "cursor",
        "executemany",
        "executescript",
        "next",
        "fetchall",
        "fetchmany",
        "fetchone",
        "run",
    ],
)
def test_errors_are_completed_wherever_sqlite_raises_them(run_into_it, serialized):
    with (
        registered(Explains(serialized)),
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
        pytest.raises(heliosdb_sqlite.Error, match=r"\(in :memory:\)$"),
    ):
        run_into_it(conn)


def test_a_refused_commit_is_completed_too(tmp_path):
    with registered(Explains(serialized=False)), closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.executescript(
            "PRAGMA foreign_keys = ON; CREATE TABLE a (id PRIMARY KEY);"
            "CREATE TABLE b (a REFERENCES a DEFERRABLE INITIALLY DEFERRED)"
        )
        conn.execute("INSERT INTO b VALUES (1)")
        with pytest.raises(
            heliosdb_sqlite.IntegrityError, match=r"FOREIGN KEY constraint failed \(in :memory:\)$"
        ):
            conn.commit()
