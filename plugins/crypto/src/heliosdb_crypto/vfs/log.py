"""The write-ahead log: its frames' pages sealed as in the database, its headers as codec/log.py says."""

from __future__ import annotations

from ..codec.log import FRAME, HEADER, open_header, other_version, seal_header
from ..codec.pages import PageError, UnsealableError
from ..format import VERSION
from .binding import IOERR, NOTADB, OK, PROTOCOL, RealMethods
from .database import HEADER as LOOK
from .database import LOG, DatabaseFile
from .files import OpenFile, copy_in, copy_out
from .problems import note

_CHECKSUM = 8


class LogFile(OpenFile):
    """The log of a database. SQLite reads and writes headers and pages by themselves, and whole frames to recover.

    It recomputes checksums from two that it reads alone: 8 bytes at the end of a header. Any other piece is refused:
    a future SQLite that wants one must not get something wrong.
    """

    __slots__ = ("_database", "_end", "_header", "_written")

    kind = "log"

    def __init__(self, handle: int, real: RealMethods, database: DatabaseFile) -> None:
        super().__init__(handle, real)
        self._database = database
        self._written = (-1, 0)  # where the page of the header that was written last begins, and its number
        self._header = b""  # that header, if it goes to disk with its page
        self._end = -1  # where a frame begins behind the one that was written last
        self.make_room(database.page_size + FRAME)

    def read(self, into: int, size: int, offset: int) -> int:
        """Serve xRead."""
        database = self._database
        if database.data_key is None:
            code = database.find_key()
            if code != OK:
                return code
        page_size = database.page_size
        if size == page_size and offset >= HEADER + FRAME:
            return self._read_page(into, size, offset)
        if size == page_size + FRAME:
            return self._read_frame(into, size, offset)
        if size == FRAME and offset >= HEADER:
            code, header = self.read_disk(FRAME, offset)
            if code == OK:
                header = self._open(header, offset)
        elif (size, offset) == (HEADER, 0):
            code, header = self.read_disk(HEADER, 0)
            if code == OK:
                version = other_version(header)
                if version is not None:  # an empty log in its place would lose what was committed to it
                    return self._refuse(version)
                header = open_header(header)
        elif (size, offset) == (_CHECKSUM, HEADER - _CHECKSUM):
            code, header = self.read_disk(HEADER, 0)
            if code == OK:
                header = open_header(header)[-_CHECKSUM:]
        elif size == _CHECKSUM and (offset - HEADER - FRAME + _CHECKSUM) % (page_size + FRAME) == 0:
            start = offset - (FRAME - _CHECKSUM)
            code, header = self.read_disk(FRAME, start)
            if code == OK:
                header = self._open(header, start)[-_CHECKSUM:]
        else:
            return self._unknown("read", size, offset)
        copy_out(into, header if code == OK else bytes(size), size)
        return code

    def _open(self, header: bytes, offset: int) -> bytes:
        data_key = self._database.data_key
        return header if data_key is None else data_key.log.open_frame(header, offset)

    def _read_page(self, into: int, size: int, offset: int) -> int:
        code, frame = self.read_disk(FRAME + size, offset - FRAME)
        if code != OK:
            copy_out(into, bytes(size), size)
            return code
        number = int.from_bytes(frame[:4], "big")
        database, data_key = self._database, self._database.data_key
        try:
            if number != 1 and database.resealing is None and data_key is not None:
                database.lay_out(into, size, data_key.pages.open_body(number, frame[FRAME:]))
                return OK
            page = database.open_page(number, frame[FRAME:], LOG)
        except PageError:
            return database.failed(number, "-wal")
        if number == 1:
            if database.has_other_pages() and database.refuses(frame, page):
                return PROTOCOL
            database.remember_envelope(into)
        copy_out(into, page, size)
        database.blind(into, size)
        return OK

    def _read_frame(self, into: int, size: int, offset: int) -> int:
        """Read a frame to recover the log: one that is not whole is the end of it, as its checksum will say."""
        code, frame = self.read_disk(size, offset)
        if code != OK:
            copy_out(into, bytes(size), size)
            return code
        try:
            page = self._database.open_page(int.from_bytes(frame[:4], "big"), frame[FRAME:], LOOK)
        except PageError:
            if self._database.problem:
                return self._database.failed(1, "-wal")
            page = bytes(size - FRAME)
        copy_out(into, self._open(frame[:FRAME], offset) + page, size)
        return OK

    def write(self, source: int, size: int, offset: int) -> int:
        """Serve xWrite."""
        database = self._database
        page_size = database.page_size
        place, number = self._written
        header, self._header = self._header, b""
        if header and place != offset:
            code = self.write_disk(header, place - FRAME)
            if code != OK:
                return code
            header = b""
        if size == page_size and offset >= HEADER + FRAME:
            if place != offset:
                code, word = self.read_disk(4, offset - FRAME)
                if code != OK:
                    return code
                number = int.from_bytes(word, "big")
            try:
                sealed = database.seal_page(number, copy_in(source, size), source, LOG)
            except UnsealableError:
                return database.refuse_page()
            # SQLite has computed the checksum; the next one of the same page must not be compared with it.
            database.blind(source, size)
            self._end = offset + size
            return self.write_disk(header + sealed, offset - len(header))
        if size == FRAME and offset >= HEADER:
            plain = copy_in(source, FRAME)
            if database.data_key is None:
                return self._unknown("write", size, offset)
            self._written = (offset + FRAME, int.from_bytes(plain[:4], "big"))
            header = database.data_key.log.seal_frame(plain, offset)
            if offset == self._end:
                self._header = header
                return OK  # a frame that is new: its page is next
            return self.write_disk(header, offset)
        if (size, offset) == (HEADER, 0):
            self._end = HEADER
            return self.write_disk(seal_header(copy_in(source, HEADER)), 0)
        return self._unknown("write", size, offset)

    def _refuse(self, version: int) -> int:
        return note(
            NOTADB,
            f"the write-ahead log of {self._database.path!r} is in version {version} of the encrypted format, and this "
            f"release of heliosdb-crypto knows version {VERSION}: upgrade it",
        )

    def _unknown(self, verb: str, size: int, offset: int) -> int:
        return note(
            IOERR,
            f"this SQLite wants to {verb} {size} bytes at {offset} of the write-ahead log, which heliosdb-crypto does "
            "not know how to seal: use another journal_mode, and upgrade it",
        )
