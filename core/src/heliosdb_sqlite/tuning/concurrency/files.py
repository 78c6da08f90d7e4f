"""What the connections of this process to one file share: the queue of writers, the sync, the place among processes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ..._standard import sqlite3
from .syncing import SharedSync
from .turns import Turns

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: processes meet in SQLite's own locks
    fcntl = None

_lock = threading.RLock()  # reentrant: the garbage collector may call closed() in the midst of opened()
_files: dict[tuple[int, int], File] = {}


class File:
    """One database file."""

    def __init__(self, key: tuple[int, int], path: str | bytes) -> None:
        self.key = key
        self.turns = Turns()
        self._log = f"{os.fsdecode(path)}-wal"
        # Of the -wal file, once there is one: closing one of the main file would drop SQLite's locks on it.
        self.descriptor: int | None = None
        self.sync: SharedSync | None = None
        self.users = 0

    def shared_sync(self, *, wal: bool = False) -> SharedSync | None:
        """Return what syncs the -wal file that there is now; None when there is none that is known of.

        :param wal: the database has just been put in WAL mode
        """
        known = self.descriptor
        if known is not None and os.fstat(known).st_nlink > 0:
            return self.sync
        if known is not None or wal:  # PRAGMA journal_mode may have deleted it, and made another one
            with _lock:
                if self.descriptor == known:
                    self.close()
                    self.descriptor = _open(self._log)
                    self.sync = None if self.descriptor is None else SharedSync(self.descriptor)
        return self.sync

    def close(self) -> None:
        """Let go of the -wal file."""
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor = self.sync = None

    def enter(self, who: object, timeout: float, is_idle: Callable[[object], bool] | None = None) -> bool:
        """Wait for the turn to write, at most ``timeout`` seconds, and return whether it has come.

        :param is_idle: tells of one whose turn it is whether it has gone without leaving
        """
        deadline = time.monotonic() + timeout
        if not self.turns.take(who, timeout, is_idle):
            return False
        has_come = False
        try:
            has_come = self._lock_out_processes(deadline)
        finally:
            if not has_come:
                self.turns.leave(who)
        return has_come

    def leave(self, who: object, *, may_go_on: bool = False) -> None:
        """Let the next one write, unless this one writes again at once and may."""
        if fcntl is not None and self.descriptor is not None and self.turns.is_held_by(who):
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        self.turns.leave(who, may_go_on=may_go_on)

    def _lock_out_processes(self, deadline: float) -> bool:
        """Take the place among the processes. It orders those who take part; SQLite's own locks keep the others out."""
        if fcntl is None or self.descriptor is None:
            return True
        pause = 0.0001
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(pause)
                pause = min(pause * 1.5, 0.002)
            except OSError:  # a file system without such locks
                return True
            else:
                return True


def opened(path: str | bytes, *, wal: bool = False) -> File:
    """Return what the connections to the database at ``path`` share; each gives it back with closed().

    :param wal: the database is in WAL mode now, and has a -wal file
    """
    known = os.stat(path)
    key = (known.st_dev, known.st_ino)
    with _lock:
        file = _files.get(key) or File(key, path)
        file.users += 1
        _files[key] = file
    if wal:
        file.shared_sync(wal=True)
    return file


def closed(file: File, who: object) -> None:
    """A connection to the file is closed, or forgotten."""
    file.leave(who)
    with _lock:
        file.users -= 1
        if file.users == 0:
            _files.pop(file.key, None)
            file.close()


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None


def locked() -> Any:
    """Return the error that SQLite has for a turn that has not come in time."""
    error: Any = sqlite3.OperationalError("database is locked")  # as SQLite says it
    if hasattr(error, "sqlite_errorcode") or hasattr(sqlite3, "SQLITE_BUSY"):
        error.sqlite_errorcode, error.sqlite_errorname = 5, "SQLITE_BUSY"
    return error


def _forget() -> None:
    """In a forked child: the queues belong to the parent's threads, and connections are not carried over."""
    global _lock
    _lock = threading.RLock()
    for file in _files.values():
        file.turns = Turns()  # what the parent's threads were about to do with it will not be done
        file.close()  # the parent's lock would last as long as this copy of it
    _files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
