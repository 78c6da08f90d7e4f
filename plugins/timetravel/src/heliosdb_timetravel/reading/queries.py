"""What a statement reads, as far as clauses about time are concerned: its SELECTs, and the tables of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from heliosdb_sqlite.sql.lexer import Token

from .clauses import Clause


@dataclass
class Table:
    """A table that is read: its name's place in the text, and what follows it."""

    schema: str | None
    name: str
    start: int
    end: int
    alias: str | None = None
    clause: Clause | None = None
    indexed: Token | None = None
    """The INDEXED BY or NOT INDEXED that follows."""
    target: bool = False
    """It is what an UPDATE or DELETE changes."""
    listed: bool = False
    """It stands behind an IN, as the list of its values."""


@dataclass
class Common:
    """A common table expression: the SELECTs in its parentheses."""

    name: str
    bodies: list[Query] = field(default_factory=list)


@dataclass
class Query:
    """One SELECT: what stands between its SELECT and the end, or the next UNION."""

    start: int
    parent: Query | None
    tables: list[Table] = field(default_factory=list)
    sources: list[tuple[str | None, Table | None]] = field(default_factory=list)
    """What its FROM reads, in order: by which name columns are found, and the table, if it is one."""
    children: list[Query] = field(default_factory=list)
    """All SELECTs inside it."""
    clause: Clause | None = None
    """The clause behind its WHERE."""
    stars: list[tuple[int, int, str]] = field(default_factory=list)
    """Each ``*`` or ``t.*`` of its list: its place, and the name before the point."""
    list_start: int = 0
    list_end: int = 0
    compound: bool = False
    grouped: bool = False
    """It has a GROUP BY or a DISTINCT."""
    ordered: bool = False
    shares_columns: bool = False
    """It has a NATURAL join, or one with USING."""
    tail: int = 0
    """Where an ORDER BY would go."""
    end: int = 0
    verb: str = "SELECT"
    main: bool = False
    """Its rows are the statement's."""
    within: Common | None = None
    """The common table expression that it is part of."""
    common: Mapping[str, Common] = field(default_factory=dict)
    """The common table expressions that it can read, by name in lower case."""

    def common_table(self, table: Table) -> Common | None:
        """Return the common table expression that a table's name means here."""
        return self.common.get(table.name.lower()) if table.schema is None else None


def innermost(queries: list[Query], position: int) -> Query | None:
    """Return the query in whose own text a position lies."""
    around = [query for query in queries if query.start <= position < query.end]
    return max(around, key=lambda query: query.start, default=None)
