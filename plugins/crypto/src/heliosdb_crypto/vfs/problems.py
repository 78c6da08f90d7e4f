"""What went wrong with a file, in words: SQLite passes on a number only."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

_here = threading.local()
_WHERE = "heliosdb_sqlite"


FUNCTION = 1
"""The code of a failure in an SQL function of ours: SQLITE_ERROR."""


class Problem(NamedTuple):
    """One failure: SQLite's code for it, and what to say."""

    code: int
    message: str


def note(code: int, message: str) -> int:
    """Keep the problem for the error that SQLite will raise in this thread; return the code."""
    _here.problem = Problem(code, message)
    return code


def note_exception(code: int, error: BaseException, ending: Callable[[], bool] = sys.is_finalizing) -> int:
    """Do the same for an exception that nobody else will see.

    A connection that nobody closed may be closed while the interpreter takes its modules apart. What can't be rolled
    back any more then is rolled back by whoever opens the file next, as after a crash: nothing to report.
    """
    if ending():
        return code
    logging.getLogger(_WHERE).error("encryption: a file operation failed", exc_info=error)
    return note(code, f"{type(error).__name__} in a file operation: {error}")


def report(message: str) -> None:
    """Log a problem whose error may be raised by a connection that is not ours."""
    logging.getLogger(_WHERE).error("encryption: %s", message)


def last() -> Problem | None:
    """Return this thread's last problem."""
    return getattr(_here, "problem", None)


def forget() -> None:
    """Drop it: what comes now is another matter."""
    _here.problem = None
