"""PostgreSQL's own load generator, for both servers alike: point queries, TPC-B, commits."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from ..harness import Contender, Race, Work
from .target import PASSWORD, USER, Target

_RATE = re.compile(r"^tps = ([0-9.]+) \(without initial", re.MULTILINE)
_COMMIT = "\\set n random(1, 1000000000)\nINSERT INTO pgbench_history (tid, bid, aid, delta) VALUES (1, 1, :n, 1);\n"


class Pgbench:
    """Runs pgbench of one installation.

    :param programs: the folder it stands in
    :param folder: where its scripts may stand
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.program = programs / "pgbench"
        self.commit = folder / "commit.sql"
        self.commit.write_text(_COMMIT, encoding="utf-8")

    def run(self, target: Target, *options: str) -> str:
        """Run it with these options; return what it says."""
        where = ["-h", "127.0.0.1", "-p", str(target.port), "-U", USER]
        done = subprocess.run(
            [self.program, *where, *options, target.database],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or "ERROR" in done.stderr:
            raise RuntimeError(f"pgbench against {target.name} failed: {done.stderr[-2000:]}")
        return done.stdout

    def fill(self, target: Target) -> None:
        """Make pgbench's tables: 100,000 accounts."""
        self.run(target, "-i", "-q")

    @contextmanager
    def work(self, target: Target, clients: int, options: tuple[str, ...]) -> Iterator[Work]:
        """So many transactions, shared out among the clients; logging in does not count."""

        def work(times: int) -> float:
            each = max(times // clients, 1)
            threads = str(min(clients, 2))
            told = self.run(target, "-n", "-c", str(clients), "-j", threads, "-t", str(each), *options)
            rate = _RATE.search(told)
            if rate is None:
                raise RuntimeError(f"pgbench did not say how fast it was: {told}")
            return times / float(rate[1])

        yield work

    def races(self, peer: Target, mine: Target, *, quick: bool) -> Iterator[Race]:
        """All races in which pgbench is the client."""

        def race(
            name: str, clients: int, times: int, target: float | None, *options: str, unit: str = "us"
        ) -> Race:
            of: Callable[[Target], Callable[[], AbstractContextManager[Work]]]
            of = lambda server: partial(self.work, server, clients, options)  # noqa: E731
            return Race(
                f"{name}, {clients} client{'s' * (clients > 1)}",
                Contender(peer.name, of(peer)),
                (Contender(mine.name, of(mine), target=target),),
                times=times // 5 if quick else times,
                self_timed=True,
                unit=unit,
            )

        wanted = {("prepared", 1): 1 / 0.8, ("prepared", 16): 1 / 0.5}
        for mode in ("prepared", "simple"):
            for clients in (1, 4, 16):
                times = 2000 if clients == 1 else 4000
                yield race(
                    f"one row by key, {mode}", clients, times, wanted.get((mode, clients)), "-S", "-M", mode
                )
        commit = ("-M", "prepared", "-f", str(self.commit))
        yield race("INSERT and commit, prepared", 1, 200, None, *commit, unit="ms")
        yield race("INSERT and commit, prepared", 8, 800, 1 / 0.6, *commit, unit="ms")
        yield race("TPC-B, prepared", 1, 200, None, "-M", "prepared", unit="ms")
        yield race("TPC-B, prepared", 8, 400, None, "-M", "prepared", unit="ms")
        yield race("TPC-B, simple", 8, 400, None, "-M", "simple", unit="ms")
