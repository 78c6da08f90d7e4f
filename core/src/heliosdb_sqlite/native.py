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
    from collections.abc import Callable

_MARK = 2**53 - 111  # bytes: a limit that nobody sets, and that is none
_marking = threading.RLock()  # two at a time would see each other's limits


@cache
def sqlite_library() -> ctypes.CDLL | None:
    """Return the very library that ``sqlite3`` uses, not just one of the same version; None where it is out of reach.

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
        if sets_ours(library.sqlite3_soft_heap_limit64):
            return library
    return None


def sets_ours(set_limit: Callable[[int], int]) -> bool:
    """Return whether a limit that is set by the function is seen through ``sqlite3``: only one library has that memory.

    :param set_limit: a library's ``sqlite3_soft_heap_limit64``, which returns the limit before
    """
    connection = sqlite3.connect(":memory:")
    with _marking:
        before = set_limit(_MARK)
        try:
            (limit,) = connection.execute("PRAGMA soft_heap_limit").fetchone()
            return bool(limit == _MARK)
        finally:
            set_limit(before)
            connection.close()
