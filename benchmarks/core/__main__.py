"""``python -m benchmarks.core``: the core against the standard library's sqlite3."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..harness import Race
from ..report import main
from . import processes, rewriting, statements


def races(quick: bool) -> Iterator[Race]:
    """All of the core's races."""
    yield from statements.races(quick)
    yield from rewriting.races(quick)
    yield from processes.races(quick)


if __name__ == "__main__":
    sys.exit(main("heliosdb_sqlite against sqlite3", races, "benchmarks.core"))
