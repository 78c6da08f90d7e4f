"""What a plugin has an execution return instead of asking SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..sql.quoting import quote_identifier


@dataclass(frozen=True)
class Answer:
    """The rows of a statement, as SQLite would have returned them.

    >>> Answer([(1, "Emma")], ("id", "title")).columns
    ('id', 'title')
    """

    rows: Sequence[tuple[Any, ...]]
    """Shared with whoever made it: neither changed nor handed out itself."""
    columns: tuple[str, ...]
    """The names of the columns."""

    @cached_property
    def shape(self) -> str:
        """A statement with these columns and no row, which gives a cursor its description."""
        return f"SELECT {', '.join(f'NULL AS {quote_identifier(name)}' for name in self.columns) or 'NULL'} LIMIT 0"
