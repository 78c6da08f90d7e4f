"""A branch made, against other ways to copy a database: wall-clock time, the copy safely on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from . import data, mounts
from .dolt import dolt, installed


@contextmanager
def _timed(kind: str, rows: int, once: Callable[[Any, Path], float]) -> Iterator[Work]:
    with mounts.folder(kind) as folder:
        path = folder / "a.db"
        with closing(heliosdb_sqlite.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            data.fill(connection, rows)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            yield lambda times: sum(once(connection, path) for _ in range(times))


def _backup(connection: Any, path: Path) -> float:
    copy = path.with_name("copy.db")
    begin = perf_counter()
    with closing(sqlite3.connect(copy)) as target:
        connection.backup(target)
    took = perf_counter() - begin
    copy.unlink()
    return took


def _vacuum_into(connection: Any, path: Path) -> float:
    copy = path.with_name("copy.db")
    begin = perf_counter()
    connection.execute("VACUUM INTO ?", (str(copy),))
    took = perf_counter() - begin
    copy.unlink()
    return took


_NAMES = (f"b{number}" for number in count())


def _branch(connection: Any, path: Path, *, complete: bool) -> float:
    name = next(_NAMES)
    begin = perf_counter()
    connection.create_branch(name)
    took = perf_counter() - begin
    heliosdb_sqlite.connect(path, branch=name).close()  # waits for the copy
    if complete:
        took = perf_counter() - begin
    connection.delete_branch(name)
    return took


@contextmanager
def _dolt(rows: int) -> Iterator[Work]:
    with mounts.folder("") as folder, dolt(folder / "a.db", rows, 10) as ask:
        yield lambda times: sum(ask("branch") for _ in range(times))


def races(quick: bool) -> Iterator[Race]:
    """One race for each file system."""
    rows = 100_000 if quick else 1_000_000
    for kind in mounts.available():
        timed = partial(_timed, kind, rows)
        contenders = [
            Contender("until create_branch() returns", partial(timed, partial(_branch, complete=False))),
            Contender(
                "until the branch can be used", partial(timed, partial(_branch, complete=True)), target=0.25
            ),
            Contender("VACUUM INTO", partial(timed, _vacuum_into)),
        ]
        if installed() and not kind:
            contenders.append(Contender("doltlite's branch", partial(_dolt, rows)))
        yield Race(
            f"a branch of {rows:,} rows, {kind or 'here'}",
            Contender("backup()", partial(timed, _backup)),
            tuple(contenders),
            times=1,
            self_timed=True,
            unit="ms",
        )
