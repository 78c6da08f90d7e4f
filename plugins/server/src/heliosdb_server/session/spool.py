"""Rows that wait for a client: in memory up to a bound, then in a temporary file."""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, islice
from typing import IO

_BOUND = 4 * 2**20
_PIECE = 1 << 18


class Spool:
    """A list of DataRow messages that can be read from any place on."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_BOUND)  # noqa: SIM115 - closed in close()
        self._places = array("Q", [0])

    def __len__(self) -> int:
        return len(self._places) - 1

    def add(self, rows: Sequence[bytes]) -> int:
        """Append rows; return how many bytes they are."""
        self._file.seek(0, 2)
        data = b"".join(rows)
        self._file.write(data)
        self._places.extend(islice(accumulate(map(len, rows), initial=self._places[-1]), 1, None))
        return len(data)

    def some(self, start: int, stop: int) -> tuple[bytes, int]:
        """Return rows as one piece of bytes, as many as are no great many bytes, and the place behind them."""
        upto = min(max(bisect_right(self._places, self._places[start] + _PIECE) - 1, start + 1), stop)
        return self.read(start, upto), upto

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
