"""``python -m benchmarks.aio``: heliosdb_sqlite.aio against aiosqlite."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiosqlite

from heliosdb_sqlite import aio

from ..harness import Contender, Race, Work
from ..report import main

Job = Callable[[Any, int], Awaitable[None]]


async def read_one(db: Any, times: int) -> None:
    """Read one row."""
    for _ in range(times):
        async with db.execute("SELECT name FROM t WHERE id = 50") as cursor:
            await cursor.fetchone()


async def read_ten(db: Any, times: int) -> None:
    """Read ten rows."""
    for _ in range(times):
        async with db.execute("SELECT name FROM t LIMIT 10") as cursor:
            await cursor.fetchall()


async def read_all(db: Any, times: int) -> None:
    """Read a hundred rows at once."""
    for _ in range(times):
        await db.execute_fetchall("SELECT * FROM t")


async def iterate(db: Any, times: int) -> None:
    """Read ten thousand rows one after the other."""
    for _ in range(times):
        async with db.execute("SELECT * FROM many") as cursor:
            async for _row in cursor:
                pass


async def insert(db: Any, times: int) -> None:
    """Insert a row in a transaction of its own, which is rolled back: the disk is nobody's contender."""
    for _ in range(times):
        await db.execute("INSERT INTO t (name) VALUES (?)", ("new",))
        await db.rollback()


async def gathered(db: Any, times: int) -> None:
    """Ask for a row a hundred times at once."""
    for _ in range(times):
        await asyncio.gather(*(db.execute_fetchall("SELECT name FROM t WHERE id = 50") for _ in range(100)))


@contextmanager
def using(module: Any, job: Job, *, wall: bool) -> Iterator[Work]:
    """Prepare one contender's work, on a loop of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "app.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            for table, rows in (("t", 100), ("many", 10_000)):
                connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT)")
                names = ((f"name {n}",) for n in range(rows))
                connection.executemany(f"INSERT INTO {table} (name) VALUES (?)", names)
        loop = asyncio.new_event_loop()
        db = loop.run_until_complete(opened(module, path))

        def work(times: int) -> float | None:
            begin = time.perf_counter()
            loop.run_until_complete(job(db, times))
            return time.perf_counter() - begin if wall else None

        try:
            yield work
        finally:
            loop.run_until_complete(db.close())
            loop.close()


async def opened(module: Any, path: Path) -> Any:
    """Open a connection."""
    return await module.connect(path)


def races(quick: bool) -> Iterator[Race]:
    """All of aio's races; no slower than aiosqlite, but for the noise, is the target."""
    for name, job, times, unit in (
        ("read a row", read_one, 300, "us"),
        ("read 10 rows of a cursor", read_ten, 300, "us"),
        ("read 100 rows", read_all, 500, "us"),
        ("iterate over 10,000 rows", iterate, 2, "ms"),
        ("insert and roll back", insert, 150, "us"),
        ("read a row, 100 at once", gathered, 10, "ms"),
    ):
        for wall in (False, True):
            yield Race(
                f"{name}, time on the clock" if wall else name,
                Contender("aiosqlite", partial(using, aiosqlite, job, wall=wall)),
                (
                    Contender(
                        "heliosdb_sqlite.aio",
                        partial(using, aio, job, wall=wall),
                        target=None if wall else 1.05,
                    ),
                ),
                times=max(1, times // 3) if quick else times,
                self_timed=wall,
                unit=unit,
            )


if __name__ == "__main__":
    sys.exit(main("heliosdb_sqlite.aio against aiosqlite", races, "benchmarks.aio"))
