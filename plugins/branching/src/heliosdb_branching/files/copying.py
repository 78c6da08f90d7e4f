"""A database file's bytes copied: shared with the original where the file system can, else as fast as the disk goes.

Closing any handle to a database file makes the operating system drop the locks that this process has on it, SQLite's
among them. So the file is read through a handle that SQLite has open already; where none can be found, by another
process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

Progress = Callable[[int, int], object]
"""Is told how many bytes of how many are copied."""

_FICLONE = 0x40049409  # linux/fs.h
_CHUNK = 16 * 2**20
_HANDLES = ("/proc/self/fd", "/dev/fd")
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


def clone(source: str, copy: str) -> bool:
    """Make ``copy`` share the blocks of ``source``, in no time; return False where the file system can't."""
    descriptor = handle_of(source)
    if descriptor is None or sys.platform != "linux":
        return False
    import fcntl

    made = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _mode(descriptor))
    try:
        fcntl.ioctl(made, _FICLONE, descriptor)
        os.fsync(made)
    except OSError:
        return False
    finally:
        os.close(made)
    return True


def copy(source: str, target: str, progress: Progress | None = None) -> None:
    """Copy a database file that this process has open in SQLite, and see it safely on disk."""
    descriptor = handle_of(source)
    if descriptor is None:
        _copy_elsewhere(source, target)
    else:
        made = os.open(
            target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), _mode(descriptor)
        )
        try:
            _copy_all(descriptor, made, progress)
            os.fsync(made)
        finally:
            os.close(made)
    sync_folder(target)


def copy_plainly(source: str, target: str) -> None:
    """Copy a file on which SQLite holds no locks: a write-ahead log."""
    with open(source, "rb") as log, open(target, "wb") as made:
        while chunk := log.read(_CHUNK):
            made.write(chunk)
        made.flush()
        os.fsync(made.fileno())


def handle_of(path: str) -> int | None:
    """Return the number of a handle to the file that this process has open, or None when none can be found."""
    wanted = os.stat(path)
    for folder in _HANDLES:
        try:
            numbers = [int(name) for name in os.listdir(folder)]
        except (OSError, ValueError):
            continue
        for number in sorted(numbers):
            try:
                found = os.fstat(number)
            except OSError:  # the listing's own handle is closed by now
                continue
            if os.path.samestat(found, wanted):
                return number
    return None


def _mode(descriptor: int) -> int:
    return os.fstat(descriptor).st_mode & 0o777


def _copy_all(source: int, target: int, progress: Progress | None) -> None:
    size, done = os.fstat(source).st_size, 0
    in_kernel = hasattr(os, "copy_file_range")
    while done < size:
        wanted = min(_CHUNK, size - done)
        copied = 0
        if in_kernel:
            try:
                copied = os.copy_file_range(source, target, wanted, offset_src=done, offset_dst=done)
            except OSError:  # across file systems on an old kernel, or not at all
                in_kernel = False
                continue
        else:
            chunk = os.pread(source, wanted, done)
            copied = os.pwrite(target, chunk, done) if chunk else 0
        if not copied:
            raise OSError(f"the database file became shorter while it was copied: {done} of {size} bytes")
        done += copied
        if progress is not None:
            progress(done, size)


def _copy_elsewhere(source: str, target: str) -> None:
    """Have another process copy the file: what it closes costs this one no lock."""
    if os.name == "nt":  # no such locks there
        copy_plainly(source, target)
        return
    subprocess.run(  # noqa: S603 - this Python and our own program
        [sys.executable, "-I", "-S", "-c", _COPY, source, target], check=True, stdin=subprocess.DEVNULL
    )
    made = os.open(target, os.O_RDWR)
    try:
        os.fsync(made)
    finally:
        os.close(made)


def sync_folder(path: str) -> None:
    """See the names in the folder of ``path`` safely on disk, where that takes a call of its own."""
    if os.name == "nt":
        return
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
