"""Pragmas that were asked as tables, ``pragma_table_info(...)``: forgotten before main gets another database.

SQLite keeps such a table with a pointer to the schema of main, which deserialize() frees: the next query of the table
crashes, with sqlite3 too. Plugins ask them on the user's connection, whose program has never heard of them.
"""

from __future__ import annotations

import ctypes
from typing import Any

from .._standard import sqlite3
from ..native import sqlite_library
from ..tuning.concurrency.snapshots import handle_at

_PREFIX = "pragma_"


def forget_pragma_tables(connection: Any) -> None:
    """Have SQLite forget them: it makes each anew when it is asked again.

    :raises NotSupportedError: there are some, and SQLite's library is out of reach
    """
    users, connection.text_factory = connection.text_factory, str
    try:
        modules = [name for (name,) in connection._session.run_bare(connection, "PRAGMA module_list")]
    finally:
        connection.text_factory = users
    if not any(name.startswith(_PREFIX) for name in modules):
        return
    drop = getattr(sqlite_library(), "sqlite3_drop_modules", None)  # since SQLite 3.30
    if drop is None:
        raise sqlite3.NotSupportedError(
            "deserialize() on a connection with features needs SQLite's library, which is out of reach on this Python: "
            "deserialize into a connection without any, and backup() from there into this one"
        )
    kept = [name.encode() for name in modules if not name.startswith(_PREFIX)]
    drop.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    drop(handle_at(connection), (ctypes.c_char_p * (len(kept) + 1))(*kept, None))
