"""A value as a column of a declared type would store it: SQLite's affinities, for values that SQLite never sees."""

from __future__ import annotations

import sqlite3
import threading

from .values import Value

_here = threading.local()
_KEPT = {
    "TEXT": (str, bytes),
    "INTEGER": (int, bytes),
    "REAL": (float, bytes),
    "NUMERIC": (int, bytes),
    "BLOB": (int, float, str, bytes),
}


def stored(value: Value, affinity: str) -> Value:
    """Return the value that a column of this affinity would hold: SQLite itself is asked where it may differ."""
    if isinstance(value, _KEPT[affinity]):
        return value
    scratch = getattr(_here, "scratch", None)
    if scratch is None:
        scratch = _here.scratch = sqlite3.connect(":memory:", isolation_level=None)
        scratch.execute("CREATE TABLE v (TEXT TEXT, INTEGER INTEGER, REAL REAL, NUMERIC NUMERIC)")
        scratch.execute("INSERT INTO v DEFAULT VALUES")
    scratch.execute(f"UPDATE v SET {affinity} = ?", (value,))
    (found,) = scratch.execute(f"SELECT {affinity} FROM v").fetchone()
    result: Value = found
    return result
