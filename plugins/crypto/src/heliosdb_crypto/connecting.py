"""Opening an encrypted connection: the key is looked at first, then the file is opened under its layer, then tried."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from typing import Any

from heliosdb_sqlite.plugins import Target, run, state

from .format import RESERVE
from .handing import Handed
from .keys.given import UserKey, user_key
from .naming import place_of
from .options import CryptoOptions
from .vfs import problems
from .vfs.binding import reserve
from .vfs.database import DatabaseFile
from .vfs.layer import expect_a_file, file_just_opened, layer_for
from .vfs.problems import FUNCTION

NAME = "crypto"


class Crypto:
    """What the plugin keeps of one connection."""

    def __init__(self, given: Any, file: DatabaseFile | None) -> None:
        self.given = given
        self._file = file
        self.handed = Handed()
        self.attaches = False
        """Whether the functions are defined that ATTACH and VACUUM INTO call."""
        self.changes_schema = False
        """Whether it has run anything that may have changed its schema, or which databases it has."""

    @property
    def file(self) -> DatabaseFile | None:
        """Its main database; None for one in memory, as it is after deserialize() too."""
        return self._file if self._file is not None and self._file.handle else None

    def key_for(self, path: str) -> UserKey:
        """Return the connection's key for a file: a function is asked for each."""
        return user_key(self.given, path)


def crypto_of(connection: Any) -> Crypto:
    """Return what the plugin keeps of the connection.

    :raises ProgrammingError: the connection was opened without encryption_key
    """
    try:
        crypto: Crypto = state(connection)[NAME]
    except (sqlite3.ProgrammingError, KeyError):
        raise sqlite3.ProgrammingError(
            "this connection was opened without encryption_key: open the database with connect(..., "
            "encryption_key=...); a plain database is encrypted by `heliosdb encrypt` or heliosdb_crypto.encrypt_file()"
        ) from None
    return crypto


def under_layer(target: Target, options: CryptoOptions) -> Target | None:
    """Return the target as it is opened under the file layer of its key.

    :raises ProgrammingError: the key is none
    :raises NotSupportedError: there can be no file layer here, or the URI asks for what can't be had with one
    """
    if options.given("column_key"):
        _check_column_keys(options)
    keywords = target.keywords
    serialized = target.serialized or not keywords.get("check_same_thread", True)
    if not options.given("encryption_key"):
        return replace(target, serialized=serialized, explain=explain)
    place = place_of(target.database, uri=bool(keywords.get("uri", False)))
    if place is None:
        return None  # the standard library says what is wrong with the name
    layer = layer_for(user_key(options.encryption_key, place.path))
    problems.forget()
    expect_a_file()
    return Target(place.under(layer.name, reserves=True), {**keywords, "uri": True}, serialized, explain)


def _check_column_keys(options: CryptoOptions) -> None:
    """Refuse what is no key before anything is opened; a function is asked later."""
    listed = options.column_keys()
    if not listed:
        raise sqlite3.ProgrammingError("column_key is an empty list: give at least one key")
    for each in listed:
        if not callable(each):
            user_key(each, what="column_key")


def check(connection: Any, options: CryptoOptions) -> DatabaseFile | None:
    """Find the connection's file, see whether the key opens it, and return it; None where it is not encrypted.

    :raises DatabaseError: it does not, or the file is no encrypted database
    """
    file = file_just_opened() if options.given("encryption_key") else None
    if file is not None and os.path.exists(file.path + "-wal"):
        _look_into_log(connection, file)
    if file is not None and file.problem:
        raise sqlite3.DatabaseError(file.problem)
    if file is not None and file.data_key is None:
        reserve(file.connection, RESERVE)
    if options.given("encryption_key"):
        state(connection)[NAME] = Crypto(options.encryption_key, file)
    return file


def _look_into_log(connection: Any, file: DatabaseFile) -> None:
    """Have SQLite read page 1: the one in the log may say that the key was replaced."""
    try:
        run(connection, "PRAGMA main.schema_version").fetchone()
    except sqlite3.Error:
        if not file.problem:
            problems.forget()  # it is locked, or damaged, which the first statement will find too


_SAYINGS = (
    "file is not a database",
    "disk I/O error",
    "attempt to write a readonly database",
    "user-defined function raised exception",
)


def explain(error: BaseException) -> None:
    """Put what went wrong in the file layer into the error that SQLite made of it, in place."""
    problem = problems.last()
    if problem is None or not isinstance(error, sqlite3.DatabaseError):
        return
    code = getattr(error, "sqlite_errorcode", None)  # not before CPython 3.11
    text = str(error)
    if problem.code == FUNCTION and "user-defined function" not in text:
        return
    if code & 0xFF == problem.code & 0xFF if code is not None else any(each in text for each in _SAYINGS):
        error.args = (problem.message,)
        problems.forget()
