"""One value sealed: its type, its bytes, and which key and column it belongs to, in a BLOB that says so.

    E5 48 43 01 | mode | key id (4) | column id (8) | sealed: type tag and data

Mode R is AES-256-GCM with a random nonce of 12 bytes before the sealed part, mode D is AES-256-SIV. What stands before
is authenticated too. docs/formats/crypto.md shows it byte by byte.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from ..format import derive

MARK, VERSION = b"\xe5HC", 1
MAGIC = MARK + bytes([VERSION])
RANDOMISED, DETERMINISTIC = b"R", b"D"
KEY_ID, COLUMN_ID = 4, 8
_MODE = len(MAGIC)
_HEADER = _MODE + 1 + KEY_ID + COLUMN_ID
_NONCE = 12  # bytes, of GCM
SHORTEST = _HEADER + 16 + 1  # SIV's tag, a type tag and no data

Value = int | float | str | bytes
_INTEGER, _REAL, _TEXT, _BLOB = b"i", b"f", b"t", b"b"


class SealedError(Exception):
    """A value is no ciphertext of this key, or was changed."""


class Header(NamedTuple):
    """What a sealed value says in the clear."""

    mode: bytes
    key_id: bytes
    column_id: bytes


def header_of(value: bytes) -> Header | None:
    """Return what a BLOB says, or None for one that is no sealed value."""
    if (
        len(value) < SHORTEST
        or value[:_MODE] != MAGIC
        or value[_MODE : _MODE + 1] not in (RANDOMISED, DETERMINISTIC)
    ):
        return None
    at = _MODE + 1
    return Header(value[_MODE:at], value[at : at + KEY_ID], value[at + KEY_ID : _HEADER])


def later_key_of(value: bytes) -> tuple[int, bytes] | None:
    """Return the version and the key's id that a BLOB names if it may be a value in another version of the format."""
    at = _MODE + 1
    if len(value) < SHORTEST or value[: len(MARK)] != MARK or value[len(MARK)] == VERSION:
        return None
    return value[len(MARK)], value[at : at + KEY_ID]


class ColumnCodec:
    """Seals and opens the values of one column under one key.

    >>> codec = ColumnCodec(bytes(32), b"key1", b"column01")
    >>> codec.open(codec.seal("text", deterministic=False))
    'text'
    """

    def __init__(self, secret: bytes, key_id: bytes, column_id: bytes) -> None:
        self._names = key_id + column_id
        self._gcm = AESGCM(derive(secret, b"HeliosDB column R" + self._names))
        self._siv = AESSIV(derive(secret, b"HeliosDB column D" + self._names, length=64))

    def seal(self, value: Value, *, deterministic: bool) -> bytes:
        """Return the BLOB for a value; the same each time if it is to be deterministic."""
        data = _packed(value)
        if deterministic:
            header = MAGIC + DETERMINISTIC + self._names
            return header + self._siv.encrypt(data, [header])
        header = MAGIC + RANDOMISED + self._names
        nonce = os.urandom(_NONCE)
        return header + nonce + self._gcm.encrypt(nonce, data, header)

    def open(self, sealed: bytes) -> Value:
        """Return the value.

        :raises SealedError: the BLOB was changed, or is another column's
        """
        header, rest = sealed[:_HEADER], sealed[_HEADER:]
        try:
            if header[_MODE : _MODE + 1] == DETERMINISTIC:
                return _unpacked(self._siv.decrypt(rest, [header]))
            return _unpacked(self._gcm.decrypt(rest[:_NONCE], rest[_NONCE:], header))
        except (InvalidTag, ValueError, struct.error):
            raise SealedError from None


def _packed(value: Value) -> bytes:
    if isinstance(value, str):
        return _TEXT + value.encode("utf-8", "surrogatepass")
    if isinstance(value, int):
        return _INTEGER + value.to_bytes(8, "big", signed=True)
    if isinstance(value, float):
        return _REAL + struct.pack(">d", value + 0.0)  # no negative zero: SQLite has none
    return _BLOB + value


def _unpacked(data: bytes) -> Value:
    kind, rest = data[:1], data[1:]
    if kind == _TEXT:
        return rest.decode("utf-8", "surrogatepass")
    if kind == _INTEGER:
        return int.from_bytes(rest, "big", signed=True)
    if kind == _REAL:
        (number,) = struct.unpack(">d", rest)
        return float(number)
    if kind == _BLOB:
        return rest
    raise SealedError
