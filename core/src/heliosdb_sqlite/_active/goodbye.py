"""Connections that nobody closed: their plugins are told when the interpreter ends."""

from __future__ import annotations

import atexit
import sys
import warnings
import weakref
from typing import Any

from .._standard import sqlite3

_WARNS = sys.version_info >= (3, 13)
_finalizer: Any = getattr(sqlite3.Connection, "__del__", None)
_open: weakref.WeakSet[Any] = weakref.WeakSet()


def expect(connection: Any) -> None:
    """Remember a connection whose plugins want to hear of its end."""
    _open.add(connection)


@atexit.register
def _close_all() -> None:
    for connection in list(_open):
        try:
            connection.close()
        except sqlite3.ProgrammingError:  # it belongs to another thread, which alone may use it
            continue


def warn_unclosed(connection: Any) -> None:
    """Warn as CPython 3.13 does of a connection that is collected unclosed, at the line where that happens."""
    if not _WARNS:
        return
    try:
        connection.total_changes  # noqa: B018 - raises when the database is closed
    except sqlite3.ProgrammingError:
        return
    warnings.warn(f"unclosed database in {connection!r}", ResourceWarning, stacklevel=2, source=connection)


def finalize(connection: Any) -> None:
    """Do what CPython's own finalizer does, since 3.12: a ``__del__`` stands in its place."""
    if _finalizer is None or sys.is_finalizing():
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # warn_unclosed() has said it
        _finalizer(connection)
