"""Bytes as they come from a socket, cut into messages: whatever the pieces, the same messages."""

from __future__ import annotations

import struct
from typing import NamedTuple

from .errors import PgError, protocol_violation

STARTUP_LIMIT = 10_000  # PostgreSQL's own bound for the first packet
LOGIN_LIMIT = 10_000  # for a message before the client has logged in
MESSAGE_LIMIT = 256 * 2**20  # and behind that; a bound on what one client can make the server hold

_length = struct.Struct("!I").unpack_from
_made = tuple.__new__  # a named tuple's own way costs more than cutting the message out


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
        self._data = b""  # messages are cut out of this, from _at on
        self._at = 0
        self._more: list[
            bytes
        ] = []  # what came behind it: joined when a message is whole, so that each is copied once
        self._size = 0  # of _more

    def feed(self, data: bytes) -> None:
        """Add what was received."""
        if self._at == len(self._data) and not self._more:
            self._data, self._at = data, 0
        else:
            self._more.append(data)
            self._size += len(data)

    @property
    def pending(self) -> int:
        """How many bytes are here that no message was made of yet."""
        return len(self._data) - self._at + self._size

    def _joined(self, need: int) -> bool:
        """Have so many bytes in one piece; return False when they are not here."""
        if self.pending < need:
            return False
        if self._more:
            self._data, self._at = b"".join([self._data[self._at :], *self._more]), 0
            self._more, self._size = [], 0
        return True

    def peek(self) -> int:
        """Return the type byte of the next message that is here as a whole, 0 when there is none."""
        if not self._joined(5):
            return 0
        (size,) = _length(self._data, self._at + 1)
        return self._data[self._at] if self.pending > size else 0

    def ahead(self, messages: bytes) -> bool:
        """Are these the next messages, as far as they are here in one piece with the last?"""
        return self._data.startswith(messages, self._at)

    def skip(self, messages: bytes) -> None:
        """Leave these out, which are next."""
        self._at += len(messages)

    def run(self, kind: int) -> list[bytes]:
        """Return what the next messages carry, as long as they are here and of this type."""
        data, at, size = self._data, self._at, len(self._data)
        found = []
        while at + 5 <= size and data[at] == kind:
            (length,) = _length(data, at + 1)
            end = at + 1 + length
            if end > size or not 4 <= length <= self.limit + 4:
                break  # next() says what is wrong with it
            found.append(data[at + 5 : end])
            at = end
        self._at = at
        return found

    def next(self) -> Frame | None:
        """Return the next message, None when it is not here as a whole."""
        at, data = self._at, self._data
        if len(data) - at < 5:
            if not self._joined(5):
                return None
            at, data = self._at, self._data
        (size,) = _length(data, at + 1)
        end = at + 1 + size
        if not 4 <= size <= self.limit + 4:
            raise self._wrong(size)
        if end > len(data):
            if not self._joined(1 + size):
                return None
            at, data = self._at, self._data
            end = at + 1 + size
        self._at = end
        return _made(Frame, (data[at], data[at + 5 : end]))

    def _wrong(self, size: int) -> PgError:
        if size < 4:
            return protocol_violation(f"invalid message length: {size}")
        return protocol_violation(
            f"a message of {size - 4} bytes is longer than the {self.limit} allowed here"
        )

    def next_startup(self) -> Frame | None:
        """Return the packet that begins a connection, None when it is not here as a whole."""
        if not self._joined(4):
            return None
        at = self._at
        (size,) = _length(self._data, at)
        if not 8 <= size <= STARTUP_LIMIT:
            raise protocol_violation(f"invalid length of startup packet: {size}")
        if not self._joined(size):
            return None
        at = self._at
        self._at = at + size
        return Frame(0, self._data[at + 4 : at + size])
