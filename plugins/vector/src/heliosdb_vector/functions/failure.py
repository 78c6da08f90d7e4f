"""Why an SQL function failed, in words.

SQLite is told only that a Python function raised; its own message says no more. The reason is kept beside the
connection and put into the error that the user gets.
"""

from __future__ import annotations

import re
import sqlite3

# A function's, and those of an aggregate's methods.
_SWALLOWED = re.compile(r"user-defined (function raised exception|aggregate's '\w+' method raised error)")


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
        if self._reason and isinstance(error, sqlite3.OperationalError) and _SWALLOWED.fullmatch(str(error)):
            error.args = (self._reason,)
        self._reason = ""
