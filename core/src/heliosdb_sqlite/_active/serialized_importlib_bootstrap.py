"""Connections that one thread at a time uses, for a plugin that answers SQLite's calls in Python.

SQLite holds a connection's mutex while it calls out, for a page of a file or a function's value, and an answer in
Python needs the interpreter's lock. A second thread that holds that lock and asks SQLite for the mutex would wait for
the first one forever. So whoever shares such a connection waits in front of SQLite instead.

Nothing is on the way of other connections: these have classes of their own. The file's name is explained in
:mod:`._active.calls_importlib_bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Any

from .._standard import sqlite3
from .calls_importlib_bootstrap import ActiveConnection, ActiveCursor

_CURSOR = (
    "execute",
    "executemany",
    "executescript",
    "fetchone",
    "fetchmany",
    "fetchall",
    "__next__",
    "close",
)
# interrupt() is for another thread to call while a statement runs; cursor() and the attributes don't reach the mutex.
_CONNECTION = (
    "__call__",
    "__enter__",
    "__exit__",
    "_set",
    "backup",
    "blobopen",
    "close",
    "commit",
    "create_aggregate",
    "create_collation",
    "create_function",
    "create_window_function",
    "deserialize",
    "enable_load_extension",
    "execute",
    "executemany",
    "executescript",
    "getconfig",
    "getlimit",
    "load_extension",
    "rollback",
    "serialize",
    "set_authorizer",
    "set_progress_handler",
    "set_trace_callback",
    "setconfig",
    "setlimit",
)


def _one_at_a_time(method: Callable[..., Any], lock_of: Callable[[Any], Any]) -> Callable[..., Any]:
    @wraps(method)
    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with lock_of(self):
            return method(self, *args, **kwargs)

    return locked


def _lock_of_connection(connection: Any) -> Any:
    return connection._lock


def _lock_of_cursor(cursor: Any) -> Any:
    # A cursor whose __init__ was not called has no connection; saying so is CPython's.
    return getattr(cursor, "connection", _NOBODY)._lock


class _Nobody:
    _lock = RLock()


_NOBODY = _Nobody()


class SerializedCursor(ActiveCursor):
    """A cursor of a connection that one thread at a time uses."""


class SerializedBareCursor(sqlite3.Cursor):
    """A cursor past the hooks."""


class SerializedConnection(ActiveConnection):
    """A connection that one thread at a time uses; the others wait."""

    _cursor_class = SerializedCursor
    _bare_cursor_class = SerializedBareCursor
    _lock: Any = RLock()  # of those that were never made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        lock = RLock()
        self._lock = lock
        super().__init__(*args, **kwargs)
        self._lock = lock  # once more: CPython clears what it initialises again


for _class, _names, _lock_of in (
    (SerializedCursor, _CURSOR, _lock_of_cursor),
    (SerializedBareCursor, _CURSOR, _lock_of_cursor),
    (SerializedConnection, _CONNECTION, _lock_of_connection),
):
    for _name in _names:
        if (_method := getattr(_class, _name, None)) is not None:  # Pythons differ in what there is
            setattr(_class, _name, _one_at_a_time(_method, _lock_of))
for _class, _called in ((SerializedCursor, "Cursor"), (SerializedConnection, "Connection")):
    _class.__name__ = _class.__qualname__ = _called  # errors and reprs call it what users do
    _class.__module__ = "heliosdb_sqlite"
