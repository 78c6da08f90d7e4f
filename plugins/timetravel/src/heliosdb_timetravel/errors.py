"""What goes wrong, and the warning that answers begin later than the question."""

from __future__ import annotations

import sqlite3
import sys
import warnings

_OURS = ("heliosdb_sqlite", "heliosdb_timetravel")


class HistoryWarning(UserWarning):
    """A query asked for a time before the history of a table begins, or a table keeps none."""


def warn(message: str) -> None:
    """Warn the program, at the line at which it called."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        HistoryWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )


def at(sql: str, position: int, message: str) -> sqlite3.OperationalError:
    """Return the error about a clause, with the line and column at which it stands."""
    return sqlite3.OperationalError(f"{message} {place(sql, position)}")


def place(sql: str, position: int) -> str:
    """Return where something stands, for a person."""
    line = sql.count("\n", 0, position) + 1
    column = position - (sql.rfind("\n", 0, position) + 1) + 1
    return f"(line {line}, column {column})"
