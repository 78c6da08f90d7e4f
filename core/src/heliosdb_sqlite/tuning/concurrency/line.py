"""The line that threads stand in by default: who may write next, as far as SQLite alone would leave it to chance.

It decides nothing but the order. Locks stay SQLite's, and so do errors: a writer that can't be put in line, whose
predecessor has gone without a word, or whose patience is over, runs as with the standard library.
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Iterable
from functools import cache
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..._bare_cursor import bare_cursor
from ..._standard import sqlite3
from ...native import sqlite_library
from . import files
from .effects import Effect
from .snapshots import can_tell, handle_at, looks, writes

if TYPE_CHECKING:
    from ..._open_files import Note

_NOTICED = 0.02  # seconds of waiting in line that are taken off SQLite's own
_STUCK = 1.0  # seconds after which who neither writes nor leaves is passed by
_MOST = 2**31 - 1  # milliseconds that SQLite can wait
_ASKS = "PRAGMA busy_timeout"
_LOCKED = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED
_in_transaction: Any = sqlite3.Connection.in_transaction


class Place:
    """One connection's place in the line of its file."""

    def __init__(self, note: Note, connection: Any) -> None:
        self._connection = note
        self._handle_now = handle_at(connection)
        self._owner = note.thread
        self._timeout = _milliseconds(note.timeout)
        self._handle: int | None = None  # of the database that the file is for
        self._file: files.File | None = None
        self._leave: Any = None  # gives the file back, once
        self._thread = 0  # that had the last turn
        self._runs = False  # a statement: left so by Ctrl-C at the wrong moment, and mended by the next one
        self._shortened: int | None = None  # SQLite's timeout, while it is another

    def enter(self, connection: Any, effect: Effect) -> None:
        """Wait for the turn to write, if that is of use. ran() is to be called next, whatever happens."""
        self._runs = True
        if self._owner is not None and self._owner != get_ident():
            return  # for CPython to refuse
        handle = self._handle_now.value
        file = self._file if handle == self._handle else self._find(connection, handle)
        if file is None or handle is None:
            return
        turns = file.turns
        # Who waits with a lock in hand would hold up the one before.
        if turns.is_held_by(self) or looks(handle):
            return
        if turns.holder is None and file.enter(self, 0.0, _is_idle):
            self._thread = get_ident()
            return
        start = monotonic()
        timeout = self._patience(connection)
        waits = not self._is_hopeless(turns.holder, file) and _writes_main(handle, effect, timeout)
        if waits and file.enter(self, timeout / 1000, _is_idle):
            self._thread = get_ident()
        spent = monotonic() - start
        if timeout and spent > _NOTICED:
            self._shortened = timeout
            _sqlite().busy_timeout(handle, max(0, timeout - int(spent * 1000)))

    def ends(self) -> None:
        """The transaction is about to end. ran() is to be called next, whatever happens.

        While a commit waits for the disk, SQLite says already that no transaction is open: who looks must not take the
        turn away, and meet the lock that is still there.
        """
        self._runs = True

    def ran(self, connection: Any) -> None:
        """The statement is over: keep the turn if its transaction is not."""
        self._runs = False
        if self._shortened is not None:
            timeout, self._shortened = self._shortened, None
            if (handle := self._handle_now.value) is not None:
                _sqlite().busy_timeout(handle, timeout)
        self.settle(connection)

    def settle(self, connection: Any) -> None:
        """Let the next one write, unless this one's transaction goes on."""
        file = self._file
        if file is None or not file.turns.is_held_by(self):
            return
        handle = self._handle_now.value
        # Asked each time: with autocommit=False it is inside a transaction after each commit() too.
        if _is_inside(connection) and handle is not None and writes(handle):
            return
        file.leave(self, may_go_on=True)

    def is_idle(self) -> bool:
        """Return whether the connection has ended its transaction by a way that is not seen here, or is gone."""
        connection, file = self._connection(), self._file
        if connection is None or file is None:
            return True
        if _is_inside(connection):
            return False
        return not self._runs or monotonic() - file.turns.since > _STUCK

    def _find(self, connection: Any, handle: int | None) -> files.File | None:
        """Return the file that the connection has open now, if it has one that it may write to."""
        self.forget()
        self._handle = handle
        path = None if handle is None else _path_of(handle)
        if path is None:
            return None
        try:
            file = files.opened(path)
        except OSError:  # deleted, or of a VFS whose names are no paths
            return None
        self._file, self._leave = file, weakref.finalize(connection, files.closed, file, self)
        self._leave.atexit = False
        return file

    def forget(self) -> None:
        """Look anew, at the next statement that writes, which file the connection has open."""
        leave, self._leave, self._handle, self._file = self._leave, None, None, None
        if leave is not None:
            leave()

    def _patience(self, connection: Any) -> int:
        """Return the milliseconds that SQLite would wait for a lock."""
        if self._shortened is not None:  # Ctrl-C came before it was set back
            return self._shortened
        session: Any = getattr(connection, "_session", None)  # with plugins, any of which may have set it
        try:
            if session is not None:
                self._timeout = max(0, session.run_bare(connection, _ASKS).fetchone()[0])
            elif connection._sets_timeout:
                cursor = bare_cursor(connection)
                self._timeout = max(0, cursor.execute(_ASKS).fetchone()[0])
                cursor.close()
        except sqlite3.Error:  # an authorizer forbids it
            pass
        return self._timeout

    def _is_hopeless(self, holder: object, file: files.File) -> bool:
        """Return whether who waits is who is waited for: one thread with two connections."""
        mine = get_ident()
        return (isinstance(holder, Place) and holder._thread == mine) or file.turns.is_awaited_in(mine)


def join(connections: Iterable[tuple[Note, Any]]) -> None:
    """Give each connection its place in the line of its file, where SQLite can be asked for what that takes."""
    if not _can_be():
        return
    for note, connection in connections:
        if connection._place is None:
            object.__setattr__(connection, "_place", Place(note, connection))
    from . import calls_importlib_bootstrap

    calls_importlib_bootstrap.look()


@cache
def _can_be() -> bool:
    # Without Python's lock, asking another thread's connection whether it is idle could meet its end.
    is_locked = getattr(sys, "_is_gil_enabled", None)
    return (is_locked is None or is_locked()) and can_tell() and _found() is not None


def _milliseconds(timeout: Any) -> int:
    """Return what CPython makes of ``timeout``; 0 of what no integer of C's can hold, for SQLite to deal with."""
    milliseconds = float(timeout) * 1000
    return int(milliseconds) if 0 < milliseconds <= _MOST else 0


def _is_idle(who: object) -> bool:
    return isinstance(who, Place) and who.is_idle()


def _is_inside(connection: Any) -> bool:
    try:
        return bool(_in_transaction.__get__(connection))
    except sqlite3.ProgrammingError:  # it is closed
        return False


def _writes_main(handle: int, effect: Effect, timeout: int) -> bool:
    """Return whether a statement writes to the main database, as far as its table's name tells.

    :param timeout: the milliseconds that SQLite waits for a lock, which it does not here: who has not read the schema
        yet may have to wait for the one before to do so, and is to wait in line
    """
    if effect.table is None:
        return True
    if effect.schema is not None:
        return effect.schema.lower() == "main"
    busy_timeout = _sqlite().busy_timeout
    busy_timeout(handle, 0)
    try:
        return not _has(handle, b"temp", effect.table, unsure=False) and _has(
            handle, b"main", effect.table, unsure=True
        )
    finally:
        busy_timeout(handle, timeout)


def _has(handle: int, schema: bytes, table: str, *, unsure: bool) -> bool:
    name = table.encode(errors="surrogateescape")
    code: int = _sqlite().column(handle, schema, name, *[None] * 6)
    return unsure if code in _LOCKED else code == 0


class _Sqlite:
    """What is asked of SQLite past Python."""

    def __init__(self, library: ctypes.CDLL) -> None:
        def function(name: str, *arguments: Any, result: Any = ctypes.c_int) -> Any:
            found = library[name]  # nobody else's: a library's attributes are every thread's
            found.argtypes, found.restype = arguments, result
            return found

        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        self.column = function("sqlite3_table_column_metadata", pointer, text, text, *[pointer] * 6)
        self.busy_timeout = function("sqlite3_busy_timeout", pointer, ctypes.c_int)
        self.is_readonly = function("sqlite3_db_readonly", pointer, text)
        self.file_control = function("sqlite3_file_control", pointer, text, ctypes.c_int, pointer)
        self.filename = function("sqlite3_db_filename", pointer, text, result=text)


@cache
def _found() -> _Sqlite | None:
    """Return SQLite's functions; None where they are out of reach."""
    library = sqlite_library()
    try:
        return None if library is None else _Sqlite(library)
    except AttributeError:
        return None


def _sqlite() -> _Sqlite:
    found = _found()
    assert found is not None  # noqa: S101 - without, nobody stands in line
    return found


_HAS_MOVED = 20  # SQLITE_FCNTL_HAS_MOVED


def _path_of(handle: int) -> bytes | None:
    """Return the path of the main database; none where it has no file, or one that can't be written to or is gone."""
    sqlite = _sqlite()
    path: bytes | None = sqlite.filename(handle, b"main")
    if not path or sqlite.is_readonly(handle, b"main"):
        return None
    moved = ctypes.c_int(0)
    sqlite.file_control(handle, b"main", _HAS_MOVED, ctypes.byref(moved))
    return None if moved.value else path
