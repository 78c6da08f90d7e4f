"""``python -m benchmarks.server.facts``: what is no ratio: memory and processor time of idle and of slow clients.

Figures of Linux, from /proc: the server's process alone, whose clients are other processes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from .target import Target, served

_CLIENTS = 200
_SECONDS = 10
_ROWS = 1_000_000
_QUERY = f"SELECT n, repeat('x', 100) AS v FROM numbers LIMIT {_ROWS}"


def resident(target: Target) -> float:
    """Return the server's memory in MiB."""
    pages = int(Path(f"/proc/{target.process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor(target: Target) -> float:
    """Return the processor time the server has used, in seconds."""
    fields = Path(f"/proc/{target.process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(target: Target) -> None:
    """Show what clients cost that ask for nothing."""
    before = resident(target)
    with ExitStack() as stack:
        clients = [stack.enter_context(target.connect()) for _ in range(_CLIENTS)]
        opened = resident(target)
        for each in clients:
            each.execute("SELECT n FROM numbers WHERE n = 7").fetchone()
        used = resident(target)
        start = processor(target)
        time.sleep(_SECONDS)
        spent = processor(target) - start
    print(f"{_CLIENTS} clients, connected: {(opened - before) * 1024 / _CLIENTS:.0f} KiB each")
    print(f"{_CLIENTS} clients, after a query: {(used - before) * 1024 / _CLIENTS:.0f} KiB each")
    print(f"{_CLIENTS} clients, idle for {_SECONDS} s: {spent * 1000:.0f} ms of processor time")


def slow_reader(target: Target) -> None:
    """Show how the server grows for a client that reads slowly."""
    with target.connect() as connection:
        link = connection.pgconn
        before = resident(target)
        link.send_query(_QUERY.encode())
        link.set_single_row_mode()
        while link.flush():
            pass
        time.sleep(3)
        waiting, most, rows = resident(target), 0.0, 0
        while (result := link.get_result()) is not None:
            rows += result.ntuples
            if rows % 100_000 == 0:
                most = max(most, resident(target))
    if rows != _ROWS:
        raise RuntimeError(f"{rows} rows")
    print(f"{_ROWS:,} rows, none read for 3 s: the server grows by {waiting - before:.1f} MiB")
    print(f"{_ROWS:,} rows, read to the end: by {most - before:.1f} MiB at most")


def copying_in(target: Target) -> None:
    """Show how the server grows while it takes many rows."""
    with target.connect() as connection:
        connection.execute("CREATE TABLE taken (n INTEGER, v TEXT)")
        before, most = resident(target), 0.0
        start = time.perf_counter()
        with connection.cursor().copy("COPY taken FROM STDIN") as copy:
            for piece in range(_ROWS // 1000):
                copy.write(f"{piece}\t{'y' * 100}\n" * 1000)
                if piece % 100 == 0:
                    most = max(most, resident(target))
        seconds = time.perf_counter() - start
    print(f"COPY in of {_ROWS:,} rows: the server grows by {most - before:.1f} MiB at most ({seconds:.1f} s)")


def main() -> int:
    """Show all of it."""
    with TemporaryDirectory() as folder, served(Path(folder) / "heliosdb", "heliosdb") as target:
        with contextlib.closing(psycopg.connect(target.url, autocommit=True)) as connection:
            connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
            connection.execute(f"INSERT INTO numbers SELECT n FROM generate_series(1, {_ROWS}) AS n")
        idle(target)
        slow_reader(target)
        copying_in(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
