"""Temporary files: sorters, temp tables, statement journals. Their key and tags exist in memory alone."""

from __future__ import annotations

import ctypes
import os
from itertools import count

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .binding import BAD_DATA, OK, SHORT_READ, RealMethods
from .files import OpenFile, copy_in, copy_out
from .problems import note

BLOCK = 4096
_TAG = 16


class TemporaryFile(OpenFile):
    """A file that nobody opens again: read and written at any place, sealed in blocks of 4096 bytes."""

    __slots__ = ("_key", "_length", "_numbers", "_seals")

    kind = "temporary"

    def __init__(self, handle: int, real: RealMethods) -> None:
        super().__init__(handle, real)
        self._key = AESGCM(os.urandom(32))
        self._numbers = count()  # nonces: the key is this file's alone
        self._seals: dict[int, tuple[bytes, bytes]] = {}  # block -> nonce and tag
        self._length = 0
        self.make_room(BLOCK)

    def _block(self, block: int) -> bytes:
        """Return a block; zeros where nothing was written.

        :raises InvalidTag: it is not what was written
        """
        seal = self._seals.get(block)
        if seal is None:
            return bytes(BLOCK)
        code, sealed = self.read_disk(BLOCK, block * BLOCK)
        if code != OK:
            raise InvalidTag
        return self._key.decrypt(seal[0], sealed + seal[1], block.to_bytes(8, "big"))

    def read(self, into: int, size: int, offset: int) -> int:
        """Serve xRead."""
        try:
            first, start = divmod(offset, BLOCK)
            last = (offset + size - 1) // BLOCK
            data = b"".join([self._block(block) for block in range(first, last + 1)])
        except InvalidTag:
            return note(BAD_DATA, "a temporary file of an encrypted database was changed while it was in use")
        there = min(size, max(0, self._length - offset))
        copy_out(into, data[start : start + there] + bytes(size - there), size)
        return OK if there == size else SHORT_READ

    def write(self, source: int, size: int, offset: int) -> int:
        """Serve xWrite."""
        data = copy_in(source, size)
        at = 0
        while at < size:
            block, start = divmod(offset + at, BLOCK)
            length = min(BLOCK - start, size - at)
            piece = data[at : at + length]
            if length < BLOCK:
                try:
                    before = self._block(block)
                except InvalidTag:
                    return note(
                        BAD_DATA, "a temporary file of an encrypted database was changed while it was in use"
                    )
                piece = before[:start] + piece + before[start + length :]
            nonce = next(self._numbers).to_bytes(12, "big")
            sealed = self._key.encrypt(nonce, piece, block.to_bytes(8, "big"))
            self._seals[block] = (nonce, sealed[-_TAG:])
            code = self.write_disk(sealed[:-_TAG], block * BLOCK)
            if code != OK:
                return code
            at += length
        self._length = max(self._length, offset + size)
        return OK

    def truncate(self, size: int) -> int:
        """Serve xTruncate."""
        self._length = min(self._length, size)
        for block in [block for block in self._seals if block * BLOCK >= size]:
            del self._seals[block]
        return OK

    def file_size(self, out: int) -> int:
        """Serve xFileSize."""
        ctypes.c_longlong.from_address(out).value = self._length
        return OK


class ScratchFile(TemporaryFile):
    """A main database of the same kind, for work on the way: its connection can be told to make room in its pages."""

    __slots__ = ()

    kind = "scratch"
