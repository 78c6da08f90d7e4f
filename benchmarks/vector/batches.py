"""64 searches by one executemany(), against one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import cycle, islice

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from .contenders import file
from .data import queries

_SQL = "SELECT id, title, vector_distance(embedding, ?) AS d FROM docs ORDER BY d LIMIT 10"


@contextmanager
def _searching(rows: int, together: bool) -> Iterator[Work]:
    with closing(heliosdb_sqlite.connect(file(rows), enable_vector_search=True)) as conn:
        conn.execute("DROP INDEX IF EXISTS near")
        sets = [(query,) for query in islice(cycle(queries()), 64)]

        def work(times: int) -> None:
            for _ in range(times):
                if together:
                    conn.executemany(_SQL, sets).fetchall()
                else:
                    for each in sets:
                        conn.execute(_SQL, each).fetchall()

        yield work


def races(rows: int) -> Iterator[Race]:
    """A batch against its searches one by one."""
    target = 0.25 if rows == 100_000 else None
    yield Race(
        f"64 searches of {rows:,}",
        Contender("one by one", partial(_searching, rows, together=False)),
        (Contender("executemany", partial(_searching, rows, together=True), target=target),),
        unit="ms",
    )
