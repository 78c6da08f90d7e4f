"""What it costs that a connection records its statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import heliosdb_sqlite

from ..harness import Contender, Race, Work

EXTRA = 5e-6  # seconds a statement may take longer
ROWS = 1000


@contextmanager
def _filled(connect: Any, **options: Any) -> Iterator[Any]:
    with closing(connect(":memory:", **options)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, n) for n in range(ROWS)))
        yield connection


@contextmanager
def _selecting(connect: Any, **options: Any) -> Iterator[Work]:
    with _filled(connect, **options) as connection:

        def work(times: int) -> None:
            for number in range(times):
                connection.execute("SELECT a FROM t WHERE id = ?", (number % ROWS,)).fetchone()

        yield work


@contextmanager
def _new_texts(connect: Any, **options: Any) -> Iterator[Work]:
    with _filled(connect, **options) as connection:
        made = iter(range(10**9))

        def work(times: int) -> None:
            for _ in range(times):
                connection.execute(f"SELECT a FROM t WHERE id = {next(made)} AND a >= ?", (0,)).fetchone()

        yield work


@contextmanager
def _inserting(connect: Any, **options: Any) -> Iterator[Work]:
    with _filled(connect, **options) as connection:

        def work(times: int) -> None:
            connection.executemany("INSERT INTO t (a) VALUES (?)", ((n,) for n in range(times)))
            connection.rollback()

        yield work


def races(_: bool) -> Iterator[Race]:
    """Yield a race for each kind of statement."""
    for name, make, extra in (
        ("cached point query", _selecting, EXTRA),
        ("new text each time", _new_texts, None),
        ("a row of executemany", _inserting, EXTRA),
    ):
        yield Race(
            f"recording: {name}",
            Contender("sqlite3", partial(make, sqlite3.connect)),
            (
                Contender(
                    "query_analyzer", partial(make, heliosdb_sqlite.connect, query_analyzer=True), extra=extra
                ),
                Contender(
                    "slow_query_seconds", partial(make, heliosdb_sqlite.connect, slow_query_seconds=60)
                ),
            ),
        )
