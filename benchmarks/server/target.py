"""Where a benchmark's clients connect to, and the two that take turns: PostgreSQL, and a file that HeliosDB serves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USER, PASSWORD = "bench", "a password"
_SERVE = Path(__file__).with_name("serve.py")


@dataclass(frozen=True)
class Target:
    """A server to be measured."""

    name: str
    port: int
    database: str
    process: int
    """The number of the server's process; of PostgreSQL's first one."""
    forks: bool = False
    """Each connection has a process of its own."""

    @property
    def url(self) -> str:
        """What drivers connect to."""
        return f"postgresql://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{self.database}"

    def busy(self, connection: psycopg.Connection[Any]) -> float:
        """Return the processor time that the server has used: for PostgreSQL, its process for this connection."""
        process = connection.info.backend_pid if self.forks else self.process
        tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9

    def connect(self, **keywords: Any) -> psycopg.Connection[Any]:
        """Connect with psycopg."""
        return psycopg.connect(self.url, autocommit=True, **keywords)


@contextmanager
def served(folder: Path, version: str) -> Iterator[Target]:
    """Serve a new file from a process of its own, with the defaults."""
    folder.mkdir()
    command = [sys.executable, str(_SERVE), str(folder / "bench.db"), USER, PASSWORD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield Target(version, port, "bench", process.pid)
        finally:
            process.stdin.close()
