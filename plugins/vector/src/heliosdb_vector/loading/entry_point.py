"""An SQLite extension's entry point, called through ctypes, for Pythons built without extension loading.

The entry point needs two pointers. SQLite's table of functions is handed to whatever ``sqlite3_auto_extension`` names
when a database is opened: one opened in memory is enough to learn it, and the registration is taken back at once. The
database handle is the first member of CPython's connection object; that this holds for the running interpreter is
checked on that same database, whose handle SQLite tells as well.
"""

from __future__ import annotations

import ctypes
import glob
import os
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from .errors import UnavailableError

_HANDLE = object.__basicsize__  # where it stands in the connection object, after the object's own head
_OK = 0


def caller(path: str, name: str = "sqlite3_vec_init") -> Callable[[Any], None]:
    """Return a function that runs the extension's entry point on a connection.

    :param path: of the extension's library; the platform's suffix may be missing
    :raises UnavailableError: the SQLite library that this Python uses is out of reach
    """
    api = _api_table(_sqlite_library())
    library = ctypes.CDLL(_with_suffix(path))
    try:
        entry = getattr(library, name)
    except AttributeError:
        raise UnavailableError(f"{path} has no entry point {name}") from None
    entry.argtypes = (ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p)
    entry.restype = ctypes.c_int

    def call(connection: sqlite3.Connection) -> None:
        message = ctypes.c_char_p()
        code = entry(_handle(connection), ctypes.byref(message), api)
        if code != _OK:  # the message's few bytes stay: the function to free them may be another library's
            said = (message.value or b"").decode("utf-8", "replace")
            raise sqlite3.OperationalError(f"{name} failed with code {code}: {said}")

    return call


def _handle(connection: sqlite3.Connection) -> int:
    return ctypes.c_void_p.from_address(id(connection) + _HANDLE).value or 0


def _with_suffix(path: str) -> str:
    """Return the library's full path: SQLite adds the platform's suffix by itself, ctypes does not."""
    found = [each for each in (path, *sorted(glob.glob(glob.escape(path) + ".*"))) if os.path.isfile(each)]
    if not found:
        raise UnavailableError(f"there is no library {path}")
    return found[0]


def _sqlite_library() -> ctypes.CDLL:
    """Return the SQLite library that ``_sqlite3`` uses, by the symbols that can be reached through it."""
    binary = getattr(sys.modules.get("_sqlite3"), "__file__", None)
    names: list[str | None] = [binary]  # None, for a module that is built in: the process itself
    if os.name == "nt" and binary:  # the symbols stand in the DLL beside it
        names = [os.path.join(os.path.dirname(binary), "sqlite3.dll"), "sqlite3.dll"]
    for each in names:
        try:
            library = ctypes.CDLL(each)
            library.sqlite3_auto_extension  # noqa: B018 - looked up here, or not at all
            library.sqlite3_cancel_auto_extension  # noqa: B018
        except (OSError, AttributeError, TypeError):
            continue
        return library
    raise UnavailableError("the symbols of the SQLite library that this Python uses can't be reached")


def _api_table(library: ctypes.CDLL) -> int:
    """Return the address of SQLite's table of functions for extensions."""
    seen: dict[int, int] = {}

    def on_open(handle: int | None, _: int | None, api: int | None) -> int:
        seen[handle or 0] = api or 0  # other threads may open databases in this moment
        return _OK

    prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    kept = prototype(on_open)  # must live as long as SQLite may call it
    callback = ctypes.cast(kept, ctypes.c_void_p)
    for function in (library.sqlite3_auto_extension, library.sqlite3_cancel_auto_extension):
        function.argtypes = (ctypes.c_void_p,)
        function.restype = ctypes.c_int
    if library.sqlite3_auto_extension(callback) != _OK:
        raise UnavailableError("sqlite3_auto_extension() was refused")
    try:
        trial = sqlite3.connect(":memory:")
    finally:
        library.sqlite3_cancel_auto_extension(callback)
    try:
        if not seen:
            raise UnavailableError("the SQLite library in reach is not the one that this Python uses")
        api = seen.get(_handle(trial))
    finally:
        trial.close()
    if not api:
        raise UnavailableError("this Python's connection objects, or its SQLite, are built in another way")
    return api
