"""What Python's drivers see of the two servers: latency, large results, COPY, logging in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import psycopg2

from ..harness import Contender, Race, Work
from .target import Target

Job = Callable[[Target], AbstractContextManager[Work]]
_ROWS = 100_000
_BY_KEY = "SELECT abalance FROM pgbench_accounts WHERE aid = "
_TABLE = "id integer, name text, price double precision, seen integer"


def _timed(job: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> Work:
    def work(times: int) -> float:
        start = clock()
        for _ in range(times):
            job()
        return clock() - start

    return work


def _clock(target: Target, connection: psycopg.Connection[Any], *, busy: bool) -> Callable[[], float]:
    """Return the clock of the wall, or the one of the server's processor time."""
    return partial(target.busy, connection) if busy else time.perf_counter


# ---- one row ----


@contextmanager
def by_psycopg(target: Target) -> Iterator[Work]:
    """One row by key with psycopg 3, which prepares it."""
    with target.connect(prepare_threshold=1) as connection:
        numbers = iter(range(1, 10**9))
        yield _timed(
            lambda: connection.execute(_BY_KEY + "%s", (next(numbers) % _ROWS + 1,), prepare=True).fetchone()
        )


@contextmanager
def by_psycopg2(target: Target) -> Iterator[Work]:
    """One row by key with psycopg2, which writes the value into the text."""
    with closing(psycopg2.connect(target.url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        numbers = iter(range(1, 10**9))

        def job() -> None:
            cursor.execute(_BY_KEY + "%s", (next(numbers) % _ROWS + 1,))
            cursor.fetchone()

        yield _timed(job)


@contextmanager
def by_asyncpg(target: Target) -> Iterator[Work]:
    """One row by key with asyncpg, prepared, in binary."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(target.url))

    async def ask(times: int) -> float:
        statement = await connection.prepare(_BY_KEY + "$1")
        start = time.perf_counter()
        for number in range(times):
            await statement.fetchval(number % _ROWS + 1)
        return time.perf_counter() - start

    try:
        yield lambda times: loop.run_until_complete(ask(times))
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


@contextmanager
def in_a_pipeline(target: Target) -> Iterator[Work]:
    """A hundred queries by key, sent before the first answer is read."""
    with target.connect() as connection:

        def job() -> None:
            with connection.pipeline():
                cursors = [connection.execute(_BY_KEY + "%s", (n + 1,), prepare=True) for n in range(100)]
            for cursor in cursors:
                cursor.fetchone()

        yield _timed(job)


# ---- many rows ----


@contextmanager
def reading(target: Target, rows: int, *, binary: bool, busy: bool = False) -> Iterator[Work]:
    """Read many rows of integers, text and numbers, as the C library receives them: nothing is made of them."""
    with target.connect() as connection:

        def job() -> None:
            told = connection.pgconn.exec_params(
                f"SELECT id, name, price, seen FROM many LIMIT {rows}".encode(), [], result_format=int(binary)
            )
            if told.ntuples != rows:
                raise RuntimeError(told.error_message)

        yield _timed(job, _clock(target, connection, busy=busy))


def _line(number: int) -> str:
    return f"{number}\tname {number}\t{number / 8}\t{number % 7}\n"


@contextmanager
def copying_in(target: Target, rows: int, *, busy: bool = False) -> Iterator[Work]:
    """COPY FROM STDIN, in pieces of 64 KiB."""
    text = "".join(map(_line, range(rows))).encode()
    pieces = [text[at : at + (1 << 16)] for at in range(0, len(text), 1 << 16)]
    with target.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS copied")
        connection.execute(f"CREATE TABLE copied ({_TABLE})")

        def job() -> None:
            with connection.cursor().copy("COPY copied FROM STDIN") as copy:
                for piece in pieces:
                    copy.write(piece)

        yield _timed(job, _clock(target, connection, busy=busy))
        connection.execute("DROP TABLE copied")


@contextmanager
def copying_out(target: Target, rows: int, *, busy: bool = False) -> Iterator[Work]:
    """COPY TO STDOUT."""
    with target.connect() as connection:

        def job() -> None:
            with connection.cursor().copy(f"COPY (SELECT * FROM many LIMIT {rows}) TO STDOUT") as copy:
                for _ in copy:
                    pass

        yield _timed(job, _clock(target, connection, busy=busy))


@contextmanager
def inserting(target: Target, rows: int) -> Iterator[Work]:
    """executemany() in one transaction: a pipeline of prepared statements."""
    with target.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS inserted")
        connection.execute(f"CREATE TABLE inserted ({_TABLE})")
        values = [(n, f"name {n}", n / 8, n % 7) for n in range(rows)]

        def job() -> None:
            with connection.transaction():
                connection.cursor().executemany("INSERT INTO inserted VALUES (%s, %s, %s, %s)", values)

        yield _timed(job)
        connection.execute("DROP TABLE inserted")


# ---- connections ----


@contextmanager
def logging_in(target: Target) -> Iterator[Work]:
    """Connect with a password by SCRAM, ask for nothing, and leave."""
    yield _timed(lambda: psycopg.connect(target.url).close())


def fill(target: Target) -> None:
    """Make the table that large results come from."""
    with target.connect() as connection:
        connection.execute(f"CREATE TABLE many ({_TABLE})")
        with connection.cursor().copy("COPY many FROM STDIN") as copy:
            copy.write("".join(map(_line, range(_ROWS))))


def races(peer: Target, mine: Target, *, quick: bool) -> Iterator[Race]:
    """All races in which a driver of Python's is the client."""

    def race(name: str, job: Job, times: int, target: float | None = None, unit: str = "us") -> Race:
        return Race(
            name,
            Contender(peer.name, partial(job, peer)),
            (Contender(mine.name, partial(job, mine), target=target),),
            times=max(times // 5, 1) if quick else times,
            self_timed=True,
            unit=unit,
        )

    yield race("one row by key: psycopg", by_psycopg, 1000)
    yield race("one row by key: psycopg2", by_psycopg2, 1000)
    yield race("one row by key: asyncpg", by_asyncpg, 1000)
    yield race("100 in a pipeline: psycopg", in_a_pipeline, 10, unit="ms")
    yield race("connect by SCRAM", logging_in, 20, 1 / 1.3, unit="ms")
    for binary in (False, True):
        form = "binary" if binary else "text"
        for rows, target in ((10_000, 1 / 0.4), (_ROWS, None)):
            job = partial(reading, rows=rows, binary=binary)
            yield race(f"{rows:,} rows, {form}", job, 10 if rows < _ROWS else 2, target, "ms")
    rows = _ROWS // 10 if quick else _ROWS
    yield race(f"COPY in, {rows:,} rows", partial(copying_in, rows=rows), 1, 1 / 1.5, "ms")
    yield race(f"COPY out, {_ROWS:,} rows", partial(copying_out, rows=_ROWS), 2, None, "ms")
    # On a busy machine the wall's clock tells who has to wait, not who works.
    if Path("/proc/self/schedstat").exists():
        for binary in (False, True):
            job = partial(reading, rows=_ROWS, binary=binary, busy=True)
            yield race(f"{_ROWS:,} rows, {'binary' if binary else 'text'}: server's CPU", job, 2, None, "ms")
        yield race(
            f"COPY in, {rows:,} rows: server's CPU", partial(copying_in, rows=rows, busy=True), 1, None, "ms"
        )
        yield race(
            f"COPY out, {_ROWS:,} rows: server's CPU",
            partial(copying_out, rows=_ROWS, busy=True),
            2,
            None,
            "ms",
        )
    yield race(f"executemany, {rows // 10:,} rows", partial(inserting, rows=rows // 10), 1, None, "ms")
