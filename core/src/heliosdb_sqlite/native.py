"""The SQLite library that this Python's ``sqlite3`` runs on, for ctypes: its functions that Python does not offer."""

from __future__ import annotations

import os
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING

from ._standard import sqlite3

if TYPE_CHECKING:
    import ctypes

_MARK = 2**53 - 111  # bytes: a limit that nobody sets, and that is none
_search = threading.RLock()  # two at a time would see each other's limits


def sqlite_library() -> ctypes.CDLL | None:
    """Return the very library that ``sqlite3`` uses, not just one of the same version; None if it is out of reach."""
    with _search:
        return _found()


@cache
def _found() -> ctypes.CDLL | None:
    """Look for the library.

    The module may be a file of its own, which knows the library's symbols; on Windows they stand in a DLL beside it;
    and it may be built into the interpreter, whose symbols are the process's.
    """
    try:
        import ctypes
    except ImportError:  # a Python built without libffi
        return None
    binary: str | None = getattr(sys.modules.get("_sqlite3"), "__file__", None)
    names = [binary]  # None is the process
    if os.name == "nt":
        names = ["sqlite3.dll"] if binary is None else [os.path.join(os.path.dirname(binary), "sqlite3.dll")]
    for name in names:
        try:
            library = ctypes.CDLL(name)
            library.sqlite3_soft_heap_limit64.argtypes = (ctypes.c_int64,)
            library.sqlite3_soft_heap_limit64.restype = ctypes.c_int64
        except (OSError, AttributeError, TypeError):
            continue
        if _is_ours(library):
            return library
    return None


def _is_ours(library: ctypes.CDLL) -> bool:
    """Return whether a limit that is set through the library is seen through ``sqlite3``: only one has that memory."""
    connection = sqlite3.connect(":memory:")
    before = library.sqlite3_soft_heap_limit64(_MARK)
    try:
        (limit,) = connection.execute("PRAGMA soft_heap_limit").fetchone()
        return bool(limit == _MARK)
    finally:
        library.sqlite3_soft_heap_limit64(before)
        connection.close()
