"""The table that everyone works on."""

from __future__ import annotations

from typing import Any

SCHEMA = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, v INT, pad TEXT); CREATE INDEX t_name ON t (name)"
)


def rows(count: int) -> list[tuple[Any, ...]]:
    """Make rows of about a hundred bytes."""
    return [(number, f"n{number}", number, "x" * 70) for number in range(count)]
