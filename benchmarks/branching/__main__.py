"""``python -m benchmarks.branching``: branches against backup(), apsw's sessions and doltlite, in wall-clock time."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..harness import Race
from ..report import main
from . import creating, merging


def races(quick: bool) -> Iterator[Race]:
    """All races; those of peers that are not installed are left out."""
    yield from creating.races(quick)
    yield from merging.races(quick)


if __name__ == "__main__":
    title = "branches against backup(), apsw's sessions and doltlite"
    sys.exit(main(title, races, "benchmarks.branching", clock="wall-clock time"))
