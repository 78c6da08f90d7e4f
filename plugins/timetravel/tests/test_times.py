"""What a time means: its zone, its precision, and clocks that go back."""

from __future__ import annotations

import sqlite3
import time
from datetime import date, datetime, timedelta, timezone

import pytest

from heliosdb_timetravel.times import to_microseconds, to_text

UTC = timezone.utc


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata"])
def zone(request, monkeypatch):
    if not hasattr(time, "tzset"):
        pytest.skip("this platform can't change its zone while a program runs")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def exactly(*parts):
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1_000_000)


def test_a_time_without_a_zone_is_local(zone):
    local = datetime(2024, 7, 1, 12, 30, 15, 123456)  # noqa: DTZ001
    stored = to_microseconds(local, utc=False)
    assert stored == to_microseconds("2024-07-01 12:30:15.123456", utc=False)
    assert stored == to_microseconds("2024-07-01T12:30:15.123456", utc=False)
    assert stored - exactly(2024, 7, 1, 12, 30, 15, 123456) == -local.astimezone().utcoffset() // timedelta(
        microseconds=1
    )


def test_a_time_without_a_zone_is_utc_as_the_value_of_an_expression(zone):
    assert to_microseconds("2024-07-01 12:30:15", utc=True) == exactly(2024, 7, 1, 12, 30, 15)


@pytest.mark.parametrize(
    "text",
    [
        "2024-07-01T10:30:15Z",
        "2024-07-01 12:30:15+02:00",
        "2024-07-01 05:00:15-0530",
        "2024-07-01 10:30:15+00",
    ],
)
def test_a_zone_in_the_text_is_exact(zone, text):
    assert to_microseconds(text, utc=False) == exactly(2024, 7, 1, 10, 30, 15)


def test_a_day_begins_and_ends_at_local_midnight(zone):
    begin = to_microseconds("2024-03-10", utc=False)  # in New York clocks go forward on this day
    end = to_microseconds(date(2024, 3, 10), utc=False, end_of_day=True)
    assert begin == to_microseconds("2024-03-10 00:00:00", utc=False)
    assert end + 1 == to_microseconds("2024-03-11 00:00:00", utc=False)
    hours = (end + 1 - begin) / 3_600_000_000
    assert hours == (23 if zone == "America/New_York" else 24)


def test_an_hour_that_comes_twice_is_told_by_fold(zone):
    first = datetime(2024, 11, 3, 1, 30)  # noqa: DTZ001
    second = first.replace(fold=1)
    apart = to_microseconds(second, utc=False) - to_microseconds(first, utc=False)
    assert apart == (3_600_000_000 if zone == "America/New_York" else 0)
    assert to_microseconds("2024-11-03 01:30", utc=False) == to_microseconds(first, utc=False)


def test_unix_seconds():
    assert to_microseconds(1_700_000_000, utc=False) == 1_700_000_000_000_000
    assert to_microseconds(1_700_000_000.5, utc=False) == 1_700_000_000_500_000


@pytest.mark.parametrize(
    "value", ["", "2024", "2024-02-30", "2024-01-01 25:00", 2460000.5, None, True, b"2024-01-01"]
)
def test_what_is_no_time(value):
    with pytest.raises(sqlite3.DataError, match="not a time"):
        to_microseconds(value, utc=False)


def test_what_a_version_says_can_be_asked_for(zone, conn):
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    conn.executescript("UPDATE t SET a = 2")
    said = [s for (s,) in conn.execute("SELECT system_time FROM t FOR SYSTEM_TIME ALL ORDER BY 1")]
    for a, start in enumerate(said, 1):
        assert conn.execute("SELECT a FROM t AS OF ?", (start,)).fetchall() == [(a,)]
        assert conn.execute(f"SELECT a FROM t AS OF TIMESTAMP '{start}'").fetchall() == [(a,)]
        assert conn.execute("SELECT a FROM t AS OF (SELECT ?)", (start,)).fetchall() == [(a,)]
        just_before = to_text(to_microseconds(start, utc=True) - 1)
        if a > 1:
            assert conn.execute("SELECT a FROM t AS OF ?", (just_before,)).fetchall() == [(a - 1,)]


def test_local_now_in_every_zone(zone, conn, moment):
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    moment()
    local = datetime.now()  # noqa: DTZ005
    moment()
    conn.executescript("UPDATE t SET a = 2")
    assert conn.execute("SELECT a FROM t AS OF ?", (local,)).fetchall() == [(1,)]
    assert conn.execute(f"SELECT a FROM t AS OF TIMESTAMP '{local.isoformat()}'").fetchall() == [(1,)]


def commits(conn):
    return [time for (time,) in conn.execute("SELECT time FROM heliosdb_timetravel_commits ORDER BY txn")]


def test_times_grow_however_the_clock_goes(conn, monkeypatch):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    real = time.time_ns()
    for offset in (0, 0, -3600, -3600, 5, 5, -60):
        monkeypatch.setattr(time, "time_ns", lambda offset=offset: real + offset * 10**9)
        conn.execute("INSERT INTO t (a) VALUES (?)", (offset,))
        conn.commit()
    found = commits(conn)
    assert found == sorted(set(found))
    monkeypatch.undo()
    wall = [wall for (wall,) in conn.execute("SELECT wall FROM heliosdb_timetravel_commits ORDER BY txn")]
    # What the clock said is kept where it is not the commit's time.
    assert wall[-1] == real // 1000 - 60_000_000


def test_the_present_is_the_present_though_the_clock_went_back(conn, monkeypatch):
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    real = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: real - 3600 * 10**9)
    conn.executescript("UPDATE t SET a = 2")
    an_hour_ago = datetime.fromtimestamp(real / 10**9 - 3600 + 1, UTC)
    assert conn.execute("SELECT a FROM t AS OF ?", (an_hour_ago,)).fetchall() == [(2,)]


def test_a_period_that_is_to_come_again_is_the_present_too(conn, monkeypatch, moment):
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    first, last = moment(), moment()
    conn.executescript("UPDATE t SET a = 2")
    assert conn.execute("SELECT a FROM t AS OF ?", (last,)).fetchall() == [(1,)]
    real = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: real - 3600 * 10**9)
    between = "SELECT a FROM t FOR SYSTEM_TIME BETWEEN ? AND ?"
    assert conn.execute(between, (first, last)).fetchall() == [(2,)]


def test_a_transaction_has_the_time_of_its_commit(conn, moment):
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    conn.execute("UPDATE t SET a = 2")
    while_it_was_open = moment()
    conn.commit()
    assert conn.execute("SELECT a FROM t AS OF ?", (while_it_was_open,)).fetchall() == [(1,)]


def test_every_commit_is_found_by_its_time(conn):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    conn.execute("INSERT INTO t VALUES (1, 0)")
    conn.commit()
    for a in range(1, 100):
        conn.execute("UPDATE t SET a = ?", (a,))
        conn.commit()
    for txn, at in conn.execute("SELECT txn, time FROM heliosdb_timetravel_commits WHERE txn > 1").fetchall():
        ((a,),) = conn.execute("SELECT a FROM t AS OF ?", (to_text(at),)).fetchall()
        assert a == txn - 2
        assert conn.execute("SELECT a FROM t AS OF (SELECT ?)", (to_text(at),)).fetchall() == [(a,)]


def test_now_is_the_present_wherever_it_stands(conn):
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2"
    )
    assert conn.execute("SELECT a FROM t AS OF ?", ("now",)).fetchall() == [(2,)]
    assert conn.execute("SELECT a FROM t AS OF :then", {"then": "NOW"}).fetchall() == [(2,)]
    conn.execute("DROP TABLE t")
    for sql, times in (("'1999-01-01' AND 'now'", ()), ("? AND ?", ("1999-01-01", "now"))):
        assert conn.execute(f"SELECT a FROM t FOR SYSTEM_TIME BETWEEN {sql}", times).fetchall() == [
            (1,),
            (2,),
        ]


@pytest.mark.parametrize(
    "statement", ["SELECT *\nFROM t AS OF 'then'", "CREATE VIEW v AS SELECT *\nFROM t AS OF 'then'"]
)
def test_a_text_that_is_no_time_is_named_with_its_place(conn, statement):
    conn.execute("CREATE TABLE t (a)")
    with pytest.raises(sqlite3.DataError, match=r"not a time: 'then': .* \(line 2, column 14\)"):
        conn.execute(statement)
