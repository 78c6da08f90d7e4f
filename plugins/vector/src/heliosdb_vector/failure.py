"""Why an SQL function failed, in words.

SQLite is told only that a Python function raised; its own message says no more. The reason is kept beside the
connection and put into the error that the user gets.
"""

from __future__ import annotations

import sqlite3
from time import perf_counter

_SWALLOWED = "user-defined function raised exception"


class Failure:
    """The last failure of one connection's vector functions."""

    __slots__ = ("_at", "_reason")

    def __init__(self) -> None:
        self._reason = ""
        self._at = 0.0

    def note(self, reason: str) -> None:
        """Keep the reason until the statement's error arrives."""
        self._reason = reason
        self._at = perf_counter()

    def explain(self, error: BaseException, seconds: float) -> None:
        """Put the reason into the error, in place, if this is the error it led to.

        :param seconds: how long the statement ran: a reason from before it belongs to another
        """
        if (
            self._reason
            and isinstance(error, sqlite3.OperationalError)
            and str(error) == _SWALLOWED
            and self._at >= perf_counter() - seconds - 0.001
        ):
            error.args = (self._reason,)
        self._reason = ""
