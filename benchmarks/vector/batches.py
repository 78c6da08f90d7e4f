"""64 searches by one executemany(), against one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import heliosdb_sqlite

from ..harness import Contender, Race, Work
from .data import queries
from .stores.heliosdb import SEARCH

_SQL = SEARCH.format("")


@contextmanager
def _searching(path: Path, together: bool) -> Iterator[Work]:
    with closing(heliosdb_sqlite.connect(path, enable_vector_search=True)) as conn:
        sets = [(query,) for query in islice(cycle(queries()), 64)]

        def work(times: int) -> None:
            for _ in range(times):
                if together:
                    conn.executemany(_SQL, sets).fetchall()
                else:
                    for each in sets:
                        conn.execute(_SQL, each).fetchall()

        yield work


def race(path: Path, rows: int, target: float | None) -> Race:
    """A batch against its searches one by one, in a database that HeliosDB has built."""
    return Race(
        f"64 searches of {rows:,}",
        Contender("one by one", partial(_searching, path, together=False)),
        (Contender("executemany", partial(_searching, path, together=True), target=target),),
        unit="ms",
    )
