"""An open file: where it stands in SQLite's memory, its real methods, and a buffer between the two."""

from __future__ import annotations

import ctypes

from .binding import OK, SHORT_READ, RealMethods

address_of = ctypes.addressof
copy_out = ctypes.memmove
# What ctypes.string_at calls, without what it has around it.
copy_in = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t)(
    ("PyBytes_FromStringAndSize", ctypes.pythonapi)
)


class OpenFile:
    """What all kinds of open files share: reading and writing the file as it stands on disk."""

    __slots__ = ("_address", "_buffer", "_size", "connection", "handle", "real")

    kind = ""

    def __init__(self, handle: int, real: RealMethods, room: int = 128) -> None:
        """Take over a file that the real methods have opened, with a buffer for pieces of ``room`` bytes."""
        self.connection = 0  # of a database: the address of SQLite's own connection object
        self.handle = handle  # the address of SQLite's own file object; 0 once it is closed
        self.real = real
        self._size = 0
        if room:
            self.make_room(room)

    def make_room(self, size: int) -> None:
        """Be ready for pieces of this size."""
        if size > self._size:
            self._buffer = ctypes.create_string_buffer(size)
            self._address = address_of(self._buffer)
            self._size = size

    def share_room(self, other: OpenFile) -> None:
        """Use the buffer of a file that no other thread uses meanwhile."""
        self._buffer, self._address, self._size = other._buffer, other._address, other._size

    def read_disk(self, size: int, offset: int) -> tuple[int, bytes]:
        """Return SQLite's code, and what stands there on disk; less than asked for at the end of the file.

        A code other than OK comes with what SQLite makes of the rest: zeros.
        """
        code = self.real.read(self.handle, self._address, size, offset)
        if code not in (OK, SHORT_READ):
            return code, b""
        return code, copy_in(self._address, size)

    def write_disk(self, data: bytes, offset: int) -> int:
        """Write to disk; return SQLite's code."""
        code: int = self.real.write(self.handle, data, len(data), offset)
        return code

    def read(self, into: int, size: int, offset: int) -> int:
        """Serve xRead."""
        raise NotImplementedError

    def write(self, source: int, size: int, offset: int) -> int:
        """Serve xWrite."""
        raise NotImplementedError


class PlainFile(OpenFile):
    """A plain database that is about to be copied: opened so that its connection can be told to make room."""

    __slots__ = ()

    kind = "plain database"
