"""Programs for other processes: they are killed, or write to one file at the same time."""

from __future__ import annotations

import sqlite3
from typing import Any

import heliosdb_sqlite
from heliosdb_sqlite.testing import crash_point


def open_travel(path: Any) -> Any:
    """Connect with time travel."""
    conn = heliosdb_sqlite.connect(path, enable_time_travel=True, timeout=60)
    conn.execute("PRAGMA synchronous = OFF")
    return conn


def commit_again_and_again(path: Any, journal: str) -> None:
    """Commit ten transactions; print each number once it has been committed."""
    conn = open_travel(path)
    conn.execute(f"PRAGMA journal_mode = {journal}")
    conn.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a UNIQUE)")
    conn.set_progress_handler(crash_point, 400)
    for number in range(1, 11):
        conn.execute("INSERT INTO t VALUES (?, ?)", (number, number))
        conn.execute("UPDATE t SET a = a + 100 WHERE id <= ?", (number,))
        conn.execute("INSERT OR REPLACE INTO t VALUES (1, ?)", (number + 1000,))
        conn.commit()
        print(number, flush=True)


def change_the_schema(path: Any) -> None:
    """Change a table with a past in every way; print each step once it is done."""
    conn = open_travel(path)
    conn.set_progress_handler(crash_point, 600)
    for step, sql in enumerate(SCHEMA_STEPS):
        conn.execute(sql)
        conn.commit()
        print(step, flush=True)


SCHEMA_STEPS = (
    "ALTER TABLE t ADD COLUMN c DEFAULT 7",
    "UPDATE t SET c = 8 WHERE id = 1",
    "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER TABLE t DROP COLUMN d",
    "CREATE INDEX t_b ON t (b)",
    "ALTER TABLE t RENAME TO u",
    "DROP TABLE u",
)


def write_with_others(path: Any, who: int, transactions: int, plain: bool) -> None:
    """Add to one row and to a row of one's own, in one transaction, many times."""
    conn = sqlite3.connect(path, timeout=60) if plain else open_travel(path)
    for number in range(transactions):
        conn.execute("UPDATE t SET a = a + 1 WHERE id = 0")
        conn.execute("INSERT INTO t (a) VALUES (?)", (who * 1000 + number,))
        conn.commit()
    conn.close()
