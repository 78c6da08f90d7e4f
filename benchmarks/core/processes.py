"""Fresh processes: what importing costs, and how long it takes to the first row."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from ..harness import Contender, Race, Work

TARGET = 3.0
CLOCK = "import time; print(time.process_time())"
FIRST_ROW = "import {module}; {module}.connect(':memory:').execute('SELECT 1').fetchone(); " + CLOCK


def cpu_seconds(program: str) -> float:
    """Return the CPU time of a Python that runs ``program``, from its start, as the program itself tells."""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(process.stdout.split()[-1])


@contextmanager
def importing(module: str) -> Iterator[Work]:
    """The CPU time of ``import module``, over that of a Python which imports nothing."""

    def work(times: int) -> float:
        # The smallest of three: nothing makes a process faster than it is.
        bare = min(cpu_seconds(CLOCK) for _ in range(3))
        return max(min(cpu_seconds(f"import {module}; {CLOCK}") for _ in range(3)) - bare, 1e-6)

    yield work


@contextmanager
def first_row(module: str) -> Iterator[Work]:
    """The CPU time from the start of the process to the first row."""

    def work(times: int) -> float:
        return cpu_seconds(FIRST_ROW.format(module=module))

    yield work


def races(quick: bool) -> Iterator[Race]:
    """A race for each, against sqlite3."""
    for name, prepare in (
        ("import, over a bare Python", importing),
        ("process start to first row", first_row),
    ):
        contender = Contender("plain", partial(prepare, "heliosdb_sqlite"), target=TARGET)
        yield Race(
            name,
            Contender("sqlite3", partial(prepare, "sqlite3")),
            (contender,),
            times=1,
            self_timed=True,
            unit="ms",
        )
