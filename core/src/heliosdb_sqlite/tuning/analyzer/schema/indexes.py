"""New indexes beside those that are there: which would be of no use, which would replace another, how to name one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ....sql.names import folded
from ....sql.quoting import quote_identifier
from .catalog import Index, Table, Term

Shape = tuple[tuple[str, str, bool], ...]
_NAME = 60  # characters of a generated name


@dataclass(frozen=True)
class NewIndex:
    """An index that could be made."""

    table: Table
    terms: tuple[Term, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NewIndex) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    @property
    def identity(self) -> tuple[str, str, tuple[str, ...]]:
        """What makes two of them the same."""
        return folded(self.table.schema), folded(self.table.name), tuple(term.sql for term in self.terms)

    @property
    def shape(self) -> Shape:
        """Its columns as :class:`~.catalog.Index` has them."""
        return tuple(
            (
                folded(term.column) if term.column is not None else f"({term.text})",
                term.collation or _collation(self.table, term),
                term.descending,
            )
            for term in self.terms
        )

    def sql(self, name: str, *, shared: bool = False) -> str:
        """Return the CREATE INDEX statement; main goes without saying.

        :param shared: another suggestion may have made it
        """
        place = "" if folded(self.table.schema) == "main" else f"{quote_identifier(self.table.schema)}."
        terms = ", ".join(term.sql for term in self.terms)
        create = "CREATE INDEX IF NOT EXISTS" if shared else "CREATE INDEX"
        return f"{create} {place}{quote_identifier(name)} ON {quote_identifier(self.table.name)} ({terms})"

    def is_served_by(self, index: Index) -> bool:
        """Return whether an index that is there begins with the same columns."""
        return not index.where and index.columns[: len(self.terms)] == self.shape

    def makes_superfluous(self) -> tuple[str, ...]:
        """Return the indexes that are there for the columns that this one begins with, and nothing else."""
        return tuple(
            index.name
            for index in self.table.indexes
            if not index.unique and not index.where and index.columns == self.shape[: len(index.columns)]
        )

    def name(self, taken: Iterable[str]) -> str:
        """Return a name that says what is in it, and is free."""
        words = [self.table.name, *(term.column or term.text for term in self.terms)]
        stem = re.sub(r"[\W_]+", "_", "_".join(words)).strip("_").lower()[:_NAME].rstrip("_")
        used = set(taken)
        name, number = stem, 2
        while folded(name) in used:
            name, number = f"{stem}_{number}", number + 1
        return name


def _collation(table: Table, term: Term) -> str:
    column = table.columns.get(folded(term.column)) if term.column is not None else None
    return column.collation if column is not None else "BINARY"


def is_useless(candidate: NewIndex) -> bool:
    """Return whether the table has what the candidate offers: an index or a key that begins with its columns."""
    table = candidate.table
    first = candidate.terms[0]
    if first.column is not None and folded(first.column) in (table.integer_key, "rowid", "_rowid_", "oid"):
        return True
    return any(candidate.is_served_by(index) for index in table.indexes)


def duplicates(table: Table) -> list[tuple[Index, Index]]:
    """Return pairs of an index that could go and the one that does all it does.

    An index that guards uniqueness stays; so does what SQLite made for a constraint.
    """
    found = []
    gone: set[str] = set()
    for index in sorted(table.indexes, key=lambda each: (len(each.columns), each.name)):
        if index.unique or index.by_constraint:
            continue
        others = [each for each in _others(table.indexes, index, gone) if _covers(each, index)]
        if others:
            found.append((index, max(others, key=lambda each: len(each.columns))))
            gone.add(index.name)
    return found


def _others(indexes: Sequence[Index], index: Index, gone: set[str]) -> list[Index]:
    return [each for each in indexes if each.name != index.name and each.name not in gone]


def _covers(wide: Index, narrow: Index) -> bool:
    if wide.where != narrow.where:
        return False
    if any(not column for column, _, _ in narrow.columns):  # expressions are compared as they are written
        return wide.on == narrow.on
    return wide.columns[: len(narrow.columns)] == narrow.columns
