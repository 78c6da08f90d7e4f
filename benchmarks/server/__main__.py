"""``python -m benchmarks.server``: a served file against PostgreSQL, by pgbench and by Python's drivers.

Both servers run on this machine's loopback, each in processes of its own, with their defaults: what is committed is on
the disk. The times are the clock's, since two servers and their clients have no processor time in common.
``python -m benchmarks.server.facts`` shows what is no ratio: memory, idle sessions, slow readers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from ..harness import Race
from ..report import main
from . import drivers, postgres
from .pgbench import Pgbench
from .target import served


def races(quick: bool) -> Iterator[Race]:
    """All races; both servers run until the last one is over."""
    programs = postgres.programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed here (no initdb): there is nothing to compare with")
    with ExitStack() as stack:
        # Not only this user: PostgreSQL's has to get through.
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)
        peer = stack.enter_context(postgres.cluster(programs, folder / "postgres"))
        mine = stack.enter_context(served(folder / "heliosdb", "heliosdb"))
        client = Pgbench(programs, folder)
        for target in (peer, mine):
            client.fill(target)
            drivers.fill(target)
        yield from client.races(peer, mine, quick=quick)
        yield from drivers.races(peer, mine, quick=quick)


if __name__ == "__main__":
    sys.exit(main("the server against PostgreSQL", races, "benchmarks.server", clock="wall-clock time"))
