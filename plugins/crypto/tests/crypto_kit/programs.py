"""Programs that write to an encrypted database, each in known steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import heliosdb_sqlite

Snapshot = dict[str, list[Any]]
KEY = b"k" * 32


def contents(connection: Any) -> Snapshot:
    """Return everything in the database."""
    tables = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    found: Snapshot = {"schema": tables}
    for name, sql in tables:
        if sql.startswith("CREATE TABLE"):
            found[name] = connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
    return found


class Steps:
    """Runs transactions, and remembers what the database held after each."""

    def __init__(self, path: Path, committed: Callable[[int], None], **keywords: Any) -> None:
        self.connection = heliosdb_sqlite.connect(path, encryption_key=KEY, isolation_level=None, **keywords)
        self.states: list[Snapshot] = [contents(self.connection)]
        self._committed = committed

    def step(self, *statements: Any) -> None:
        """Run the statements, whose last one commits."""
        for each in statements:
            sql, parameters = each if isinstance(each, tuple) else (each, ())
            self.connection.execute(sql, parameters)
        self._committed(len(self.states))
        self.states.append(contents(self.connection))


FILL = (
    "INSERT INTO t (a, b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    " SELECT i, hex(zeroblob({} + i % 7)) FROM n"
)
CREATE = ("BEGIN", "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)", "CREATE INDEX by_b ON t (b, a)", "COMMIT")


def small(steps: Steps) -> None:
    """Small transactions, one of them rolled back."""
    steps.step(*CREATE)
    steps.step("BEGIN", FILL.format(40, 30), "COMMIT")
    steps.step(
        "BEGIN", "UPDATE t SET b = 'changed' WHERE id % 3 = 0", "DELETE FROM t WHERE id % 5 = 0", "COMMIT"
    )
    steps.step("BEGIN", "DELETE FROM t", "ROLLBACK")
    steps.step("INSERT INTO t (a) VALUES ('alone')")


def spilling(steps: Steps) -> None:
    """A transaction that is larger than the cache, and the same rolled back."""
    steps.connection.execute("PRAGMA cache_size = 3")
    steps.step(*CREATE)
    steps.step("BEGIN", FILL.format(120, 80), "COMMIT")
    steps.step("BEGIN", "UPDATE t SET b = b || 'x'", "DELETE FROM t WHERE id % 2", "ROLLBACK")
    steps.step("BEGIN", "UPDATE t SET b = b || 'y'", "COMMIT")


def savepoints(steps: Steps) -> None:
    """Savepoints, rolled back to and released, with a cache too small for them."""
    steps.connection.execute("PRAGMA cache_size = 3")
    steps.step(*CREATE)
    steps.step("BEGIN", FILL.format(80, 60), "COMMIT")
    steps.step(
        *(
            "BEGIN",
            "UPDATE t SET a = 1",
            "SAVEPOINT s",
            "UPDATE t SET b = b || 'x'",
            "DELETE FROM t WHERE id > 40",
        ),
        *("ROLLBACK TO s", "UPDATE t SET b = b || 'z' WHERE id < 20", "RELEASE s", "COMMIT"),
    )


def vacuum(steps: Steps) -> None:
    """VACUUM, and a checkpoint where there is a log."""
    steps.step(*CREATE)
    steps.step("BEGIN", FILL.format(60, 60), "COMMIT")
    steps.step("DELETE FROM t WHERE id > 10")
    steps.step("VACUUM")
    steps.step("INSERT INTO t (a) VALUES ('after it')")
    steps.step("PRAGMA wal_checkpoint(TRUNCATE)")


def two_files(steps: Steps) -> None:
    """A transaction over two databases, which a super-journal holds together."""
    path = steps.connection.execute("PRAGMA database_list").fetchone()[2]
    steps.connection.execute("ATTACH ? AS other KEY ?", (path + "-other", b"o" * 32))
    steps.step(*CREATE)
    steps.step("CREATE TABLE other.u (a)")
    steps.step("BEGIN", FILL.format(20, 30), "INSERT INTO u SELECT b FROM t", "COMMIT")
    steps.step("BEGIN", "UPDATE t SET a = 2", "UPDATE u SET a = 2", "COMMIT")


PROGRAMS: dict[str, Callable[[Steps], None]] = {
    each.__name__: each for each in (small, spilling, savepoints, vacuum, two_files)
}
