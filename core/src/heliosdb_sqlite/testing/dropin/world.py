"""A database with its connections and cursors, reached through one module: the stage on which operations play."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from .configurations import Aspect
from .observe import Observation, observe, plain

CONNECTIONS, CURSORS = 2, 2
ATTRIBUTES = ("in_transaction", "total_changes", "isolation_level") + (
    ("autocommit",) if sys.version_info >= (3, 12) else ()
)


class Total:
    """An aggregate."""

    def __init__(self) -> None:
        self.total = 0.0

    def step(self, value: Any) -> None:
        self.total += value or 0

    def finalize(self) -> float:
        return self.total

    def value(self) -> float:
        return self.total

    inverse = step


class BadTotal(Total):
    """An aggregate that fails at its end."""

    def finalize(self) -> float:
        raise ValueError


def named_rows(cursor: Any, row: tuple[Any, ...]) -> dict[str, Any]:
    """A row factory."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def failing_rows(cursor: Any, row: tuple[Any, ...]) -> Any:
    """A row factory that fails."""
    raise LookupError(len(row))


ROW_FACTORIES: dict[str, Any] = {
    "none": None,
    "Row": None,  # the module's own
    "named": named_rows,
    "list": lambda cursor, row: list(row),
    "failing": failing_rows,
    "no function": "no function",
}
TEXT_FACTORIES: dict[str, Any] = {
    "str": str,
    "bytes": bytes,
    "bytearray": bytearray,
    "reversed": lambda raw: raw.decode(errors="replace")[::-1],
    "failing": lambda raw: 1 / 0,
}


class World:
    """Two connections to one database file, with two cursors each, of ``module``."""

    def __init__(self, module: ModuleType, folder: Path, ignoring: frozenset[Aspect]) -> None:
        self.module = module
        self.ignoring = ignoring
        self.folder = folder
        self.path = os.fspath(folder / "world.db")
        self.connections: list[Any] = [None] * CONNECTIONS
        self.cursors: list[list[Any]] = [[None] * CURSORS for _ in range(CONNECTIONS)]
        self.blob: Any = None
        self.trace: list[str] = []
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(self.path + suffix).unlink(missing_ok=True)

    def connect(self, slot: int, options: dict[str, Any]) -> None:
        """Open a connection, and cursors on it, in place of the slot's last one."""
        self.close(slot)
        connection = self.module.connect(self.path, **options)
        self.connections[slot] = connection
        if not connection.in_transaction:
            # Nobody pulls the plug, and it is many times faster.
            connection.execute("PRAGMA synchronous = OFF")
        connection.create_function("twice", 1, lambda value: value * 2)
        connection.create_function("raises", 1, lambda value: 1 / 0)
        connection.create_function("odd_value", 1, lambda value: object())
        connection.create_aggregate("total_of", 1, Total)
        connection.create_aggregate("bad_total", 1, BadTotal)
        connection.create_collation("odd", lambda left, right: (left[::-1] > right) - (left[::-1] < right))
        if "trace" not in self.ignoring:
            connection.set_trace_callback(self.trace.append)
        self.cursors[slot] = [connection.cursor() for _ in range(CURSORS)]

    def close(self, slot: int) -> None:
        """Close the slot's connection, as a program would at its end."""
        if (connection := self.connections[slot]) is not None:
            connection.set_trace_callback(None)
            if self.blob is not None and hasattr(self.blob, "close"):
                self.blob.close()
            connection.close()

    def row_factory(self, name: str) -> Any:
        """Return the row factory of that name."""
        return {**ROW_FACTORIES, "Row": self.module.Row}[name]

    def text_factory(self, name: str) -> Any:
        """Return the text factory of that name."""
        return TEXT_FACTORIES[name]

    def state(self) -> tuple[object, ...]:
        """Return everything that shows on the connections and cursors without running SQL."""
        shown: list[object] = [tuple(self.trace)]
        self.trace.clear()
        for connection, cursors in zip(self.connections, self.cursors, strict=True):
            shown.extend(
                observe(partial(getattr, connection, name))
                for name in ATTRIBUTES
                if name not in self.ignoring
            )
            for cursor in cursors:
                shown.extend(
                    (
                        plain(cursor.description),
                        cursor.rowcount,
                        cursor.lastrowid,
                        cursor.connection is connection,
                    )
                    if cursor is not None
                    else ()
                )
        return tuple(shown)


@dataclass(frozen=True)
class Step:
    """One operation of a program, what it showed, and the state it left."""

    operation: Any
    shown: Observation
    state: tuple[object, ...]


def play(
    module: ModuleType, folder: Path, operations: list[Any], ignoring: frozenset[Aspect] = frozenset()
) -> list[Step]:
    """Run the operations through ``module`` and return what each showed and left, apart from what is ignored."""
    world = World(module, folder, ignoring)
    steps = []
    try:
        for operation in operations:
            shown = observe(partial(operation.run, world))
            steps.append(Step(operation, shown, world.state()))
    finally:
        for slot in range(CONNECTIONS):
            observe(partial(world.close, slot))
    return steps
