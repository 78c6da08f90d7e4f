"""What a search is: the nearest rows, or those within a distance, of one column of one table."""

from __future__ import annotations

from dataclasses import dataclass

from .clauses import Core, Source, Span
from .terms import Distance


@dataclass(frozen=True)
class Search:
    """A SELECT that searches."""

    core: Core
    source: Source
    schema: str  # the database that the table is in
    rowid: str
    column: str
    distance: Distance
    limit: Span | None = None
    offset: Span | None = None
    farthest: bool = False
    within: Span | None = None  # the most that the distance may be; None: the nearest are asked for
    filtered: bool = False  # other conditions decide as well which rows qualify
    outer: Core | None = None  # the SELECT around it that orders and limits its rows
    tested: Core | None = None  # the one around it whose conditions decide which rows qualify, if it has any


class Refused(Exception):
    """This SELECT orders rows by a distance, or compares one, and is not answered from memory; the message says why."""
