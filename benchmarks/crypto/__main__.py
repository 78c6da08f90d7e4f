"""``python -m benchmarks.crypto``: encrypted databases against sqlite3 and, where it is installed, sqlcipher3."""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from ..report import main

try:
    import sqlcipher3
except ImportError:  # the group `bench` installs it where there is a wheel
    sqlcipher3 = None

KEY = b"k" * 32
Connect = Callable[[Path], Any]
Job = Callable[[Connect, Path, bool], AbstractContextManager[Work]]


def plain(path: Path) -> Any:
    """A plain database."""
    return sqlite3.connect(path)


def encrypted(path: Path) -> Any:
    """An encrypted one with a raw key."""
    return heliosdb_sqlite.connect(path, encryption_key=KEY)


def sqlcipher(path: Path) -> Any:
    """SQLCipher's, with a raw key and the same page size."""
    connection = sqlcipher3.connect(str(path))
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    return connection


def fill(connection: Any, rows: int, mode: str = "delete") -> None:
    """Make the table that every job works on: some 400 bytes a row."""
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("PRAGMA synchronous = OFF")  # CPU time is asked for, not the disk's
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")
    body = os.urandom(380)
    connection.executemany(
        "INSERT INTO t (name, body) VALUES (?, ?)", ((f"name {number}", body) for number in range(rows))
    )
    connection.commit()


@contextmanager
def inserts(connect: Connect, folder: Path, quick: bool) -> Iterator[Work]:
    """200,000 rows in one transaction."""
    rows = 20_000 if quick else 200_000
    numbers = itertools.count()
    body = os.urandom(80)

    def work(times: int) -> None:
        for _ in range(times):
            path = folder / f"i{next(numbers)}.db"
            with closing(connect(path)) as connection:
                connection.execute("PRAGMA synchronous = OFF")
                connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")
                connection.executemany(
                    "INSERT INTO t (name, body) VALUES (?, ?)", ((f"name {n}", body) for n in range(rows))
                )
                connection.commit()
            path.unlink()

    yield work


@contextmanager
def reads(connect: Connect, folder: Path, quick: bool, *, mode: str, cache: int) -> Iterator[Work]:
    """Rows by key from a database of some 40 MB."""
    rows = 20_000 if quick else 100_000
    path = folder / f"r{mode}.db"
    with closing(connect(path)) as connection:
        fill(connection, rows, mode)
    with closing(connect(path)) as connection:
        connection.execute(f"PRAGMA cache_size = {cache}")
        cursor = connection.cursor()
        step = 7919 if cache < 1000 else 1
        limit = rows if cache < 1000 else 1000

        def work(times: int) -> None:
            execute, fetchone = cursor.execute, cursor.fetchone
            for number in range(times):
                execute("SELECT name FROM t WHERE id = ?", (number * step % limit + 1,))
                fetchone()

        yield work


@contextmanager
def rows(connect: Connect, folder: Path, quick: bool) -> Iterator[Work]:
    """``for row in cursor``, from a database that the cache holds."""
    with closing(connect(folder / "l.db")) as connection:
        fill(connection, 1000)

        def work(times: int) -> None:
            left = times
            while left > 0:
                for _ in connection.execute("SELECT id, name FROM t LIMIT ?", (left,)):
                    left -= 1

        yield work


@contextmanager
def scan(connect: Connect, folder: Path, quick: bool) -> Iterator[Work]:
    """A scan of 100 MB that the cache does not hold."""
    path = folder / "s.db"
    with closing(connect(path)) as connection:
        fill(connection, 25_000 if quick else 250_000)
    with closing(connect(path)) as connection:

        def work(times: int) -> None:
            for _ in range(times):
                connection.execute("SELECT sum(length(body)) FROM t").fetchone()

        yield work


@contextmanager
def commits(connect: Connect, folder: Path, quick: bool, *, mode: str) -> Iterator[Work]:
    """One row and a commit."""
    with closing(connect(folder / f"c{mode}.db")) as connection:
        fill(connection, 1000, mode)
        cursor = connection.cursor()
        numbers = itertools.count()  # never the same value again: SQLite would have nothing to write

        def work(times: int) -> None:
            for number in itertools.islice(numbers, times):
                cursor.execute(
                    "UPDATE t SET name = ? WHERE id = ?", (f"changed {number}", number * 37 % 1000 + 1)
                )
                connection.commit()

        yield work


@contextmanager
def opening(connect: Connect, folder: Path, quick: bool) -> Iterator[Work]:
    """connect(), one query, close()."""
    path = folder / "o.db"
    with closing(connect(path)) as connection:
        fill(connection, 100)

    def work(times: int) -> None:
        for _ in range(times):
            with closing(connect(path)) as connection:
                connection.execute("SELECT name FROM t WHERE id = 7").fetchone()

    yield work


def _prepared(job: Job, connect: Connect, quick: bool) -> Any:
    @contextmanager
    def prepare() -> Iterator[Work]:
        with tempfile.TemporaryDirectory() as folder, job(connect, Path(folder), quick) as work:
            yield work

    return prepare


def races(quick: bool) -> Iterator[Race]:
    """Each job twice: against sqlite3, and against SQLCipher."""
    jobs: tuple[tuple[str, Any, float | None, float | None, int | None], ...] = (
        ("insert rows", inserts, 1.3, 1.25, 1),
        ("cold point reads, WAL", partial(reads, mode="wal", cache=10), None, 1.0, None),
        ("cold point reads, DELETE", partial(reads, mode="delete", cache=10), None, 1.0, None),
        ("warm point reads", partial(reads, mode="wal", cache=10_000), 1.05, None, None),
        ("a row of a cursor", rows, None, None, None),
        ("scan", scan, None, 1.0, 1),
        ("commits, WAL", partial(commits, mode="wal"), None, 1.0, None),
        ("commits, DELETE", partial(commits, mode="delete"), None, 1.25, None),
        ("open and query", opening, None, 1.3, None),
    )
    peers: list[tuple[str, Connect]] = [("sqlite3", plain)]
    if sqlcipher3 is not None:
        peers.append(("sqlcipher3", sqlcipher))
    for name, job, against_plain, against_sqlcipher, times in jobs:
        for (peer, connect), target in zip(peers, (against_plain, against_sqlcipher), strict=False):
            yield Race(
                name=f"{name} / {peer}",
                peer=Contender(peer, _prepared(job, connect, quick)),
                contenders=(Contender("encryption_key", _prepared(job, encrypted, quick), target=target),),
                times=times,
                unit="ms" if times else "us",
            )


if __name__ == "__main__":
    sys.exit(main("encrypted databases against sqlite3 and sqlcipher3", races, "benchmarks.crypto"))
