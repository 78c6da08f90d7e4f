"""The work: writing a table, small commits, and reading it as it is or as it was."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..harness import Work
from .table import SCHEMA, rows

Task = Callable[[Any, int], object]


def connect(versioned: bool, place: Path) -> Any:
    """Open a database in WAL mode, with the table; on disk, without waiting for the disk."""
    connection = (
        heliosdb_sqlite.connect(place, enable_time_travel=True) if versioned else sqlite3.connect(place)
    )
    connection.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {SCHEMA}")
    return connection


def fill(connection: Any, count: int) -> None:
    """Put that many rows into the table."""
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows(count))
    connection.commit()


def insert(connection: Any, count: int) -> None:
    """Insert rows in one transaction."""
    fill(connection, count)


def update(connection: Any, count: int) -> None:
    """Update each row by its key, in one transaction."""
    connection.executemany("UPDATE t SET v = v + 1 WHERE id = ?", [(number,) for number in range(count)])
    connection.commit()


def update_at_once(connection: Any, _: int) -> None:
    """Update all rows by one statement."""
    connection.execute("UPDATE t SET v = v + 1")
    connection.commit()


def delete(connection: Any, count: int) -> None:
    """Delete each row by its key, in one transaction."""
    connection.executemany("DELETE FROM t WHERE id = ?", [(number,) for number in range(count)])
    connection.commit()


def small_inserts(connection: Any, count: int) -> None:
    """Insert and commit one row at a time."""
    for row in rows(count // 20):
        connection.execute("INSERT INTO t VALUES (?, ?, ?, ?)", row)
        connection.commit()


def small_updates(connection: Any, count: int) -> None:
    """Update and commit one row at a time."""
    for number in range(count // 20):
        connection.execute("UPDATE t SET v = v + 1 WHERE id = ?", (number,))
        connection.commit()


@contextmanager
def writing(task: Task, count: int, *, filled: bool, versioned: bool) -> Iterator[Work]:
    """Do the task on a fresh table each time; making that is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        number = 0

        def work(times: int) -> float:
            nonlocal number
            seconds = 0.0
            for _ in range(times):
                number += 1
                with closing(connect(versioned, Path(folder, f"{number}.db"))) as connection:
                    if filled:
                        fill(connection, count)
                    start = time.process_time()
                    task(connection, count)
                    seconds += time.process_time() - start
                for file in Path(folder).iterdir():
                    file.unlink()
            return seconds

        yield work


@contextmanager
def reading(sql: str, count: int, keys: str, *, versioned: bool) -> Iterator[Work]:
    """Run a query, of the past where the table is versioned: half of its rows have changed since, once each.

    :param sql: the query, with ``{past}`` where the clause goes
    :param keys: what its parameter is: ``id``, ``name``, or "" for none
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(connect(versioned, Path(folder, "t.db"))) as connection,
    ):
        fill(connection, count)
        clause = ""
        if versioned:
            txn = connection.tag("then")
            (moment,) = connection.execute(
                "SELECT time FROM heliosdb_timetravel_commits WHERE txn = ?", (txn,)
            ).fetchone()
            clause = f" AS OF {moment // 1_000_000 + 1}"
            time.sleep(1.1)  # a moment between the two commits, in whole seconds
        connection.execute("UPDATE t SET v = v + 1 WHERE id % 2")
        connection.commit()
        connection.execute("ANALYZE")
        query = sql.replace("{past}", clause)
        choice = random.Random(0)  # which rows are read
        values = {"id": lambda n: (n,), "name": lambda n: (f"n{n}",), "": lambda _: ()}[keys]

        def work(times: int) -> None:
            for _ in range(times):
                connection.execute(query, values(choice.randrange(count))).fetchall()

        yield work


def sizes(count: int) -> tuple[int, int]:
    """Return the bytes of a file without and with a history: rows inserted, half of them updated once."""
    found = []
    for versioned in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "t.db")
            with closing(connect(versioned, place)) as connection:
                fill(connection, count)
                connection.execute("UPDATE t SET v = v + 1 WHERE id % 2")
                connection.commit()
            found.append(place.stat().st_size)
    return found[0], found[1]
