"""Connections, statements, rows and commits within one process."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite
from heliosdb_sqlite.testing import registered
from heliosdb_sqlite.testing.dropin.configurations import HOOKS
from heliosdb_sqlite.testing.variants import idle

from ..harness import Contender, Race, Work

PLAIN, CACHED = 1.05, 1.25  # targets: the ratio without a plugin, and for a cached statement with an idle one
Prepare = Callable[[Any, bool], AbstractContextManager[Work]]
"""From the module and whether to be quick: sets up what the work needs, and gives the work."""
IDLE: tuple[tuple[str, object], ...] = (
    ("plain", None),
    ("idle plugin, no hook", idle(())),
    ("idle plugin, parse hook", idle(("parse",))),
    ("idle plugin, every hook", idle(HOOKS)),
)


def _active(plugin: object) -> AbstractContextManager[object]:
    """Have a plugin, if any, active on every connection opened within the block."""
    return registered(plugin, "benchmark") if plugin is not None else nullcontext()


@contextmanager
def connecting(module: Any, quick: bool) -> Iterator[Work]:
    """connect(":memory:") and close."""

    def work(times: int) -> None:
        connect = module.connect
        for _ in range(times):
            connect(":memory:").close()

    yield work


@contextmanager
def _table(module: Any, rows: int, database: Any = ":memory:") -> Iterator[Any]:
    with closing(module.connect(database)) as connection:
        connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, amount REAL)")
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
        if rows:
            connection.execute(f"INSERT INTO t {numbers} SELECT i, 'name ' || i, i * 0.5 FROM n")
        connection.commit()
        yield connection


@contextmanager
def cursor_select(module: Any, quick: bool) -> Iterator[Work]:
    """A cached SELECT by key, on one cursor."""
    with _table(module, 1000) as connection:
        cursor = connection.cursor()

        def work(times: int) -> None:
            execute, fetchone = cursor.execute, cursor.fetchone
            for number in range(times):
                execute("SELECT name, amount FROM t WHERE id = ?", (number % 1000 + 1,))
                fetchone()

        yield work


@contextmanager
def connection_select(module: Any, quick: bool) -> Iterator[Work]:
    """A cached SELECT by key, with a cursor of its own each time."""
    with _table(module, 1000) as connection:

        def work(times: int) -> None:
            execute = connection.execute
            for number in range(times):
                execute("SELECT name, amount FROM t WHERE id = ?", (number % 1000 + 1,)).fetchone()

        yield work


@contextmanager
def new_texts(module: Any, quick: bool) -> Iterator[Work]:
    """A SELECT whose text was never seen before."""
    with _table(module, 1000) as connection:
        cursor = connection.cursor()
        numbers = itertools.count(1)

        def work(times: int) -> None:
            for number in itertools.islice(numbers, times):
                cursor.execute(f"SELECT name, amount FROM t WHERE id = {number}").fetchone()

        yield work


@contextmanager
def insert_many(module: Any, quick: bool) -> Iterator[Work]:
    """executemany: 100,000 rows."""
    rows = [(number, f"name {number}", number * 0.5) for number in range(10_000 if quick else 100_000)]
    with _table(module, 0) as connection:

        def work(times: int) -> None:
            for _ in range(times):
                connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
                connection.rollback()

        yield work


@contextmanager
def iterate(module: Any, quick: bool) -> Iterator[Work]:
    """Iteration over 1,000,000 rows."""
    with _table(module, 100_000 if quick else 1_000_000) as connection:

        def work(times: int) -> None:
            for _ in range(times):
                for _row in connection.execute("SELECT id, amount FROM t"):
                    pass

        yield work


@contextmanager
def commit(module: Any, quick: bool, *, wal: bool) -> Iterator[Work]:
    """INSERT and commit."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _table(module, 0, Path(folder, "wal.db") if wal else ":memory:") as connection,
    ):
        if wal:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")  # CPU time is asked for, not the disk's
        cursor = connection.cursor()

        def work(times: int) -> None:
            for _ in range(times):
                cursor.execute("INSERT INTO t(name, amount) VALUES (?, ?)", ("name", 0.5))
                connection.commit()
            cursor.execute("DELETE FROM t")
            connection.commit()

        yield work


def races(quick: bool) -> Iterator[Race]:
    """A race for each kind of work."""
    yield _race("connect and close", connecting, quick, plain=PLAIN, per_turn=True)
    yield _race("cached SELECT, one cursor", cursor_select, quick, plain=PLAIN, idle_plugin=CACHED)
    yield _race("cached SELECT, conn.execute", connection_select, quick, plain=PLAIN, idle_plugin=CACHED)
    yield _race("new SELECT text", new_texts, quick)
    yield _race(
        f"executemany, {10 if quick else 100},000 rows", insert_many, quick, plain=PLAIN, times=1, unit="ms"
    )
    rows = "100,000" if quick else "1,000,000"
    yield _race(f"iterate {rows} rows", iterate, quick, plain=PLAIN, times=1, unit="ms")
    yield _race("INSERT and commit, memory", partial(commit, wal=False), quick, plain=PLAIN)
    yield _race("INSERT and commit, WAL", partial(commit, wal=True), quick, plain=PLAIN)


def _race(
    name: str,
    prepare: Prepare,
    quick: bool,
    *,
    plain: float | None = None,
    idle_plugin: float | None = None,
    times: int | None = None,
    unit: str = "us",
    per_turn: bool = False,
) -> Race:
    """A race of the core, plain and with each idle plugin, against sqlite3.

    :param plain: the target without a plugin; ``idle_plugin`` the one with
    :param per_turn: the work itself connects, so the plugin has to be there in its turns, and in no other's
    """

    @contextmanager
    def prepared(plugin: object) -> Iterator[Work]:
        with ExitStack() as stack:
            with _active(None if per_turn else plugin):
                work: Work = stack.enter_context(prepare(heliosdb_sqlite, quick))
            yield work

    contenders = [
        Contender(
            label,
            partial(prepared, plugin),
            partial(_active, plugin if per_turn else None),
            plain if plugin is None else idle_plugin,
        )
        for label, plugin in IDLE
    ]
    peer = Contender("sqlite3", partial(prepare, sqlite3, quick))
    return Race(name, peer, tuple(contenders), times, unit=unit)
