"""What an analysis finds: suggestions, indexes that can go, and statements that it could not judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Suggestion:
    """An index, or several that belong together, with what it does for a query.

    >>> Suggestion("SELECT a FROM t WHERE b = ?", "SCAN t", 'CREATE INDEX "t_b" ON "t" ("b")', 12.5).measured
    True
    """

    query: str
    """The query that gains most, as the program wrote it."""
    current_plan: str
    """How SQLite runs it today: the lines of EXPLAIN QUERY PLAN, indented."""
    suggested_index: str
    """The SQL to run: one CREATE INDEX statement, or several with ``;`` between."""
    speedup_factor: float
    """How many times faster the query ran with it: a ratio of times that were measured side by side."""
    measured: bool = True
    """False: estimated. The times are those of a sample of the rows, or with guessed parameters, or cut short."""
    new_plan: str = ""
    """How SQLite ran it on the copy, with the index."""
    before_seconds: float = 0.0
    """The query's time on the copy without the index."""
    after_seconds: float = 0.0
    """The query's time on the copy with it."""
    index_bytes: int = 0
    """The size of the index, or what is to be expected of it."""
    write_seconds: float = 0.0
    """How much longer inserting one row takes with it."""
    queries: tuple[str, ...] = ()
    """All the queries that gain, this one first."""
    replaces: tuple[str, ...] = ()
    """Existing indexes that it makes superfluous."""
    notes: tuple[str, ...] = ()
    """What to know before creating it; above all why it is estimated."""

    @property
    def estimated(self) -> bool:
        """Whether the speedup is an estimate."""
        return not self.measured


@dataclass(frozen=True)
class SuperfluousIndex:
    """An index that costs every write and serves no query that another one would not serve."""

    name: str
    table: str
    reason: str
    drop: str
    """The statement that removes it."""
    other: str | None = None
    """The index that serves in its place; None where no recorded query used it."""


@dataclass(frozen=True)
class Judged:
    """A statement as the analysis found it."""

    query: str
    plan: str
    runs: int
    seconds: float
    """What its runs took in the program, to the first row; 0 where none is recorded."""
    trial_seconds: float | None = None
    """One run on the copy, with all its rows; None when it was not run there."""
    skipped: str = ""
    """Why nothing can be said about it; "" when it was judged."""


@dataclass(frozen=True)
class Report:
    """All that an analysis found. ``as_json()`` is what ``heliosdb analyze --json`` prints."""

    suggestions: tuple[Suggestion, ...] = ()
    duplicate_indexes: tuple[SuperfluousIndex, ...] = ()
    unused_indexes: tuple[SuperfluousIndex, ...] = ()
    """Indexes that none of the judged queries uses; nothing here where no query was judged."""
    queries: tuple[Judged, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def skipped(self) -> tuple[Judged, ...]:
        """The statements that could not be judged, with the reason."""
        return tuple(each for each in self.queries if each.skipped)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON data. No parameter of any query is in it."""
        from dataclasses import asdict

        return asdict(self)
