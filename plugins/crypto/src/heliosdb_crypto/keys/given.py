"""The key as a program gives it: 32 bytes, a passphrase, or a function that fetches one of them."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..format import KEY
from .derivation import RAW, Argon2id, Derivation, Scrypt

# Keys are told apart by a keyed hash, so that no list of them has the keys themselves.
_PROCESS = os.urandom(32)


@dataclass(frozen=True)
class Passphrase:
    """A passphrase, and what it costs to turn it into a key of a new file. An old file says its own costs.

    >>> Passphrase("correct horse battery staple")
    Passphrase(derivation=Scrypt(n=65536, r=8, p=2))
    """

    text: str = field(repr=False)
    derivation: Scrypt | Argon2id = field(default_factory=Scrypt)

    def __post_init__(self) -> None:
        text: object = self.text
        if not isinstance(text, str) or not text:
            raise sqlite3.ProgrammingError("a passphrase is a str of at least one character")
        derivation: object = self.derivation
        if not isinstance(derivation, (Scrypt, Argon2id)):
            raise sqlite3.ProgrammingError(
                f"a passphrase becomes a key by Scrypt(...) or Argon2id(...), not by {self.derivation!r}"
            )


@dataclass(frozen=True)
class UserKey:
    """A key that has been looked at: what is needed to open a file, or to make one."""

    secret: bytes = field(repr=False)
    derivation: Derivation
    """For a new file; a raw key needs none."""

    @property
    def is_raw(self) -> bool:
        """Whether it is 32 random bytes; else it is a passphrase."""
        return self.derivation is RAW

    @cached_property
    def identity(self) -> bytes:
        """What tells it from other keys in this process."""
        kind = b"raw" if self.is_raw else repr(self.derivation).encode()
        return hashlib.blake2b(kind + b"\0" + self.secret, key=_PROCESS, digest_size=16).digest()


def user_key(given: Any, database: str = "", what: str = "encryption_key") -> UserKey:
    """Return the key that a program gave.

    :param given: 32 bytes, a passphrase, a :class:`Passphrase`, or a function of the database's path that returns one
    :raises ProgrammingError: it is none of these; the message never has the key
    """
    if callable(given):
        given = given(database)
        if callable(given):
            raise sqlite3.ProgrammingError(f"{what}: the function returned another function, not a key")
        what = f"what the {what} function returned"
    if given is None:
        raise sqlite3.ProgrammingError(
            f"{what} is None: an unset key never means an unencrypted database; give 32 bytes or a passphrase, "
            "or leave the keyword out"
        )
    if isinstance(given, Passphrase):
        return UserKey(given.text.encode("utf-8", "surrogatepass"), given.derivation)
    if isinstance(given, str):
        if not given:
            raise sqlite3.ProgrammingError(f"{what} is an empty passphrase: give at least one character")
        return UserKey(given.encode("utf-8", "surrogatepass"), Scrypt())
    if isinstance(given, (bytes, bytearray, memoryview)):
        secret = bytes(given)
        if len(secret) != KEY:
            raise sqlite3.ProgrammingError(
                f"{what} has {len(secret)} bytes: a raw key has {KEY}, from os.urandom({KEY}) for instance; "
                "a passphrase is a str"
            )
        return UserKey(secret, RAW)
    raise sqlite3.ProgrammingError(
        f"{what} is of type {type(given).__name__}: give {KEY} bytes, a passphrase as str, a Passphrase, "
        "or a function of the database's path that returns one of them"
    )
