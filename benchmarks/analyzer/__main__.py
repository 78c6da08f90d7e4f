"""``python -m benchmarks.analyzer``: what recording costs, and whether the suggestions hold."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ..harness import Race
from ..report import main
from . import recording, suggesting


def races(quick: bool) -> Iterator[Race]:
    """All of the analyzer's races."""
    yield from recording.races(quick)
    yield from suggesting.races(quick)


if __name__ == "__main__":
    sys.exit(main("the query analyzer against no recording", races, "benchmarks.analyzer"))
