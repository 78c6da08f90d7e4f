"""Why an SQL function failed, in words.

SQLite is told only that a Python function raised; its own message says no more. The reason is kept beside the
connection and put into the error that the user gets.
"""

from __future__ import annotations

import sqlite3

_SWALLOWED = "user-defined function raised exception"


class Failure:
    """The last failure of one connection's vector functions."""

    __slots__ = ("_reason",)

    def __init__(self) -> None:
        self._reason = ""

    def note(self, reason: str) -> None:
        """Keep the reason until the statement's error arrives."""
        self._reason = reason

    def explain(self, error: BaseException) -> None:
        """Put the reason into the error, in place, if this is the error it led to."""
        if self._reason and isinstance(error, sqlite3.OperationalError) and str(error) == _SWALLOWED:
            error.args = (self._reason,)
        self._reason = ""
