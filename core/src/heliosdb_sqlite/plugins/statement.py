"""A statement on its way to SQLite, as the hooks see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..sql.lexer import verb
from ..sql.schema import Stamp

Parameters = Sequence[Any] | Mapping[str, Any]
"""The parameters of one execution: a sequence for ``?``, a mapping for ``:name``."""


@dataclass(frozen=True)
class Statement:
    """One SQL text, made once and used for every execution of that text on a connection.

    >>> statement = Statement("SELECT 1")
    >>> statement.rewritten("SELECT 2").text
    'SELECT 2'
    """

    sql: str
    """The text as the user wrote it."""
    text: str = ""
    """The text that SQLite will run."""
    batch: bool = False
    """Whether executemany() may run this although it returns rows; the rows of all runs are then one result."""
    notes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What a plugin found out in heliosdb_parse and needs in heliosdb_bind or heliosdb_row, under the plugin's name."""

    stamp: Stamp | None = None
    """The schema for which it was rewritten; another one has it parsed again. None: it holds for every schema."""

    def __post_init__(self) -> None:
        if not self.text:
            object.__setattr__(self, "text", self.sql)

    @cached_property
    def verb(self) -> str:
        """What it does: ``SELECT``, ``INSERT``, ``CREATE``, ``COMMIT`` ...; a ``WITH`` clause is looked through."""
        return verb(self.sql)

    def rewritten(self, text: str) -> Statement:
        """Return this statement with another text for SQLite to run."""
        return replace(self, text=text)

    def batchable(self) -> Statement:
        """Return this statement as one that executemany() may run although it returns rows."""
        return replace(self, batch=True)

    def bound_to(self, stamp: Stamp) -> Statement:
        """Return this statement as one that is parsed again once the schema is no longer ``stamp``."""
        return replace(self, stamp=stamp)

    def noted(self, name: str, note: Any) -> Statement:
        """Return this statement with ``note`` kept under ``name``."""
        return replace(self, notes=MappingProxyType({**self.notes, name: note}))
