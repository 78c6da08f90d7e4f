"""A table of rows, and the same edits for everybody: two thirds updates, a sixth removals, a sixth new rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

CREATE = "CREATE TABLE item (id INTEGER PRIMARY KEY, number INTEGER, text TEXT, amount REAL)"
_INSERT = "INSERT INTO item VALUES (?, ?, ?, ?)"
_FAR = 10**9


def fill(connection: Any, rows: int) -> None:
    """Make the table: about 125 bytes a row."""
    connection.execute(CREATE)
    connection.execute("BEGIN")
    connection.executemany(_INSERT, _rows(rows))
    connection.execute("COMMIT")


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        yield number, number * 7, f"row {number} " + "x" * 90, number / 3


def keys(rows: int, changes: int) -> tuple[list[int], list[int]]:
    """Return the rows that each side edits: none of them the other's."""
    chosen = random.Random(7).sample(range(rows), 2 * min(changes, rows // 2))
    half = len(chosen) // 2
    return chosen[:half], chosen[half:]


def edit(connection: Any, chosen: list[int], side: int) -> None:
    """Make one side's edits and commit them."""
    updates = chosen[: len(chosen) * 2 // 3]
    rest = chosen[len(updates) :]
    gone, new = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    connection.execute("BEGIN")
    connection.executemany(
        "UPDATE item SET number = number + 1, text = text || '!' WHERE id = ?", [(key,) for key in updates]
    )
    connection.executemany("DELETE FROM item WHERE id = ?", [(key,) for key in gone])
    connection.executemany(_INSERT, [(_FAR * side + key, 1, "new" * 30, 2.5) for key in new])
    connection.execute("COMMIT")
