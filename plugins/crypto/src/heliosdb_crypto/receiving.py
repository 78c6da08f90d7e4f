"""backup() from a plain database into an encrypted one: its pages are given room for what seals them on the way.

SQLite's backup copies pages as they are, and those of a plain database have no reserved bytes. So they are copied into
a scratch database first, which VACUUM INTO lays out anew; that one's pages can be copied into the encrypted database,
all of them in one transaction. Both stand beside it meanwhile, sealed under keys that nobody else has.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

from heliosdb_sqlite.plugins import state

from .connecting import NAME, explain
from .format import KEY, RESERVE, SMALLEST_PAGE
from .keys.derivation import RAW
from .keys.given import UserKey
from .naming import place_of
from .vfs import problems
from .vfs.binding import reserve
from .vfs.database import DatabaseFile
from .vfs.layer import layer_for, open_file, scratch_layer

Copy = Callable[[sqlite3.Connection], None]


def receive(connection: Any, source: Any, copy: Copy) -> bool | None:
    """Fill an encrypted database from a source whose pages may have no room; None leaves it to SQLite.

    :param copy: copies the source into another connection, as the caller wants it done
    """
    crypto = state(connection).get(NAME)
    if crypto is None or crypto.file is None:
        return None  # in memory, or a plain file with encrypted columns: there pages are kept as they are
    file: DatabaseFile = crypto.file
    file.watch.expect_nothing()
    crypto.changes_schema = True
    problems.forget()
    try:
        if not (_is_encrypted(source) and _copied(file, copy, connection)):
            _convert(connection, file, copy)
    except sqlite3.Error as error:
        explain(error)
        raise
    return True


def _is_encrypted(source: Any) -> bool:
    """Return whether the source's main database is an encrypted file; what it has attached may be plain."""
    try:
        crypto = state(source).get(NAME)
    except sqlite3.ProgrammingError:
        return False  # it has no plugin at all
    return crypto is not None and crypto.file is not None


def _copied(file: DatabaseFile, copy: Copy, connection: Any) -> bool:
    """Copy pages as they are; return False, and leave all as it was, where one of them has no room."""
    file.receiving, file.found_no_room = True, False
    try:
        copy(connection)
    except sqlite3.Error:
        if not file.found_no_room:
            raise
        return False
    finally:
        file.receiving = False
    return True


def _convert(connection: Any, file: DatabaseFile, copy: Copy) -> None:
    with _scratch(file.path) as name, closing(_open(name, scratch_layer().name)) as plain:
        plain.execute("PRAGMA synchronous = OFF")
        plain.execute("PRAGMA journal_mode = OFF")
        copy(plain)
        (mode,) = plain.execute("PRAGMA journal_mode").fetchone()
        if mode == "wal":  # the source is, and so is its copy
            plain.execute("PRAGMA journal_mode = OFF")
        (size,) = plain.execute("PRAGMA page_size").fetchone()
        wanted = max(size, SMALLEST_PAGE) if file.data_key is None else file.page_size
        plain.execute(f"PRAGMA page_size = {wanted}")
        (handle,) = plain.execute("PRAGMA main.heliosdb_file").fetchone()
        reserve(open_file(int(handle)).connection, RESERVE)
        layer = layer_for(_passing()).name
        with _scratch(file.path) as other:
            plain.execute("VACUUM INTO ?", (_uri(other, layer) + "&heliosdb_reserves=1",))
            with closing(_open(other, layer)) as laid_out:
                if mode == "wal":
                    laid_out.execute("PRAGMA journal_mode = WAL")
                laid_out.backup(connection)


@cache
def _passing() -> UserKey:
    """Return this process's key for databases that it makes and throws away."""
    return UserKey(os.urandom(KEY), RAW)


@contextmanager
def _scratch(beside: str) -> Iterator[str]:
    """Give the name of a file that is gone afterwards."""
    name = f"{beside}-receiving-{secrets.token_hex(4)}"
    try:
        yield name
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(name + suffix):
                os.unlink(name + suffix)


def _open(name: str, layer: str) -> sqlite3.Connection:
    return sqlite3.connect(_uri(name, layer), uri=True, isolation_level=None)


def _uri(name: str, layer: str) -> str:
    place = place_of(name, uri=False)
    assert place is not None  # noqa: S101 - a database stands beside it
    return place.under(layer)
