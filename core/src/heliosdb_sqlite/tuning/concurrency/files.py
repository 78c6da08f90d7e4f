"""What the connections of this process to one file share: the queue of writers, the sync, the place among processes."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from ..._standard import sqlite3
from .syncing import SharedSync
from .turns import Turns

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: processes meet in SQLite's own locks
    fcntl = None

_lock = threading.Lock()
_files: dict[tuple[int, int], File] = {}


class File:
    """One database file."""

    def __init__(self, key: tuple[int, int], path: str) -> None:
        self.key = key
        self.turns = Turns()
        self._log = f"{path}-wal"
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

    def enter(self, who: object, timeout: float) -> None:
        """Wait for the turn to write.

        :raises OperationalError: it has not come within ``timeout`` seconds
        """
        deadline = time.monotonic() + timeout
        if not self.turns.take(who, timeout):
            raise _locked()
        try:
            if not self._lock_out_processes(deadline):
                raise _locked()
        except BaseException:
            self.turns.leave(who)
            raise

    def leave(self, who: object) -> None:
        """Let the next one write."""
        if fcntl is not None and self.descriptor is not None and self.turns.is_held_by(who):
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        self.turns.leave(who)

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


def opened(path: str, *, wal: bool = False) -> File:
    """Return what the connections to the database at ``path`` share; each gives it back with closed().

    :param wal: the database is in WAL mode now, and has a -wal file
    """
    known = os.stat(path)
    key = (known.st_dev, known.st_ino)
    with _lock:
        file = _files.get(key)
        if file is None:
            file = _files[key] = File(key, path)
        file.users += 1
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


def _locked() -> Any:
    error: Any = sqlite3.OperationalError("database is locked")  # as SQLite says it
    if hasattr(error, "sqlite_errorcode") or hasattr(sqlite3, "SQLITE_BUSY"):
        error.sqlite_errorcode, error.sqlite_errorname = 5, "SQLITE_BUSY"
    return error


def _forget() -> None:
    """In a forked child: the queues belong to the parent's threads, and connections are not carried over."""
    global _lock
    _lock = threading.Lock()
    for file in _files.values():
        file.close()  # the parent's lock would last as long as this copy of it
    _files.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
