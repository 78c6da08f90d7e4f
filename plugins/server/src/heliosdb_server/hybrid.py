"""Hybrid mode: a connection whose file is served to others for as long as it is open."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from heliosdb_sqlite.plugins import Target, state

from .database import Database
from .server import Server, _start

NAME = "server"


@dataclass(frozen=True)
class ServerInfo:
    """Where a hybrid connection's file can be reached."""

    url: str
    host: str
    port: int
    database: str

    def __repr__(self) -> str:
        return f"ServerInfo(host={self.host!r}, port={self.port!r}, database={self.database!r})"


def threaded(target: Target) -> Target:
    """Return the target as one that any thread may use; a file it must be.

    :raises NotSupportedError: the database is in memory
    """
    path = os.fsdecode(target.database)
    if path in ("", ":memory:") or path.startswith("file:") or "mode=memory" in path:
        raise sqlite3.NotSupportedError(
            f"heliosdb_mode='hybrid' can't serve {path!r}: other clients open the database by themselves, which takes "
            "the path of a file"
        )
    if "check_same_thread" not in target.keywords:
        target = target.moved(target.database, check_same_thread=False)
    return replace(target, serialized=True)


class _Shared:
    """A server that several connections of this process have asked for: the first starts it, the last stops it."""

    def __init__(self, server: Server, options: Mapping[str, Any]) -> None:
        self.server = server
        self.options = options
        self.count = 1


_lock = threading.Lock()
_shared: dict[str, list[_Shared]] = {}


def _forked() -> None:
    global _lock
    _lock = threading.Lock()
    _shared.clear()  # they are the parent's: a connection that is opened here has a server of its own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def serve(connection: Any, path: Any, options: Mapping[str, Any]) -> None:
    """Start the server of a connection that has just been opened, or share the one that its file has already."""
    name = os.path.realpath(os.fsdecode(path))
    with _lock:
        there = _shared.setdefault(name, [])
        found = next((each for each in there if each.options == options), None)
        if found is None:
            database = Database(os.fsdecode(path), options)
            found = _Shared(_start(database, "127.0.0.1", 5432, next_free=True), options)
            there.append(found)
        else:
            found.count += 1
    state(connection)[NAME] = found


def stop(connection: Any) -> None:
    """Give up the server of a connection that is about to close."""
    found = state(connection).pop(NAME, None)
    if not isinstance(found, _Shared):
        return
    with _lock:
        found.count -= 1
        last = found.count == 0
        if last:
            for name, there in list(_shared.items()):
                if found in there:
                    there.remove(found)
                if not there:
                    del _shared[name]
    if last:
        found.server.stop()


def get_server_info(connection: Any) -> ServerInfo:
    """Return where others reach the file of a connection in hybrid mode.

    :raises ProgrammingError: the connection is not in hybrid mode
    """
    try:
        found = state(connection).get(NAME)
    except sqlite3.ProgrammingError:
        found = None
    if not isinstance(found, _Shared):
        raise sqlite3.ProgrammingError("get_server_info() needs connect(..., heliosdb_mode='hybrid')")
    server = found.server
    return ServerInfo(server.url, "127.0.0.1", server.port, server._context.database.name)
