"""``python -m benchmarks.batch``: batch_insert() against executemany(), on one connection."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from ..report import main

FASTER, AS_FAST = 1 / 1.5, 1.0  # targets: up to eight columns, and beyond
Insert = Callable[[Any, Sequence[str], Iterable[Any]], object]


def _names(width: int) -> list[str]:
    return [f"c{number}" for number in range(width)]


def _rows(width: int, count: int, kind: str) -> list[tuple[Any, ...]]:
    """Make rows of integers, of texts, or of both in turn."""
    texts = {"integers": 0, "texts": 1, "both": 2}[kind]

    def value(row: int, column: int) -> Any:
        is_text = texts == 1 or (texts == 2 and column % 2)
        return f"name {row}-{column}" if is_text else row * column

    return [tuple(value(row, column) for column in range(width)) for row in range(count)]


def executemany(connection: Any, columns: Sequence[str], rows: Iterable[Any]) -> object:
    """Insert as the standard library does."""
    holders = ", ".join("?" * len(columns))
    return connection.executemany(f"INSERT INTO t ({', '.join(columns)}) VALUES ({holders})", rows)


def batch_insert(connection: Any, columns: Sequence[str], rows: Iterable[Any]) -> object:
    """Insert as HeliosDB does."""
    return connection.cursor().batch_insert("t", columns, rows)


def by_name(connection: Any, columns: Sequence[str], rows: Iterable[Any]) -> object:
    """Insert mappings as the standard library does."""
    holders = ", ".join(f":{name}" for name in columns)
    return connection.executemany(f"INSERT INTO t ({', '.join(columns)}) VALUES ({holders})", rows)


@contextmanager
def inserting(
    insert: Insert, width: int, rows: Callable[[], Iterable[Any]], database: str, extra: str = ""
) -> Iterator[Work]:
    """Insert and commit; emptying the table is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        place = ":memory:" if database == "memory" else Path(folder, "bench.db")
        with closing(heliosdb_sqlite.connect(place)) as connection:
            columns = _names(width)
            connection.executescript(f"CREATE TABLE t ({', '.join(columns)}); {extra}")

            def work(times: int) -> float:
                seconds = 0.0
                for _ in range(times):
                    start = time.process_time()
                    insert(connection, columns, rows())
                    connection.commit()
                    seconds += time.process_time() - start
                    connection.execute("DELETE FROM t")
                    connection.commit()
                return seconds

            yield work


def race(name: str, width: int, rows: Callable[[], Iterable[Any]], target: float | None, **how: Any) -> Race:
    """Let the two insert the same rows."""
    database = how.pop("database", "memory")
    peer = how.pop("peer", executemany)
    extra = how.pop("extra", "")
    return Race(
        name,
        Contender(peer.__name__, partial(inserting, peer, width, rows, database, extra)),
        (
            Contender(
                "batch_insert", partial(inserting, batch_insert, width, rows, database, extra), target=target
            ),
        ),
        times=how.pop("times", 1),
        self_timed=True,
        unit="ms",
    )


def races(quick: bool) -> Iterator[Race]:
    """All widths, kinds of values, sources of rows and sizes of batches."""
    count = 5000 if quick else 20_000
    for kind in ("both", "integers", "texts"):
        for width in (1, 2, 4, 8, 12, 16, 24, 32):
            rows = _rows(width, count, kind)
            name = f"{count} rows, {width} columns, {kind}"
            yield race(name, width, lambda rows=rows: rows, FASTER if width <= 8 else AS_FAST)  # type: ignore[misc]
    rows = _rows(4, count, "both")
    yield race("in a file", 4, lambda: rows, FASTER, database="file")
    yield race("from a generator", 4, lambda: (row for row in rows), FASTER)
    yield race("with an index", 4, lambda: rows, AS_FAST, extra="CREATE INDEX i ON t (c1)")
    trigger = (
        "CREATE TABLE log (a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.c0); END"
    )
    yield race("with a trigger", 4, lambda: rows, AS_FAST, extra=trigger)
    dicts = [dict(zip(_names(4), row, strict=True)) for row in rows]
    yield race("mappings", 4, lambda: dicts, AS_FAST, peer=by_name)
    for few in (1, 10, 100, 1000):
        small = _rows(4, few, "both")
        yield race(f"{few} rows", 4, lambda small=small: small, None, times=10_000 // few // 10 or 1)  # type: ignore[misc]
        yield race(f"{few} rows in a file", 4, lambda small=small: small, None, database="file", times=20)  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main("batch_insert() against executemany()", races, "benchmarks.batch"))
