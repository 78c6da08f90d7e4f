"""What a walk through a statement knows of a value: whether it is a ciphertext, of which column, and by what name."""

from __future__ import annotations

import sqlite3
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .declared import EncryptedColumn
from .names import DECRYPT

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # SQLite folds these alone


class Cipher(NamedTuple):
    """That a value is, or may be, a ciphertext: of one column, or of several."""

    column: EncryptedColumn
    pure: bool = True  # nothing but this column's values, and NULL

    def __or__(self, other: Any) -> Cipher:
        return self if other == self else Cipher(self.column, pure=False)


Kind = Cipher | None


class Column(NamedTuple):
    """A column of a table or result."""

    name: str  # in lower case
    kind: Kind


class Source(NamedTuple):
    """What stands in a FROM clause: its name in the query, and its columns."""

    name: str
    columns: Sequence[Column]
    schema: str = ""
    hidden: frozenset[str] = frozenset()  # columns that * has already had from another table: NATURAL, USING


class Comparison(NamedTuple):
    """A column that is compared with values in the clear: where it stands in the text, and which one it is."""

    start: int
    end: int
    column: EncryptedColumn


Tables = Mapping[str, Sequence[Column]]
Scope = Sequence[Sequence[Source]]  # the innermost query's sources first


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


def column_of(tree: Any, scopes: Scope) -> Kind:
    name = folded(tree.name)
    for sources in scopes:
        for source in matching(sources, tree) if tree.table else sources:
            for column in source.columns:
                if column.name == name:
                    return column.kind
    return None  # a rowid, or a string in double quotes


def matching(sources: Sequence[Source], tree: Any) -> Iterator[Source]:
    """Yield the sources that the table of ``table.column`` means."""
    table, schema = folded(tree.table), folded(tree.db)
    for source in sources:
        if source.name == table and (not schema or source.schema in ("", schema)):
            yield source


def named(columns: Sequence[Column], names: Sequence[str]) -> Sequence[Column]:
    """Return the columns under the names that ``WITH t(a, b)`` gives them."""
    if not names:
        return columns
    return [Column(name, column.kind) for name, column in zip(names, columns, strict=False)]


def folded(name: str) -> str:
    return name.translate(_LOWER)
