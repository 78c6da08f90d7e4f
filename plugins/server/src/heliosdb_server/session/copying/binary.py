"""COPY's binary format: the rows of a client, whatever pieces they come in, and rows for one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ...protocol.errors import PgError
from ...translation.scope import Column
from ...types import reading, writing
from ...types.registry import TEXT, Sized

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
END = b"\xff\xff"
_ROWS = 500  # rows that are handed on at a time
_count = struct.Struct("!h").unpack_from
_size = struct.Struct("!i").unpack_from
_NULL = b"\xff\xff\xff\xff"


def head() -> bytes:
    """Return what stands before the first row."""
    return SIGNATURE + bytes(8)


def writer(columns: Sequence[Column]) -> Callable[[Sequence[Any]], bytes]:
    """Return what makes a row of SQLite's values bytes."""
    writers = [writing.binary_out(*(column.sized or Sized(TEXT))) for column in columns]

    def write(row: Sequence[Any]) -> bytes:
        parts = [struct.pack("!h", len(row))]
        for value, one in zip(row, writers, strict=True):
            data = None if value is None else one(value)
            parts.append(_NULL if data is None else struct.pack("!i", len(data)) + data)
        return b"".join(parts)

    return write


def batches(pieces: Iterable[bytes], columns: Sequence[Column]) -> Iterator[list[Any]]:
    """Yield the values of the rows, one behind the other, some hundreds of rows at a time.

    :raises PgError: it is not as it should be, or a value is none of its column's type
    """
    data = _Data(iter(pieces))
    readers = [reading.binary_in(*(column.sized or Sized(TEXT))) for column in columns]
    if data.take(len(SIGNATURE)) != SIGNATURE:
        raise PgError("22P04", "COPY file signature not recognized")
    _, size = struct.unpack("!II", data.take(8))
    data.take(size)
    found: list[Any] = []
    while (count := data.count()) != -1:
        if count != len(readers):
            raise PgError("22P04", f"row field count is {count}, expected {len(readers)}")
        for read in readers:
            size = data.size()
            if size < -1:
                raise PgError("22P04", "invalid field size")
            found.append(None if size < 0 else read(data.take(size)))
        if len(found) >= _ROWS * max(count, 1):
            yield found
            found = []
    yield found


class _Data:
    """Bytes taken from the front, of which more come when they are short."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = b""
        self._at = 0

    def _is_over(self) -> bool:
        while self._at == len(self._data):
            piece = next(self._pieces, None)
            if piece is None:
                return True
            self._data, self._at = piece, 0
        return False

    def _need(self, count: int) -> int:
        """Have so many bytes in one piece; return where they begin, and step behind them."""
        at = self._at
        if len(self._data) - at < count:
            held = [self._data[at:]]
            have = len(held[0])
            while have < count:
                piece = next(self._pieces, None)
                if piece is None:
                    raise PgError("22P04", "unexpected EOF in COPY data")
                held.append(piece)
                have += len(piece)
            self._data, at = b"".join(held), 0
        self._at = at + count
        return at

    def count(self) -> int:
        """Return how many fields a row has; -1 at the end, which the last message may be instead of a trailer."""
        if self._is_over():
            return -1
        at = self._need(2)
        found: int = _count(self._data, at)[0]
        return found

    def size(self) -> int:
        at = self._need(4)
        found: int = _size(self._data, at)[0]
        return found

    def take(self, count: int) -> bytes:
        at = self._need(count)
        return self._data[at : at + count]
