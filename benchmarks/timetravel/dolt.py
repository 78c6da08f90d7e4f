"""doltlite, in a process of its own: it takes the place of the SQLite library of the whole process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ..harness import Work

_WORKER = Path(__file__).with_name("dolt_worker.py")


def installed() -> bool:
    """Return whether doltlite is there."""
    return find_spec("doltlite") is not None


@contextmanager
def working(name: str, count: int, *, versioned: bool) -> Iterator[Work]:
    """Do the work of that name on a fresh table each time; with history, each commit is one of doltlite's."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, str(_WORKER), folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        asks, answers = process.stdin, process.stdout
        answers.readline()

        def work(times: int) -> float:
            seconds = 0.0
            for _ in range(times):
                asks.write(json.dumps([name, count, versioned]) + "\n")
                asks.flush()
                seconds += float(answers.readline())
            return seconds

        yield work
        asks.close()
