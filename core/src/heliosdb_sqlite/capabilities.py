"""What this Python, its SQLite and this machine can do, and what follows for HeliosDB's features."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from importlib.util import find_spec
from typing import NamedTuple

from ._standard import sqlite3
from .native import sqlite_library


class Capability(NamedTuple):
    """One fact about this machine."""

    name: str
    value: str
    consequence: str  # what follows from it, "" for nothing worth saying


def capabilities(folder: str | os.PathLike[str] = ".") -> list[Capability]:
    """Return the facts, those of the installed plugins at the end; nothing is written for them.

    :param folder: where a database is or will be, for what depends on its file system

    >>> [each.value for each in capabilities() if each.name == "SQLite"] == [sqlite3.sqlite_version]
    True
    """
    connection = sqlite3.connect(":memory:")
    try:
        machine = [*_sqlite(connection), *_python(), *_system(os.path.abspath(folder))]
    finally:
        connection.close()
    return [*machine, *_plugins(os.path.abspath(folder))]


def _sqlite(connection: sqlite3.Connection) -> Iterable[Capability]:
    compiled = {row[0] for row in connection.execute("PRAGMA compile_options")}
    yield Capability("SQLite", sqlite3.sqlite_version, _what_is_missing())
    mode = next((option[11:] for option in compiled if option.startswith("THREADSAFE=")), "?")
    yield Capability(
        "SQLite's threading",
        {"0": "single-threaded", "1": "serialized", "2": "multi-threaded"}.get(mode, "unknown"),
        {
            "0": "only one thread of the process may use SQLite",
            "1": "threads may share a connection (check_same_thread=False)",
            "2": "each thread needs connections of its own",
        }.get(mode, ""),
    )
    fts5 = _has_fts5(connection)
    yield Capability("full-text search", "FTS5" if fts5 else "no", "" if fts5 else "no hybrid search")
    loads = hasattr(connection, "enable_load_extension") and "OMIT_LOAD_EXTENSION" not in compiled
    reached = sqlite_library() is not None
    yield Capability(
        "extension loading",
        _yes(loads),
        ""
        if loads
        else "extensions are loaded through ctypes instead"
        if reached
        else "Python functions take the place of extensions",
    )
    yield Capability(
        "SQLite through ctypes",
        _yes(reached),
        "" if reached else "no encryption: a file layer of its own can't be put under this SQLite",
    )


def _what_is_missing() -> str:
    """Return what this SQLite is too old for."""
    news = (((3, 35), "RETURNING, DROP COLUMN"), ((3, 37), "STRICT tables"), ((3, 38), "-> and ->>"))
    missing = [what for version, what in news if sqlite3.sqlite_version_info < version]
    return f"too old for {', '.join(missing)}" if missing else ""


def _has_fts5(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.has_fts5 USING fts5 (a)")
    except sqlite3.OperationalError:
        return False
    return True


def _python() -> Iterable[Capability]:
    built_in = getattr(sys.modules.get("_sqlite3"), "__file__", None) is None
    yield Capability("module _sqlite3", "built in" if built_in else "a file of its own", "")
    free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    yield Capability(
        "free threading",
        "no" if not free else "built for it, switched off" if locked else "yes",
        "functions and encryption written in Python run in one thread at a time" if locked else "",
    )
    serializes = hasattr(sqlite3.Connection, "serialize")
    yield Capability(
        "serialize()", _yes(serializes), "" if serializes else "Python 3.11 has it, and blobopen()"
    )
    autocommit = hasattr(sqlite3.Connection, "autocommit")
    yield Capability("autocommit=", _yes(autocommit), "" if autocommit else "Python 3.12 has it")


def _system(folder: str) -> Iterable[Capability]:
    kernel = hasattr(os, "copy_file_range")
    yield Capability(
        "copy_file_range", _yes(kernel), "" if kernel else "branches are copied by reading and writing"
    )
    kind = file_system(folder)
    shares = _SHARES_BLOCKS.get(kind, "no" if kind else "unknown")
    yield Capability(
        "reflinks",
        f"{shares} ({kind})" if kind else shares,
        {"no": "a branch is a full copy of the file", "yes": "a branch shares the file's blocks"}.get(
            shares, "a branch may share the file's blocks"
        ),
    )
    descriptors = os.path.isdir("/proc/self/fd")
    yield Capability(
        "/proc/self/fd",
        _yes(descriptors),
        "" if descriptors else "files that are open are copied by a process of their own",
    )
    locks = find_spec("fcntl") is not None
    yield Capability("flock", _yes(locks), "" if locks else "Windows' own locks take its place")
    unlinks = os.name == "posix"
    yield Capability(
        "unlinking open files",
        _yes(unlinks),
        "" if unlinks else "what is deleted while open goes when it is closed",
    )


def _plugins(folder: str) -> Iterable[Capability]:
    """Yield what the installed plugins say of this machine."""
    from .plugins._manager import manager

    for name, function in manager().implementations("heliosdb_facts").items():
        try:
            yield from [Capability(*each) for each in function(folder)]
        except Exception as error:  # noqa: BLE001 - what the others say is worth knowing all the same
            yield Capability(name, "unknown", f"the plugin could not say: {error}")


# File systems on which a copy may share the original's blocks. xfs can since 2018, if it was made so.
_SHARES_BLOCKS = {
    **dict.fromkeys(("btrfs", "bcachefs", "ocfs2"), "yes"),
    **dict.fromkeys(("xfs", "zfs", "overlay", "nfs4", "cifs"), "perhaps"),
}


def file_system(folder: str) -> str:
    """Return the kind of file system that holds ``folder``, such as ``ext4``; "" where the system does not say."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            mounts = [line.split()[1:3] for line in file]
    except OSError:
        return ""
    real = os.path.realpath(folder)
    points = [(_unescaped(point), kind) for point, kind in mounts]
    holding = [each for each in points if os.path.commonpath([real, each[0]]) == each[0]]
    # Of several mounts on one point the last is on top.
    return max(enumerate(holding), key=lambda each: (len(each[1][0]), each[0]))[1][1] if holding else ""


def _unescaped(point: str) -> str:
    """Return a mount point as it is: in the kernel's list, space and backslash are octal numbers."""
    for number, character in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        point = point.replace(f"\\{number}", character)
    return point


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
