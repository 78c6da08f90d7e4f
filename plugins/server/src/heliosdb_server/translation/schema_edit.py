"""A change of a table's definition that SQLite's ALTER TABLE can't make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .domains import Domain


class SchemaEdit(NamedTuple):
    """What is to be changed; :mod:`heliosdb_server.session.altering` does it."""

    table: str
    what: str  # add, drop, rename constraint; drop references, to another table; set, drop not null; set default;
    # set note, which is a comment; set type
    name: str  # of the column or constraint
    text: str = ""  # what is written into the definition
    kind: str = ""
    refused: str = ""  # a condition for rows that must not be there
    after: str = ""  # a statement that brings the rows in line
    optional: bool = False


class TypeChange(NamedTuple):
    """What is to be done to a type; :mod:`heliosdb_server.session.type_changes` does it."""

    what: str  # add, drop, rename constraint; drop references, to another table; set, drop not null; set default;
    # set note, which is a comment; set type
    name: str
    labels: tuple[str, ...] = ()
    value: str = ""
    new: str = ""
    beside: str = ""
    before: bool = False
    optional: bool = False
    cascade: bool = False


class DomainChange(NamedTuple):
    """A domain that is to be made, or dropped."""

    what: str  # add, drop, rename constraint; drop references, to another table; set, drop not null; set default;
    # set note, which is a comment; set type
    name: str
    made: Domain | None = None
    cascade: bool = False


class TemporaryRows(NamedTuple):
    """A temporary table whose rows end with the transaction: it is dropped then, or emptied."""

    table: str
    dropped: bool
