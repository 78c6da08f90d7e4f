"""The shape of an encrypted file, version 1: what stands where in a page. docs/formats/crypto.md shows it byte by byte.

An encrypted database is an SQLite database whose pages each end in 104 reserved bytes. On disk a page is sealed; the
journal and the write-ahead log hold the same sealed pages.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"HeliosDB"
VERSION = 1
SQLITE_MAGIC = b"SQLite format 3\0"

HEAD = 16  # bytes at the start of page 1: magic, version, page size, key derivation
BLIND = 8  # random bytes inside the sealed part: SQLite's checksums of a page then tell nothing of it
ENVELOPE = 56  # on page 1: salt and wrapped data key
TAG = 16
NONCE = 24
RESERVE = BLIND + ENVELOPE + TAG + NONCE
TAIL = RESERVE - BLIND  # what SQLite sees as zeros; on page 1 it sees the envelope there
TRAILER = TAG + NONCE  # what seals every page

SALT = 16
KEY = 32
SMALLEST_PAGE, LARGEST_PAGE = 1024, 65536  # SQLite needs 480 bytes of a page for itself: 512 is too small
DEFAULT_PAGE = 4096

_HEAD = struct.Struct(">8sBBBBBB2x")


class Head(NamedTuple):
    """What the first 16 bytes of a file say."""

    page_size: int
    derivation: int  # how a key becomes the key-encrypting key: keys/derivation.py
    costs: tuple[int, int, int]
    version: int = VERSION

    def packed(self) -> bytes:
        """Return the 16 bytes."""
        return _HEAD.pack(MAGIC, self.version, self.page_size.bit_length() - 1, self.derivation, *self.costs)

    @classmethod
    def read(cls, data: bytes) -> Head | None:
        """Return what the bytes say, or None where they are no head of an encrypted file."""
        if len(data) < HEAD or data[:8] != MAGIC or data[14:16] != b"\0\0":
            return None
        _, version, exponent, derivation, *costs = _HEAD.unpack(data[:HEAD])
        if not SMALLEST_PAGE <= 1 << exponent <= LARGEST_PAGE:
            return None
        return cls(1 << exponent, derivation, (costs[0], costs[1], costs[2]), version)

    def for_pages_of(self, size: int) -> Head:
        """Return the head of a file that differs in the size of its pages."""
        return self._replace(page_size=size)


class Envelope(NamedTuple):
    """The data key of a file, wrapped: salt and RFC 3394 key wrap."""

    salt: bytes
    wrapped: bytes

    def packed(self) -> bytes:
        """Return the 56 bytes."""
        return self.salt + self.wrapped

    @classmethod
    def read(cls, data: bytes) -> Envelope:
        """Return what the 56 bytes hold."""
        return cls(data[:SALT], data[SALT:ENVELOPE])


def derive(secret: bytes, purpose: bytes, salt: bytes | None = None, length: int = KEY) -> bytes:
    """Return a key for one purpose: HKDF-SHA256 of a secret that is random already."""
    return HKDF(hashes.SHA256(), length, salt, purpose).derive(secret)


def empty_header(page_size: int) -> bytes:
    """Return the 100 bytes with which a database of this page size would begin, as SQLite is to see a new file.

    It learns from them to leave the reserved bytes of each page alone.
    """
    size = 1 if page_size == LARGEST_PAGE else page_size
    return struct.pack(">16sH6B76x", SQLITE_MAGIC, size, 1, 1, RESERVE, 64, 32, 32)
