"""sqlite-vec's SQL functions (``vec_distance_cosine`` and its kin, ``vec0`` tables) on connections with vector search.

Three ways, by what this Python can do; the environment variable ``HELIOSDB_SQLITE_VEC`` asks for one by name:

* ``extension``: SQLite's own extension loading, which many Pythons are built without;
* ``ctypes``: sqlite-vec's entry point called on the SQLite library that ``_sqlite3`` uses;
* ``off``: not at all. HeliosDB's own functions, ``vector_distance`` and its kin, are the same either way.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

from .errors import UnavailableError

VARIABLE = "HELIOSDB_SQLITE_VEC"
WAYS = ("extension", "ctypes", "off")


class Loading(NamedTuple):
    """How sqlite-vec gets into a connection, and why not otherwise."""

    way: str
    """One of ``extension``, ``ctypes`` and ``off``."""
    version: str
    """sqlite-vec's version; "" when it is off."""
    reason: str
    """Why the ways before this one were not taken; "" when this is the first."""


_lock = threading.Lock()
_known: dict[str, tuple[Loading, Callable[[Any], None]]] = {}


def sqlite_vec_loading(way: str | None = None) -> Loading:
    """Return how sqlite-vec is made available in this process; tried out once, on a database in memory.

    :param way: ``extension``, ``ctypes`` or ``off``; None for the one that HELIOSDB_SQLITE_VEC names, or the first
        that works
    :raises ProgrammingError: HELIOSDB_SQLITE_VEC names no way
    """
    return _chosen(way)[0]


def load_sqlite_vec(connection: sqlite3.Connection, way: str | None = None) -> Loading:
    """Define sqlite-vec's functions on a connection, where this Python can, and return how it was done.

    :param way: as for :func:`sqlite_vec_loading`
    """
    loading, load = _chosen(way)
    load(connection)
    return loading


def _chosen(way: str | None) -> tuple[Loading, Callable[[Any], None]]:
    asked = way or os.environ.get(VARIABLE, "")
    try:
        return _known[asked]
    except KeyError:
        pass
    if asked and asked not in WAYS:
        raise sqlite3.ProgrammingError(f"{VARIABLE}={asked!r}: it is one of {', '.join(WAYS)}, or not set")
    with _lock:  # two threads must not both try
        if asked not in _known:
            _known[asked] = _try((asked,) if asked else WAYS)
        return _known[asked]


def _try(ways: tuple[str, ...]) -> tuple[Loading, Callable[[Any], None]]:
    """Return the first way that works; what does not is no error, sqlite-vec being an extra."""
    reasons: list[str] = []
    for way in ways:
        if way == "off":
            break
        try:
            load = _by_extension() if way == "extension" else _by_entry_point()
            return Loading(way, _version_with(load), "; ".join(reasons)), load
        except (UnavailableError, sqlite3.Error, OSError, ImportError) as error:
            reasons.append(f"{way}: {error}")
    return Loading("off", "", "; ".join(reasons)), lambda _: None


def _path() -> str:
    """Return the path of sqlite-vec's library, without the suffix, as SQLite wants it."""
    if find_spec("sqlite_vec") is None:
        raise UnavailableError("the package sqlite-vec is not installed")
    import sqlite_vec

    return str(sqlite_vec.loadable_path())


def _by_extension() -> Callable[[Any], None]:
    path = _path()
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        raise UnavailableError("this Python is built without extension loading")

    def load(connection: sqlite3.Connection) -> None:
        connection.enable_load_extension(True)
        try:
            connection.load_extension(path)
        finally:
            connection.enable_load_extension(False)

    return load


def _by_entry_point() -> Callable[[Any], None]:
    from .entry_point import caller  # here: some Pythons are built without ctypes

    return caller(_path())


def _version_with(load: Callable[[Any], None]) -> str:
    trial = sqlite3.connect(":memory:")
    try:
        load(trial)
        return str(trial.execute("SELECT vec_version()").fetchone()[0])
    finally:
        trial.close()
