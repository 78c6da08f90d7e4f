"""Does a connection look at a state of the database that others may go past?

One that does must not wait for its turn to write. In WAL mode its snapshot would be too old by then, which SQLite
refuses; in the other modes it would keep the writer before it from finishing.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from ...native import sqlite_library

_NONE, _WRITE = 0, 2  # SQLITE_TXN_NONE, SQLITE_TXN_WRITE


@cache
def _transaction_state() -> Any:
    library = sqlite_library()
    function = getattr(library, "sqlite3_txn_state", None)  # since SQLite 3.34
    if function is not None:
        function.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    return function


def can_tell() -> bool:
    """Return whether this Python's SQLite can be asked."""
    return _transaction_state() is not None


def is_looking(connection: Any) -> bool:
    """Return whether the connection has begun to read or write main; True where that can't be told."""
    state = _transaction_state()
    handle = handle_at(connection).value
    return state is None or handle is None or looks(handle)


def looks(handle: int) -> bool:
    """Return whether a connection, which can_tell(), has begun to read or write main."""
    return bool(_transaction_state()(handle, b"main") != _NONE)


def writes(handle: int) -> bool:
    """Return whether a connection, which can_tell(), has begun to write to main."""
    return bool(_transaction_state()(handle, b"main") == _WRITE)


def handle_at(connection: Any) -> ctypes.c_void_p:
    """Return where SQLite's handle of a connection is found, as long as that lives; NULL when it is closed.

    CPython keeps it first in its connection object, right behind what every object begins with.
    """
    return ctypes.c_void_p.from_address(id(connection) + object.__basicsize__)
