"""Every state in which a crash could leave the files of a database, collected while a program writes to it.

At each write that reaches a file this takes what is on disk: as it was before the write, with half of it written, and
with the writes since each file's last sync lost, all of them or some. A process that is killed leaves the first two, a
machine that loses power any of them.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from heliosdb_crypto.vfs import binding, layer
from heliosdb_crypto.vfs.database import DatabaseFile
from heliosdb_crypto.vfs.files import OpenFile
from heliosdb_crypto.vfs.journal import JournalFile
from heliosdb_crypto.vfs.log import LogFile


class State(NamedTuple):
    """What a crash left: a folder with the files, how it came about, and what the program had done by then."""

    folder: Path
    how: str
    done: int


class _Write(NamedTuple):
    path: str
    offset: int
    before: bytes
    size: int  # of the file, before


class Crashes:
    """Collects states while it is installed."""

    def __init__(
        self, source: Path, target: Path, *, every: int = 1, shard: int = 0, power: bool = True
    ) -> None:
        self.source, self.target = source, target
        self.every, self.shard, self.power = every, shard, power
        self.done = 0
        """The program says here how many transactions it has committed."""
        self.states: list[State] = []
        self.collecting = True
        self.writes = 0
        self._unsynced: list[_Write] = []
        self._random = random.Random(1)

    def at_write(self, file: OpenFile, data: bytes, offset: int, write: Callable[..., int]) -> int:
        path = path_of(file)
        if path is None:
            return write(file, data, offset)
        self.writes += 1
        if self.collecting and self.writes % self.every == self.shard:
            self._take("killed before a write")
            torn = self._take("killed in a write")
            where = torn / os.path.basename(path)
            with where.open("r+b") as half:
                half.seek(offset)
                half.write(data[: self._random.randrange(len(data)) or 1])
            if self.power and self._unsynced:
                self._lose(self._unsynced, self._take("power lost, nothing of it on disk"))
                some = [each for each in self._unsynced if self._random.random() < 0.5]
                self._lose(some, self._take("power lost, some of it on disk"))
        size = os.path.getsize(path)
        with open(path, "rb") as now:
            now.seek(offset)
            before = now.read(len(data))
        self._unsynced.append(_Write(path, offset, before, size))
        return write(file, data, offset)

    def at_sync(self, file: OpenFile) -> None:
        path = path_of(file)
        self._unsynced = [each for each in self._unsynced if each.path != path]

    def _take(self, how: str) -> Path:
        folder = self.target / f"{len(self.states):05}"
        shutil.copytree(self.source, folder, ignore=shutil.ignore_patterns("*-shm"))
        self.states.append(State(folder, f"{how} ({self.writes})", self.done))
        return folder

    def _lose(self, writes: list[_Write], folder: Path) -> None:
        for each in reversed(writes):
            path = folder / os.path.basename(each.path)
            if path.exists():
                with path.open("r+b") as file:
                    if each.offset < os.path.getsize(path):
                        file.seek(each.offset)
                        file.write(each.before)
                    if os.path.getsize(path) > each.size and each.offset + len(each.before) >= each.size:
                        file.truncate(each.size)


def path_of(file: OpenFile) -> str | None:
    """Return the path of an open file; None for a temporary one."""
    if isinstance(file, DatabaseFile):
        return file.path
    if isinstance(file, JournalFile):
        return file._database.path + "-journal"
    if isinstance(file, LogFile):
        return file._database.path + "-wal"
    return None


@contextmanager
def installed(crashes: Crashes) -> Iterator[Crashes]:
    """Have the states collected. Files that are open already are not looked at for syncs."""
    write_disk: Any = OpenFile.write_disk

    def writing(self: OpenFile, data: bytes, offset: int) -> int:
        return crashes.at_write(self, data, offset, write_disk)

    def syncing(handle: int, flags: int) -> int:
        file = layer._files[handle]
        crashes.at_sync(file)
        return _real_sync(file)(handle, flags)

    sync = binding.callback(_SYNC, syncing)
    points = dict(layer._entry_points())
    kept = layer._entry_points, dict(layer._REPLACED), dict(layer._tables)
    points["xSync"] = sync
    layer._entry_points = lambda: points
    for kind in ("database", "known database", "journal", "log"):
        layer._REPLACED[kind] = (*layer._REPLACED[kind], "xSync")
    _retired.append(dict(layer._tables))  # files that are open point into them
    layer._tables.clear()
    OpenFile.write_disk = writing
    try:
        yield crashes
    finally:
        OpenFile.write_disk = write_disk
        layer._entry_points = kept[0]
        layer._REPLACED.update(kept[1])
        _retired.append(dict(layer._tables))
        layer._tables.clear()
        layer._tables.update(kept[2])


_SYNC = (binding._INT, binding.POINTER, binding._INT)
_retired: list[Any] = []


def _real_sync(file: OpenFile) -> Any:
    import ctypes

    return ctypes.PYFUNCTYPE(*_SYNC)(binding.IoMethods.from_address(file.real.table).xSync)
