"""Who has a branch open, or is copying it: locks on a file beside it, which vanish with the process that holds them.

Shared locks say "open", an exclusive one "being copied". They are on a file of their own: SQLite's locks on the
database would be lost if a second handle to it were closed.
"""

from __future__ import annotations

import os
import random
from typing import Any

try:
    import fcntl
except ImportError:  # Windows
    _POSIX = False
else:
    _POSIX = True

_RANGE = 2**30  # Windows: each holder has a byte of its own


class Lock:
    """A lock that is held until :meth:`release`, or the end of the process."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor
        self._owner = os.getpid()

    def release(self) -> None:
        """Give the lock back; once is enough. A forked child's copy is its parent's to give back."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if _POSIX and os.getpid() == self._owner:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)

    def __del__(self) -> None:
        self.release()


def _open(path: str, *, create: bool) -> int:
    flags = os.O_RDWR | (os.O_CREAT if create else 0) | getattr(os, "O_CLOEXEC", 0)
    return os.open(path, flags, 0o666)


def hold(path: str) -> Lock:
    """Say that the branch is open. Waits while somebody tests the lock."""
    while True:
        descriptor = _open(path, create=True)
        byte = random.randrange(_RANGE)  # noqa: S311 - to tell holders apart
        if _POSIX:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        else:
            _lock_bytes(descriptor, byte, 1, wait=True)
        if _is_file(descriptor, path):
            return Lock(path, descriptor)
        os.close(descriptor)


def alone(path: str) -> Lock:
    """Say that the branch is being made. Waits while somebody tests the lock."""
    while True:
        descriptor = _open(path, create=True)
        if _POSIX:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        else:
            _lock_bytes(descriptor, 0, _RANGE, wait=True)
        if _is_file(descriptor, path):
            return Lock(path, descriptor)
        os.close(descriptor)


def try_alone(path: str) -> Lock | None:
    """Return the exclusive lock, or None when anybody holds the lock in whatever way, or there is no such file."""
    try:
        descriptor = _open(path, create=False)
    except FileNotFoundError:
        return None
    try:
        if _POSIX:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            _lock_bytes(descriptor, 0, _RANGE, wait=False)
        if _is_file(descriptor, path):
            return Lock(path, descriptor)
    except OSError:
        pass
    os.close(descriptor)
    return None


def _is_file(descriptor: int, path: str) -> bool:
    """Return whether the open file still has this name: who removes it holds its lock, and others may have waited."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def is_held(path: str) -> bool:
    """Return whether anybody holds the lock, in this process or another."""
    if not os.path.exists(path):
        return False
    lock = try_alone(path)
    if lock is None:
        return os.path.exists(path)
    lock.release()
    return False


def _lock_bytes(descriptor: int, start: int, count: int, *, wait: bool) -> None:
    import msvcrt

    windows: Any = msvcrt
    os.lseek(descriptor, start, os.SEEK_SET)
    windows.locking(descriptor, windows.LK_LOCK if wait else windows.LK_NBLCK, count)
