"""The rollback journal's record checksums, moved between what SQLite sees and what stands on disk.

A record is page number, page, checksum: a nonce of the journal's plus every 200th byte of the page from its end. On
disk page and checksum are those of the sealed page, so that any SQLite rolls the journal back: it copies sealed pages.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = bytes.fromhex("d9d505f920a163d7")
WORD = 4
HEADER = 28
ALL_OF_IT = 0xFFFFFFFF  # as the number of records: they were not counted, the file's end is theirs


def began_empty(header: bytes) -> bool:
    """Return whether a journal is that of a transaction before which the database had no page."""
    return header[: len(MAGIC)] == MAGIC and len(header) == HEADER and header[16:20] == bytes(WORD)


def byte_sum(page: bytes) -> int:
    """Return what a page contributes to the checksum of its record."""
    return sum(page[len(page) - 200 : 0 : -200])


def shifted(checksum: bytes, difference: int) -> bytes:
    """Return a record's checksum for another form of its page."""
    return ((int.from_bytes(checksum, "big") + difference) & 0xFFFFFFFF).to_bytes(WORD, "big")


def first_pages(journal: bytes) -> Iterator[bytes]:
    """Yield the copies of page 1 that a whole journal file holds."""
    at = 0
    while journal[at : at + 8] == MAGIC:
        _, _, _, sector, size = struct.unpack_from(">5I", journal, at + 8)
        if not (512 <= size <= 65536 and 32 <= sector <= 65536):  # SQLite's own bounds
            return
        at += sector
        while at + size + 8 <= len(journal) and journal[at : at + 8] != MAGIC:
            if journal[at : at + WORD] == b"\0\0\0\1":
                yield journal[at + WORD : at + WORD + size]
            at += size + 8
            if journal[at : at + WORD] == bytes(WORD):
                break
        at = -(-at // sector) * sector
