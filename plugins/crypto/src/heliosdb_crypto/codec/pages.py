"""Pages sealed and opened: AES-256-GCM, a fresh nonce each time, the page number bound to the contents."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..format import BLIND, ENVELOPE, HEAD, NONCE, RESERVE, SQLITE_MAGIC, TAG, TAIL, TRAILER, derive

_RANDOM = 12  # bytes of each half of a nonce: which subkey, and GCM's own
_PAGES_PER_SESSION = 1 << 24  # far from where random nonces under one subkey could meet
_SUBKEYS = 4096
_AFTER_BLIND = bytes(TAIL)
_AFTER_PAGE = bytes(TRAILER)
_FIRST = (1).to_bytes(4, "big")


class PageError(Exception):
    """A page is not what was written: changed, torn, moved, or sealed with another key."""


class UnsealableError(Exception):
    """SQLite's page has no room for what seals it."""


class PageCodec:
    """Seals the pages of one file, given its data key. Threads may share one.

    >>> codec = PageCodec(bytes(32))
    >>> page = b"x" * 3992 + bytes(104)
    >>> codec.open(2, codec.seal(2, page)) == page
    True
    """

    def __init__(self, data_key: bytes) -> None:
        self._root = derive(data_key, b"HeliosDB pages")
        self._subkeys: dict[bytes, AESGCM] = {}
        self._blinds, self._at = b"", 0
        self.begin_session()

    def begin_session(self) -> None:
        """Seal what follows under a new subkey."""
        session = os.urandom(_RANDOM)
        self._session = (session, self._subkey(session))
        self._left = _PAGES_PER_SESSION
        self._blinds, self._at = b"", 0

    def _subkey(self, session: bytes) -> AESGCM:
        found = self._subkeys.get(session)
        if found is None:
            if len(self._subkeys) >= _SUBKEYS:
                self._subkeys.clear()
            found = self._subkeys[session] = AESGCM(derive(self._root, b"HeliosDB session" + session))
        return found

    def blind(self) -> bytes:
        """Return eight random bytes."""
        at = self._at
        blind = self._blinds[at : at + BLIND]
        if len(blind) < BLIND:
            self._blinds, at = os.urandom(8192), 0
            blind = self._blinds[:BLIND]
        self._at = at + BLIND
        return blind

    def seal(self, number: int, page: bytes) -> bytes:
        """Return a page, other than the first, as it stands on disk.

        :raises UnsealableError: the page's reserved bytes are in use
        """
        if page[-TAIL:] != _AFTER_BLIND:
            raise UnsealableError
        self._left -= 1
        if self._left <= 0:
            self.begin_session()
        session, key = self._session
        nonce = os.urandom(_RANDOM)
        return b"".join(
            (key.encrypt(nonce, memoryview(page)[:-TRAILER], number.to_bytes(4, "big")), session, nonce)
        )

    def open(self, number: int, sealed: bytes) -> bytes:
        """Return a page, other than the first, as SQLite is to see it.

        :raises PageError: it is not the page that was sealed under this number
        """
        return self.open_body(number, sealed) + _AFTER_PAGE

    def open_body(self, number: int, sealed: bytes) -> bytes:
        """Return such a page without the zeros at its end."""
        session = sealed[-NONCE:-_RANDOM]
        key = self._subkeys.get(session) or self._subkey(session)
        try:
            return key.decrypt(sealed[-_RANDOM:], memoryview(sealed)[:-NONCE], number.to_bytes(4, "big"))
        except InvalidTag:
            raise PageError from None

    def blind_tail(self) -> bytes:
        """Return the reserved bytes of a page as SQLite is to see them: eight random ones, then zeros."""
        return self.blind() + _AFTER_BLIND

    def seal_first(self, page: bytes, head: bytes, envelope: bytes) -> bytes:
        """Return page 1 as it stands on disk, with the file's head and envelope in the clear.

        :raises UnsealableError: the page's reserved bytes are in use, or not reserved
        """
        if page[20] != RESERVE or page[-TAIL:] != _AFTER_BLIND:
            raise UnsealableError
        self._left -= 1
        session, key = self._session
        nonce = os.urandom(_RANDOM)
        sealed = key.encrypt(nonce, page[HEAD:-TAIL], _FIRST + head + envelope)
        return b"".join((head, sealed[:-TAG], envelope, sealed[-TAG:], session, nonce))

    def open_first(self, sealed: bytes) -> bytes:
        """Return page 1 as SQLite is to see it.

        :raises PageError: it is not what was sealed
        """
        session = sealed[-NONCE:-_RANDOM]
        head, envelope = sealed[:HEAD], sealed[-TAIL:-TRAILER]
        try:
            page = self._subkey(session).decrypt(
                sealed[-_RANDOM:], sealed[HEAD:-TAIL] + sealed[-TRAILER:-NONCE], _FIRST + head + envelope
            )
        except InvalidTag:
            raise PageError from None
        return b"".join((SQLITE_MAGIC, page, _AFTER_BLIND))


def envelope_of(sealed: bytes) -> bytes:
    """Return the envelope that page 1 carries on disk."""
    return sealed[-TAIL : ENVELOPE - TAIL]
