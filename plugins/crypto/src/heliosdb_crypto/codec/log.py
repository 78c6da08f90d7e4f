"""The write-ahead log's headers: sealed so that they tell nothing, renamed so that plain SQLite leaves the log alone.

SQLite's frame header is page number, database size, two salts, two checksums. The checksums are of what SQLite sees,
the page in the clear; the last sixteen bytes are therefore sealed, as one AES block. Page number and size stay
readable.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..format import derive

HEADER = 32  # bytes before the first frame
FRAME = 24  # bytes before each page
SEALED = 8  # where the sealed part of a frame's header begins

SQLITE_VERSION = struct.pack(">I", 3007000)
# SQLite answers CANTOPEN to a version it does not know, and touches nothing.
OUR_VERSION = struct.pack(">I", 0x48444201)


class LogCodec:
    """Seals the frame headers of one file's write-ahead log, given its data key."""

    def __init__(self, data_key: bytes) -> None:
        # One block that is different at every place of the log: single blocks are what ECB is right for.
        cipher = Cipher(algorithms.AES(derive(data_key, b"HeliosDB log frames")), modes.ECB())  # noqa: S305 - as above
        self._seal, self._open = cipher.encryptor(), cipher.decryptor()

    def seal_frame(self, header: bytes, offset: int) -> bytes:
        """Return a frame's header as it stands at ``offset`` on disk."""
        return header[:SEALED] + self._seal.update(_with(header[SEALED:FRAME], offset))

    def open_frame(self, header: bytes, offset: int) -> bytes:
        """Return a frame's header as SQLite is to see it."""
        return header[:SEALED] + _with(self._open.update(header[SEALED:FRAME]), offset)


def _with(block: bytes, offset: int) -> bytes:
    return (int.from_bytes(block, "little") ^ offset).to_bytes(16, "little")


def seal_header(header: bytes) -> bytes:
    """Return the log's header as it stands on disk; the zeros that SQLite may write there stay zeros."""
    return _renamed(header, SQLITE_VERSION, OUR_VERSION)


def open_header(header: bytes) -> bytes:
    """Return the log's header as SQLite is to see it: zeros, an empty log, where it is not what was written."""
    return _renamed(header, OUR_VERSION, SQLITE_VERSION)


def other_version(header: bytes) -> int | None:
    """Return the version of a whole header that another release has written; None for every other header."""
    ours = header[4:7] == OUR_VERSION[:3] and header[4:8] != OUR_VERSION
    return header[7] if ours and _checksum(header[:24]) == header[24:32] else None


def _renamed(header: bytes, old: bytes, new: bytes) -> bytes:
    if header[4:8] != old or _checksum(header[:24]) != header[24:32]:
        return header if old == SQLITE_VERSION else bytes(HEADER)
    renamed = header[:4] + new + header[8:24]
    return renamed + _checksum(renamed)


def _checksum(data: bytes) -> bytes:
    """Return SQLite's checksum of the first 24 bytes; the header's magic number says in which byte order."""
    words = struct.unpack("<6I" if data[3] == 0x82 else ">6I", data)  # WAL_MAGIC_LE
    first = second = 0
    for place in range(0, 6, 2):
        first = (first + words[place] + second) & 0xFFFFFFFF
        second = (second + words[place + 1] + first) & 0xFFFFFFFF
    return struct.pack(">II", first, second)


def first_pages(log: bytes) -> Iterator[bytes]:
    """Yield the copies of page 1 in a whole log file, the newest first; some may be left over from an older log."""
    if log[4:8] != OUR_VERSION:
        return
    (size,) = struct.unpack_from(">I", log, 8)
    if not 512 <= size <= 65536:  # SQLite's own bounds
        return
    frame = FRAME + size
    for number in reversed(range((len(log) - HEADER) // frame)):
        at = HEADER + number * frame
        if log[at : at + 4] == b"\0\0\0\1":
            yield log[at + FRAME : at + frame]
