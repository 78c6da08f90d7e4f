"""Whatever is done to a table, by whom and in what order: a search from memory gives what SQLite gives."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

import heliosdb_sqlite
from heliosdb_vector.memory.cache import CACHE

pytestmark = pytest.mark.ends

DIMENSIONS = 4
QUERIES = [
    "SELECT id, vector_distance(v, :q, :m) AS d FROM t {} ORDER BY d {} LIMIT :k OFFSET :o",
    "SELECT id FROM t {} ORDER BY vector_distance(v, :q, :m) {}, other LIMIT :k OFFSET :o",
    "SELECT id, other FROM t WHERE vector_distance(v, :q, :m) < :far AND (:k OR :o OR :m)",
]
WHERE = ["", "", "WHERE other < 4", "WHERE kind = 2", "WHERE kind = 2 AND other <> 1", "WHERE v IS NOT NULL"]


class World:
    """A file, two connections with vector search, and one without."""

    def __init__(self, path, seed, journal):
        self.random = np.random.default_rng(seed)
        self.path = path
        self.plain = sqlite3.connect(path, isolation_level=None, timeout=0)
        self.plain.execute(f"PRAGMA journal_mode = {journal}")
        self.ours = [self.open(), self.open()]
        self.ours[0].execute(
            f"CREATE TABLE t (id INTEGER PRIMARY KEY, other INTEGER, kind INTEGER, code INTEGER UNIQUE, v VECTOR({DIMENSIONS}))"
        )
        self.ours[0].execute("CREATE INDEX t_kind ON t (kind)")

    def open(self):
        return heliosdb_sqlite.connect(
            self.path,
            enable_vector_search=True,
            isolation_level=None,
            timeout=0,
            vector_change_log=bool(self.random.integers(0, 4)),
        )

    def close(self):
        for each in (self.plain, *self.ours):
            each.close()

    def vector(self):
        """Few different ones, so that distances tie."""
        return self.random.integers(-2, 3, DIMENSIONS).astype("f4").tobytes()

    def change(self):
        random = self.random
        conn = [self.plain, *self.ours][random.integers(0, 3)]
        rowid, other = int(random.integers(1, 60)), int(random.integers(0, 8))
        v = None if random.integers(0, 6) == 0 else self.vector()
        steps = [
            ("INSERT INTO t VALUES (NULL, ?, ?, NULL, ?)", (other, other % 3, v)),
            ("INSERT INTO t SELECT NULL, other, kind, NULL, v FROM t ORDER BY random() LIMIT 7", ()),
            ("REPLACE INTO t VALUES (?, ?, ?, ?, ?)", (rowid, other, other % 3, rowid % 20, v)),
            ("UPDATE t SET v = ? WHERE id % 9 = ?", (v, other)),
            ("UPDATE t SET other = other + 1 WHERE id = ?", (rowid,)),
            ("UPDATE OR IGNORE t SET id = id + 30 WHERE id = ?", (rowid,)),
            ("DELETE FROM t WHERE id % 11 = ?", (other,)),
            ("DELETE FROM t WHERE id = ?", (rowid,)),
            ("BEGIN", ()),
            ("BEGIN IMMEDIATE", ()),
            ("SAVEPOINT s", ()),
            ("ROLLBACK TO s", ()),
            ("RELEASE s", ()),
            ("COMMIT", ()),
            ("ROLLBACK", ()),
            ("COMMIT", ()),
            ("ROLLBACK", ()),
        ]
        if random.integers(0, 12) == 0:
            steps = [
                ("DELETE FROM t", ()),
                ("VACUUM", ()),
                ("ALTER TABLE t ADD COLUMN extra", ()),
                ("ALTER TABLE t DROP COLUMN extra", ()),
                ("CREATE INDEX near ON t USING bits (v) WITH (rescore = 10)", ()),
                ("DROP INDEX near", ()),
                ("INSERT OR ROLLBACK INTO t VALUES (1, 0, 0, 0, NULL)", ()),
            ]
        sql, values = steps[random.integers(0, len(steps))]
        try:
            conn.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            if "malformed" in str(error) or "disk I/O" in str(error):
                raise

    def check(self):
        random = self.random
        conn = self.ours[random.integers(0, 2)]
        query = QUERIES[random.integers(0, 3)].format(
            WHERE[random.integers(0, len(WHERE))], ["", "DESC"][random.integers(0, 2)]
        )
        values = {
            "q": self.vector(),
            "m": ["cosine", "l2", "l1", "dot", "hamming"][random.integers(0, 5)],
            "k": int(random.integers(0, 25)),
            "o": int(random.integers(0, 3)),
            "far": float(random.choice([0.5, 1, 2.5])),
        }
        exact = query.replace("FROM t", "FROM t NOT INDEXED", 1)
        try:
            got = conn.execute(exact, values).fetchall()
            near = conn.execute(query, values).fetchall()
            limit = bound(conn)
            try:
                bound(conn, 0)  # the plan for a text is made when it is first seen
                right = conn.execute(exact + " -- by SQL", values).fetchall()
            finally:
                bound(conn, limit)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            return
        assert got == right, (exact, values)
        assert len(near) == len(right), (query, values)  # an index may find others, not fewer


def bound(conn, limit=None):
    """The connection's bound on memory, in bytes; set, if one is given."""
    from heliosdb_vector.memory.freshness import freshness_of

    known = freshness_of(conn)
    before = known.limit
    if limit is not None:
        known.limit = limit
    return before


@pytest.fixture
def as_when_large(monkeypatch, seed, log_at_once):
    """A few rows are treated like many; every other seed has them in bytes."""
    monkeypatch.setattr("heliosdb_vector.index.searching._STORED_AGAIN", 20)
    monkeypatch.setattr("heliosdb_vector.memory.codes._AFTER", 0)
    monkeypatch.setattr("heliosdb_vector.memory.codes._FROM", 0 if seed % 2 else 10_000)
    monkeypatch.setattr("heliosdb_vector.search.answering._BY_CODES", 0 if seed % 4 == 1 else 2000)


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("seed", range(4))
def test_a_life(tmp_path, as_when_large, seed, journal):
    with closing(World(tmp_path / "t.db", seed, journal)) as world:
        for number in range(120):
            world.change()
            for _ in range(1 + 2 * (number % 3 == 0)):
                world.check()


@pytest.mark.exhaustive
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("seed", range(100, 140))
def test_a_long_life(tmp_path, as_when_large, seed, journal):
    with closing(World(tmp_path / "t.db", seed, journal)) as world:
        for number in range(1500):
            world.change()
            for _ in range(1 + 2 * (number % 3 == 0)):
                world.check()
            if number % 200 == 199:
                CACHE.clear()
