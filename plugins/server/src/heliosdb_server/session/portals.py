"""Prepared statements and portals: a statement with its parameters, being read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..protocol.errors import PgError
from ..protocol.replies import Field, spread
from ..translation.scope import Column
from ..translation.translate import Translated
from ..types import reading
from ..types.registry import BPCHAR, TEXT, VARCHAR, Sized
from ..types.rows import Encoder, encoder, guessed
from .spool import Spool

CHUNK = 256  # rows that are encoded and sent at a time


@dataclass
class Statement:
    """What Parse made."""

    text: str
    types: tuple[int, ...]
    made: Translated | None  # None: nothing but space
    from_sql: bool = False


@dataclass
class Portal:
    """What Bind made: a statement that can be executed, and goes on where it stopped."""

    statement: Statement
    values: tuple[Any, ...]
    formats: tuple[int, ...] = ()
    name: str = ""
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

    def close(self) -> None:
        """Give up what it holds."""
        if self.cursor is not None:
            self.cursor.close()
            self.cursor = None
        if self.spool is not None:
            self.spool.close()
            self.spool = None
        self.peeked = []


def fields(columns: tuple[Column, ...]) -> list[Field]:
    """Return columns as RowDescription tells them."""
    made = []
    for column in columns:
        kind, modifier = column.sized or Sized(TEXT)
        made.append(Field(column.name, kind.oid, kind.size, modifier, *column.source))
    return made


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


def row_encoder(columns: tuple[Column, ...], formats: tuple[int, ...], zone: Any) -> Encoder:
    """Return what makes rows DataRow messages."""
    return encoder(
        tuple(column.sized or Sized(TEXT) for column in columns), tuple(spread(formats, len(columns))), zone
    )


def decoded(
    made: Translated, formats: tuple[int, ...], values: tuple[bytes | None, ...], zone: Any
) -> tuple[Any, ...]:
    """Return a client's parameters as SQLite's values.

    :raises PgError: one is none of its type
    """
    wanted = made.parameters
    if len(values) != len(wanted):
        raise PgError(
            "08P01",
            f"bind message supplies {len(values)} parameters, but the statement requires {len(wanted)}",
        )
    found: list[Any] = []
    for sized, code, value in zip(wanted, spread(formats, len(values)), values, strict=True):
        if value is None:
            found.append(None)
        elif code == 1:
            found.append(reading.binary_in(*sized)(value))
        elif code == 0:
            found.append(reading.text_in(*sized, zone)(_text(value)))
        else:
            raise PgError("22023", f"unsupported format code: {code}")
    for at, (sized, item) in enumerate(zip(wanted, found, strict=True)):
        if sized.modifier > 4 and sized.type in (VARCHAR, BPCHAR) and isinstance(item, str):
            limit = sized.modifier - 4
            if len(item) > limit and item[limit:].strip(" "):
                raise PgError("22001", f"value too long for type {sized.type.title}({limit})")
            found[at] = item[:limit]
    return tuple(found)


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        bad = value[error.start : error.start + 1].hex()
        raise PgError("22021", f'invalid byte sequence for encoding "UTF8": 0x{bad}') from None
    if "\0" in text:
        raise PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
    return text


def row_count(made: Translated, cursor: Any, connection: Any) -> int:
    """Return how many rows a statement has changed."""
    if made.tag in ("INSERT", "UPDATE", "DELETE", "MERGE"):
        if cursor.rowcount >= 0:
            return int(cursor.rowcount)
        return int(connection.execute("SELECT changes()").fetchone()[0])  # one that begins with WITH
    return 0


__all__ = [
    "CHUNK",
    "Portal",
    "Statement",
    "decoded",
    "fields",
    "filled",
    "guessed_columns",
    "row_count",
    "row_encoder",
]
