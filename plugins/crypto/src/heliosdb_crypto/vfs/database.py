"""The database file itself: whole pages, opened as SQLite reads them and sealed as it writes."""

from __future__ import annotations

from ctypes import addressof, c_longlong
from functools import cache

from ..codec.pages import PageError, UnsealableError
from ..format import BLIND, LARGEST_PAGE, NONCE, RESERVE, SMALLEST_PAGE, empty_header
from ..keys.given import UserKey
from ..keys.wrapping import DataKey
from .binding import (
    BAD_DATA,
    IOERR,
    NOTADB,
    OK,
    PROTOCOL,
    READONLY,
    SHORT_READ,
    RealMethods,
    data_version,
    is_writing,
)
from .files import copy_in, copy_out
from .keyed import KeyedFile
from .problems import note, report
from .watching import SchemaWatch

FILE, LOG, JOURNAL, HEADER = "file", "log", "journal", "header"
"""Where a page stands that is opened."""

_START = (100, 0)  # size and place of what SQLite reads when it opens a file, before it has a lock
_COUNTER = (16, 24)  # ... at the start of each transaction, to see whether the file has changed
_COUNTS = slice(24, 40)
_PAGE_SIZE = slice(16, 18)
_LOGGED = 18  # where page 1 has a 2 if the database has a write-ahead log

_LOCKS = 0x40000000  # where the bytes are that SQLite locks: nothing is ever written to their page

_header = cache(empty_header)


class DatabaseFile(KeyedFile):
    """A main database file, opened by one connection. Its journal and its log get their data key from here."""

    __slots__ = (
        *("_counter", "_data_version", "_end", "_end_at", "_reserves"),
        *("found_no_room", "receiving", "resealing", "watch"),
    )

    kind = "database"

    def __init__(self, handle: int, real: RealMethods, path: str, key: UserKey, *, reserves: bool) -> None:
        """Take over a file that the real methods have opened.

        :param reserves: whether whoever opened it sees to the reserved bytes of a new file; else SQLite is shown a
            header that has them, which also settles page size and auto_vacuum
        """
        super().__init__(handle, real, path, key)
        self._reserves = reserves
        self.resealing: DataKey | None = None  # the data key that whatever is written now shall have
        self.receiving = False  # does whoever copies pages into it know what to do if one has no room?
        self.found_no_room = False  # has there been one?
        self.watch = SchemaWatch()
        self._data_version = -1  # SQLite's, when page 1 was read last
        self._counter = (b"", b"")  # the nonce of the page 1 that was read last, and what it counts
        self._end = c_longlong()
        self._end_at = addressof(self._end)

    # -- pages -------------------------------------------------------------------------------------------------------
    def open_page(self, number: int, sealed: bytes, where: str) -> bytes:
        """Return a page as SQLite is to see it.

        :param where: it stands: FILE, LOG, JOURNAL, or HEADER for a look at the file without a lock
        :raises PageError: it is not what was written under this number, or the key was replaced
        """
        data_key = self.data_key
        if data_key is None:
            raise PageError
        if self.resealing is not None:
            return self._open_either(number, sealed)
        if number != 1:
            return data_key.pages.open(number, sealed)
        page = data_key.pages.open_first(sealed)
        if where != HEADER and not self.accept(sealed, rolling_back=where == JOURNAL):
            self.problem = f"wrong encryption key for {self.path!r}: it was replaced by another one"
            raise PageError
        return page

    def _open_either(self, number: int, sealed: bytes) -> bytes:
        """Return a page of a file whose data key is being replaced, one page after the other."""
        for each in (self.resealing, self.data_key):
            if each is not None:
                try:
                    return each.pages.open_first(sealed) if number == 1 else each.pages.open(number, sealed)
                except PageError:
                    continue
        raise PageError

    def blind(self, page: int, size: int) -> None:
        """Put fresh random bytes into a page in SQLite's memory: its next checksum then tells nothing of it."""
        if self.data_key is not None:
            copy_out(page + size - RESERVE, self.data_key.pages.blind(), BLIND)

    def seal_page(self, number: int, page: bytes, source: int, where: str) -> bytes:
        """Return a page as it goes to disk.

        :param source: where in SQLite's memory it stands
        :param where: it goes: FILE, LOG or JOURNAL
        :raises UnsealableError: its reserved bytes are not reserved
        """
        data_key = self.data_key or self.make_key()
        if self.resealing is not None and where != JOURNAL:
            data_key = self.resealing
        if number != 1:
            return data_key.pages.seal(number, page)
        head, envelope = self.envelope_for(source, data_key, replaceable=where != JOURNAL)
        sealed = data_key.pages.seal_first(page, head, envelope)
        if where != JOURNAL:
            self.watch.writes(sealed, page)
        return sealed

    def failed(self, number: int, where: str = "") -> int:
        """Explain that a page could not be opened; return SQLite's code for it."""
        if self.problem:
            return note(NOTADB, self.problem)
        return note(
            BAD_DATA,
            f"page {number} of {self.path + where!r} failed authentication: it was changed, damaged, or is not of "
            f"this file",
        )

    # -- what SQLite asks for ----------------------------------------------------------------------------------------
    def read(self, into: int, size: int, offset: int) -> int:
        """Serve xRead: a page, or a piece of one."""
        data_key = self.data_key
        if data_key is None or self.problem:
            code = self.find_key()
            if code != OK and (size, offset) != _START:  # the connection is to open, so that it can say why
                return code
            data_key = self.data_key
            if data_key is None:
                return self._read_empty(into, size, offset)
        if size != self.page_size or offset % size:
            return self._read_piece(into, size, offset)
        code, sealed = self.read_disk(size, offset)
        if code != OK:
            copy_out(into, bytes(size), size)
            return code
        number = offset // size + 1
        if number != 1 and self.resealing is None:
            try:
                self.lay_out(into, size, data_key.pages.open_body(number, sealed))
            except PageError:
                return self.failed(number)
            return OK
        try:
            page = self.open_page(number, sealed, FILE)
        except PageError:
            return self.failed(number)
        if number == 1:
            self._counter = (sealed[-NONCE:], page[_COUNTS])
            if page[_LOGGED] == 2:
                self.has_other_pages()
            if self.refuses(sealed, page):
                return PROTOCOL
            self.remember_envelope(into)
        copy_out(into, page, size)
        self.blind(into, size)
        return OK

    def refuses(self, sealed: bytes, page: bytes) -> bool:
        """Return whether plans were made for another schema than that of a page 1 that was opened.

        A transaction that writes has begun long ago. It reads page 1 where it is rolled back, which must not fail:
        SQLite would go on with the page that it should have thrown away.
        """
        if is_writing(self.connection):
            self.watch.goes_back(sealed, page)
            return False
        return self.watch.refuses(sealed, page)

    def has_other_pages(self) -> bool:
        """Return whether page 1 is read for a transaction, and not for a checkpoint, which plans have no part in.

        A transaction that finds another page 1 than the last one has had SQLite throw its cache away.
        """
        before, self._data_version = self._data_version, data_version(self.connection)
        return self._data_version < 0 or self._data_version != before

    def lay_out(self, into: int, size: int, body: bytes) -> None:
        """Put a page that was opened, without the zeros at its end, into SQLite's memory."""
        assert self.data_key is not None  # noqa: S101 - it opened the page
        copy_out(into, body, size - RESERVE)
        copy_out(into + size - RESERVE, self.data_key.pages.blind_tail(), RESERVE)

    def _read_empty(self, into: int, size: int, offset: int) -> int:
        data = bytes(size)
        if (size, offset) == _START and not self._reserves:
            data = _header(self.page_size)
        copy_out(into, data, size)
        return SHORT_READ

    def _read_piece(self, into: int, size: int, offset: int) -> int:
        page_size = self.page_size
        if (size, offset) == _START:
            # Without a lock: SQLite takes nothing but the size of pages and of what they reserve from here.
            copy_out(into, _header(page_size), size)
            return OK
        if (size, offset) == _COUNTER:
            # The nonce tells whether page 1 is the one that was read last.
            known, counter = self._counter
            code, nonce = self.read_disk(NONCE, page_size - NONCE)
            if code == OK and nonce == known:
                copy_out(into, counter, size)
                return OK
        number, start = divmod(offset, page_size)
        if start + size > page_size:
            return note(IOERR, f"SQLite read {size} bytes at {offset} of {self.path!r}, across pages")
        code, sealed = self.read_disk(page_size, number * page_size)
        if code != OK:
            copy_out(into, bytes(size), size)
            return code
        try:
            page = self.open_page(number + 1, sealed, FILE)
        except PageError:
            return self.failed(number + 1)
        if number == 0:
            self._counter = (sealed[-NONCE:], page[_COUNTS])
        copy_out(into, page[start : start + size], size)
        return OK

    def write(self, source: int, size: int, offset: int) -> int:
        """Serve xWrite: whole pages only."""
        if self.problem:
            return note(NOTADB, self.problem)
        if size != self.page_size and not self._may_take_pages_of(size):
            return self.refuse_page_size()
        number = offset // size + 1
        page = copy_in(source, size)
        if number == 1 and page[_PAGE_SIZE] != _header(size)[_PAGE_SIZE]:
            self.found_no_room = True
            return self.refuse_page_size()
        try:
            sealed = self.seal_page(number, page, source, FILE)
        except UnsealableError:
            return self.refuse_page()
        code: int = self.real.file_size(self.handle, self._end_at)
        if code == OK and self._end.value < offset:
            code = self._fill(self._end.value // size + 1, number)
        return self.write_disk(sealed, offset) if code == OK else code

    def _fill(self, first: int, end: int) -> int:
        """Write pages that SQLite has left out, since nobody will ask what they hold: zeros, sealed.

        The file would have bare zeros there, and SQLite may read them all the same. Those fail authentication.
        """
        size = self.page_size
        for number in range(max(first, 2), end):
            if number != _LOCKS // size + 1:
                code = self.write_disk(self.seal_page(number, bytes(size), 0, FILE), (number - 1) * size)
                if code != OK:
                    return code
        return OK

    def refuse_page(self) -> int:
        """Explain that a page without reserved bytes can't be written; return SQLite's code for it.

        The call that fails may be one of a connection that is not ours, which passes on SQLite's code alone.
        """
        self.found_no_room = True
        problem = (
            f"a page without the {RESERVE} reserved bytes that encryption needs can't be written to {self.path!r}: "
            "VACUUM keeps an encrypted database's page size (VACUUM INTO makes a copy that may have another), and "
            "backup() makes room for them where heliosdb_sqlite has opened the source, not the standard library's "
            "sqlite3 (`heliosdb encrypt` encrypts a plain file, too)"
        )
        if not self.receiving:
            report(problem)
        return note(READONLY, problem)

    def refuse_page_size(self) -> int:
        """Explain that pages of another size can't be written; return SQLite's code for it.

        VACUUM and backup() write them in pieces that are as large as the old ones: page 1 tells.
        """
        return note(
            READONLY,
            f"{self.path!r} has pages of {self.page_size} bytes, and an encrypted database keeps its page size: "
            "VACUUM INTO makes a copy that may have another",
        )

    def _may_take_pages_of(self, size: int) -> bool:
        if self.data_key is not None or not (
            SMALLEST_PAGE <= size <= LARGEST_PAGE and size & (size - 1) == 0
        ):
            return False
        self.use_pages_of(size)
        return True
