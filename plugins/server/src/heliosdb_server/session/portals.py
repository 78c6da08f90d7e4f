"""Prepared statements and portals: a statement with its parameters, being read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..translation.scope import Column
from ..translation.translate import Translated
from ..types.registry import TEXT, Sized
from ..types.rows import Encoder, guessed
from .spool import Spool

CHUNK = 256  # rows that are encoded and sent at a time
FEW = 16  # rows that are read at first: they may be large ones
_MUCH = 1 << 18  # bytes that are made of rows at a time, as far as that can be told before


@dataclass(slots=True)
class Statement:
    """What Parse made."""

    text: str
    types: tuple[int, ...]
    made: Translated | None  # None: nothing but space
    from_sql: bool = False
    version: int = -1  # of the schema that it was translated for
    described: tuple[Column, ...] | None = None  # the columns that the client was told


@dataclass(slots=True)
class Portal:
    """What Bind made: a statement that can be executed, and goes on where it stopped."""

    statement: Statement
    values: tuple[Any, ...]
    formats: tuple[int, ...] = ()
    name: str = ""
    read_as: list[Sized] | None = None  # the types that the parameters were read as
    given: tuple[tuple[int, ...], tuple[bytes | None, ...]] | None = None  # the parameters as they came
    cursor: Any = None  # SQLite's, while it has rows
    encode: Encoder | None = None
    spool: Spool | None = None
    place: int = 0  # rows that were handed out
    started: bool = False
    done: bool = False
    tag: str = ""
    count: int = 0
    columns: tuple[Column, ...] | None = None
    peeked: list[tuple[Any, ...]] = field(default_factory=list)
    hold: bool = False
    scroll: bool = False
    step: int = FEW  # rows that are read next

    def made(self, rows: int, size: int) -> None:
        """So many rows were so many bytes: read more or less of them the next time."""
        if size > _MUCH:
            self.step = max(rows * _MUCH // size, 1)
        elif rows == self.step < CHUNK:
            self.step = min(self.step * 4, CHUNK)

    def close(self) -> None:
        """Give up what it holds."""
        if self.cursor is not None:
            self.cursor.close()
            self.cursor = None
        if self.spool is not None:
            self.spool.close()
            self.spool = None
        self.peeked = []


def guessed_columns(names: list[str], rows: list[tuple[Any, ...]]) -> tuple[Column, ...]:
    """Return columns whose types are those of the first values that are there."""
    made = []
    for at, name in enumerate(names):
        value = next((row[at] for row in rows if row[at] is not None), None)
        kinds = {type(row[at]) for row in rows if row[at] is not None}
        made.append(Column(name, guessed(value) if len(kinds) <= 1 else Sized(TEXT)))
    return tuple(made)


def filled(columns: tuple[Column, ...], rows: list[tuple[Any, ...]]) -> tuple[Column, ...]:
    """Return columns with the types that the values say where the statement says none."""
    if all(column.sized is not None for column in columns):
        return columns
    guesses = guessed_columns([column.name for column in columns], rows)
    return tuple(c if c.sized is not None else g for c, g in zip(columns, guesses, strict=True))


def row_count(made: Translated, cursor: Any, connection: Any) -> int:
    """Return how many rows a statement has changed."""
    if made.tag in ("INSERT", "UPDATE", "DELETE", "MERGE"):
        if cursor.rowcount >= 0:
            return int(cursor.rowcount)
        return int(connection.execute("SELECT changes()").fetchone()[0])  # one that begins with WITH
    return 0
