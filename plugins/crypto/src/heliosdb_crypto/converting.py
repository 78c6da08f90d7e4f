"""A plain database file made an encrypted one, and back: a copy beside it, looked through, then put in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.sql.quoting import quote_identifier

from .connecting import explain
from .format import MAGIC, RESERVE, SMALLEST_PAGE
from .keys.given import user_key
from .naming import place_of
from .vfs import problems
from .vfs.binding import reserve
from .vfs.database import DatabaseFile
from .vfs.files import OpenFile
from .vfs.layer import default_name, layer_for, open_file, plain_layer

Path = str | os.PathLike[str]
Progress = Callable[[str, int, int], None]
_OPERATIONS = 20_000  # of SQLite's virtual machine between two reports


def encrypt_file(path: Path, key: Any, *, verify: bool = True, progress: Progress | None = None) -> None:
    """Encrypt a plain database file in its place.

    An encrypted copy is made beside it, compared with it, and renamed onto it: a process that dies before leaves the
    plain file as it was. The database is locked meanwhile. A connection that has it open must be closed afterwards;
    what it still tried to write would be refused by SQLite, for its file is no longer there.

    The plain file's bytes may remain where the disk kept them, and in backups: those are not in this program's reach.

    :param key: what ``encryption_key`` takes
    :param verify: compare every row of the copy with the original
    :param progress: called with what is being done, how much of it is, and how much there is
    :raises DatabaseError: the file is no plain database, or the copy is not like it
    :raises OperationalError: the database is in use
    """
    name = os.fspath(path)
    found = user_key(key, name)
    if _is_encrypted(name):
        raise sqlite3.DatabaseError(
            f"{name!r} is encrypted already: `heliosdb rekey`, or rekey(), gives it another key"
        )
    with _conversion(name, plain_layer().name) as (source, file):
        if file.connection == 0:
            raise sqlite3.NotSupportedError("this SQLite does not tell which connection a file belongs to")
        (size,) = source.execute("PRAGMA page_size").fetchone()
        if size < SMALLEST_PAGE:
            source.execute("PRAGMA page_size = 4096")
        reserve(file.connection, RESERVE)
        _convert(source, name, layer_for(found).name, "&heliosdb_reserves=1", verify, progress)


def decrypt_file(path: Path, key: Any, *, verify: bool = True, progress: Progress | None = None) -> None:
    """Make an encrypted database file a plain one again, in its place; the way is that of :func:`encrypt_file`.

    Encrypted columns stay encrypted. The file keeps 104 unused bytes at the end of each page, as SQLite's files may.

    :raises DatabaseError: the key is wrong, the file is no encrypted database, or the copy is not like it
    :raises OperationalError: the database is in use
    """
    name = os.fspath(path)
    found = user_key(key, name)
    with _conversion(name, layer_for(found).name) as (source, file):
        if isinstance(file, DatabaseFile) and file.problem:
            raise sqlite3.DatabaseError(file.problem)
        _convert(source, name, default_name(), "", verify, progress)


@contextmanager
def _conversion(name: str, layer: str) -> Iterator[tuple[sqlite3.Connection, OpenFile]]:
    """Open the file, and complete the errors that come of it."""
    if not os.path.isfile(name):
        raise sqlite3.OperationalError(f"there is no database {name!r}")
    problems.forget()
    source = None
    try:
        source = sqlite3.connect(_uri(name, layer, "&mode=rw"), uri=True, isolation_level=None)
        (handle,) = source.execute("PRAGMA main.heliosdb_file").fetchone()
        yield source, open_file(int(handle))
    except sqlite3.Error as error:
        explain(error)
        raise
    finally:
        if source is not None:
            source.close()


def _is_encrypted(name: str) -> bool:
    """Return whether a file begins as encrypted databases do."""
    if not os.path.isfile(name):
        return False
    with open(name, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def _uri(name: str, layer: str, more: str = "") -> str:
    place = place_of(os.path.abspath(name), uri=False)
    if place is None:
        raise sqlite3.ProgrammingError(f"{name!r} can't be the name of a database file")
    return place.under(layer) + more


def _convert(
    source: sqlite3.Connection, name: str, layer: str, more: str, verify: bool, progress: Progress | None
) -> None:
    (mode,) = source.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal" and source.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
        raise sqlite3.OperationalError(f"{name!r} is in use: close the other connections to it")
    source.execute("PRAGMA locking_mode = EXCLUSIVE")
    source.execute("BEGIN EXCLUSIVE")
    source.execute("COMMIT")
    target = f"{os.path.realpath(name)}-converting"
    _remove(target)
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # nobody else's meanwhile
        uri = _uri(target, layer, more)
        _report(source, "copying", target, os.path.getsize(name), progress)
        source.execute("VACUUM INTO ?", (uri,))
        source.set_progress_handler(None, 0)
        copy = sqlite3.connect(_uri(target, layer), uri=True, isolation_level=None)
        try:
            if verify:
                _compare(source, copy, progress)
            if mode == "wal":
                copy.execute("PRAGMA journal_mode = WAL")
        finally:
            copy.close()
        _put_in_place(source, target, name)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            _remove(target + suffix)


def _report(
    source: sqlite3.Connection, what: str, target: str, total: int, progress: Progress | None
) -> None:
    if progress is None:
        return

    def look() -> None:
        done = os.path.getsize(target) if os.path.exists(target) else 0
        progress(what, min(done, total), total)

    source.set_progress_handler(look, _OPERATIONS)


def _compare(source: sqlite3.Connection, copy: sqlite3.Connection, progress: Progress | None) -> None:
    """Compare schema and rows.

    :raises DatabaseError: they differ
    """
    for each in (source, copy):
        each.text_factory = bytes  # whatever the texts are
    found = copy.execute("PRAGMA integrity_check").fetchall()
    if found != [(b"ok",)]:
        raise sqlite3.DatabaseError(f"the copy is damaged, and was thrown away: {found[0][0]!r}")
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    _same(source, copy, schema, "the schema")
    tables = [
        name.decode()
        for name, sql in source.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND rootpage <> 0 ORDER BY name"
        ).fetchall()
    ]
    for number, table in enumerate(tables):
        if progress is not None:
            progress("comparing", number, len(tables))
        _same(source, copy, f"SELECT * FROM main.{quote_identifier(table)}", f"table {table!r}")
    if progress is not None:
        progress("comparing", len(tables), len(tables))


def _same(source: sqlite3.Connection, copy: sqlite3.Connection, query: str, what: str) -> None:
    ours, theirs = copy.execute(query), source.execute(query)
    for row in theirs:
        if ours.fetchone() != row:
            raise sqlite3.DatabaseError(f"{what} of the copy is not that of the original: it was thrown away")
    if ours.fetchone() is not None:
        raise sqlite3.DatabaseError(f"{what} of the copy is not that of the original: it was thrown away")


def _put_in_place(source: sqlite3.Connection, target: str, name: str) -> None:
    """Rename the copy onto the original, so that one or the other is there whatever happens."""
    _copy_owner(name, target)
    shutil.copymode(name, target)
    with open(target, "rb+") as file:
        os.fsync(file.fileno())
    if os.name == "nt":
        source.close()  # a file that is open can't be replaced there
    os.replace(target, os.path.realpath(name))
    if os.name != "nt":
        folder = os.open(os.path.dirname(os.path.realpath(name)), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _copy_owner(name: str, target: str) -> None:
    """Let the copy belong to whom the original does, where this user may say so."""
    if hasattr(os, "chown"):
        owner = os.stat(name)
        try:
            os.chown(target, owner.st_uid, owner.st_gid)
        except PermissionError:
            pass


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
