"""Workers that write to one file for some seconds, and what they met with."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Connect = Callable[[Path], Any]
ROWS = 64


def wal(path: Path, **keywords: Any) -> Any:
    """Open the file in WAL mode, as the standard library's users do."""
    connection = sqlite3.connect(path, **keywords)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


@dataclass
class Met:
    """What one worker met with."""

    commits: int = 0
    errors: int = 0
    seconds: list[float] = field(default_factory=list)  # for each attempt, failed ones too


def prepare(path: Path, connect: Connect) -> None:
    """Make the table that all write to."""
    connection = connect(path)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)")
    connection.executemany("INSERT INTO t VALUES (?, 0)", [(number,) for number in range(ROWS)])
    connection.commit()
    connection.close()


def write(path: Path, connect: Connect, who: int, seconds: float, *, read_first: bool) -> Met:
    """Commit one small change after the other for so long, from the moment when the connection is open."""
    met, connection = Met(), connect(path)
    until = time.monotonic() + seconds
    while (start := time.monotonic()) < until:
        try:
            if read_first:
                connection.execute("SELECT n FROM t WHERE id = ?", (who % ROWS,)).fetchone()
            connection.execute("UPDATE t SET n = n + 1 WHERE id = ?", (who % ROWS,))
            connection.commit()
            met.commits += 1
        except sqlite3.OperationalError:
            connection.rollback()
            met.errors += 1
        met.seconds.append(time.monotonic() - start)
    connection.close()
    return met


def read(path: Path, connect: Connect, until: float) -> None:
    """Read the whole table over and over."""
    connection = connect(path)
    while time.monotonic() < until:
        try:
            connection.execute("SELECT sum(n) FROM t").fetchone()
        except sqlite3.OperationalError:
            continue
    connection.close()


def threads(
    path: Path, connect: Connect, number: int, seconds: float, *, read_first: bool, readers: int
) -> list[Met]:
    """Let so many threads write, and others read."""
    until = time.monotonic() + seconds
    found: list[Met] = []

    def run(who: int) -> None:
        found.append(write(path, connect, who, seconds, read_first=read_first))

    workers = [threading.Thread(target=run, args=(who,)) for who in range(number)]
    workers += [threading.Thread(target=read, args=(path, connect, until)) for _ in range(readers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found


def _in_process(path: Path, connect: Connect, who: int, seconds: float, queue: Any) -> None:
    queue.put(write(path, connect, who, seconds, read_first=False))


def processes(path: Path, connect: Connect, number: int, seconds: float) -> list[Met]:
    """Let so many processes write."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [
        context.Process(target=_in_process, args=(path, connect, who, seconds, queue))
        for who in range(number)
    ]
    for worker in workers:
        worker.start()
    found = [queue.get() for _ in workers]
    for worker in workers:
        worker.join()
    return found


def total(path: Path) -> int:
    """Return how often the rows say that they were written."""
    connection = sqlite3.connect(path)
    number: int = connection.execute("SELECT sum(n) FROM t").fetchone()[0]
    connection.close()
    return number
