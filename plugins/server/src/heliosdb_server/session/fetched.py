"""Rows that a statement has given, for those that ask a cursor for them."""

from __future__ import annotations

from typing import Any


class Fetched:
    """The rows of a statement that is over, as a cursor has them."""

    rowcount = -1
    lastrowid = None

    def __init__(self, description: Any, rows: list[tuple[Any, ...]]) -> None:
        self.description = description
        self._rows = rows

    def fetchmany(self, count: int) -> list[tuple[Any, ...]]:
        """Return the next rows."""
        found, self._rows = self._rows[:count], self._rows[count:]
        return found

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []
