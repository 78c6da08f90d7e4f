"""doltlite, in a process of its own: it takes the place of the SQLite library of the whole process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).with_name("dolt_worker.py")


def installed() -> bool:
    """Return whether doltlite is there."""
    return find_spec("doltlite") is not None


class Dolt:
    """Asks the other process for what is to be done; it answers with the seconds that took."""

    def __init__(self, process: Any) -> None:
        self._process = process

    def __call__(self, *order: Any) -> float:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def dolt(path: Path, rows: int, changes: int) -> Iterator[Dolt]:
    """Start the process with a database of so many rows."""
    command = [sys.executable, str(_WORKER), str(path), str(rows), str(changes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        yield Dolt(process)
        process.stdin.close()
