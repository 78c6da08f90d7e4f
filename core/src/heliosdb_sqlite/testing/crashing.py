"""Kill a program at a point of the test's choosing, as ``kill -9`` would, and look at the file it leaves.

SQLite's promise is that a process that dies leaves the last committed state, whole. A plugin that writes tables of its
own makes the same promise for them, and a test can hold it to it::

    def fill(path):
        conn = heliosdb_sqlite.connect(path, audit_commits=True)
        ...


    @pytest.mark.parametrize("commit", [1, 2, 3])
    def test_a_commit_and_its_audit_survive_together(commit, tmp_path):
        crash(fill, tmp_path / "a.db", hook="before_commit", after=commit)
        assert_intact(tmp_path / "a.db")

What this does not try is the loss of power: what the process has written, the operating system still has.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .._standard import sqlite3
from .reference import Reference, reference_to

_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1));"
    " from heliosdb_sqlite.testing._crashing_child import main; main(*sys.argv[1:])"
)


class Order(NamedTuple):
    """What the child process is to do."""

    function: Reference
    point: str
    after: int  # die at this call of the crash point; 0: live, and count
    hook: str  # call the crash point in this hook; "": in none


def crash_point(name: str = "") -> None:
    """Mark a place at which :func:`crash` may kill the process. Anywhere else it does nothing.

    It can be a callback, too: after ``conn.set_progress_handler(crash_point, 100)`` every hundredth step of SQLite's
    virtual machine is such a place.
    """
    from ._crashing_child import passed

    passed(name)


def crash(
    function: Callable[..., object],
    *args: Any,
    after: int = 1,
    point: str = "",
    hook: str = "",
    timeout: float = 60.0,
) -> str:
    """Run ``function(*args)`` in a new process, kill it at a crash point, and return what it had printed.

    :param function: a function of a module; it connects by itself, and plugins that are not installed it registers
    :param after: which call of :func:`crash_point` is the last
    :param point: count only calls with this name
    :param hook: count the calls of this hook instead, ``before_commit`` for instance; the plugins' own come first
    :param timeout: seconds after which the process is killed and the test fails
    :raises AssertionError: it raised, came to its end, or took too long
    """
    if after < 1:
        raise ValueError(f"after={after!r}: the first call of the crash point is 1")
    calls, output = _run(Order(reference_to(function), hook or point, after, hook), args, timeout)
    if calls is not None:
        raise AssertionError(
            f"{function.__name__}() came to its end: it passed the crash point {calls} times, and call {after} "
            f"was to be its last\n{output}"
        )
    return output


def crash_points(
    function: Callable[..., object], *args: Any, point: str = "", hook: str = "", timeout: float = 60.0
) -> int:
    """Run ``function(*args)`` in a new process to its end and return how many crash points it passed.

    For a test that tries them all: ``for after in range(1, crash_points(fill, path) + 1)``.

    :raises AssertionError: it raised, or took too long
    """
    calls, output = _run(Order(reference_to(function), hook or point, 0, hook), args, timeout)
    if calls is None:
        raise AssertionError(f"{function.__name__}() killed its own process\n{output}")
    return calls


def assert_intact(path: str | os.PathLike[str]) -> None:
    """Open the database file as any SQLite would, which recovers it, and check every page, index and foreign key.

    :raises AssertionError: something is wrong; the message has what SQLite says
    """
    if not Path(path).exists():
        raise AssertionError(f"there is no database {os.fspath(path)!r}")
    connection = sqlite3.connect(path)
    try:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check").fetchall()]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        raise AssertionError(f"{os.fspath(path)!r} can't be read: {error}") from None
    finally:
        connection.close()
    found = [line for line in found if line != "ok"]
    found += [
        f"row {rowid} of {table} refers to a row that {parent} lacks" for table, rowid, parent, _ in orphans
    ]
    if found:
        raise AssertionError(f"{os.fspath(path)!r} is damaged:\n" + "\n".join(found))


def _run(order: Order, args: tuple[Any, ...], timeout: float) -> tuple[int | None, str]:
    """Return how many crash points the child passed, or None when it died at one, and what it printed."""
    with tempfile.TemporaryDirectory(prefix="heliosdb-crash-") as folder:
        ordered, outcome, printed = (Path(folder, name) for name in ("order", "outcome", "printed"))
        # The arguments by themselves: their classes may be those of a module that is loaded with the function.
        ordered.write_bytes(pickle.dumps((tuple(order), pickle.dumps(args))))
        command = [sys.executable, "-c", _BOOTSTRAP, json.dumps(sys.path), str(ordered), str(outcome)]
        with printed.open("wb") as file:  # a pipe would be kept open by whatever the child has started
            process = subprocess.Popen(  # noqa: S603 - this Python, and a test's own function
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise AssertionError(
                    f"{order.function.name}() took more than {timeout} s and was killed\n{_text(printed)}"
                ) from None
            finally:
                process.kill()
                process.wait()
        output = _text(printed)
        if not outcome.exists():
            raise AssertionError(
                f"{order.function.name}() ended with exit code {process.returncode} before a crash point\n{output}"
            )
        calls: int | None = json.loads(outcome.read_text(encoding="utf-8"))
        return calls, output


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
