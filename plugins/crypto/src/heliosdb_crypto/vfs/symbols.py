"""Where SQLite's own functions are: in the library that ``sqlite3`` uses, or in the table that extensions are given.

A Python may have SQLite built in, with its symbols hidden. SQLite then still hands the addresses of its functions to
each extension that it loads, and one that keeps them where others can see them, as sqlite-vec does, passes them on.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from heliosdb_sqlite.native import sets_ours, sqlite_library

Addresses = Callable[[str], int]

# Places in struct sqlite3_api_routines, which only ever grows at its end.
PLACES = {
    "sqlite3_malloc": 68,
    "sqlite3_file_control": 127,
    "sqlite3_vfs_find": 141,
    "sqlite3_vfs_register": 142,
    "sqlite3_compileoption_used": 161,
    "sqlite3_soft_heap_limit64": 168,
    "sqlite3_uri_parameter": 189,
    "sqlite3_database_file_object": 251,
    "sqlite3_txn_state": 252,
}


def addresses() -> Addresses | None:
    """Return what gives the address of each of SQLite's functions; None where they are out of reach.

    What it returns raises AttributeError for a function that this SQLite does not have.
    """
    library = sqlite_library()
    if library is not None:
        return lambda name: _address(getattr(library, name))
    table = _table_of_sqlite_vec()
    return in_table(table) if table else None


def in_table(table: int) -> Addresses:
    """Return what gives the addresses in a table of SQLite's for extensions.

    :param table: its own address
    """
    places = ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))

    def address(name: str) -> int:
        found: int | None = places[PLACES[name]]
        if not found:
            raise AttributeError(f"{name} is not in SQLite's table for extensions")
        return found

    return address


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _table_of_sqlite_vec() -> int:
    """Have SQLite load sqlite-vec into a database in memory, and return the table that it was given; 0 for none."""
    found = importlib.util.find_spec("sqlite_vec")
    if found is None or found.origin is None or not hasattr(sqlite3.Connection, "enable_load_extension"):
        return 0
    suffix = {"darwin": "dylib", "win32": "dll"}.get(sys.platform, "so")
    library = Path(found.origin).with_name(f"vec0.{suffix}")
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.enable_load_extension(True)
            connection.load_extension(str(library.with_suffix("")))
            table = ctypes.c_void_p.in_dll(ctypes.CDLL(str(library)), "sqlite3_api").value or 0
        except (sqlite3.Error, OSError, ValueError):
            return 0
        return int(table) if table and _is_ours(in_table(table)) else 0


def _is_ours(address: Addresses) -> bool:
    """Return whether the table's functions are those that ``sqlite3`` calls: another SQLite may have been last."""
    return sets_ours(ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(address("sqlite3_soft_heap_limit64")))
