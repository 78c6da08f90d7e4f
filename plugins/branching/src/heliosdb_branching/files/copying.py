"""A database file's bytes copied: shared with the original where the file system can, else as fast as the disk goes.

Closing any handle to a database file makes the operating system drop the locks that this process has on it, SQLite's
among them. So the file is read through a handle that SQLite has open already; where none can be found, by another
process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], object]
"""Is told how many bytes of how many are copied."""

_FICLONE = 0x40049409  # linux/fs.h
_CHUNK = 16 * 2**20
_PAUSE = 0.01  # seconds between two rounds of writing back
sync_data = getattr(os, "fdatasync", os.fsync)
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
    except OSError:
        return False
    finally:
        os.close(made)
    return True


def copy(source: str, target: str, progress: Progress | None = None) -> None:
    """Copy a database file that this process has open in SQLite. It is on its way to the disk, and yet to be synced."""
    descriptor = handle_of(source)
    if descriptor is None:
        _copy_elsewhere(source, target)
    else:
        made = os.open(
            target, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), _mode(descriptor)
        )
        try:
            with _writing_back(made, os.fstat(descriptor).st_size):
                _copy_all(descriptor, made, progress)
        finally:
            os.close(made)


@contextmanager
def _writing_back(descriptor: int, size: int) -> Iterator[None]:
    """Have the disk write what is copied while more is being copied, and not only when it is synced in the end."""
    if size <= _CHUNK:
        yield
        return
    done = threading.Event()

    def write_back() -> None:
        while not done.wait(_PAUSE):
            try:
                sync_data(descriptor)
            except OSError:  # a disk that is full or broken says so again when all is synced
                return

    helper = threading.Thread(target=write_back, name="branch written back")
    try:
        helper.start()
    except RuntimeError:  # the interpreter is about to end and waits for this copy; it starts no more threads
        yield
        return
    try:
        yield
    finally:
        done.set()
        helper.join()


def sync(path: str) -> None:
    """See a file that nobody has open safely on disk; its name is the folder's business."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_plainly(source: str, target: str) -> None:
    """Copy a file on which SQLite holds no locks: a write-ahead log."""
    with open(source, "rb") as log, open(target, "wb") as made:
        while chunk := log.read(_CHUNK):
            made.write(chunk)


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


def sync_folder(path: str) -> None:
    """See the names in the folder of ``path`` safely on disk, where that takes a call of its own."""
    if os.name == "nt":
        return
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
