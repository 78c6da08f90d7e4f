"""A program that is killed leaves each commit with its row, or neither."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing import assert_intact, crash, crash_point, crash_points


def fill(path: Path, steps: int = 0) -> None:
    """Commit three times. With ``steps``, each so many steps of SQLite's virtual machine are a crash point."""
    conn = heliosdb_sqlite.connect(path, audit_commits=True)
    conn.execute("CREATE TABLE t (a, b)")
    conn.set_progress_handler(crash_point, steps)
    for number in range(3):
        conn.executemany("INSERT INTO t VALUES (?, ?)", [(number, i) for i in range(20)])
        conn.commit()
        print("committed", flush=True)
    conn.close()


def commits(path: Path) -> tuple[int, int]:
    """Return how many commits left rows, and how many are written down."""
    assert_intact(path)
    with closing(sqlite3.connect(path)) as conn:
        written, rows = conn.execute("SELECT count(DISTINCT a), count(*) FROM t").fetchone()
        assert rows == written * 20
    audited = heliosdb_sqlite.read_audit_log(path)
    return written, sum(commit.changes == 20 for commit in audited)


@pytest.mark.parametrize(("hook", "after", "expected"), [("before_commit", 3, 1), ("commit", 3, 2)])
def test_killed_at_the_commit(tmp_path, hook, after, expected):
    printed = crash(fill, tmp_path / "a.db", hook=hook, after=after)
    assert commits(tmp_path / "a.db") == (expected, expected)
    assert printed.count("committed") == 1


def test_killed_anywhere(tmp_path):
    points = crash_points(fill, tmp_path / "whole.db", 60)
    assert points > 5
    for after in range(1, points + 1):
        path = tmp_path / f"{after}.db"
        printed = crash(fill, path, 60, after=after)
        written, audited = commits(path)
        assert written == audited
        assert written >= printed.count("committed")
