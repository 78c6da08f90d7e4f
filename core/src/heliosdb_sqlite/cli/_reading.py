"""A database file opened for looking only: its bytes, its folder and the files beside it stay as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .._guard import ENCRYPTED
from .._standard import sqlite3

_MAGIC = b"SQLite format 3\0"
_PATIENCE = 2  # seconds to wait for another process's lock
_ENCODINGS = {0: "UTF-8", 1: "UTF-8", 2: "UTF-16le", 3: "UTF-16be"}


class Header(NamedTuple):
    """What the first 100 bytes of a database file say; see https://www.sqlite.org/fileformat2.html."""

    page_size: int
    write_ahead: bool
    encoding: str
    user_version: int
    application_id: int
    written_by: str  # version of the SQLite that wrote last


def read_header(path: Path) -> Header | None:
    """Return the file's header; None for an empty file, which is an empty database.

    :raises DatabaseError: the file is no database, or an encrypted one
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        return None
    if len(start) < 100 or not start.startswith(_MAGIC):
        raise sqlite3.DatabaseError(f"{path}: file is not a database{_guess(start)}")

    def number(offset: int, size: int = 4) -> int:
        return int.from_bytes(start[offset : offset + size], "big")

    page_size, version = number(16, 2), number(96)
    return Header(
        65536 if page_size == 1 else page_size,
        start[18] == 2,
        _ENCODINGS.get(number(56), "unknown"),
        number(60),
        number(68),
        f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}" if version else "an old version",
    )


def _guess(start: bytes) -> str:
    """Return what the file may be instead, as the end of a sentence."""
    if start.startswith(ENCRYPTED):
        return ": it is encrypted; connect(..., encryption_key=...) opens it, `heliosdb decrypt` makes it a plain one"
    if len(start) >= 512 and len(set(start[:512])) > 128:  # 512 random bytes have about 221 different ones
        return (
            ": it seems to be encrypted or compressed; connect(..., encryption_key=...) opens encrypted ones"
        )
    return ": it does not begin as SQLite's files do"


@contextmanager
def read_only(path: Path, header: Header | None) -> Iterator[sqlite3.Connection]:
    """Open the file without leaving a trace, and close it at the end.

    :raises OperationalError: it is locked, or holds an interrupted transaction, or can't be read
    """
    path = path.resolve()
    log, index, journal = (Path(f"{path}{suffix}") for suffix in ("-wal", "-shm", "-journal"))
    query, exclusive = "mode=ro", False
    if header is not None and header.write_ahead:
        # SQLite creates the files that it does not find, even to read. In exclusive mode it keeps the index of the log
        # in memory; on a file opened for reading that takes a file layer without locks, of which each SQLite has one.
        if not log.exists() or (not log.stat().st_size and not index.exists()):
            query += "&immutable=1"
        elif not index.exists():
            query, exclusive = f"mode=ro&vfs={'win32' if os.name == 'nt' else 'unix'}-none", True
    connection = sqlite3.connect(f"{path.as_uri()}?{query}", uri=True, timeout=_PATIENCE)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")  # names may be anything
    try:
        if exclusive:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        yield connection
    except sqlite3.DatabaseError as error:
        message = str(error)
        if "readonly database" in message and journal.exists():
            message = f"a transaction was interrupted, and the next program that writes will undo it ({journal.name})"
        elif "locked" in message:
            message = f"{message}: another process is writing to it"
        elif "not a database" in message or "malformed" in message:
            message = f"{message}: the file is damaged"
        error.args = (f"{path}: {message}",)
        raise
    finally:
        connection.close()
