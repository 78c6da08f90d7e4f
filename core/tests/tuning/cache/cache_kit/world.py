"""Two worlds in which the same things happen: one with a cache, one with the standard library alone."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite
from cache_kit.elsewhere import Elsewhere

SCHEMA = """
CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE, c BLOB);
CREATE TABLE other (a, b);
CREATE TABLE log (a);
CREATE INDEX t_a ON t (a);
CREATE VIEW doubled AS SELECT id, a * 2 AS a FROM t;
CREATE VIEW shaken AS SELECT count(*) AS n, abs(random()) >= 0 AS r FROM t;
CREATE TRIGGER logged AFTER INSERT ON other BEGIN INSERT INTO log VALUES (new.a); END;
INSERT INTO t (a, b, c) VALUES (1, 'one', x'0102030405'), (2.5, 'TWO', NULL), ('3', 'three', 'text'), (NULL, '', x'');
INSERT INTO other VALUES (1, 'x'), (2, 'y');
"""

QUERIES: tuple[tuple[str, Any], ...] = (
    ("SELECT * FROM t", ()),
    ("SELECT id, a FROM t WHERE a > ? ORDER BY a", (1,)),
    ("SELECT typeof(?), ?", (1, 1)),
    ("SELECT typeof(?), ?", (1.0, 1.0)),
    ("SELECT typeof(?), ?", (True, True)),
    ("SELECT typeof(?), ?", ("1", "1")),
    ("SELECT ? || '', ?", (0.0, -0.0)),
    ("SELECT ? || '', ?", (-0.0, 0.0)),
    ("SELECT :x, count(*) FROM other", {"x": b"\x00\xff"}),
    ("SELECT count(*), sum(a), max(b), group_concat(b) FROM t", []),
    ("SELECT b FROM t WHERE b LIKE 'T%' ORDER BY id", ()),
    ("SELECT upper(b) FROM t", ()),
    ("SELECT t.id, other.b FROM t JOIN other ON t.a = other.a", ()),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i, (SELECT count(*) FROM t) FROM n", ()),
    ("SELECT * FROM doubled", ()),
    ("SELECT n FROM shaken", ()),
    ("SELECT * FROM log", ()),
    ("SELECT hex(c), length(c) FROM t", ()),
    ("SELECT name, sql FROM sqlite_master ORDER BY name", ()),
    ("SELECT total_changes()", ()),
    ("SELECT a, row_number() OVER (ORDER BY id) FROM t", ()),
    ("SELECT * FROM missing", ()),
    ("SELECT ?", ()),
    ("SELECT abs(-9223372036854775808) FROM other", ()),
    ("SELECT b FROM t WHERE rowid IN (1, 3); -- a comment", ()),
    ("VALUES (1, 'x'), (2, 'y')", ()),
)  # fmt: skip


class World:
    """A file, the connection that is looked at, and what else happens to it."""

    def __init__(self, path: Path, elsewhere: Elsewhere | None, **options: Any) -> None:
        self.path = path
        with sqlite3.connect(path) as plain:
            plain.executescript("PRAGMA synchronous = OFF;" + SCHEMA)
        plain.close()
        self.elsewhere = elsewhere
        self.conn = (heliosdb_sqlite if options else sqlite3).connect(path, timeout=0, **options)
        self.conn.execute("PRAGMA synchronous = OFF")
        self.kept = self.conn.cursor()
        self.blobs: list[Any] = []

    def close(self) -> None:
        for blob in self.blobs:
            blob.close()
        self.conn.close()

    def does(self, operation: Callable[[World], Any]) -> Any:
        """Let something happen and return how it went."""
        return outcome(lambda: operation(self))

    def sees(self) -> list[Any]:
        """Return what the connection's queries say, each asked twice."""
        return [(sql, outcome(partial(self._ask, sql, values))) for sql, values in QUERIES for _ in range(2)]

    def _ask(self, sql: str, values: Any) -> Any:
        cursor = self.conn.cursor()
        cursor.execute(sql, values)
        rows = cursor.fetchall()
        return (
            cursor.description,
            [(type(row).__name__, *(repr(each) for each in row)) for row in rows],
            cursor.rowcount,
        )


def outcome(does: Callable[[], Any]) -> Any:
    """Return the result, or the error by class and message."""
    try:
        return does()
    except Exception as error:  # noqa: BLE001 - whichever it is, the other world has the same
        return type(error).__name__, str(error)


def sql(*statements: str) -> Callable[[World], Any]:
    """Statements on the connection."""

    def run(world: World) -> None:
        for statement in statements:
            world.conn.execute(statement).fetchall()

    run.__name__ = "; ".join(statements)
    return run


def elsewhere(statement: str) -> Callable[[World], Any]:
    """A statement of another process."""

    def run(world: World) -> str:
        assert world.elsewhere is not None
        return world.elsewhere.run(world.path, statement)

    run.__name__ = f"elsewhere: {statement}"
    return run


def past_the_hooks(statement: str) -> Callable[[World], Any]:
    """A statement of a cursor that was not made by cursor()."""

    def run(world: World) -> None:
        sqlite3.Cursor(world.conn).execute(statement).fetchall()

    run.__name__ = f"bare: {statement}"
    return run


def _write_blob(world: World) -> None:
    with world.conn.blobopen("t", "c", 1) as blob:
        blob[0] = (blob[0] + 1) % 256


def _open_blob(world: World) -> None:
    world.blobs.append(world.conn.blobopen("t", "c", 1))


def _write_open_blob(world: World) -> None:
    if world.blobs:
        world.blobs[-1][1] = (world.blobs[-1][1] + 1) % 256


def _close_blob(world: World) -> None:
    if world.blobs:
        world.blobs.pop().close()


def _fetch_some(world: World) -> Any:
    # a query that is never kept: an unfinished one of SQLite's is in the way of DDL, and one from a cache is not
    return world.kept.execute("SELECT id, b FROM t WHERE random() IS NOT NULL ORDER BY id").fetchone()


def _fetch_more(world: World) -> Any:
    return world.kept.fetchmany(2)


def _returning(world: World) -> Any:
    return world.kept.execute(
        "INSERT INTO t (a, b) VALUES (7, 'seven'), (8, 'eight') RETURNING id"
    ).fetchone()


def _override_upper(world: World) -> None:
    world.conn.create_function("upper", 1, lambda text: f"<{text}>", deterministic=True)


def _new_collation(world: World) -> None:
    world.conn.create_collation("nocase", lambda a, b: (a > b) - (a < b))


def _deny(world: World) -> None:
    world.conn.set_authorizer(
        lambda code, name, *_: sqlite3.SQLITE_DENY if name == "other" else sqlite3.SQLITE_OK
    )


def _allow(world: World) -> None:
    world.conn.set_authorizer(lambda *_: sqlite3.SQLITE_OK)


def _bytes(world: World) -> None:
    world.conn.text_factory = bytes


def _text(world: World) -> None:
    world.conn.text_factory = str


def _odd_text(world: World) -> None:
    world.conn.text_factory = lambda data: data.decode().upper()


def _rows(world: World) -> None:
    world.conn.row_factory = sqlite3.Row


def _tuples(world: World) -> None:
    world.conn.row_factory = None


def _commits_by_itself(world: World) -> None:
    world.conn.isolation_level = None


def _begins_by_itself(world: World) -> None:
    world.conn.isolation_level = ""


def _restore(world: World) -> None:
    source = sqlite3.connect(":memory:")
    source.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c); INSERT INTO t VALUES (1, 'restored', 0, 0)"
    )
    try:
        if not world.conn.in_transaction:  # it would wait for that forever
            source.backup(world.conn)
    finally:
        source.close()


def _many(world: World) -> None:
    world.conn.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(n, f"n{n}") for n in range(3)])


def _script(world: World) -> None:
    world.conn.executescript(
        "INSERT INTO other VALUES (9, 'nine'); PRAGMA case_sensitive_like = ON; DELETE FROM log"
    )


def _with(world: World) -> None:
    with world.conn:
        world.conn.execute("UPDATE t SET a = a + 1")


def _with_error(world: World) -> None:
    with world.conn:
        world.conn.execute("DELETE FROM t")
        raise ValueError("undone")


def _commit(world: World) -> None:
    world.conn.commit()


def _rollback(world: World) -> None:
    world.conn.rollback()


OPERATIONS: tuple[Callable[[World], Any], ...] = (
    sql("INSERT INTO t (a, b) VALUES (4, 'four')"),
    sql("INSERT INTO other VALUES (3, 'z')"),
    sql("UPDATE t SET b = b || '!' WHERE id = 1"),
    sql("DELETE FROM t WHERE id > 3"),
    sql("DELETE FROM t"),
    sql("REPLACE INTO t (id, a) VALUES (2, 'replaced')"),
    sql("BEGIN"),
    sql("BEGIN IMMEDIATE"),
    sql("COMMIT"),
    sql("ROLLBACK"),
    sql("SAVEPOINT s"),
    sql("ROLLBACK TO s"),
    sql("RELEASE s"),
    sql("INSERT OR ROLLBACK INTO t (id, a) VALUES (1, 'there')"),
    sql("ALTER TABLE t ADD COLUMN d DEFAULT 5"),
    sql("ALTER TABLE other RENAME COLUMN b TO bb", "ALTER TABLE other RENAME COLUMN bb TO b"),
    sql("DROP VIEW IF EXISTS doubled", "CREATE VIEW doubled AS SELECT id, a * 3 AS a FROM t"),
    sql("DROP TABLE IF EXISTS log"),
    sql("CREATE TABLE IF NOT EXISTS missing AS SELECT 'no longer' AS m"),
    sql("CREATE TEMP TABLE IF NOT EXISTS other AS SELECT 1 AS a, 'temporary' AS b"),
    sql("INSERT INTO temp.other VALUES (2, 'more')"),
    sql("DROP TABLE IF EXISTS temp.other"),
    sql("ATTACH ':memory:' AS att", "CREATE TABLE att.missing AS SELECT 'attached' AS m"),
    sql("INSERT INTO att.missing VALUES ('more')"),
    sql("DETACH att"),
    sql("PRAGMA case_sensitive_like = ON"),
    sql("PRAGMA case_sensitive_like = OFF"),
    sql("PRAGMA reverse_unordered_selects = ON"),
    sql("PRAGMA full_column_names = ON", "PRAGMA short_column_names = OFF"),
    sql("PRAGMA journal_mode = WAL"),
    sql("PRAGMA journal_mode = DELETE"),
    sql("PRAGMA user_version = 7"),
    sql("PRAGMA table_info(t)"),
    sql("VACUUM"),
    sql("ANALYZE"),
    sql("REINDEX"),
    elsewhere("INSERT INTO t (a, b) VALUES ('elsewhere', 'e')"),
    elsewhere("UPDATE other SET b = b || '+'"),
    elsewhere("DELETE FROM t WHERE id = (SELECT max(id) FROM t)"),
    elsewhere("DROP VIEW IF EXISTS doubled"),
    elsewhere("CREATE TABLE IF NOT EXISTS missing AS SELECT 'elsewhere' AS m"),
    elsewhere("PRAGMA user_version = 8"),
    elsewhere("VACUUM"),
    past_the_hooks("INSERT INTO t (a, b) VALUES ('bare', 'b')"),
    past_the_hooks("CREATE TABLE IF NOT EXISTS missing AS SELECT 'bare' AS m"),
    past_the_hooks("DROP TABLE IF EXISTS missing"),
    past_the_hooks("PRAGMA case_sensitive_like = ON"),
    past_the_hooks("CREATE TEMP TABLE IF NOT EXISTS other AS SELECT 1 AS a, 'bare' AS b"),
    past_the_hooks("DROP TABLE IF EXISTS temp.other"),
    *(_fetch_some, _fetch_more, _returning, _override_upper, _new_collation, _deny, _allow),
    *(_bytes, _text, _odd_text, _rows, _tuples, _commits_by_itself, _begins_by_itself),
    *(_restore, _many, _script, _with, _with_error, _commit, _rollback),
    *((_write_blob, _open_blob, _write_open_blob, _close_blob) if sys.version_info >= (3, 11) else ()),
)  # fmt: skip
