"""The features as pieces that can be put together: how each is switched on, used, and looked after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

import heliosdb_sqlite
from heliosdb_sqlite import connection_pool

KEY = bytes(range(32))
COLUMN_KEY = bytes(range(32, 64))
PIN = "a pin that is sealed twice"
SECRET = "the eagle has landed"


class Place:
    """A database file, opened with the options of several features."""

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        self.path = path
        self.options = dict(options)
        self.kept: dict[str, Any] = {}  # what a feature remembers from before the reopening

    def open(self, **more: Any) -> Any:
        """Return a new connection with all the features."""
        return heliosdb_sqlite.connect(self.path, **{**self.options, **more})

    def has(self, option: str) -> bool:
        """Return whether a feature is on."""
        return option in self.options


@dataclass(frozen=True)
class Feature:
    """A feature and how to see that it works: once, and again after all was closed and opened."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    use: Callable[[Place], None] = lambda place: None
    afterwards: Callable[[Place], None] = lambda place: None


def prepare(place: Place) -> None:
    """Make the table that everybody uses."""
    embedding = "VECTOR(3)" if place.has("enable_vector_search") else "BLOB"
    pin = ", pin TEXT ENCRYPTED, code TEXT ENCRYPTED DETERMINISTIC" if place.has("column_key") else ""
    with closing(place.open()) as conn:
        conn.execute(
            "CREATE TABLE note"
            f" (id INTEGER PRIMARY KEY, body TEXT NOT NULL, n INTEGER, embedding {embedding}{pin})"
        )
        for number in range(1, 6):
            conn.execute("INSERT INTO note (id, body, n) VALUES (?, ?, ?)", (number, f"{SECRET} {number}", 0))
        conn.commit()


def body(conn: Any, number: int) -> Any:
    """Return what a note says."""
    row = conn.execute("SELECT body FROM note WHERE id = ?", (number,)).fetchone()
    return row and row[0]


# ---- the features, each with a note of its own ----


def use_encryption(place: Place) -> None:
    with closing(place.open()) as conn:
        conn.execute("UPDATE note SET body = ? WHERE id = 1", (f"{SECRET} again",))
        conn.commit()
        nothing_is_readable(place)
    nothing_is_readable(place)


def nothing_is_readable(place: Place) -> None:
    files = [path for path in place.path.parent.rglob("*") if path.is_file()]
    assert place.path in files
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == []
    with closing(sqlite3.connect(place.path)) as plain:
        try:
            plain.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError:
            return
    raise AssertionError("plain sqlite3 could read the file")


def use_encrypted_columns(place: Place) -> None:
    with closing(place.open()) as conn:
        conn.execute("UPDATE note SET pin = ?, code = ? WHERE id = 2", (f"{PIN} two", f"{PIN} code"))
        conn.execute("UPDATE note SET code = ? WHERE id = 3", (f"{PIN} code",))
        conn.commit()
    see_what_is_sealed(place)


def see_what_is_sealed(place: Place) -> None:
    with closing(place.open()) as conn:
        assert conn.execute("SELECT pin FROM note WHERE id = 2").fetchone() == (f"{PIN} two",)
        by_code = "SELECT id FROM note WHERE code = ? ORDER BY id"
        assert conn.execute(by_code, (f"{PIN} code",)).fetchall() == [(2,), (3,)]
        if place.has("enable_time_travel"):
            past = conn.execute("SELECT pin FROM note FOR SYSTEM_TIME ALL WHERE id = 2").fetchall()
            assert (f"{PIN} two",) in past
    files = [path for path in place.path.parent.rglob("*") if path.is_file()]
    assert [path.name for path in files if PIN.encode() in path.read_bytes()] == []


def use_time_travel(place: Place) -> None:
    with closing(place.open()) as conn:
        conn.execute("UPDATE note SET body = 'first' WHERE id = 2")
        conn.commit()
        conn.tag("first")
        conn.execute("UPDATE note SET body = 'second' WHERE id = 2")
        conn.commit()
    see_the_past(place)


def see_the_past(place: Place) -> None:
    with closing(place.open()) as conn:
        assert body(conn, 2) == "second"
        assert conn.execute("SELECT body FROM note WHERE id = 2 AS OF TAG 'first'").fetchone() == ("first",)
        assert len(list(conn.history("note", 2))) >= 3


def use_vectors(place: Place) -> None:
    with closing(place.open()) as conn:
        for number in range(1, 6):
            conn.execute("UPDATE note SET embedding = ? WHERE id = ?", ([1.0, number, 0.0], number))
        conn.commit()
    find_the_nearest(place)
    with closing(place.open()) as conn:
        conn.execute("UPDATE note SET embedding = ? WHERE id = 4", ([0.0, 0.0, 1.0],))
        assert nearest(conn, [0, 0, 1]) == [4]
        conn.rollback()
        assert nearest(conn, [1, 4, 0]) == [4]


def nearest(conn: Any, vector: list[float]) -> list[int]:
    query = (
        "SELECT id FROM note WHERE embedding IS NOT NULL ORDER BY vector_distance(embedding, ?, 'l2') LIMIT 1"
    )
    return [row[0] for row in conn.execute(query, (vector,))]


def find_the_nearest(place: Place) -> None:
    with closing(place.open()) as conn:
        assert nearest(conn, [1, 3, 0]) == [3]
        assert nearest(conn, [1, 5.2, 0]) == [5]


def use_a_vector_index(place: Place) -> None:
    use_vectors(place)
    with closing(place.open()) as conn:
        conn.execute(
            "CREATE INDEX near ON note USING ivf (embedding vector_l2_ops) WITH (lists = 2, probes = 1)"
        )
        conn.commit()
    see_the_index(place)


def see_the_index(place: Place) -> None:
    find_the_nearest(place)
    with closing(place.open()) as conn:
        (stats,) = conn.vector_index_stats("near")
        assert (stats.method, stats.table) == ("ivf", "note")


def use_branches(place: Place) -> None:
    with closing(place.open()) as conn:
        conn.create_branch("trial")
        with closing(place.open(branch="trial")) as trial:
            trial.execute("UPDATE note SET body = 'from the branch' WHERE id = 3")
            trial.execute("INSERT INTO note (id, body, n) VALUES (30, 'new on the branch', 0)")
            trial.commit()
        assert body(conn, 3).startswith(SECRET)
        conn.execute("UPDATE note SET n = 7 WHERE id = 3")  # another cell of the same row
        conn.commit()
        conn.merge_branch("trial")
        conn.delete_branch("trial")
    see_what_was_merged(place)


def see_what_was_merged(place: Place) -> None:
    with closing(place.open()) as conn:
        assert conn.execute("SELECT body, n FROM note WHERE id = 3").fetchone() == ("from the branch", 7)
        assert body(conn, 30) == "new on the branch"


def use_the_cache(place: Place) -> None:
    with closing(place.open()) as conn, closing(place.open()) as other:
        query = "SELECT count(*), sum(n) FROM note WHERE id IN (4, 40)"
        before = [conn.execute(query).fetchone() for _ in range(3)]
        assert len(set(before)) == 1
        other.execute("UPDATE note SET n = n + 1 WHERE id = 4")
        other.commit()
        assert conn.execute(query).fetchone() == (before[0][0], before[0][1] + 1)
        assert conn.get_cache_stats().cache_hits >= 1


def use_concurrency(place: Place) -> None:
    with closing(place.open()) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        conn.execute("UPDATE note SET n = n + 1 WHERE id = 5")
        conn.commit()


def use_a_pool(place: Place) -> None:
    with closing(
        connection_pool.create(place.path, pool_size=2, max_overflow=0, timeout=5, **place.options)
    ) as pool:
        for _ in range(3):
            with pool.connection() as conn:
                conn.execute("UPDATE note SET n = n + 1 WHERE id = 5")
                conn.commit()
        with pool.connection() as conn:
            assert conn.execute("SELECT n FROM note WHERE id = 5").fetchone()[0] >= 3


def use_hybrid_mode(place: Place) -> None:
    with closing(place.open()) as conn:
        url = conn.get_server_info().url
        with closing(psycopg2.connect(url)) as remote, remote.cursor() as cursor:
            cursor.execute("UPDATE note SET n = %s WHERE id = %s", (11, 1))
            remote.commit()
            cursor.execute("SELECT n FROM note WHERE id = 1")
            assert cursor.fetchone() == (11,)
        assert conn.execute("SELECT n FROM note WHERE id = 1").fetchone() == (11,)


FEATURES = (
    Feature("encryption", {"encryption_key": KEY}, use_encryption, nothing_is_readable),
    Feature("time travel", {"enable_time_travel": True}, use_time_travel, see_the_past),
    Feature("vector search", {"enable_vector_search": True}, use_vectors, find_the_nearest),
    Feature("vector index", {"enable_vector_search": True}, use_a_vector_index, see_the_index),
    Feature("encrypted columns", {"column_key": COLUMN_KEY}, use_encrypted_columns, see_what_is_sealed),
    Feature("branching", {"branch": "main"}, use_branches, see_what_was_merged),
    Feature("result cache", {"enable_cache": True}, use_the_cache, use_the_cache),
    Feature("concurrency", {"concurrency": "wal"}, use_concurrency, use_concurrency),
    Feature("pool", {}, use_a_pool, use_a_pool),
    Feature("hybrid mode", {"heliosdb_mode": "hybrid"}, use_hybrid_mode, use_hybrid_mode),
)
