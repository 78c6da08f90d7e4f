"""A database file and its key: found when the file is opened, and followed when another connection replaces it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator

from ..codec import journal, log
from ..codec.pages import envelope_of
from ..format import DEFAULT_PAGE, ENVELOPE, HEAD, NONCE, SQLITE_MAGIC, TAIL, VERSION, Envelope, Head
from ..keys.given import UserKey
from ..keys.wrapping import DataKey, new_file, unwrap
from .binding import NOTADB, OK, SHORT_READ, RealMethods
from .files import OpenFile
from .problems import note

_PLACES = 64  # of page 1 in memory: more than SQLite uses at a time


class KeyedFile(OpenFile):
    """A main database file as far as its key is concerned: which opens it, and how page 1 says so."""

    __slots__ = (
        *("_envelope", "_envelopes", "_head", "_proved", "_seen"),
        *("data_key", "key", "nonce", "page_size", "path", "problem", "replacing"),
    )

    def __init__(self, handle: int, real: RealMethods, path: str, key: UserKey) -> None:
        super().__init__(handle, real, DEFAULT_PAGE)
        self.path = path
        self.key = key
        self.page_size = DEFAULT_PAGE
        self.data_key: DataKey | None = None  # None: the file is empty, as far as this connection knows
        self.nonce = b""  # of the page 1 that stood in the file when the key was looked for
        self.problem = ""  # why the key does not open the file
        self.replacing: bytes | None = None  # the envelope that the next write of page 1 shall have
        self._envelope = b""  # the last one seen
        self._envelopes: dict[int, bytes] = {}  # by the address of the page 1 that was read with it
        self._seen: set[bytes] = set()  # those that the key opened, or that came after
        self._proved = False  # has page 1 been read, in a transaction, with the key opening it?
        self._head = (b"", b"")  # the last one that was written, with its envelope

    def use_pages_of(self, size: int) -> None:
        """Take the file's pages to be of this size."""
        self.page_size = size
        self._head = (b"", b"")
        self.make_room(size)

    # -- when the file is opened -------------------------------------------------------------------------------------
    def find_key(self) -> int:
        """Read from the file how its data key is wrapped, and unwrap it; a code other than OK has been explained."""
        code, page = self.read_disk(DEFAULT_PAGE, 0)
        if code not in (OK, SHORT_READ):
            return code
        start = page[:HEAD]
        if not any(start) and code == SHORT_READ and self.read_disk(HEAD, 0)[0] == SHORT_READ:
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
            size = head.page_size
            tail = page[size - TAIL : size]
            if code != OK or size > DEFAULT_PAGE:
                code, tail = self.read_disk(TAIL, size - TAIL)
                whole = code == OK
            if whole and self._unwraps(head, tail[:ENVELOPE]):
                self.nonce = tail[-NONCE:]
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
        self.use_pages_of(head.page_size)
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

    # -- when another connection has replaced the key ----------------------------------------------------------------
    def accept(self, sealed: bytes, *, rolling_back: bool) -> bool:
        """Return whether the key holds for a page 1 that was opened: another connection may have replaced it.

        :param rolling_back: it stands in the journal, and goes back to where it was
        """
        data_key, envelope = self.data_key, envelope_of(sealed)
        assert data_key is not None  # noqa: S101 - it opened the page
        if envelope not in self._seen:
            head = Head.read(sealed)
            if head is None:
                return False
            follows = self._proved and not rolling_back  # it has been in since before the key was replaced
            if not follows and unwrap(self.key, head, Envelope.read(envelope)) is not data_key:
                return False
            data_key.heads[envelope] = head
            self._seen.add(envelope)
        self._envelope = envelope
        self._proved = self._proved or not rolling_back
        if rolling_back:  # what is rolled back has the key that it had
            self._envelopes.clear()
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

    def replaced_by(self, key: UserKey, envelope: bytes, data_key: DataKey) -> None:
        """Note that the key of the file is another one now."""
        self.key, self.data_key, self._envelope = key, data_key, envelope
        self._seen.add(envelope)
        self._envelopes.clear()

    # -- page 1 ------------------------------------------------------------------------------------------------------
    def make_key(self) -> DataKey:
        """Return the data key of a file that was empty, made for it now."""
        self.data_key, _, envelope = new_file(self.key, self.page_size)
        self._envelope = envelope.packed()
        self._seen.add(self._envelope)
        self._proved = True
        return self.data_key

    def remember_envelope(self, address: int) -> None:
        """Note where in SQLite's memory the page 1 stands that was opened last: its envelope goes with it.

        SQLite may hold several versions of page 1 at a time: its cache's, that of a log frame it copies into the file,
        that of a journal it rolls back. Each must be written with the envelope that it was read with.
        """
        if len(self._envelopes) >= _PLACES:
            self._envelopes.clear()
        self._envelopes[address] = self._envelope

    def envelope_for(self, address: int, data_key: DataKey, *, replaceable: bool) -> tuple[bytes, bytes]:
        """Return the head and the envelope with which the page 1 that stands there is written.

        :param replaceable: it is not the copy that a journal keeps, which has the key that it had
        """
        envelope = self._envelopes.get(address, self._envelope)
        if self.replacing is not None and replaceable:
            envelope = self._envelopes[address] = self.replacing
        known, packed = self._head
        if known != envelope:
            packed = data_key.heads[envelope].for_pages_of(self.page_size).packed()
            self._head = (envelope, packed)
        return packed, envelope


def readable(path: bytes | None) -> str:
    """Return a file's name as SQLite has it, for people."""
    return os.fsdecode(path or b"")
