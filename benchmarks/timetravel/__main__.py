"""``python -m benchmarks.timetravel``: a versioned table against a plain one, here and in others that keep history."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from ..harness import Contender, Race, Work
from ..report import main
from . import dolt, mariadb, work

WRITES = (
    ("insert", work.insert, False, 2.0),
    ("update by key", work.update, True, 3.0),
    ("update in one statement", work.update_at_once, True, None),
    ("delete by key", work.delete, True, None),
    ("1-row commits, insert", work.small_inserts, False, 2.0),
    ("1-row commits, update", work.small_updates, True, 2.0),
)
READS = (
    ("as of: by key", "SELECT * FROM t WHERE id = ?{past}", "id", 2.0),
    ("as of: by an index", "SELECT * FROM t WHERE name = ?{past}", "name", 2.0),
    ("as of: scan", "SELECT sum(v) FROM t WHERE v % 10 = 3{past}", "", 4.0),
    ("as of: all rows", "SELECT * FROM t{past}", "", 4.0),
)
PRESENT = ("a query of the present", "SELECT * FROM t WHERE id = ?", "id")


def races(quick: bool) -> Iterator[Race]:
    """All work, each with the target that a history has for it."""
    count = 2000 if quick else 20_000
    for name, task, filled, target in WRITES:
        yield Race(
            f"{name}, {count} rows",
            Contender("plain table", partial(work.writing, task, count, filled=filled, versioned=False)),
            (
                Contender(
                    "versioned",
                    partial(work.writing, task, count, filled=filled, versioned=True),
                    target=target,
                ),
            ),
            times=1,
            self_timed=True,
            unit="ms",
        )
        yield from _elsewhere(name, count)
    for name, sql, keys, bound in READS:
        yield Race(
            name,
            Contender("plain table, now", partial(work.reading, sql, count, keys, versioned=False)),
            (
                Contender(
                    "versioned, as of", partial(work.reading, sql, count, keys, versioned=True), target=bound
                ),
            ),
        )
        if name in mariadb.READS:
            yield from _elsewhere(name, count)
    name, sql, keys = PRESENT
    yield Race(
        name,
        Contender("plain table", partial(work.reading, sql, count, keys, versioned=False)),
        (Contender("versioned", partial(work.reading, sql, count, keys, versioned=True), extra=0.5e-6),),
    )


def _elsewhere(name: str, count: int) -> Iterator[Race]:
    """What the same history costs those who have it built in: each beside itself without."""
    if mariadb.installed():
        work_in = mariadb.reading if name in mariadb.READS else mariadb.writing
        yield _race(f"{name}, in MariaDB", partial(work_in, name, count))
    if dolt.installed():
        # A commit costs doltlite milliseconds
        yield _race(
            f"{name}, in doltlite", partial(dolt.working, name, count // 10 if "1-row" in name else count)
        )


def _race(name: str, contender: Callable[..., AbstractContextManager[Work]]) -> Race:
    return Race(
        name,
        Contender("without history", partial(contender, versioned=False)),
        (Contender("with history", partial(contender, versioned=True)),),
        times=1,
        self_timed=True,
        unit="ms",
    )


if __name__ == "__main__":
    code = main("a table with history against a plain one", races, "benchmarks.timetravel")
    plain, versioned = work.sizes(20_000)
    print(
        f"on disk, half of the rows updated once: {versioned / plain:.2f} times the plain file (target: 1.7)"
    )
    sys.exit(code)
