"""A PostgreSQL of the test's own: made, started, asked, thrown away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAJOR = 15


def programs() -> Path | None:
    """Return the folder of PostgreSQL 15's programs, None where it is not installed."""
    for folder in (
        os.environ.get("PG_BINDIR"),
        f"/usr/lib/postgresql/{MAJOR}/bin",
        f"/usr/pgsql-{MAJOR}/bin",
    ):
        if folder and (Path(folder) / "initdb").exists():
            return Path(folder)
    found = shutil.which("initdb")
    if found is None:
        return None
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return Path(found).parent if f" {MAJOR}." in version else None


@contextmanager
def cluster() -> Iterator[str]:
    """Run a PostgreSQL, and give the URL of a template for its databases: ``.../{}``."""
    where = programs()
    assert where is not None, f"PostgreSQL {MAJOR} is not installed"
    unprivileged = {"user": "nobody"} if os.getuid() == 0 else {}  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if unprivileged:
        shutil.chown(folder, "nobody")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [where / program, "-D", folder / "data", *arguments], cwd=folder, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}, **unprivileged,
        )  # fmt: skip

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        run("initdb", "-U", "helios", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c timezone=UTC -c shared_buffers=16MB"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://helios@127.0.0.1:{port}/{{}}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
