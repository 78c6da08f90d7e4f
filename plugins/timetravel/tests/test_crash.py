"""A process that is killed loses no version that was committed, and leaves none that was not."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_sqlite.testing import assert_intact, crash, crash_points
from timetravel_kit.programs import SCHEMA_STEPS, change_the_schema, commit_again_and_again, open_travel

pytestmark = pytest.mark.ends

SHARES = (0.05, 0.2, 0.55, 0.75, 0.95)
"""How far into the program it is killed."""


def expected(number):
    """What the table holds after the transaction of that number."""
    rows = {}
    for step in range(1, number + 1):
        rows[step] = step
        for key in rows:
            rows[key] += 100
        rows = {key: a for key, a in rows.items() if a != step + 1000}
        rows[1] = step + 1000
    return sorted(rows.items())


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
@pytest.mark.parametrize("share", SHARES[1::4])
def test_killed_between_and_in_commits(tmp_path, journal, share):
    points = crash_points(commit_again_and_again, tmp_path / "whole.db", journal)
    path = tmp_path / "killed.db"
    printed = crash(commit_again_and_again, path, journal, after=max(1, int(points * share)))
    assert_intact(path)
    committed = [int(line) for line in printed.split()]
    conn = open_travel(path)
    last = int(conn.execute("SELECT coalesce(max(a), 1000) FROM t").fetchone()[0]) - 1000
    assert last in (len(committed), len(committed) + 1)  # it may have died between the commit and the print
    numbers = [
        txn
        for (txn,) in conn.execute("SELECT DISTINCT system_transaction FROM t FOR SYSTEM_TIME ALL ORDER BY 1")
    ]
    assert len(numbers) == last
    for number, txn in enumerate(numbers, 1):
        assert sorted(conn.execute("SELECT * FROM t AS OF TRANSACTION ?", (txn,))) == expected(number)
    assert conn.execute("SELECT count(*) FROM heliosdb_timetravel_commits WHERE state <> 0").fetchone() == (
        0,
    )
    conn.close()


@pytest.mark.parametrize("share", SHARES[1::2])
def test_killed_while_the_schema_changes(tmp_path, share):
    def begin(name):
        conn = open_travel(tmp_path / name)
        conn.executescript(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, d); INSERT INTO t VALUES (1, 'x', 'd'), (2, 'y', 'e')"
        )
        conn.tag("begin")
        conn.executescript("UPDATE t SET a = 'z' WHERE id = 2")
        conn.close()
        return tmp_path / name

    points = crash_points(change_the_schema, begin("whole.db"))
    path = begin("killed.db")
    printed = crash(change_the_schema, path, after=max(1, int(points * share)))
    assert_intact(path)
    done = len(printed.split())
    conn = open_travel(path)
    (name,) = conn.execute("SELECT name FROM heliosdb_timetravel_tables").fetchone()
    assert sorted(conn.execute(f"SELECT id FROM {name} AS OF TAG 'begin'")) == [(1,), (2,)]
    try:
        conn.execute(SCHEMA_STEPS[done])
    except sqlite3.OperationalError:
        pass  # it died between the step and the print
    conn.commit()
    for sql in SCHEMA_STEPS[done + 1 :]:
        conn.execute(sql)
        conn.commit()
    assert sorted(conn.execute("SELECT id, b, d FROM u AS OF TAG 'begin'")) == [(1, "x", "d"), (2, "y", "e")]
    conn.close()


@pytest.mark.exhaustive
@pytest.mark.parametrize("begin", range(2, 100, 20))
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_killed_anywhere(tmp_path, journal, begin):
    for share in range(begin, begin + 20, 4):
        folder = tmp_path / str(share)
        folder.mkdir()
        test_killed_between_and_in_commits(folder, journal, share / 100)


@pytest.mark.exhaustive
@pytest.mark.parametrize("begin", range(1, 100, 15))
def test_killed_anywhere_while_the_schema_changes(tmp_path, begin):
    for share in range(begin, min(begin + 15, 100), 3):
        folder = tmp_path / str(share)
        folder.mkdir()
        test_killed_while_the_schema_changes(folder, share / 100)
