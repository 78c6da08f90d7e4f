"""ALTER TABLE, one alteration at a time, in an order that works: names that are exchanged go by way of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from heliosdb_sqlite.sql.quoting import quote_identifier as q

PASSING = "_heliosdb_passing_"
"""What a name begins with that a table or a column has for as long as its own is being exchanged."""


class AddedColumn(NamedTuple):
    """A column that the branch has and the base has not."""

    name: str
    definition: str


class Changes(NamedTuple):
    """What was done to a table's columns and its name."""

    rename_to: str | None
    renamed: Mapping[str, str]
    dropped: Sequence[str]
    added: Sequence[AddedColumn]


class Alteration(NamedTuple):
    """One thing that ALTER TABLE does."""

    did: str
    """``rename table``, ``rename column``, ``drop column`` or ``add column``."""
    table: str
    """What the table is called before."""
    old: str = ""
    new: str = ""
    definition: str = ""

    def sql(self, schema: str = "") -> str:
        """Return the statement; ``schema`` is what stands before the table's name, as in ``main.``."""
        if self.did == "rename table":
            action = f"RENAME TO {q(self.new)}"
        elif self.did == "rename column":
            action = f"RENAME COLUMN {q(self.old)} TO {q(self.new)}"
        elif self.did == "drop column":
            action = f"DROP COLUMN {q(self.old)}"
        else:
            action = f"ADD COLUMN {self.definition}"
        return f"ALTER TABLE {schema}{q(self.table)} {action}"


def alterations(table: str, changes: Changes, passing: str = PASSING) -> Iterator[Alteration]:
    """Yield what makes of a table what was done to it elsewhere, beginning with its name.

    :param passing: what names begin with that columns have in between
    """
    if changes.rename_to:
        yield rename_table(table, changes.rename_to)
        table = changes.rename_to
    for column in changes.dropped:  # before the renames: another one may get its name
        yield Alteration("drop column", table, column)
    yield from renames(table, changes.renamed, passing=passing)
    for added in changes.added:
        yield Alteration("add column", table, new=added.name, definition=added.definition)


def rename_table(table: str, to: str) -> Alteration:
    """Return what gives a table another name."""
    return Alteration("rename table", table, table, to)


def renames(
    table: str, renamed: Mapping[str, str], leaving: Iterable[str] = (), passing: str = PASSING
) -> Iterator[Alteration]:
    """Yield what gives columns their other names.

    :param leaving: columns that are still there and are to go: they make way too
    """
    taken = {new.lower() for new in renamed.values()}
    makes_way = [old for old in (*renamed, *leaving) if old.lower() in taken]
    between = {old: f"{passing}{number}" for number, old in enumerate(makes_way)}
    for old, name in between.items():
        yield Alteration("rename column", table, old, name)
    for old, new in renamed.items():
        yield Alteration("rename column", table, between.get(old, old), new)


def making_way(renamed: Mapping[str, str], passing: str = PASSING) -> dict[str, str]:
    """Return names for the meantime of those tables whose own another is to get, or they in other letters.

    :param renamed: the new names of all tables that are renamed
    """
    taken = {new.lower() for new in renamed.values()}
    makes_way = [name for name in renamed if name.lower() in taken]
    return {name: f"{passing}{number}" for number, name in enumerate(makes_way)}
