"""Rows that wait for a client: in memory up to a bound, then in a temporary file."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable
from typing import IO

_BOUND = 4 * 2**20
_length = struct.Struct("!I")


class Spool:
    """A list of DataRow messages that can be read from any place on."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_BOUND)  # noqa: SIM115 - closed in close()
        self._places: list[int] = [0]

    def __len__(self) -> int:
        return len(self._places) - 1

    def add(self, rows: Iterable[bytes]) -> None:
        """Append rows."""
        self._file.seek(0, 2)
        for row in rows:
            self._file.write(row)
            self._places.append(self._places[-1] + len(row))

    def read(self, start: int, stop: int) -> bytes:
        """Return rows as one piece of bytes."""
        stop = min(stop, len(self))
        if start >= stop:
            return b""
        self._file.seek(self._places[start])
        return self._file.read(self._places[stop] - self._places[start])

    def close(self) -> None:
        """Give up memory and file."""
        self._file.close()
