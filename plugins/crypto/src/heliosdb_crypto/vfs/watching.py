"""Another connection's change of the schema, noticed when page 1 is read: plans are made for one schema.

SQLite reads page 1 when a transaction begins and the file may have changed. A read that fails then undoes nothing, and
the statement is run again, with a new plan.

What a process has found out about a schema is remembered by the nonce of its page 1. Whoever changes the schema writes
page 1, and each time it is written it has another nonce.
"""

from __future__ import annotations

from ..format import NONCE

_VERSION = slice(40, 44)  # of page 1: the version of the schema
_REMEMBERED = 4096  # nonces

_plain: dict[bytes, None] = {}
"""Nonces of page 1 in databases that had no encrypted column when it was written."""


class SchemaWatch:
    """What one connection takes the schema of a database file to be, and what it has seen of it."""

    __slots__ = ("_expected", "_guesses", "_plain", "_untouched", "page")

    def __init__(self) -> None:
        self.page: tuple[bytes, bytes] | None = None
        """The nonce of page 1 and the version in it; None for one that was not read, or was written since."""
        self._untouched = True  # page 1 was neither read nor written
        self._expected = b""  # the version that plans were made for
        self._guesses = (
            False  # plans were made before page 1 was read, for a schema without encrypted columns
        )
        self._plain = b""  # a version that is known to have none

    def expect(self, version: int) -> None:
        """Have it said once, when a transaction begins, that the schema is no longer of this version."""
        self._guesses, self._expected = False, (version & 0xFFFFFFFF).to_bytes(4, "big")

    @property
    def expects(self) -> bool:
        """Whether it is yet to be said that the schema is no longer the one that was expected."""
        return bool(self._expected)

    def expect_nothing(self) -> None:
        """Whatever the schema is, nothing was planned for it."""
        self._guesses, self._expected = False, b""

    def takes_for_plain(self, glimpsed: bytes, *, in_transaction: bool) -> bool:
        """Return whether plans may be made for a schema without encrypted columns, without a look at it.

        If it turns out to have some after all, or nobody knows, that is said when page 1 is read. A transaction may
        have changed the schema already, and not have written page 1.

        :param glimpsed: the nonce of the page 1 that stood in the file when it was opened
        """
        if self._untouched:
            self._guesses = glimpsed in _plain
            return self._guesses
        if in_transaction or self.page is None or self.page[0] not in _plain:
            return False
        version = self.page[1]
        self._guesses, self._expected, self._plain = False, version, version
        return True

    def is_plain(self, page: tuple[bytes, bytes], version: int) -> None:
        """Remember that a database had no encrypted column.

        :param page: its page 1 while that was looked for
        :param version: that of the schema in which none was found
        """
        if page[1] == (version & 0xFFFFFFFF).to_bytes(4, "big"):
            _remember(page[0])
            self._plain = page[1]

    def refuses(self, sealed: bytes, page: bytes) -> bool:
        """Return whether plans were made for another schema, going by a page 1 that was opened."""
        nonce, version = sealed[-NONCE:], page[_VERSION]
        self.page, self._untouched = (nonce, version), False
        if self._plain != version:
            self._plain = b""
        if self._guesses:
            self._guesses = False
            if nonce not in _plain:
                return True
            self._expected = self._plain = version
        if not self._expected or version == self._expected:
            return False
        self._expected = b""
        return True

    def goes_back(self, sealed: bytes, page: bytes) -> None:
        """Note the page 1 that a transaction is rolled back to: what was planned inside it is forgotten anyway."""
        version = page[_VERSION]
        self.page, self._untouched = (sealed[-NONCE:], version), False
        if self._plain != version:
            self._plain = b""
        if self._expected:
            self._expected = version

    def writes(self, sealed: bytes, page: bytes) -> None:
        """Note that this connection writes page 1: what it planned for another schema, it has forgotten itself."""
        version, self._untouched = page[_VERSION], False
        if self._expected:
            self._expected = version
        if self._plain and version == self._plain:
            _remember(sealed[-NONCE:])
            self.page = (sealed[-NONCE:], version)
        else:
            self.page, self._plain = None, b""


def _remember(nonce: bytes) -> None:
    if len(_plain) >= _REMEMBERED:
        _plain.clear()
    _plain[nonce] = None
