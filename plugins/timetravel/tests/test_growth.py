"""What a change of a row costs does not grow with what was before it: versions, and rows that were ignored."""

from __future__ import annotations

import pytest

TABLES = {
    "simple": "CREATE TABLE t (id {}, name UNIQUE, n)",
    "entangled": "CREATE TABLE t (id {}, name UNIQUE, n, up REFERENCES t ON DELETE CASCADE)",
}
CHANGES = {
    "update": "UPDATE OR IGNORE t SET n = n + 1 WHERE id = 1",
    "replace": "REPLACE INTO t (id, name, n) VALUES (1, 'a', 1)",
    "upsert": "INSERT INTO t (id, name, n) VALUES (1, 'a', 0) ON CONFLICT (id) DO UPDATE SET n = n + 1",
    "ignored": "INSERT OR IGNORE INTO t (id, name, n) VALUES (1, 'b', 0), (2, 'a', 0)",
    "rename": "UPDATE t SET name = CASE name WHEN 'a' THEN 'b' ELSE 'a' END WHERE id = 1",
}


def steps(conn, work) -> int:
    """Return how many instructions of SQLite's machine something takes."""
    counted = 0

    def count():
        nonlocal counted
        counted += 1

    conn.set_progress_handler(count, 1)
    try:
        work()
    finally:
        conn.set_progress_handler(None, 1)
    return counted


def grow(conn, commits: int) -> None:
    for _ in range(commits):
        conn.execute("UPDATE t SET n = n + 1")
        conn.commit()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("key", ["INTEGER PRIMARY KEY", "TEXT PRIMARY KEY"])
@pytest.mark.parametrize("table", TABLES)
def test_a_change(conn, table, key, change):
    def work():
        conn.execute(CHANGES[change])
        conn.commit()

    conn.execute(TABLES[table].format(key))
    conn.execute("INSERT INTO t (id, name, n) VALUES (1, 'a', 0)")
    conn.commit()
    grow(conn, 30)
    before = steps(conn, work)
    grow(conn, 300)
    assert steps(conn, work) < 1.2 * before + 100


def test_the_story_of_a_row(conn):
    conn.execute(TABLES["simple"].format("INTEGER PRIMARY KEY"))
    conn.execute("INSERT INTO t VALUES (1, 'a', 0)")
    conn.commit()
    grow(conn, 30)
    before = steps(conn, lambda: conn.history("t", 1))
    grow(conn, 300)
    assert steps(conn, lambda: conn.history("t", 1)) < 12 * before


def test_a_row_that_comes_after_others_were_ignored(conn):
    conn.execute(TABLES["entangled"].format("INTEGER PRIMARY KEY"))
    conn.execute("INSERT INTO t (id, name) VALUES (1, 'a')")
    conn.commit()
    conn.execute("INSERT INTO t (id, name) VALUES (2, 'b')")
    before = steps(conn, lambda: conn.execute("INSERT INTO t (id, name) VALUES (3, 'c')"))
    conn.execute("INSERT OR IGNORE INTO t (id, name) VALUES (1, 'd')")
    assert steps(conn, lambda: conn.execute("INSERT INTO t (id, name) VALUES (4, 'e')")) < 2 * before
