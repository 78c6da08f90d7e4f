"""MariaDB's system versioning: the same work in a server that is started for it, timed by the server's own CPU time.

The server is what ``HELIOSDB_MARIADBD`` names, else ``mariadbd`` on the PATH; Debian's package is mariadb-server-core.
The work is one compound statement in the server, so that no client and no network is measured. It writes to a data
directory of its own, without waiting for the disk, as the other contenders do.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..harness import Work

_PROGRAM = os.environ.get("HELIOSDB_MARIADBD") or shutil.which("mariadbd")
_WAIT = 60  # seconds for the server to start

WRITES = {
    "insert": (False, True, "INSERT INTO t VALUES (i, CONCAT('n', i), i, REPEAT('x', 70))"),
    "update by key": (True, True, "UPDATE t SET v = v + 1 WHERE id = i"),
    "delete by key": (True, True, "DELETE FROM t WHERE id = i"),
    "1-row commits, insert": (False, False, "INSERT INTO t VALUES (i, CONCAT('n', i), i, REPEAT('x', 70))"),
    "1-row commits, update": (True, False, "UPDATE t SET v = v + 1 WHERE id = i"),
}
"""By name: whether the table has rows before, whether it is one transaction, and what is done with each i."""
AT_ONCE = "update in one statement"
READS = {
    "as of: by key": "SELECT pad INTO @x FROM t{past} WHERE id = i",
    "as of: by an index": "SELECT pad INTO @x FROM t{past} WHERE name = CONCAT('n', i)",
    "as of: scan": "SELECT sum(v) INTO @x FROM t{past} WHERE v % 10 = 3",
}


def installed() -> bool:
    """Return whether there is a MariaDB server and a driver for it."""
    return _PROGRAM is not None and find_spec("pymysql") is not None and Path("/proc/self/schedstat").exists()


class Server:
    """A server of our own."""

    def __init__(self, folder: Path) -> None:
        assert _PROGRAM is not None
        socket = folder / "socket"
        messages = Path(_PROGRAM).resolve().parents[1] / "share" / "mysql"
        self._process = subprocess.Popen(
            [
                _PROGRAM,
                "--no-defaults",
                f"--datadir={folder / 'data'}",
                f"--lc-messages-dir={messages}",
                f"--socket={socket}",
                "--skip-networking",
                "--skip-grant-tables",
                "--user=root",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=256M",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self._stop)
        self._ask = self._connect(str(socket))

    def _connect(self, socket: str) -> Any:
        import pymysql

        deadline = time.monotonic() + _WAIT
        while True:
            try:
                return pymysql.connect(unix_socket=socket, user="root", autocommit=True).cursor()
            except pymysql.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.2)

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def run(self, sql: str) -> Any:
        """Run a statement, and return its first row."""
        self._ask.execute(sql)
        return self._ask.fetchone()

    def seconds(self, sql: str) -> float:
        """Run a statement, and return the CPU time that the server took."""
        before = self._used()
        self.run(sql)
        return self._used() - before

    def _used(self) -> float:
        """Return the CPU time of the server's threads; the one that serves us lives as long as the connection."""
        spent = 0
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            with suppress(OSError):  # it has just ended
                spent += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
        return spent / 1e9


@cache
def server() -> Server:
    """Return the server, which is started on first need and stopped with this process."""
    folder = Path(tempfile.mkdtemp(prefix="heliosdb-mariadb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "data").mkdir()
    return Server(folder)


def _table(count: int, *, filled: bool, versioned: bool) -> None:
    run = server().run
    run("CREATE DATABASE IF NOT EXISTS b")
    run("USE b")
    run("DROP TABLE IF EXISTS t")
    run(
        "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), v INT, pad VARCHAR(80), KEY (name)) ENGINE=InnoDB"
        + (" WITH SYSTEM VERSIONING" if versioned else "")
    )
    if filled:
        run(_loop(WRITES["insert"][2], count, whole=True))


def _loop(sql: str, count: int, *, whole: bool) -> str:
    each = f"FOR i IN 0..{count - 1} DO {sql}; END FOR;"
    return f"BEGIN NOT ATOMIC {f'START TRANSACTION; {each} COMMIT;' if whole else each} END"


@contextmanager
def writing(name: str, count: int, *, versioned: bool) -> Iterator[Work]:
    """Do the work of that name on a fresh table each time; making that is not counted."""

    def work(times: int) -> float:
        seconds = 0.0
        for _ in range(times):
            if name == AT_ONCE:
                _table(count, filled=True, versioned=versioned)
                seconds += server().seconds("UPDATE t SET v = v + 1")
                continue
            filled, whole, sql = WRITES[name]
            _table(count, filled=filled, versioned=versioned)
            number = count if whole else count // 20
            seconds += server().seconds(_loop(sql, number, whole=whole))
        return seconds

    yield work


@contextmanager
def reading(name: str, count: int, *, versioned: bool) -> Iterator[Work]:
    """Run a query many times, of the past where the table is versioned: half of its rows have changed since."""
    sql, repeated = READS[name], 40 if name.endswith("scan") else 4000

    def work(times: int) -> float:
        _table(count, filled=True, versioned=versioned)
        past = ""
        if versioned:
            time.sleep(0.01)
            (moment,) = server().run("SELECT NOW(6)")
            past = f" FOR SYSTEM_TIME AS OF TIMESTAMP '{moment}'"
            time.sleep(0.01)
        server().run("UPDATE t SET v = v + 1 WHERE id % 2")
        return times * server().seconds(_loop(sql.replace("{past}", past), repeated, whole=False))

    yield work
