"""Bytes as they come from a socket, cut into messages: whatever the pieces, the same messages."""

from __future__ import annotations

import struct
from typing import NamedTuple

from .errors import protocol_violation

STARTUP_LIMIT = 10_000  # PostgreSQL's own bound for the first packet
LOGIN_LIMIT = 10_000  # for a message before the client has logged in
MESSAGE_LIMIT = 256 * 2**20  # and behind that; a bound on what one client can make the server hold

_length = struct.Struct("!I").unpack_from


class Frame(NamedTuple):
    """One message: its type byte, 0 for the first packet of a connection, which has none, and what it carries."""

    kind: int
    body: bytes


class FrameReader:
    r"""Collects bytes and hands out whole messages.

    >>> reader = FrameReader()
    >>> reader.feed(b"Q\\0\\0\\0\\x0dSELE")
    >>> reader.next() is None
    True
    >>> reader.feed(b"CT 1\\0")
    >>> reader.next().body
    b'SELECT 1\\x00'

    :raises PgError: a length that no message has, or one beyond :attr:`limit`
    """

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._at = 0

    def feed(self, data: bytes) -> None:
        """Add what was received."""
        if self._at and self._at == len(self._buffer):
            self._buffer.clear()
            self._at = 0
        elif self._at > 1 << 16:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data

    @property
    def pending(self) -> int:
        """How many bytes are here that no message was made of yet."""
        return len(self._buffer) - self._at

    def peek(self) -> int:
        """Return the type byte of the next message that is here as a whole, 0 when there is none."""
        if self.pending < 5:
            return 0
        (size,) = _length(self._buffer, self._at + 1)
        return self._buffer[self._at] if self.pending > size else 0

    def next(self) -> Frame | None:
        """Return the next message, None when it is not here as a whole."""
        if self.pending < 5:
            return None
        at = self._at
        (size,) = _length(self._buffer, at + 1)
        kind = self._buffer[at]
        if size < 4:
            raise protocol_violation(f"invalid message length: {size}")
        if size - 4 > self.limit:
            raise protocol_violation(
                f"a message of {size - 4} bytes is longer than the {self.limit} allowed here"
            )
        if self.pending < size + 1:
            return None
        body = bytes(memoryview(self._buffer)[at + 5 : at + 1 + size])
        self._at = at + 1 + size
        return Frame(kind, body)

    def next_startup(self) -> Frame | None:
        """Return the packet that begins a connection, None when it is not here as a whole."""
        if self.pending < 4:
            return None
        at = self._at
        (size,) = _length(self._buffer, at)
        if not 8 <= size <= STARTUP_LIMIT:
            raise protocol_violation(f"invalid length of startup packet: {size}")
        if self.pending < size:
            return None
        body = bytes(memoryview(self._buffer)[at + 4 : at + size])
        self._at = at + size
        return Frame(0, body)
