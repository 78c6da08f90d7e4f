"""``python -m benchmarks.cache``: queries asked again, with a result cache and with sqlite3 alone."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from ..report import main

ROWS = 100_000
BY_KEY = "SELECT * FROM products WHERE id = ?"
HUNDRED = "SELECT * FROM products WHERE category = ?"
AGGREGATE = "SELECT category, count(*), sum(price) FROM products GROUP BY category ORDER BY 3 DESC LIMIT 10"
Ask = Callable[[Any, Any, int], object]


@contextmanager
def _database(journal: str, rows: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.db")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA journal_mode = {journal}")
            connection.executescript(
                "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL);"
                "CREATE INDEX by_category ON products (category)"
            )
            connection.executemany(
                "INSERT INTO products (name, category, price) VALUES (?, ?, ?)",
                ((f"product {n}", f"category {n % (rows // 100)}", n / 4) for n in range(rows)),
            )
            connection.commit()
        yield path


@contextmanager
def asking(cached: bool, ask: Ask, journal: str, rows: int) -> Iterator[Work]:
    """Ask so many times, on one connection; ``ask`` gets another one to write with."""
    with (
        _database(journal, rows) as path,
        closing(
            heliosdb_sqlite.connect(path, enable_cache=True) if cached else sqlite3.connect(path)
        ) as connection,
        closing(sqlite3.connect(path)) as other,
    ):
        numbers = count()

        def work(times: int) -> None:
            for _ in range(times):
                ask(connection, other, next(numbers))

        yield work


def again(sql: str, parameters: Any, connection: Any, other: Any, number: int) -> object:
    """Ask the same again."""
    return connection.execute(sql, parameters).fetchall()


def new(connection: Any, other: Any, number: int) -> object:
    """Ask what nobody has asked before."""
    return connection.execute(HUNDRED, (f"category {number % 700 + number}",)).fetchall()


def after_each_commit(connection: Any, other: Any, number: int) -> object:
    """Ask twice after each commit of another connection."""
    with other:
        other.execute("UPDATE products SET price = price + 1 WHERE id = ?", (number % 1000,))
    connection.execute(HUNDRED, ("category 7",)).fetchall()
    return connection.execute(HUNDRED, ("category 7",)).fetchall()


def race(
    name: str,
    ask: Ask,
    target: float | None,
    journal: str = "WAL",
    rows: int = ROWS,
    times: int | None = None,
) -> Race:
    """Let both ask the same."""
    return Race(
        name,
        Contender("sqlite3", partial(asking, False, ask, journal, rows)),
        (Contender("with a cache", partial(asking, True, ask, journal, rows), target=target),),
        times=times,
    )


def races(quick: bool) -> Iterator[Race]:
    """Queries of all sizes, and those that a cache can't help."""
    rows = 20_000 if quick else ROWS
    for journal in ("WAL", "DELETE"):
        yield race(f"one row by its key, {journal}", partial(again, BY_KEY, (5,)), 1.25, journal, rows)
        yield race(
            f"100 rows by an index, {journal}", partial(again, HUNDRED, ("category 7",)), 1 / 3, journal, rows
        )
        yield race(
            f"an aggregate over {rows} rows, {journal}",
            partial(again, AGGREGATE, ()),
            1 / 500,
            journal,
            rows,
            30,
        )
    yield race("what nobody has asked before", new, 1.25, rows=rows)
    yield race("asked twice after each commit of another", after_each_commit, None, rows=rows)


if __name__ == "__main__":
    sys.exit(main("the result cache against sqlite3", races, "benchmarks.cache"))
