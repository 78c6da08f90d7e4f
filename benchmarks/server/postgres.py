"""A PostgreSQL of its own for the time of a benchmark: a new cluster with the defaults, on this machine's loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .target import PASSWORD, USER, Target

_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/opt/postgresql*/bin")


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest one where there are several; None without any."""
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    there = [each for place in _PLACES for each in Path("/").glob(place[1:]) if (each / "initdb").exists()]
    return max(there, key=lambda each: [int(n) for n in re.findall(r"\d+", str(each))], default=None)


def version(folder: Path) -> str:
    """Return what the programs call themselves: ``PostgreSQL 15.8``."""
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    return "PostgreSQL " + told.stdout.split()[2]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextmanager
def cluster(bin_folder: Path, folder: Path) -> Iterator[Target]:
    """Run PostgreSQL with its defaults: what is committed is on the disk, passwords go by SCRAM.

    PostgreSQL refuses to run as root, who lends it the user ``nobody``.
    """
    folder.mkdir()
    user = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if user is not None:
        shutil.chown(folder, user)
        shutil.chown(secret, user)
    data, port = folder / "data", free_port()
    made = [bin_folder / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}"]
    subprocess.run(
        [*made, "-E", "UTF8", "--locale=C"], check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder
    )
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", folder, "-c", "max_connections=250"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, *options], stdout=log, stderr=log, user=user, cwd=folder
        )
    try:
        target = Target(version(bin_folder), port, "postgres", process.pid, forks=True)
        _wait(target)
        yield target
    finally:
        process.send_signal(signal.SIGINT)  # it waits for no client
        process.wait(60)


def _wait(target: Target) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            target.connect().close()
        except OSError:
            raise
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
