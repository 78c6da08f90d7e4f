"""The rollback journal: on disk a valid SQLite journal of sealed pages."""

from __future__ import annotations

from ..codec.journal import ALL_OF_IT, MAGIC, WORD, byte_sum, shifted
from ..codec.pages import PageError, UnsealableError
from ..format import SMALLEST_PAGE
from .binding import OK, SHORT_READ, RealMethods
from .database import JOURNAL, DatabaseFile
from .files import OpenFile, copy_in, copy_out

_PLACE = 4  # a record's page begins 4 bytes behind a multiple of 8; headers begin at one
_NO_CHECKSUM = 0x5AA55AA5  # as the difference from what stands on disk: more than any page's bytes come to


class JournalFile(OpenFile):
    """The journal of a database. What is no page of a record passes through, but for the checksums."""

    __slots__ = ("_checksum", "_counted", "_database", "_number", "_written_to")

    kind = "journal"

    def __init__(self, handle: int, real: RealMethods, database: DatabaseFile) -> None:
        super().__init__(handle, real, room=0)
        self.share_room(database)
        self._database = database
        self._number = (-1, 0)  # where the page behind the last number begins, and the number
        # Where the checksum of the last page stands, and by how much it differs on disk.
        self._checksum = (-1, 0)
        self._counted = False  # does the header that was read last say how many records are whole?
        self._written_to = 0  # by this connection

    def _page_number(self, offset: int) -> int:
        place, number = self._number
        if place == offset:
            return number
        code, word = self.read_disk(WORD, offset - WORD)
        return int.from_bytes(word, "big") if code == OK else 0

    def write(self, source: int, size: int, offset: int) -> int:
        """Serve xWrite."""
        if size == self._database.page_size and offset % 8 == _PLACE:
            page = copy_in(source, size)
            try:
                sealed = self._database.seal_page(self._page_number(offset), page, source, JOURNAL)
            except UnsealableError:
                return self._database.refuse_page()
            self._checksum = (offset + size, byte_sum(sealed) - byte_sum(page))
            self._written_to = max(self._written_to, offset + size)
            return self.write_disk(sealed, offset)
        if size >= SMALLEST_PAGE and offset % 8 == _PLACE:
            return self._database.refuse_page_size()
        data = copy_in(source, size)
        if size == WORD:
            if offset == self._checksum[0]:
                return self.write_disk(shifted(data, self._checksum[1]), offset)
            if offset % 8 == 0:
                self._number = (offset + WORD, int.from_bytes(data, "big"))
        return self.write_disk(data, offset)

    def read(self, into: int, size: int, offset: int) -> int:
        """Serve xRead."""
        if size == self._database.page_size and offset % 8 == _PLACE:
            return self._read_page(into, size, offset)
        self.make_room(size)
        code, data = self.read_disk(size, offset)
        if code not in (OK, SHORT_READ):
            return code
        if size == WORD and code == OK:
            if offset == self._checksum[0]:
                data = shifted(data, -self._checksum[1])
            elif offset % 8 == 0:
                self._number = (offset + WORD, int.from_bytes(data, "big"))
                self._see_count(offset, int.from_bytes(data, "big"))
        copy_out(into, data, size)
        return code

    def _see_count(self, offset: int, value: int) -> None:
        """Notice the number of records in a header, which SQLite reads behind the magic number."""
        if offset >= len(MAGIC):
            code, before = self.read_disk(len(MAGIC), offset - len(MAGIC))
            if code == OK and before == MAGIC:
                self._counted = value not in (0, ALL_OF_IT)

    def _read_page(self, into: int, size: int, offset: int) -> int:
        number = self._page_number(offset)
        database = self._database
        database.replacing = database.resealing = None  # what is being rolled back keeps the key that it had
        if database.data_key is None:
            code = database.find_key()
            if code != OK:
                return code
        code, sealed = self.read_disk(size, offset)
        if code != OK:
            copy_out(into, bytes(size), size)
            return code
        try:
            page = database.open_page(number, sealed, JOURNAL)
        except PageError:
            if offset >= self._written_to:
                database.look_for_another_key()
            if self._counted or offset < self._written_to or database.problem:
                return database.failed(number, "-journal")
            # Written, but not synced, when the power went: its checksum ends the journal here, as in any other.
            page = bytes(size)
            self._checksum = (offset + size, _NO_CHECKSUM)
        else:
            self._checksum = (offset + size, byte_sum(sealed) - byte_sum(page))
            if number == 1:
                database.remember_envelope(into)
        copy_out(into, page, size)
        return OK
