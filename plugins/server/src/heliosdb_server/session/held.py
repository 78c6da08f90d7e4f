"""Rows that one part of a statement has found, held until its other parts have used them.

What PostgreSQL does at one go may take several of SQLite's statements: a change in a WITH, an UPDATE whose RETURNING
names another table's columns, a MERGE. The first finds the rows, and those behind it ask for their values, which come
back just as they were, whatever their type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..protocol.errors import PgError


class Held(NamedTuple):
    """The rows of one step."""

    rows: list[tuple[Any, ...]]
    by_key: dict[tuple[Any, ...], tuple[Any, ...]]
    by_new_key: dict[tuple[Any, ...], tuple[Any, ...]]


class HeldRows:
    """The rows that the steps of a statement have found, by the number of the step's parameter."""

    def __init__(self) -> None:
        self._held: dict[int, Held] = {}
        self._packed: list[tuple[Any, ...]] = []  # rows that were one value on their way, a number

    def hold(
        self,
        number: int,
        rows: Sequence[tuple[Any, ...]],
        key: int = 0,
        renewed: tuple[tuple[int, int], ...] = (),
    ) -> str:
        """Hold the rows of a step; return their places, as JSON.

        :param key: how many of the first columns tell rows apart; of those with the same key the first is held
        :param renewed: the columns with the key that a row will have, and which of their values, if they are rows
        """
        by_key: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        if key:
            for row in rows:
                by_key.setdefault(row[:key], row)
            rows = list(by_key.values())
        renewals = (
            {tuple([self._value(row, *at) for at in renewed]): row for row in rows} if renewed else by_key
        )
        self._held[number] = Held(list(rows), by_key, renewals)
        return f"[{','.join(map(str, range(len(rows))))}]"

    def hold_parts(
        self, number: int, rows: Sequence[tuple[Any, ...]], key: int, parts: tuple[bool, ...]
    ) -> list[str]:
        """Hold the rows that MERGE has found, those of each WHEN by themselves; return their places.

        :param rows: each with its key, and behind it which WHEN applies and the values for that, packed
        :param parts: of each WHEN, whether it changes the row that was met
        :raises PgError: a row would be changed twice
        """
        found: list[list[tuple[Any, ...]]] = [[] for _ in parts]
        changed: set[tuple[Any, ...]] = set()
        for row in rows:
            if (packed := row[key]) is None:
                continue
            action, *values = self._packed[packed]
            if parts[action]:
                if row[:key] in changed:
                    raise PgError(
                        "21000",
                        "MERGE command cannot affect row a second time",
                        hint="Ensure that not more than one source row matches any one target row.",
                    )
                changed.add(row[:key])
            found[action].append((*row[:key], *values))
        return [self.hold(number + at, each, key if parts[at] else 0) for at, each in enumerate(found)]

    def clear(self) -> None:
        """Forget all: the statement is over."""
        if self._held or self._packed:
            self._held.clear()
            self._packed.clear()

    # ---- what SQL asks for the rows' values ----

    def functions(self) -> dict[str, Callable[..., Any]]:
        """Return the functions that the statements behind a step call, by name."""
        held = self._held
        return {
            "held": lambda number, at, *key: _found(held[number].by_key, at, key),
            "held_new": lambda number, at, *key: _found(held[number].by_new_key, at, key),
            "held_at": lambda number, at, place: held[number].rows[place][at],
            "packed": self._pack,
            "packed_pieces": self._together,
            "unpacked": self._unpacked,
        }

    def _pack(self, *values: Any) -> int:
        self._packed.append(values)
        return len(self._packed) - 1

    def _together(self, action: int, *pieces: int) -> int:
        return self._pack(action, *(value for piece in pieces for value in self._packed[piece]))

    def _unpacked(self, row: int | None, place: int) -> Any:
        """Return one value of a row that was packed; the row of a query that found none has NULLs."""
        return None if row is None else self._packed[row][place]

    def _value(self, row: tuple[Any, ...], at: int, place: int) -> Any:
        return row[at] if place < 0 else self._unpacked(row[at], place)


def _found(by: dict[tuple[Any, ...], tuple[Any, ...]], at: int, key: tuple[Any, ...]) -> Any:
    row = by.get(key)
    if row is None:
        raise PgError("0A000", "a row that changes its key in this way can't be told from others")
    return row[at]
