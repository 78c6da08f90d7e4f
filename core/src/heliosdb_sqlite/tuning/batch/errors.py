"""Errors that say which row they are about."""

from __future__ import annotations

import sys
from typing import TypeVar

from ..._standard import sqlite3

_Error = TypeVar("_Error", bound=BaseException)
_SQLITE_ERROR = 1  # what SQLite says when nothing more special fits: a function that raised, above all


def concerns_a_row(error: BaseException) -> bool:
    """Return whether a row is to blame, and not the moment: a lock, a full disk, an interruption."""
    if not isinstance(error, sqlite3.OperationalError):
        return True
    if sys.version_info >= (3, 11):
        return getattr(error, "sqlite_errorcode", _SQLITE_ERROR) == _SQLITE_ERROR
    return str(error).startswith("user-defined")


def with_rows(error: _Error, first: int, last: int) -> _Error:
    """Return the error with the number of its row, or those of the rows it is one of, in front of its message."""
    where = f"row {first}" if first == last else f"one of rows {first} to {last}"
    if isinstance(error, UnicodeError) and len(error.args) > 1:
        error.reason = f"{error.reason} ({where})"  # type: ignore[attr-defined]
    elif len(error.args) == 1 and isinstance(error.args[0], str):
        error.args = (f"{where}: {error.args[0]}",)
    error.row_number = first  # type: ignore[attr-defined]
    return error
