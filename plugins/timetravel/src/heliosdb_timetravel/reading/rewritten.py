"""What a statement with clauses about time became, for those who run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from heliosdb_sqlite.sql.parameters import Parameter

from .relation import Past

EXTRA = "heliosdb_timetravel_"
"""What the named parameters that are added begin with."""


class Slot(NamedTuple):
    """A bound of a clause that is found when the statement runs, and bound as a parameter."""

    past: Past
    kind: str
    place: int
    unit: str
    parameter: int | None  # the user's, counted from 1; None: the value stands in the text
    value: str | int = ""


@dataclass
class Rewriting:
    """What a statement became."""

    text: str
    slots: list[Slot] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    named: bool = False
    """The user's parameters have names."""
    spent: frozenset[int] = frozenset()
    """The user's parameters that are times and nothing else: they are not bound any more."""
    order: list[int] | None = None
    """Whose value each bare question mark has now: a parameter of the user's, or behind those a slot."""
    pairs: bool = False
    losses: list[Past] = field(default_factory=list)
    """Those of which something is not known."""
    calls: bool = False
    """It calls the function for times that are expressions."""
