"""What goes wrong, and the warning that answers begin later than the question."""

from __future__ import annotations

import sqlite3


class HistoryWarning(UserWarning):
    """A query asked for a time before the history of a table begins, or a table keeps none."""


def at(sql: str, position: int, message: str) -> sqlite3.OperationalError:
    """Return the error about a clause, with the line and column at which it stands."""
    line = sql.count("\n", 0, position) + 1
    column = position - (sql.rfind("\n", 0, position) + 1) + 1
    return sqlite3.OperationalError(f"{message} (line {line}, column {column})")
