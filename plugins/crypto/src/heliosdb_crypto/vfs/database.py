"""The database file itself: whole pages, opened as SQLite reads them and sealed as it writes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator

from ..codec import journal, log
from ..codec.pages import PageError, UnsealableError, envelope_of
from ..format import (
    BLIND,
    DEFAULT_PAGE,
    ENVELOPE,
    HEAD,
    LARGEST_PAGE,
    NONCE,
    RESERVE,
    SMALLEST_PAGE,
    SQLITE_MAGIC,
    TAIL,
    VERSION,
    Envelope,
    Head,
    empty_header,
)
from ..keys.given import UserKey
from ..keys.wrapping import DataKey, new_file, unwrap
from .binding import BAD_DATA, IOERR, NOTADB, OK, PROTOCOL, READONLY, SHORT_READ, RealMethods
from .files import OpenFile, copy_in, copy_out
from .problems import note, report

FILE, LOG, JOURNAL, HEADER = "file", "log", "journal", "header"
"""Where a page stands that is opened."""

_PLACES = 64  # of page 1 in memory: more than SQLite uses at a time
_START = (100, 0)  # size and place of what SQLite reads when it opens a file, before it has a lock
_SCHEMA = slice(40, 44)  # of page 1: the version of the schema
_COUNTER = (24, 16)  # where it looks, at the start of each transaction, whether the file has changed


class DatabaseFile(OpenFile):
    """A main database file, opened by one connection. Its journal and its log get their data key from here."""

    __slots__ = (
        *("_counter", "_envelope", "_envelopes", "_head", "_proved", "_reserves", "_schema", "_seen"),
        *("data_key", "found_no_room", "key", "page_size", "path", "problem"),
        *("receiving", "replacing", "resealing"),
    )

    kind = "database"

    def __init__(self, handle: int, real: RealMethods, path: str, key: UserKey, *, reserves: bool) -> None:
        """Take over a file that the real methods have opened.

        :param reserves: whether whoever opened it sees to the reserved bytes of a new file; else SQLite is shown a
            header that has them, which also settles page size and auto_vacuum
        """
        super().__init__(handle, real, DEFAULT_PAGE)
        self._reserves = reserves
        self.path = path
        self.key = key
        self.data_key: DataKey | None = None  # None: the file is empty, as far as this connection knows
        self.problem = ""  # why the key does not open the file
        self.replacing: bytes | None = None  # the envelope that the next write of page 1 shall have
        self.resealing: DataKey | None = None  # the data key that whatever is written now shall have
        self.receiving = False  # does whoever copies pages into it know what to do if one has no room?
        self.found_no_room = False  # has there been one?
        self._envelope = b""  # the last one seen
        self._envelopes: dict[int, bytes] = {}  # by the address of the page 1 that was read with it
        self._seen: set[bytes] = set()  # those that the key opened, or that came after
        self._proved = False  # has page 1 been read, in a transaction, with the key opening it?
        self._head = (b"", b"")  # the last one that was written, with its envelope
        self._counter = (b"", b"")
        self._schema = b""  # the version of the schema that this connection's plans are made for
        self.page_size = DEFAULT_PAGE

    def _use_pages_of(self, size: int) -> None:
        self.page_size = size
        self._head = (b"", b"")
        self.make_room(size)

    # -- the key -----------------------------------------------------------------------------------------------------
    def find_key(self) -> int:
        """Read from the file how its data key is wrapped, and unwrap it; a code other than OK has been explained."""
        code, start = self.read_disk(HEAD, 0)
        if code not in (OK, SHORT_READ):
            return code
        if code == SHORT_READ and not any(start):
            return OK
        self.problem = ""
        head = Head.read(start)
        if head is not None and head.version != VERSION:
            return self._refuse(
                f"{self.path!r} is in version {head.version} of the encrypted format, and this release of "
                f"heliosdb-crypto knows version {VERSION}: upgrade it"
            )
        whole = True
        if head is not None:
            code, data = self.read_disk(ENVELOPE, head.page_size - TAIL)
            whole = code == OK
            if whole and self._unwraps(head, data):
                return OK
        unsupported, self.problem = self.problem, ""
        if self._unwraps_a_copy():
            return OK
        if head is not None and self._is_being_made():
            return OK
        if head is not None:
            if not whole:
                return self._refuse(f"{self.path!r} was cut off in its first page: restore it from a backup")
            return self._refuse(unsupported or f"wrong encryption key for {self.path!r}")
        if start == SQLITE_MAGIC:
            return self._refuse(
                f"{self.path!r} is not an encrypted HeliosDB database but a plain one: leave encryption_key out, or "
                f"encrypt it with `heliosdb encrypt`"
            )
        if not any(start):
            return OK  # a file whose first transaction broke off; SQLite looks at its journal next
        return self._refuse(f"{self.path!r} is not an encrypted HeliosDB database")

    def _refuse(self, problem: str) -> int:
        self.problem = problem
        return note(NOTADB, problem)

    def _unwraps(self, head: Head, envelope: bytes) -> bool:
        try:
            found = unwrap(self.key, head, Envelope.read(envelope))
        except sqlite3.NotSupportedError as error:  # a derivation that can't be computed here
            self.problem = str(error)
            return False
        if found is None:
            return False
        self.data_key, self._envelope, self.problem = found, envelope, ""
        self._seen.add(envelope)
        self._use_pages_of(head.page_size)
        return True

    def _unwraps_a_copy(self) -> bool:
        """Try the copies of page 1 in journal and log: the file's own may be torn, or older than the log's."""
        for page in self._copies():
            head = Head.read(page)
            known = head is not None and head.version == VERSION and head.page_size == len(page)
            if known and head is not None and self._unwraps(head, envelope_of(page)):
                return True
        return False

    def _is_being_made(self) -> bool:
        """Return whether the file's first transaction is not over, or broke off: SQLite empties the file then."""
        try:
            with open(self.path + "-journal", "rb") as file:
                return journal.began_empty(file.read(journal.HEADER))
        except OSError:
            return False

    def _copies(self) -> Iterator[bytes]:
        """Yield them. Neither file is locked by SQLite, so that it may be opened and closed beside it."""
        for suffix, read in (("-journal", journal.first_pages), ("-wal", log.first_pages)):
            try:
                with open(self.path + suffix, "rb") as file:
                    yield from read(file.read())
            except (OSError, ValueError):
                continue

    def _accept(self, sealed: bytes, where: str) -> bool:
        """Return whether the key holds for a page 1 that was opened: another connection may have replaced it."""
        data_key, envelope = self.data_key, envelope_of(sealed)
        assert data_key is not None  # noqa: S101 - it opened the page
        if envelope not in self._seen:
            head = Head.read(sealed)
            if head is None:
                return False
            follows = (
                self._proved and where != JOURNAL
            )  # this connection has been in since before it was replaced
            if not follows and unwrap(self.key, head, Envelope.read(envelope)) is not data_key:
                return False
            data_key.heads[envelope] = head
            self._seen.add(envelope)
        self._envelope = envelope
        self._proved = self._proved or where != JOURNAL
        if where == JOURNAL:  # what is rolled back has the key that it had
            self._envelopes.clear()
        return True

    def remember_envelope(self, address: int) -> None:
        """Note where in SQLite's memory the page 1 stands that was opened last: its envelope goes with it.

        SQLite may hold several versions of page 1 at a time: its cache's, that of a log frame it copies into the file,
        that of a journal it rolls back. Each must be written with the envelope that it was read with.
        """
        if len(self._envelopes) >= _PLACES:
            self._envelopes.clear()
        self._envelopes[address] = self._envelope

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
        if where != HEADER and not self._accept(sealed, where):
            self.problem = f"wrong encryption key for {self.path!r}: it was replaced by another one"
            raise PageError
        return page

    def expect_schema(self, version: int) -> None:
        """Have it said once, when a transaction begins, that the schema is no longer of this version."""
        self._schema = (version & 0xFFFFFFFF).to_bytes(4, "big")

    def refuses_schema(self, page: bytes) -> bool:
        """Return whether another connection has changed the schema, going by a page 1 that was opened.

        SQLite reads page 1 when a transaction begins and it may have changed. A failure then undoes nothing, and the
        statement is run again, with a new plan.
        """
        schema = self._schema
        if not schema or page[_SCHEMA] == schema:
            return False
        self._schema = b""
        return True

    def look_for_another_key(self) -> None:
        """See whether a journal can't be rolled back because its pages are those of another key."""
        for page in self._copies():
            head = Head.read(page)
            if (
                head is not None
                and unwrap(self.key, head, Envelope.read(envelope_of(page))) is not self.data_key
            ):
                self.problem = (
                    f"wrong encryption key for {self.path!r}: a transaction that replaced its key broke off, and the "
                    "key that it had before opens it"
                )

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
        data_key = self.data_key
        if data_key is None:
            data_key = self._make_key()
        if self.resealing is not None and where != JOURNAL:
            data_key = self.resealing
        if number != 1:
            return data_key.pages.seal(number, page)
        envelope = self._envelopes.get(source, self._envelope)
        if self.replacing is not None and where != JOURNAL:
            envelope = self._envelopes[source] = self.replacing
        known, packed = self._head
        if known != envelope:
            packed = data_key.heads[envelope].for_pages_of(self.page_size).packed()
            self._head = (envelope, packed)
        return data_key.pages.seal_first(page, packed, envelope)

    def _make_key(self) -> DataKey:
        self.data_key, _, envelope = new_file(self.key, self.page_size)
        self._envelope = envelope.packed()
        self._seen.add(self._envelope)
        self._proved = True
        return self.data_key

    def replaced_by(self, key: UserKey, envelope: bytes, data_key: DataKey) -> None:
        """Note that the key of the file is another one now."""
        self.key, self.data_key, self._envelope = key, data_key, envelope
        self._seen.add(envelope)
        self._envelopes.clear()
        self._counter = (b"", b"")

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
        if number == 1 and self.refuses_schema(page):
            return PROTOCOL
        copy_out(into, page, size)
        self.blind(into, size)
        if number == 1:
            self.remember_envelope(into)
        return OK

    def lay_out(self, into: int, size: int, body: bytes) -> None:
        """Put a page that was opened, without the zeros at its end, into SQLite's memory."""
        assert self.data_key is not None  # noqa: S101 - it opened the page
        copy_out(into, body, size - RESERVE)
        copy_out(into + size - RESERVE, self.data_key.pages.blind_tail(), RESERVE)

    def _read_empty(self, into: int, size: int, offset: int) -> int:
        data = bytes(size)
        if (size, offset) == _START and not self._reserves:
            data = empty_header(self.page_size)
        copy_out(into, data, size)
        return SHORT_READ

    def _read_piece(self, into: int, size: int, offset: int) -> int:
        page_size = self.page_size
        if offset == _COUNTER[0] and size == _COUNTER[1]:
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
        peeks = (size, offset) == _START
        try:
            page = self.open_page(number + 1, sealed, HEADER if peeks else FILE)
        except PageError:
            if not peeks:
                return self.failed(number + 1)
            # Read without a lock while another connection writes it, or torn and about to be rolled back: SQLite takes
            # nothing but the page size from here.
            page = empty_header(page_size)
        else:
            if number == 0:
                self._counter = (sealed[-NONCE:], page[_COUNTER[0] : sum(_COUNTER)])
        copy_out(into, page[start : start + size], size)
        return OK

    def write(self, source: int, size: int, offset: int) -> int:
        """Serve xWrite: whole pages only."""
        if self.problem:
            return note(NOTADB, self.problem)
        if size != self.page_size and not self._may_take_pages_of(size):
            return self.refuse_page_size()
        number = offset // size + 1
        try:
            sealed = self.seal_page(number, copy_in(source, size), source, FILE)
        except UnsealableError:
            return self.refuse_page()
        return self.write_disk(sealed, offset)

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
        """Explain that pages of another size can't be written; return SQLite's code for it."""
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
        self._use_pages_of(size)
        return True


def readable(path: bytes | None) -> str:
    """Return a file's name as SQLite has it, for people."""
    return os.fsdecode(path or b"")
