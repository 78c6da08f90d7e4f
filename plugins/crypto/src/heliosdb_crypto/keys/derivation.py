"""How a passphrase becomes a key: scrypt or Argon2id, with costs that the file keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as _Scrypt

from ..format import KEY

Costs = tuple[int, int, int]
_MOST_MEMORY = 1 << 32  # bytes: a damaged or hostile file must not make its reader run out of memory


@dataclass(frozen=True)
class Raw:
    """No derivation: the key is 32 random bytes already."""

    code: ClassVar[int] = 0

    @property
    def costs(self) -> Costs:
        """Nothing to remember."""
        return (0, 0, 0)

    def stretch(self, secret: bytes, salt: bytes) -> bytes:
        """Return the secret as it is."""
        return secret


RAW = Raw()


@dataclass(frozen=True)
class Scrypt:
    """scrypt (RFC 7914). The defaults are OWASP's: 64 MiB, about half a second.

    >>> Scrypt(n=2**15)
    Scrypt(n=32768, r=8, p=2)
    """

    n: int = 2**16
    r: int = 8
    p: int = 2
    code: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _check(self, 2 <= self.n <= 2**30 and self.n & (self.n - 1) == 0, "n is a power of two")
        _check(self, 1 <= self.r <= 255 and 1 <= self.p <= 255, "r and p are from 1 to 255")
        _check(self, 128 * self.n * self.r <= _MOST_MEMORY, "it would need more than 4 GiB of memory")

    @property
    def costs(self) -> Costs:
        """The costs as a file keeps them: log2 of n, r, p."""
        return (self.n.bit_length() - 1, self.r, self.p)

    def stretch(self, secret: bytes, salt: bytes) -> bytes:
        """Return 32 bytes that cost this much to compute."""
        return _Scrypt(salt=salt, length=KEY, n=self.n, r=self.r, p=self.p).derive(secret)


@dataclass(frozen=True)
class Argon2id:
    """Argon2id (RFC 9106), where the cryptography package has it: from 44 on, on OpenSSL 3.2 or later.

    >>> Argon2id(memory=2**16)
    Argon2id(memory=65536, iterations=3, lanes=4)
    """

    memory: int = 2**16
    """In KiB, a power of two."""
    iterations: int = 3
    lanes: int = 4
    code: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _check(
            self,
            self.memory >= 8 and self.memory & (self.memory - 1) == 0,
            "memory is a power of two, in KiB",
        )
        _check(self, 1 <= self.iterations <= 255 and 1 <= self.lanes <= 255, "iterations and lanes: 1 to 255")
        _check(self, self.memory >= 8 * self.lanes, "each lane needs 8 KiB of memory")
        _check(self, self.memory * 1024 <= _MOST_MEMORY, "it would need more than 4 GiB of memory")

    @staticmethod
    def is_available() -> bool:
        """Return whether this Python's cryptography package has it."""
        try:
            Argon2id(memory=8, iterations=1, lanes=1).stretch(b"", bytes(16))
        except sqlite3.NotSupportedError:
            return False
        return True

    @property
    def costs(self) -> Costs:
        """The costs as a file keeps them: log2 of the memory in KiB, iterations, lanes."""
        return (self.memory.bit_length() - 1, self.iterations, self.lanes)

    def stretch(self, secret: bytes, salt: bytes) -> bytes:
        """Return 32 bytes that cost this much to compute.

        :raises NotSupportedError: this Python's cryptography package has no Argon2id
        """
        make = _argon2id()
        try:
            if make is None:
                raise UnsupportedAlgorithm("")
            derived: bytes = make(
                salt=salt, length=KEY, iterations=self.iterations, lanes=self.lanes, memory_cost=self.memory
            ).derive(secret)
        except UnsupportedAlgorithm:
            raise sqlite3.NotSupportedError(
                "Argon2id needs cryptography 44 or later on OpenSSL 3.2 or later: upgrade it, or use Scrypt()"
            ) from None
        return derived


def _argon2id() -> Callable[..., Any] | None:
    try:
        from cryptography.hazmat.primitives.kdf import argon2
    except ImportError:
        return None
    return argon2.Argon2id


Derivation = Raw | Scrypt | Argon2id


def derivation_of(code: int, costs: Costs) -> Derivation | None:
    """Return the derivation that a file names, or None where this version knows none such or its costs are absurd."""
    a, b, c = costs
    try:
        if code == Raw.code and costs == (0, 0, 0):
            return RAW
        if code == Scrypt.code and a <= 30:
            return Scrypt(1 << a, b, c)
        if code == Argon2id.code and a <= 32:
            return Argon2id(1 << a, b, c)
    except sqlite3.ProgrammingError:
        return None
    return None


def _check(derivation: object, holds: bool, rule: str) -> None:
    if not holds:
        raise sqlite3.ProgrammingError(f"{derivation!r}: {rule}")
