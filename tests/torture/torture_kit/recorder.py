"""What a process does to its files, in order: each write, sync, truncation and deletion, in a diary outside of them.

SQLite's default VFS is replaced by a copy that writes the diary and calls the original. Whatever opens a file in this
process, features with layers of their own among them, goes through it. Syncs that are made past SQLite, by os.fsync()
and os.fdatasync(), are written down as well.
"""

from __future__ import annotations

import ctypes
import os
import pickle
from pathlib import Path
from typing import Any

from heliosdb_crypto.vfs import binding
from heliosdb_crypto.vfs.binding import CLOSE, OPEN, TRUNCATE, WRITE, IoMethods, Vfs, callback

KEPT = 0x100 | 0x800 | 0x4000 | 0x80000  # databases, journals, super-journals and logs: the files that last
_SYNC = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_DELETE = (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)


class Recorder:
    """The diary of a process; there can be one."""

    def __init__(self, diary: Path) -> None:
        self._diary = diary.open("wb", buffering=0)
        self._paths: dict[int, str] = {}  # by SQLite's file object
        self._tables: dict[int, Any] = {}
        self._methods: dict[int, Any] = {}  # the original ones, by file object
        self._original = Vfs()
        api = binding.sqlite()
        ctypes.memmove(ctypes.byref(self._original), ctypes.byref(api.default), ctypes.sizeof(Vfs))
        self._open_original = ctypes.PYFUNCTYPE(*OPEN)(self._original.xOpen)
        self._delete_original = ctypes.PYFUNCTYPE(*_DELETE)(self._original.xDelete)
        self._points = {
            "xWrite": callback(WRITE, self._write),
            "xSync": callback(_SYNC, self._sync),
            "xTruncate": callback(TRUNCATE, self._truncate),
            "xClose": callback(CLOSE, self._close),
        }
        # In the place of the default: what was made as a copy of it before, and what is made after, calls these.
        api.default.xOpen = callback(OPEN, self._open)
        api.default.xDelete = callback(_DELETE, self._delete)
        api.default_open = ctypes.PYFUNCTYPE(*OPEN)(api.default.xOpen)
        for name in ("fsync", "fdatasync"):
            if hasattr(os, name):
                setattr(os, name, self._syncing(getattr(os, name)))

    def note(self, *entry: Any) -> None:
        """Write an entry down: a verb and what it is about."""
        self._diary.write(pickle.dumps(entry))

    def _open(self, vfs: int, name: int | None, handle: int, flags: int, out: int | None) -> int:
        code: int = self._open_original(vfs, name, handle, flags, out)
        if code == 0 and flags & KEPT and name:
            table = ctypes.c_void_p.from_address(handle).value or 0
            self._methods[handle] = IoMethods.from_address(table)
            self._paths[handle] = os.fsdecode(ctypes.string_at(name))
            ctypes.c_void_p.from_address(handle).value = self._table(table)
        return code

    def _table(self, original: int) -> int:
        if original not in self._tables:
            made = self._tables[original] = IoMethods()
            ctypes.memmove(ctypes.byref(made), original, ctypes.sizeof(IoMethods))
            made.iVersion = min(made.iVersion, 2)  # nothing is mapped into memory: writes would be past this
            for method, point in self._points.items():
                setattr(made, method, point)
        return ctypes.addressof(self._tables[original])

    def _write(self, handle: int, source: int, size: int, offset: int) -> int:
        self.note("write", self._paths[handle], offset, ctypes.string_at(source, size))
        return int(ctypes.PYFUNCTYPE(*WRITE)(self._methods[handle].xWrite)(handle, source, size, offset))

    def _sync(self, handle: int, flags: int) -> int:
        code: int = ctypes.PYFUNCTYPE(*_SYNC)(self._methods[handle].xSync)(handle, flags)
        self.note("sync", self._paths[handle])
        return code

    def _truncate(self, handle: int, size: int) -> int:
        self.note("truncate", self._paths[handle], size)
        return int(ctypes.PYFUNCTYPE(*TRUNCATE)(self._methods[handle].xTruncate)(handle, size))

    def _close(self, handle: int) -> int:
        self._paths.pop(handle)
        return int(ctypes.PYFUNCTYPE(*CLOSE)(self._methods.pop(handle).xClose)(handle))

    def _delete(self, vfs: int, name: bytes, sync: int) -> int:
        code: int = self._delete_original(vfs, name, sync)
        if code == 0:
            self.note("delete", os.fsdecode(name))
        return code

    def _syncing(self, real: Any) -> Any:
        def sync(descriptor: int) -> None:
            real(descriptor)
            about = os.fstat(descriptor)
            for path in set(self._paths.values()):
                if os.path.exists(path) and os.path.samestat(os.stat(path), about):
                    self.note("sync", path)

        return sync
