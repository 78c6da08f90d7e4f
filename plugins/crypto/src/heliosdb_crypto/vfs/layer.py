"""The file layer: a VFS for each key, named in the URI with which a connection is opened.

It is SQLite's own default VFS with another xOpen. That lets the default open the file, then puts in the place of the
file's methods a copy of them that differs in reading, writing and closing: locks, syncs and shared memory stay C.
What a connection opens besides, temporary and attached files, it opens with the same VFS.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from ..keys.derivation import RAW
from ..keys.given import UserKey
from . import binding
from .binding import (
    CANTOPEN,
    FCNTL_CONNECTION,
    FCNTL_PRAGMA,
    IOERR,
    MAIN_DB,
    MAIN_JOURNAL,
    NOT_FOUND,
    OK,
    SUPER_JOURNAL,
    WAL,
    IoMethods,
    RealMethods,
    Vfs,
    sqlite,
)
from .database import DatabaseFile
from .files import OpenFile, PlainFile
from .journal import JournalFile
from .keyed import readable
from .log import LogFile
from .problems import note, note_exception
from .temporary import ScratchFile, TemporaryFile

PRAGMA = b"heliosdb_file"
"""Answered by a database's file with its handle: how a connection finds the files that it has open."""

RESERVES = b"heliosdb_reserves"
"""In a URI: who opens the file tells SQLite which bytes of a page to leave alone."""

_NO_KEY = UserKey(b"", RAW)
_files: dict[int, OpenFile] = {}  # by the address of SQLite's file object
_layers: dict[int, Layer] = {}  # by the address of the VFS
_by_key: dict[bytes, Layer] = {}
_lock = threading.Lock()
_here = threading.local()


class Layer:
    """The VFS for one key, for plain databases, or for scratch ones. It stays registered: there are as many as keys."""

    def __init__(self, key: UserKey | None, *, scratch: bool = False) -> None:
        self.key = key
        self.scratch = scratch
        self.wiped = False  # its key was forgotten: it opens no database any more
        self.name = f"heliosdb-{secrets.token_hex(8)}"
        api = sqlite()
        self._name = ctypes.create_string_buffer(self.name.encode())
        self._vfs = Vfs()
        ctypes.memmove(ctypes.byref(self._vfs), ctypes.byref(api.default), ctypes.sizeof(Vfs))
        self._vfs.zName = ctypes.addressof(self._name)
        self._vfs.xOpen = _entry_points()["open"]
        _layers[ctypes.addressof(self._vfs)] = self
        api.register(ctypes.byref(self._vfs), 0)


def layer_for(key: UserKey) -> Layer:
    """Return the VFS for a key.

    :raises NotSupportedError: there can be none here
    """
    with _lock:
        found = _by_key.get(key.identity)
        if found is None:
            found = _by_key[key.identity] = Layer(key)
        return found


def forget_idle_layers() -> None:
    """Drop the keys of the layers under which no database is open."""
    with _lock:
        used = {file.key.identity for file in list(_files.values()) if isinstance(file, DatabaseFile)}
        for identity in [each for each in _by_key if each not in used]:
            layer = _by_key.pop(identity)
            layer.key, layer.wiped = _NO_KEY, True


@cache
def plain_layer() -> Layer:
    """Return the VFS under which a plain database is opened to be encrypted: it changes nothing that is in a file."""
    return Layer(None)


@cache
def scratch_layer() -> Layer:
    """Return the VFS for named databases that nobody opens again, sealed as temporary files are."""
    return Layer(_NO_KEY, scratch=True)


def open_file(handle: int) -> OpenFile:
    """Return the open file that has this handle."""
    return _files[handle]


def expect_a_file() -> None:
    """A connection is about to be opened by this thread."""
    _here.opened = None


def file_just_opened() -> DatabaseFile | None:
    """Return the main database of the connection that this thread has just opened; None for one in memory."""
    file: DatabaseFile | None = getattr(_here, "opened", None)
    _here.opened = None
    if file is not None:
        _know(file)
    return file


def _know(file: OpenFile) -> None:
    """Let SQLite's calls about a file that is known by now pass by Python."""
    ctypes.c_void_p.from_address(file.handle).value = _table(file.real.table, "known " + file.kind)


def key_of(path: str, beside: DatabaseFile | None) -> UserKey | None:
    """Return the key of a database that is open; None for one that is none of ours.

    :param beside: the main database of the connection that has it attached, where that is a file
    """
    for file in list(_files.values()):
        ours = beside is None or file.connection in (0, beside.connection)
        if ours and isinstance(file, DatabaseFile) and file.path == path:
            return file.key
    return None


def open_kinds() -> list[str]:
    """Return the kind of each file that is open now."""
    return sorted(file.kind for file in list(_files.values()))


# -- what SQLite calls -----------------------------------------------------------------------------------------------
def _open(vfs: int, name: int | None, handle: int, flags: int, out_flags: int | None) -> int:
    """Serve xOpen."""
    try:
        layer = _layers[vfs]
        if layer.wiped and flags & MAIN_DB:
            return note(CANTOPEN, "the key of this connection was forgotten by forget_keys()")
        api = sqlite_api()
        code: int = api.default_open(ctypes.addressof(api.default), name, handle, flags, out_flags)
        if code != OK or flags & SUPER_JOURNAL:
            return code  # a super-journal holds the names of journals, no data
        if layer.key is None and not flags & MAIN_DB:
            return code
        real = _real(ctypes.c_void_p.from_address(handle).value or 0)
        file: OpenFile
        if layer.key is None:
            file = PlainFile(handle, real)
        elif flags & MAIN_DB and layer.scratch:
            file = ScratchFile(handle, real)
        elif flags & MAIN_DB:
            path = readable(ctypes.string_at(name) if name else b"")
            reserves = name is not None and api.parameter(name, RESERVES) is not None
            file = DatabaseFile(handle, real, path, layer.key, reserves=reserves)
        elif flags & (WAL | MAIN_JOURNAL) and name and not layer.scratch:
            database = _files.get(api.database_of(name) or 0)
            if not isinstance(database, DatabaseFile):
                real.close(handle)
                ctypes.c_void_p.from_address(handle).value = None
                return note(CANTOPEN, "a journal was opened whose database is not open")
            file = (LogFile if flags & WAL else JournalFile)(handle, real, database)
        else:
            file = TemporaryFile(handle, real)
        _files[handle] = file
        ctypes.c_void_p.from_address(handle).value = _table(real.table, file.kind)
        if isinstance(file, DatabaseFile):
            _here.opened = file
            file.find_key()  # reading will fail, and say why, where it found none
        return OK
    except BaseException as error:  # noqa: BLE001 - C is calling
        return note_exception(CANTOPEN, error)


def _read(handle: int, into: int, size: int, offset: int) -> int:
    """Serve xRead."""
    try:
        return _files[handle].read(into, size, offset)
    except BaseException as error:  # noqa: BLE001 - C is calling
        return _once_more(error, lambda: _files[handle].read(into, size, offset))


def _write(handle: int, source: int, size: int, offset: int) -> int:
    """Serve xWrite."""
    try:
        return _files[handle].write(source, size, offset)
    except BaseException as error:  # noqa: BLE001 - C is calling
        return _once_more(error, lambda: _files[handle].write(source, size, offset))


def _close(handle: int) -> int:
    """Serve xClose."""
    try:
        return _close_file(handle)
    except BaseException as error:  # noqa: BLE001 - C is calling
        return _once_more(error, lambda: _close_file(handle))


def _close_file(handle: int) -> int:
    file = _files.pop(handle, None)
    if file is None:
        return OK  # closed by the first try
    file.handle = 0
    code: int = file.real.close(handle)
    return code


def _once_more(error: BaseException, operation: Callable[[], int]) -> int:
    """Return what an operation returns when it is tried again, if nothing was wrong but the moment.

    SQLite may do its work while a Python exception is on its way through C, in sqlite3's own clean-up. The interpreter
    notices that in the middle of our code, and raises SystemError; the exception is gone then.
    """
    if not isinstance(error, SystemError):
        return note_exception(IOERR, error)
    try:
        return operation()
    except BaseException as again:  # noqa: BLE001 - C is calling
        return note_exception(IOERR, again)


def _truncate(handle: int, size: int) -> int:
    """Serve xTruncate of a temporary file."""
    try:
        file = _files[handle]
        return file.truncate(size) if isinstance(file, TemporaryFile) else IOERR
    except BaseException as error:  # noqa: BLE001 - C is calling
        return note_exception(IOERR, error)


def _file_size(handle: int, out: int) -> int:
    """Serve xFileSize of a temporary file."""
    try:
        file = _files[handle]
        return file.file_size(out) if isinstance(file, TemporaryFile) else IOERR
    except BaseException as error:  # noqa: BLE001 - C is calling
        return note_exception(IOERR, error)


def _file_control(handle: int, operation: int, argument: int | None) -> int:
    """Serve xFileControl of a database file until its connection has found it: answer our own PRAGMA."""
    try:
        file = _files[handle]
        if operation == FCNTL_CONNECTION and argument:
            file.connection = ctypes.c_void_p.from_address(argument).value or 0
        if operation == FCNTL_PRAGMA and argument:
            words = (ctypes.c_char_p * 2).from_address(argument)
            if (words[1] or b"").lower() == PRAGMA:
                answer = str(handle).encode() + b"\0"
                place = sqlite_api().allocate(len(answer))
                if not place:
                    return IOERR
                ctypes.memmove(place, answer, len(answer))
                ctypes.c_void_p.from_address(argument).value = place
                _know(file)
                return OK
        code: int = file.real.file_control(handle, operation, argument)
        return code
    except BaseException as error:  # noqa: BLE001 - C is calling
        return note_exception(NOT_FOUND, error)


@cache
def _entry_points() -> dict[str, int]:
    return {
        "open": binding.callback(binding.OPEN, _open),
        "xRead": binding.callback(binding.READ, _read),
        "xWrite": binding.callback(binding.WRITE, _write),
        "xClose": binding.callback(binding.CLOSE, _close),
        "xTruncate": binding.callback(binding.TRUNCATE, _truncate),
        "xFileSize": binding.callback(binding.FILE_SIZE, _file_size),
        "xFileControl": binding.callback(binding.FILE_CONTROL, _file_control),
    }


_SHARED = ("xRead", "xWrite", "xClose")
_REPLACED = {
    "database": (*_SHARED, "xFileControl"),
    "known database": _SHARED,
    "plain database": ("xClose", "xFileControl"),
    "known plain database": ("xClose",),
    "journal": _SHARED,
    "log": _SHARED,
    "temporary": (*_SHARED, "xTruncate", "xFileSize"),
    "scratch": (*_SHARED, "xTruncate", "xFileSize", "xFileControl"),
    "known scratch": (*_SHARED, "xTruncate", "xFileSize"),
}
_tables: dict[tuple[int, str], Any] = {}


def _table(real: int, kind: str) -> int:
    """Return the address of a method table for files of this kind whose own methods are those at ``real``."""
    made = _tables.get((real, kind))
    if made is None:
        made = IoMethods()
        ctypes.memmove(ctypes.byref(made), real, ctypes.sizeof(IoMethods))
        made.iVersion = min(made.iVersion, 2)  # without xFetch: SQLite must not map the file into memory
        for method in _REPLACED[kind]:
            setattr(made, method, _entry_points()[method])
        # Another thread may have been faster, and SQLite have files open with the table that it made.
        made = _tables.setdefault((real, kind), made)
    return ctypes.addressof(made)


@cache
def _real(table: int) -> RealMethods:
    return RealMethods(table)


sqlite_api = cache(sqlite)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def default_name() -> str:
    """Return the name of SQLite's own default VFS."""
    return ctypes.string_at(sqlite_api().default.zName or 0).decode()
