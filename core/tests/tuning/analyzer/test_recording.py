"""What is recorded, of whom, and how much of it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import date
from decimal import Decimal

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.tuning.analyzer.recording import workload as limits
from heliosdb_sqlite.tuning.analyzer.recording.shape import shape_of


@pytest.fixture
def db():
    with closing(heliosdb_sqlite.connect(":memory:", query_analyzer=True)) as connection:
        yield connection


def records(connection):
    return connection._session.state["analyzer"].workload.statements()


def test_each_statement_with_its_runs_and_samples_of_its_parameters(db):
    for number in range(100):
        db.execute("SELECT ?", (number,))
    (found,) = records(db)
    assert (found.query, found.runs, found.errors) == ("SELECT ?", 100, 0)
    assert found.seconds >= found.slowest > 0
    assert [sample.parameters for sample in found.samples][:1] == [(0,)]
    assert len(found.samples) == 4


@pytest.mark.parametrize(
    "others",
    [
        (
            "SELECT a FROM t WHERE b = 5",
            "select a  from T where b = 'x' -- why",
            "SELECT a FROM t WHERE b = ?;",
        ),
        ("SELECT 1 WHERE 1 IN (1, 2)", "SELECT 2 WHERE 3 IN (:a, ?, 4)"),
        ("INSERT INTO t VALUES (1, 2)", "INSERT INTO t VALUES (1, 2), (3, 4), (?, ?)"),
    ],
)
def test_statements_that_differ_in_values_alone_are_one(others):
    assert len({shape_of(each) for each in others}) == 1


def test_executemany_counts_each_set_of_parameters(db):
    db.execute("CREATE TABLE t (a)")
    db.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(50)))
    (found,) = records(db)
    assert found.runs == 50


def test_scripts_and_errors(db):
    db.executescript("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1); SELECT 1")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO t VALUES (1)")
    assert {each.verb: (each.runs, each.errors) for each in records(db)} == {
        "INSERT": (2, 1),
        "SELECT": (1, 0),
    }


def test_parameters_are_kept_as_sqlite_stores_them(db):
    class Point:
        def __conform__(self, protocol):
            return "1;2"

    values = (1, 2.5, "a", b"b", None, True, bytearray(b"c"), memoryview(b"d"), date(2024, 5, 6), Point())
    db.execute(f"SELECT {', '.join('?' * 8)}, '', ?", (*values[:8], Point()))
    (found,) = records(db)
    assert found.samples[0].parameters == (1, 2.5, "a", b"b", None, 1, b"c", b"d", "1;2")
    assert limits._kept((date(2024, 5, 6),)) is not None


def test_what_cannot_be_bound_is_no_sample_and_fails_as_ever(db):
    with pytest.raises((sqlite3.ProgrammingError, sqlite3.InterfaceError)):  # the second on Python 3.10
        db.execute("SELECT ?", (Decimal(1),))
    assert records(db)[0].samples == []


def test_samples_that_failed_are_left_out(db):
    db.execute("CREATE TABLE t (a)")
    for value in (2**70, "\ud800"):
        with pytest.raises((OverflowError, UnicodeEncodeError)):
            db.execute("SELECT a FROM t WHERE a = ?", (value,))
    with pytest.raises(sqlite3.ProgrammingError):
        db.execute("SELECT a FROM t WHERE a = ?", (1, 2))
    assert db.get_query_report().queries[0].skipped != ""
    db.execute("SELECT a FROM t WHERE a = ?", (1,))
    assert db.get_query_report().queries[0].skipped == ""


def test_parameters_are_in_no_repr_and_no_report(db):
    db.execute("CREATE TABLE t (a)")
    db.execute("SELECT a FROM t WHERE a = ?", ("hunter2",))
    report = db.get_query_report()
    assert "hunter2" not in repr(report) + repr(records(db)) + repr(records(db)[0].samples) + str(
        report.as_json()
    )


def test_memory_is_bounded(db, monkeypatch):
    monkeypatch.setattr(limits, "SHAPES", 20)
    for number in range(100):
        db.execute(f"SELECT {number} AS column_{number}")
    assert len(records(db)) <= 20
    db.execute("SELECT ?", ("x" * limits.SAMPLE_BYTES,))
    db.execute(f"SELECT 1 -- {'x' * limits.TEXT_LENGTH}")
    big = next(each for each in records(db) if each.query == "SELECT ?")
    assert big.samples == []
    assert all(len(each.query) < limits.TEXT_LENGTH for each in records(db))
    assert "too many" in db.get_query_report().notes[0]


def test_many_texts_with_big_parameters_stay_below_the_limit(db):
    for number in range(400):
        db.execute(f"SELECT ? AS column_{number}", ("x" * 60_000,))
    workload = db._session.state["analyzer"].workload
    held = sum(len(s.parameters[0]) for each in records(db) for s in each.samples)
    assert held <= limits.ALL_BYTES
    assert workload._bytes <= limits.ALL_BYTES


def test_the_connections_to_one_file_record_together(tmp_path):
    path = tmp_path / "a.db"
    with (
        closing(heliosdb_sqlite.connect(path, query_analyzer=True)) as one,
        closing(heliosdb_sqlite.connect(path)) as two,
        closing(heliosdb_sqlite.connect(tmp_path / "b.db", query_analyzer=True)) as other,
    ):
        two.enable_query_analyzer()
        one.execute("SELECT 1")
        two.execute("SELECT 2")
        assert records(one)[0].runs == 2
        assert records(two) == records(one)
        assert records(other) == []


def test_databases_in_memory_record_alone():
    with (
        closing(heliosdb_sqlite.connect(":memory:", query_analyzer=True)) as one,
        closing(heliosdb_sqlite.connect(":memory:", query_analyzer=True)) as two,
    ):
        one.execute("SELECT 1")
        assert records(two) == []


def test_threads_record_at_the_same_time(tmp_path):
    connections = [
        heliosdb_sqlite.connect(tmp_path / "a.db", query_analyzer=True, check_same_thread=False)
        for _ in range(4)
    ]
    barrier = threading.Barrier(4)

    def work(connection):
        barrier.wait()
        for number in range(500):
            connection.execute("SELECT ?", (number,)).fetchall()
            connection.execute(f"SELECT ? AS a{number % 7}", (number,)).fetchall()

    threads = [threading.Thread(target=work, args=(each,)) for each in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.runs for each in records(connections[0])) == 4 * 1000
    for connection in connections:
        connection.close()


def test_it_can_be_switched_on_and_off_on_an_open_connection(tmp_path):
    with closing(heliosdb_sqlite.connect(tmp_path / "a.db")) as conn:
        conn.execute("SELECT 'before'")
        conn.enable_query_analyzer()
        conn.enable_query_analyzer()
        conn.execute("SELECT 'on'")
        conn.cursor().execute("SELECT 'on' AS cursor")
        conn.disable_query_analyzer()
        conn.execute("SELECT 'off' AS switched")
        assert sorted(each.query for each in records(conn)) == ["SELECT 'on'", "SELECT 'on' AS cursor"]
        assert conn.get_query_suggestions() == []


@pytest.mark.parametrize(
    "method", ["get_query_suggestions", "get_query_report", "get_slow_queries", "disable_query_analyzer"]
)
def test_asking_where_nothing_is_recorded_says_what_to_do(method):
    with (
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
        pytest.raises(sqlite3.ProgrammingError, match="enable_query_analyzer"),
    ):
        getattr(conn, method)()


def test_statements_run_as_ever(tmp_path):
    """The texts that SQLite compiles, and the cursors that may run them, are the same."""
    with closing(heliosdb_sqlite.connect(tmp_path / "a.db", query_analyzer=True)) as conn:
        conn.execute("CREATE TABLE t (a)")
        seen = []
        conn.set_trace_callback(seen.append)
        conn.execute("SELECT a FROM t WHERE a = ?", (1,))
        assert seen == ["SELECT a FROM t WHERE a = 1"]
        assert sqlite3.Cursor(conn).execute("SELECT 1").fetchone() == (1,)
        assert isinstance(conn.execute("SELECT 1"), heliosdb_sqlite.Cursor)


def test_limits_must_be_above_nothing(db):
    for limit in ({"seconds": 0}, {"megabytes": -1}, {"seconds": float("nan")}):
        with pytest.raises(sqlite3.ProgrammingError, match="needs more than no"):
            db.get_query_suggestions(**limit)
