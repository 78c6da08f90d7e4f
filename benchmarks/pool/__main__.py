"""``python -m benchmarks.pool``: the connection pool against SQLAlchemy's QueuePool."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..harness import Race
from ..report import main
from . import checkouts, crowds


def races(quick: bool) -> Iterator[Race]:
    """All of the pool's races."""
    yield from checkouts.races(quick)
    yield from crowds.races(quick)


if __name__ == "__main__":
    sys.exit(main("heliosdb_sqlite.connection_pool against QueuePool", races, "benchmarks.pool"))
