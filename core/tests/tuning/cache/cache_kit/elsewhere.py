"""Another process that writes to the same file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PROGRAM = """
import json, sqlite3, sys
for line in sys.stdin:
    path, sql = json.loads(line)
    try:
        connection = sqlite3.connect(path, timeout=0)
        connection.execute("PRAGMA synchronous = OFF")
        with connection:
            connection.execute(sql)
        connection.close()
        print("done", flush=True)
    except sqlite3.Error as error:
        connection.close()
        print(error, flush=True)
"""


class Elsewhere:
    """Runs one statement at a time in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, path: object, sql: str) -> str:
        """Run a statement, commit it, and return how it went."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(path), sql]) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def another_process() -> Iterator[Elsewhere]:
    """Start the process, and end it with the block."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=pipe, stdout=pipe, text=True) as process:
        yield Elsewhere(process)
        process.stdin.close()
