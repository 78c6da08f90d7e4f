"""Another key for an encrypted database: a new envelope in one small transaction, or every page sealed anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.plugins import remember_option, run

from .columns.hooks import keyring_of
from .connecting import crypto_of
from .format import KEY, Head
from .keys.given import UserKey, user_key
from .keys.wrapping import DataKey, wrap
from .vfs.database import DatabaseFile
from .vfs.layer import layer_for

Progress = Callable[[int, int, int], None]


def rekey(connection: Any, key: Any, *, full: bool = False, progress: Progress | None = None) -> None:
    """Give the connection's main database another key; the old one opens it no more.

    A database has a data key of its own, which the user's key wraps. Replacing the user's key replaces the wrapping:
    one page is written, however large the file. With ``full`` the data key is replaced too, and every page is written
    anew: for when somebody may have read the old key *and* the file.

    Either way it happens in one transaction: a process that dies in the middle leaves a database with the old key.

    :param key: what ``encryption_key`` takes
    :param progress: with ``full``, called as ``sqlite3.Connection.backup`` calls it
    :raises ProgrammingError: the key is none, a transaction is open, or the database is in memory
    :raises OperationalError: other connections use the database, or it has branches
    """
    crypto = crypto_of(connection)
    file = crypto.file
    if file is None:
        raise sqlite3.ProgrammingError("a database in memory has no key to replace")
    new = user_key(key, file.path, "rekey()")
    _refuse_branches(connection, file)
    if connection.in_transaction:
        raise sqlite3.ProgrammingError(
            "rekey() is a transaction of its own: commit or roll back the open one first; with autocommit=False one is "
            "always open, so set conn.autocommit = True for it"
        )
    file.watch.expect_nothing()
    if file.data_key is None:
        run(connection, "SELECT count(*) FROM main.sqlite_master").fetchone()
    if file.data_key is None:  # nothing has been written yet
        file.key = new
    elif full:
        _reseal(connection, file, new, progress)
    else:
        _rewrap(connection, file, new)
    crypto.given = key
    remember_option(connection, "encryption_key", key)
    keyring = keyring_of(connection)
    if keyring.follows_file:
        keyring.keys = [new]
        keyring.forget()


def _refuse_branches(connection: Any, file: DatabaseFile) -> None:
    """Refuse where a database has branches: they are files, with the key that it has, and nothing else opens them."""
    listed = getattr(connection, "list_branches", None)  # of the branching plugin, where that is installed
    if listed is None:
        return
    try:
        with _shared(connection):
            main, *branches = listed()
    except sqlite3.OperationalError as error:
        (locking,) = run(connection, "PRAGMA main.locking_mode").fetchone()
        if locking == "exclusive":  # in WAL mode the lock is not let go
            way_out = "leave WAL mode first by PRAGMA journal_mode = DELETE, or open the database anew"
            problem = (
                "rekey() looks for branches by another connection, which locking_mode = EXCLUSIVE keeps out"
            )
            error.args = (f"{error}: {problem}: {way_out}",)
        raise
    if not branches:
        return
    names = ", ".join(repr(branch.name) for branch in branches)
    if not os.path.samefile(main.path, file.path):
        raise sqlite3.OperationalError("a branch has the key of its database: it can't have one of its own")
    raise sqlite3.OperationalError(
        f"rekey() would leave branches behind with a key that nothing opens: merge {names} and delete them first"
    )


def _rewrap(connection: Any, file: DatabaseFile, new: UserKey) -> None:
    data_key = file.data_key
    assert data_key is not None  # noqa: S101 - the caller has looked
    envelope = wrap(new, data_key, _head(file, new)).packed()  # before the lock: it may take half a second
    with _immediate(connection):
        file.replacing = envelope
        try:
            _rewrap_columns(connection, connection, file.key, new)
            _touch_first_page(connection)
            run(connection, "COMMIT")
        finally:
            file.replacing = None
    file.replaced_by(new, envelope, data_key)
    # The log may still hold the old wrapping's page, and the file does until then; readers may be in the way.
    run(connection, "PRAGMA main.wal_checkpoint(PASSIVE)").fetchall()


def _reseal(connection: Any, file: DatabaseFile, new: UserKey, progress: Progress | None) -> None:
    data_key = DataKey(os.urandom(KEY))
    envelope = wrap(new, data_key, _head(file, new)).packed()
    with _alone(connection), _temporary(file) as copy:
        connection.backup(copy)
        _rewrap_columns(connection, copy, file.key, new)
        copy.commit()
        file.replacing, file.resealing = envelope, data_key
        try:
            copy.backup(connection, progress=progress, pages=-1 if progress is None else 256)
            if file.resealing is None:
                raise sqlite3.OperationalError("the database was rolled back while its key was replaced")
        finally:
            file.replacing = file.resealing = None
        file.replaced_by(new, envelope, data_key)


def _rewrap_columns(connection: Any, where: Any, old: UserKey, new: UserKey) -> None:
    """Have the new key unwrap the column keys that the old one unwraps, unless they have keys of their own."""
    keyring = keyring_of(connection)
    if keyring.follows_file:
        keyring.rewrap(where, "main", old, new)


def _head(file: DatabaseFile, key: UserKey) -> Head:
    return Head(file.page_size, key.derivation.code, key.derivation.costs)


def _touch_first_page(connection: Any) -> None:
    (version,) = run(connection, "PRAGMA main.user_version").fetchone()
    run(connection, f"PRAGMA main.user_version = {version}")


@contextmanager
def _immediate(connection: Any) -> Iterator[None]:
    run(connection, "BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            run(connection, "ROLLBACK")
        raise


@contextmanager
def _shared(connection: Any) -> Iterator[None]:
    """Let other connections read what this one has locked for itself by locking_mode = EXCLUSIVE."""
    (locking,) = run(connection, "PRAGMA main.locking_mode").fetchone()
    if locking != "exclusive":
        yield
        return
    _lock(connection, "normal")
    try:
        yield
    finally:
        _lock(connection, locking)


def _lock(connection: Any, mode: str) -> None:
    run(connection, f"PRAGMA main.locking_mode = {mode}").fetchone()
    run(connection, "SELECT count(*) FROM main.sqlite_master").fetchone()  # lets the lock go


@contextmanager
def _temporary(file: DatabaseFile) -> Iterator[sqlite3.Connection]:
    """Give a temporary database, sealed as all temporary files are, and gone when it is closed."""
    made = sqlite3.connect(f"file:?vfs={layer_for(file.key).name}", uri=True)
    try:
        made.execute(f"PRAGMA page_size = {file.page_size}")
        yield made
    finally:
        made.close()


@contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """Keep every other connection out; a write-ahead log is put aside meanwhile, since its pages have the old key.

    :raises OperationalError: the database is in use
    """
    (mode,) = run(connection, "PRAGMA main.journal_mode").fetchone()
    (locking,) = run(connection, "PRAGMA main.locking_mode").fetchone()
    if mode in ("wal", "off", "memory"):  # a journal that a crash leaves behind is what makes this safe
        run(connection, "PRAGMA main.journal_mode = DELETE").fetchone()
        (now,) = run(connection, "PRAGMA main.journal_mode").fetchone()
        if now == "wal":
            raise sqlite3.OperationalError("database is locked: rekey(full=True) needs it for itself")
    try:
        run(connection, "PRAGMA main.locking_mode = EXCLUSIVE").fetchone()
        run(connection, "BEGIN EXCLUSIVE")
        run(connection, "COMMIT")
        yield
    finally:
        _lock(connection, locking)
        if mode in ("wal", "off", "memory"):
            run(connection, f"PRAGMA main.journal_mode = {mode}").fetchone()
