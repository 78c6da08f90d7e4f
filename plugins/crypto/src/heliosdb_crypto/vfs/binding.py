"""SQLite's file layer as ctypes sees it: its structures, its functions, its codes. No encryption here."""

from __future__ import annotations

import ctypes
import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any

from .symbols import Addresses, addresses

OK, READONLY, IOERR, CANTOPEN, PROTOCOL, NOTADB = 0, 8, 10, 14, 15, 26
SHORT_READ = IOERR | (2 << 8)
BAD_DATA = IOERR | (32 << 8)  # SQLITE_IOERR_DATA: contents that fail their check

MAIN_DB, MAIN_JOURNAL, SUPER_JOURNAL, WAL = 0x100, 0x800, 0x4000, 0x80000
FCNTL_PRAGMA, FCNTL_CONNECTION, FCNTL_DATA_VERSION, FCNTL_RESERVE_BYTES = 14, 30, 35, 38
NOT_FOUND = 12

_OLDEST = (3, 34)  # since then a journal's name leads to its database's file object, whoever opens it
_WRITES = 2  # SQLITE_TXN_WRITE

POINTER = ctypes.c_void_p
_INT, _LONG = ctypes.c_int, ctypes.c_longlong

# What a method takes and returns. For callbacks CFUNCTYPE, which takes the GIL; for SQLite's own functions PYFUNCTYPE,
# which keeps it: a page's read is too short to let go for.
OPEN = (_INT, POINTER, POINTER, POINTER, _INT, POINTER)
READ = WRITE = (_INT, POINTER, POINTER, _INT, _LONG)
CLOSE = (_INT, POINTER)
TRUNCATE = (_INT, POINTER, _LONG)
FILE_SIZE = (_INT, POINTER, POINTER)
FILE_CONTROL = (_INT, POINTER, _INT, POINTER)

_VFS_METHODS = (
    *(
        "xOpen",
        "xDelete",
        "xAccess",
        "xFullPathname",
        "xDlOpen",
        "xDlError",
        "xDlSym",
        "xDlClose",
        "xRandomness",
    ),
    *("xSleep", "xCurrentTime", "xGetLastError", "xCurrentTimeInt64"),
    *("xSetSystemCall", "xGetSystemCall", "xNextSystemCall"),
)
_IO_METHODS = (
    *(
        "xClose",
        "xRead",
        "xWrite",
        "xTruncate",
        "xSync",
        "xFileSize",
        "xLock",
        "xUnlock",
        "xCheckReservedLock",
    ),
    *("xFileControl", "xSectorSize", "xDeviceCharacteristics"),
    *("xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap", "xFetch", "xUnfetch"),
)


class Vfs(ctypes.Structure):
    """sqlite3_vfs."""

    _fields_ = [
        ("iVersion", _INT),
        ("szOsFile", _INT),
        ("mxPathname", _INT),
        ("pNext", POINTER),
        ("zName", POINTER),
        ("pAppData", POINTER),
        *((name, POINTER) for name in _VFS_METHODS),
    ]


class IoMethods(ctypes.Structure):
    """sqlite3_io_methods: the table that a file's first word points to."""

    _fields_ = [("iVersion", _INT), *((name, POINTER) for name in _IO_METHODS)]


class Sqlite:
    """The functions of SQLite's that the file layer needs."""

    def __init__(self, address: Addresses) -> None:
        def function(name: str, result: Any, *arguments: Any) -> Any:
            return ctypes.PYFUNCTYPE(result, *arguments)(address(name))

        self.find = function("sqlite3_vfs_find", ctypes.POINTER(Vfs), ctypes.c_char_p)
        self.register = function("sqlite3_vfs_register", _INT, ctypes.POINTER(Vfs), _INT)
        self.database_of = function("sqlite3_database_file_object", POINTER, POINTER)
        """The file object of the database to which the name of a journal or log belongs."""
        self.parameter = function("sqlite3_uri_parameter", ctypes.c_char_p, POINTER, ctypes.c_char_p)
        self.file_control = function("sqlite3_file_control", _INT, POINTER, ctypes.c_char_p, _INT, POINTER)
        self.compiled_with = function("sqlite3_compileoption_used", _INT, ctypes.c_char_p)
        self.transaction = function("sqlite3_txn_state", _INT, POINTER, ctypes.c_char_p)
        self.allocate = function("sqlite3_malloc", POINTER, _INT)
        default = self.find(None)
        if not default:
            raise AttributeError("SQLite has no default VFS")
        self.default = default.contents
        self.default_open = ctypes.PYFUNCTYPE(*OPEN)(self.default.xOpen)


def reserve(connection: int, size: int) -> None:
    """Have SQLite leave so many bytes of each page alone, in a main database that is empty or is about to be copied.

    :param connection: the address of SQLite's own connection object
    :raises NotSupportedError: this SQLite can't
    """
    wanted = ctypes.c_int(size)
    if sqlite().file_control(connection, b"main", FCNTL_RESERVE_BYTES, ctypes.addressof(wanted)) != OK:
        raise sqlite3.NotSupportedError("this SQLite can't reserve bytes at the end of each page")


def data_version(connection: int) -> int:
    """Return a number that is another one whenever SQLite has thrown its cache of the main database away; -1: unknown.

    :param connection: the address of SQLite's own connection object
    """
    found = ctypes.c_uint()
    if not connection:
        return -1
    code = _bound().file_control(connection, b"main", FCNTL_DATA_VERSION, ctypes.addressof(found))
    return found.value if code == OK else -1


def is_writing(connection: int) -> bool:
    """Return whether the connection is in a transaction that has begun to write to the main database.

    :param connection: the address of SQLite's own connection object
    """
    return bool(connection) and _bound().transaction(connection, b"main") == _WRITES


class RealMethods:
    """The methods that a file had when it was opened."""

    def __init__(self, table: int) -> None:
        methods = IoMethods.from_address(table)
        self.table = table
        self.read: Any = ctypes.PYFUNCTYPE(*READ)(methods.xRead)
        self.write: Any = ctypes.PYFUNCTYPE(*WRITE)(methods.xWrite)
        self.close: Any = ctypes.PYFUNCTYPE(*CLOSE)(methods.xClose)
        self.file_size: Any = ctypes.PYFUNCTYPE(*FILE_SIZE)(methods.xFileSize)
        self.file_control: Any = ctypes.PYFUNCTYPE(*FILE_CONTROL)(methods.xFileControl)


_callbacks: list[Any] = []


def callback(prototype: tuple[Any, ...], function: Callable[..., int]) -> int:
    """Return the address of a C function that calls ``function``, for as long as the process lives.

    SQLite may call it while the interpreter shuts down, when Python has let go of everything else.
    """
    made = ctypes.CFUNCTYPE(*prototype)(function)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))
    _callbacks.append(made)
    return ctypes.cast(made, POINTER).value or 0


def why_not() -> str:
    """Return why there can be no file layer of ours here, "" when there can."""
    if _is_subinterpreter():
        return "encryption works in the main interpreter only: SQLite's calls into Python can't reach a subinterpreter"
    if sqlite3.sqlite_version_info < _OLDEST:
        return (
            f"encryption needs SQLite 3.34 or later, and this Python's sqlite3 has {sqlite3.sqlite_version}"
        )
    if _addresses() is None:
        return (
            "encryption needs ctypes to reach the SQLite library that this Python's sqlite3 uses, and it is out of "
            "reach: `heliosdb info` says more; a Python from python.org, a Linux distribution or conda has it, and one "
            "that can load extensions has it when sqlite-vec is installed"
        )
    try:
        _bound()
    except AttributeError as error:
        return f"encryption can't use the SQLite library of this Python: {error}"
    return ""


def sqlite() -> Sqlite:
    """Return the functions.

    :raises NotSupportedError: there can be no file layer of ours here
    """
    if reason := why_not():
        raise sqlite3.NotSupportedError(reason)
    return _bound()


_addresses = cache(addresses)


@cache
def _bound() -> Sqlite:
    found = _addresses()
    if found is None:
        raise AttributeError("no library")
    return Sqlite(found)


def _is_subinterpreter() -> bool:
    try:
        import _interpreters as interpreters  # type: ignore[import-not-found,unused-ignore]  # CPython 3.13
    except ImportError:
        try:
            import _xxsubinterpreters as interpreters  # type: ignore[import-not-found,no-redef,unused-ignore]
        except ImportError:
            return False
    current: Any = interpreters.get_current()
    main: Any = interpreters.get_main()
    if isinstance(current, tuple):  # with the interpreter's owner, since CPython 3.13
        return bool(current[0] != main[0])
    return bool(current != main)
