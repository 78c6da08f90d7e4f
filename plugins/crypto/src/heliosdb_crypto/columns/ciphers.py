"""What a walk through a statement knows of a value: whether it is a ciphertext, of which column, and by what name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from .declared import EncryptedColumn
from .names import DECRYPT


class Cipher(NamedTuple):
    """That a value is, or may be, a ciphertext: of one column, or of several."""

    column: EncryptedColumn
    pure: bool = True  # nothing but this column's values, and NULL

    def __or__(self, other: Any) -> Cipher:
        return self if other == self else Cipher(self.column, pure=False)


Kind = Cipher | None


class Comparison(NamedTuple):
    """A column that is compared with values in the clear: where it stands in the text, and which one it is."""

    start: int
    end: int
    column: EncryptedColumn


def one_of(kinds: Iterable[Kind], *, mixed_is_pure: bool = True) -> Kind:
    """Return what a value is that is one of several; a value in the clear among them leaves no single column."""
    found = list(kinds)
    ciphers = [each for each in found if each is not None]
    if not ciphers:
        return None
    alike = all(each == ciphers[0] for each in ciphers) and len(ciphers) == len(found)
    return ciphers[0] if alike else Cipher(ciphers[0].column, pure=False)


def refuse_leak(kind: Kind, target: Kind, what: str) -> None:
    """Refuse to store a ciphertext where nothing says that it is one."""
    if kind is not None and target is None:
        raise sqlite3.NotSupportedError(
            f"{what} would get values of the encrypted column {kind.column} and is not ENCRYPTED itself: declare it "
            f"so, or store the value in the clear with {DECRYPT}({kind.column.name})"
        )
