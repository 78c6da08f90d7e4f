"""The keys of a database's columns: random, wrapped by the user's key, kept in a table of the database.

A column's key comes from one of them, the column's id, and its use. The newest writes; the oldest writes deterministic
columns, whose equal values must stay equal; all read.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.schema import database_files

from ..connecting import crypto_of
from ..format import ENVELOPE, KEY, SALT, Envelope
from ..keys.derivation import derivation_of
from ..keys.given import UserKey
from ..keys.wrapping import stretched
from ..vfs.layer import key_of
from .declared import EncryptedColumn
from .relations import Relations
from .values import KEY_ID, VERSION, ColumnCodec, SealedError, Value, header_of, later_key_of

TABLE = "heliosdb_crypto_keys"
CREATE = (
    f"(id BLOB PRIMARY KEY CHECK (length(id) = {KEY_ID}), place INTEGER NOT NULL, derivation BLOB NOT NULL, "
    "envelope BLOB NOT NULL)"
)

_DERIVATION = 4  # bytes: its code and three costs


class Keyring:
    """The column keys that a connection can use."""

    def __init__(self, connection: Any, keys: Iterable[UserKey]) -> None:
        self._reference = weakref.ref(connection)
        self.keys = list(keys)
        """The user's: the first wraps new column keys, all are tried to unwrap."""
        self.follows_file = True
        """Whether the key of the file wraps them, so that rekey() is about both."""
        self._secrets: dict[str, dict[bytes, bytes]] = {}  # schema -> key id -> secret, the oldest first
        self._oldest: dict[str, bytes | None] = {}  # schema -> key id, whether we have the secret or not
        self._codecs: dict[tuple[bytes, bytes], ColumnCodec] = {}
        self._read_for: Relations | None = None
        self.columns: dict[str, tuple[EncryptedColumn, str]] = {}
        """Those that were written to, by their ids, each with its schema."""

    @property
    def _connection(self) -> Any:
        return self._reference()

    def forget(self) -> None:
        """Read the tables again when a key is needed next: they may have changed."""
        self._secrets.clear()
        self._codecs.clear()

    def follow(self, relations: Relations) -> None:
        """Forget what was read for another schema: the databases may be others, under the same names."""
        if relations is not self._read_for:
            self._read_for = relations
            self.forget()
            self.columns.clear()

    # -- sealing and opening -----------------------------------------------------------------------------------------
    def seal(self, column: EncryptedColumn, schema: str, value: Value) -> bytes:
        """Return a value sealed for a column."""
        secrets = self._of(schema)
        key_id = self._oldest.get(schema) if column.deterministic else next(reversed(secrets), None)
        if key_id is None or key_id not in secrets:
            raise sqlite3.DatabaseError(
                f"no key to write to the encrypted column {column}: give connect() the key that it was made with too"
            )
        return self._codec(key_id, column.id, secrets[key_id]).seal(value, deterministic=column.deterministic)

    def open(self, sealed: bytes) -> Value:
        """Return what a sealed value holds; a BLOB that is none, as it is.

        :raises DatabaseError: it was changed, or no key opens it
        """
        header = header_of(sealed)
        if header is None:
            self._refuse_later_version(sealed)
            return sealed
        codec = self._codecs.get(header[1:])
        if codec is None:
            secret = self._secret(header.key_id)
            if secret is None:
                raise sqlite3.DatabaseError(
                    f"no key for a value of an encrypted column: its column key {header.key_id.hex()} is not among "
                    "those that the keys given to connect() unwrap"
                )
            codec = self._codec(header.key_id, header.column_id, secret)
        try:
            return codec.open(sealed)
        except SealedError:
            raise sqlite3.DatabaseError(
                "a value of an encrypted column failed authentication: it was changed or damaged"
            ) from None

    def _refuse_later_version(self, value: bytes) -> None:
        """Raise for what another release has sealed with a key of this database; any other BLOB is what it is."""
        found = later_key_of(value)
        if found is not None and self._secret(found[1]) is not None:
            raise sqlite3.DatabaseError(
                f"a value of an encrypted column is in version {found[0]} of its format, and this release of "
                f"heliosdb-crypto knows version {VERSION}: upgrade it"
            )

    def _codec(self, key_id: bytes, column_id: bytes, secret: bytes) -> ColumnCodec:
        codec = self._codecs.get((key_id, column_id))
        if codec is None:
            codec = self._codecs[key_id, column_id] = ColumnCodec(secret, key_id, column_id)
        return codec

    def _secret(self, key_id: bytes) -> bytes | None:
        for fresh in (False, True):
            if fresh:
                self.forget()
            for schema in database_files(self._connection):
                secret = self._of(schema).get(key_id)
                if secret is not None:
                    return secret
        return None

    # -- the tables --------------------------------------------------------------------------------------------------
    def ensure(self, schema: str) -> None:
        """See to it that there is a key to write with, wrapped by the first of the user's keys."""
        if self._newest_is_ours(schema):
            return
        key = self._keys_for(schema)[0]
        place = f"{quote_identifier(schema)}.{TABLE}"
        run(self._connection, f"CREATE TABLE IF NOT EXISTS {place} {CREATE}")
        derivation, envelope = _wrap(key, os.urandom(KEY))
        run(
            self._connection,
            f"INSERT INTO {place} SELECT ?, coalesce(max(place), 0) + 1, ?, ? FROM {place}",
            (os.urandom(KEY_ID), derivation, envelope),
        )
        self._secrets.pop(schema, None)

    def rotate(self, schema: str) -> None:
        """Begin to write with the first of the user's keys, where the newest column key is wrapped by another."""
        if self._rows(schema) and not self._newest_is_ours(schema):
            self.ensure(schema)

    def unwraps(self, derivation: bytes, envelope: bytes) -> bool:
        """Return whether one of the user's keys unwraps a column key."""
        return any(_unwrap(key, derivation, envelope) is not None for key in self.keys)

    def _newest_is_ours(self, schema: str) -> bool:
        rows = self._rows(schema)
        return bool(rows) and _unwrap(self._keys_for(schema)[0], rows[-1][1], rows[-1][2]) is not None

    def rewrap(self, connection: Any, schema: str, old: UserKey, new: UserKey) -> None:
        """Wrap the keys that ``old`` unwraps by ``new``; part of the caller's transaction."""
        place = f"{quote_identifier(schema)}.{TABLE}"
        if connection is self._connection:
            connection = _Running(connection)
        for key_id, derivation, envelope in _rows(connection, schema):
            secret = _unwrap(old, derivation, envelope)
            if secret is not None:
                connection.execute(
                    f"UPDATE {place} SET derivation = ?, envelope = ? WHERE id = ?",
                    (*_wrap(new, secret), key_id),
                )

    def _of(self, schema: str) -> dict[bytes, bytes]:
        found = self._secrets.get(schema)
        if found is None:
            found = self._secrets[schema] = {}
            rows = self._rows(schema)
            self._oldest[schema] = rows[0][0] if rows else None
            for key_id, derivation, envelope in rows:
                for key in self._keys_for(schema):
                    secret = _unwrap(key, derivation, envelope)
                    if secret is not None:
                        found[key_id] = secret
                        break
        return found

    def _keys_for(self, schema: str) -> list[UserKey]:
        """Return the user's keys for the columns of one database: an attached file may have another key."""
        if not self.follows_file or schema.lower() in ("main", "temp"):
            return self.keys
        files = {name.lower(): file for name, file in database_files(self._connection).items()}
        if schema.lower() not in files:
            return self.keys
        key = key_of(files[schema.lower()], crypto_of(self._connection).file)
        return self.keys if key is None else [key, *self.keys]

    def _rows(self, schema: str) -> list[tuple[bytes, bytes, bytes]]:
        return _rows(_Running(self._connection), schema)


class _Running:
    """A connection past its hooks."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        return run(self._connection, sql, parameters)


def _rows(connection: Any, schema: str) -> list[tuple[bytes, bytes, bytes]]:
    """Return the rows of the table of keys, the oldest first; none where there is no such table."""
    place = quote_identifier(schema)
    there = connection.execute(
        f"SELECT 1 FROM {place}.sqlite_master WHERE type = 'table' AND name = '{TABLE}'"
    ).fetchone()
    if there is None:
        return []
    rows: list[tuple[bytes, bytes, bytes]] = connection.execute(
        f"SELECT id, derivation, envelope FROM {place}.{TABLE} ORDER BY place, id"
    ).fetchall()
    return rows


def _wrap(key: UserKey, secret: bytes) -> tuple[bytes, bytes]:
    salt = os.urandom(SALT)
    derivation = bytes((key.derivation.code, *key.derivation.costs))
    return derivation, Envelope(salt, aes_key_wrap(stretched(key, key.derivation, salt), secret)).packed()


def _is_sound(derivation: object, envelope: object) -> bool:
    """Return whether a row can be one that :func:`_wrap` has made: the table may be damaged."""
    return (
        isinstance(derivation, bytes)
        and isinstance(envelope, bytes)
        and (len(derivation), len(envelope)) == (_DERIVATION, ENVELOPE)
    )


def _unwrap(key: UserKey, derivation: bytes, envelope: bytes) -> bytes | None:
    if not _is_sound(derivation, envelope):
        return None
    code, a, b, c = derivation
    found = derivation_of(code, (a, b, c))
    if found is None or (found.code == 0) != key.is_raw:
        return None
    wrapped = Envelope.read(envelope)
    try:
        secret: bytes = aes_key_unwrap(stretched(key, found, wrapped.salt), wrapped.wrapped)
    except (InvalidUnwrap, ValueError):
        return None
    return secret
