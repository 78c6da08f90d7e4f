"""What plugins write by themselves, unnoticed by ``changes()`` and ``last_insert_rowid()``: those are the user's.

SQLite keeps both for a connection, whoever wrote last. The one can be set; the other a function of ours stands in for,
which remembers what it was as long as nothing has been written since.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from weakref import ref

from .._standard import sqlite3
from ..native import sqlite_library
from ..tuning.concurrency.snapshots import handle_at

_create_function: Any = sqlite3.Connection.create_function
_total_changes: Any = sqlite3.Connection.total_changes


class Unnoticed(NamedTuple):
    """How a plugin's last write left the counts, and what ``changes()`` was before."""

    changes: int
    total: int
    users: int


class _Functions(NamedTuple):
    changes: Any
    last_rowid: Any
    set_last_rowid: Any


@cache
def _functions() -> _Functions | None:
    library = sqlite_library()
    if library is None or not hasattr(library, "sqlite3_set_last_insert_rowid"):  # since SQLite 3.18
        return None
    quick = ctypes.PyDLL(library._name, handle=library._handle)  # they take too little time to let others run
    changes = getattr(quick, "sqlite3_changes64", quick.sqlite3_changes)  # since 3.37
    changes.argtypes, changes.restype = (ctypes.c_void_p,), ctypes.c_int64
    if changes.__name__ == "sqlite3_changes":
        changes.restype = ctypes.c_int
    last = quick.sqlite3_last_insert_rowid
    last.argtypes, last.restype = (ctypes.c_void_p,), ctypes.c_int64
    setter = quick.sqlite3_set_last_insert_rowid
    setter.argtypes, setter.restype = (ctypes.c_void_p, ctypes.c_int64), None
    return _Functions(changes, last, setter)


def answer_changes(connection: Any) -> None:
    """Have ``changes()`` answered for the user's statements, where SQLite's functions are in reach."""
    functions = _functions()
    if functions is None:
        return
    weakly = ref(connection)  # which keeps its functions

    def changes() -> int | None:
        connection = weakly()
        return None if connection is None else _users_changes(connection, functions)

    _create_function(connection, "changes", 0, changes)


@contextmanager
def unnoticed(connection: Any) -> Iterator[None]:
    """What is written inside leaves both as they are."""
    functions = _functions()
    if functions is None:
        yield
        return
    handle = handle_at(connection)
    rowid, users = functions.last_rowid(handle), _users_changes(connection, functions)
    try:
        yield
    finally:
        if handle.value:
            functions.set_last_rowid(handle, rowid)
            now = functions.changes(handle), _total_changes.__get__(connection)
            connection._session.unnoticed = Unnoticed(*now, users)


def _users_changes(connection: Any, functions: _Functions) -> int:
    """Return how many rows the user's last statement changed."""
    changes: int = functions.changes(handle_at(connection))
    plugins: Unnoticed | None = connection._session.unnoticed
    if plugins is None or plugins[:2] != (changes, _total_changes.__get__(connection)):
        return changes  # the user has written since
    return plugins.users
