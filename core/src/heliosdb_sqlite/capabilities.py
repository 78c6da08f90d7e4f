"""What this Python and the SQLite it links can do, and what follows for HeliosDB's features."""

from __future__ import annotations

import sys
from typing import NamedTuple

from ._standard import sqlite3


class Capability(NamedTuple):
    """One fact about this machine."""

    name: str
    value: str
    consequence: str


def capabilities() -> list[Capability]:
    """Return the facts, read off an in-memory database; nothing is written.

    >>> [each.value for each in capabilities() if each.name == "SQLite"] == [sqlite3.sqlite_version]
    True
    """
    connection = sqlite3.connect(":memory:")
    try:
        compiled = {row[0] for row in connection.execute("PRAGMA compile_options")}
    finally:
        connection.close()
    loads = hasattr(sqlite3.Connection, "enable_load_extension")
    binary = getattr(sys.modules.get("_sqlite3"), "__file__", None)
    threadsafe = next((option for option in compiled if option.startswith("THREADSAFE")), "THREADSAFE=?")
    return [
        Capability("SQLite", sqlite3.sqlite_version, _version_says()),
        Capability("threads", threadsafe, "connections of their own per thread are always safe"),
        Capability(
            "extension loading",
            _yes(loads),
            ""
            if loads
            else "extensions are reached through the SQLite library itself, or Python functions take their place",
        ),
        Capability(
            "_sqlite3 module",
            "a file of its own" if binary else "built in",
            ""
            if binary
            else "the SQLite library's symbols may be out of reach: features use their fallbacks",
        ),
        Capability("FTS5", _yes("ENABLE_FTS5" in compiled), "full-text search, needed for hybrid search"),
        Capability("math functions", _yes("ENABLE_MATH_FUNCTIONS" in compiled), ""),
        Capability("serialize()", _yes(hasattr(sqlite3.Connection, "serialize")), ""),
        Capability("autocommit attribute", _yes(hasattr(sqlite3.Connection, "autocommit")), ""),
    ]


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _version_says() -> str:
    if sqlite3.sqlite_version_info < (3, 35):
        return "no RETURNING and no DROP COLUMN before SQLite 3.35"
    return ""
