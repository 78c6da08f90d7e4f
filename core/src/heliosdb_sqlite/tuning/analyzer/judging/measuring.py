"""Options tried on the copy: made, timed against the copy without them, and taken away again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ...._standard import sqlite3
from ....sql.quoting import quote_identifier
from ..candidates.planner import Option
from ..recording.workload import Recorded, Sample
from ..trial.copy import OutOfTime, Touched, Trial
from ..trial.timing import Timed, time_statement

WORTH = 1.2  # how many times faster is faster
NOTICEABLE = 20e-6  # seconds that a run must gain, or lose, to count
GENERATED = "heliosdb_trial_"


@dataclass
class Query:
    """A statement under analysis."""

    record: Recorded
    samples: tuple[Sample, ...]
    touched: Touched
    current_plan: str = ""
    before: Timed | None = None
    trial_plan: str = ""
    lent: tuple[str, ...] = ()  # functions of the program that it calls

    @property
    def baseline(self) -> Timed:
        """The time without any new index; nothing where it was not timed."""
        return self.before or Timed(0.0)

    @property
    def writes(self) -> bool:
        """Whether it may change the copy."""
        return bool(self.touched.written)

    def time(self, trial: Trial, allowed: float) -> Timed:
        """Time it on the copy as the copy is now."""
        return time_statement(trial, self.samples, writes=self.writes, allowed=allowed)


@dataclass
class Trialled:
    """What an option does for one statement."""

    option: Option
    query: Query
    before: float
    after: float
    plan: str
    size: int  # bytes of the indexes on the copy
    analyzed: bool = False  # the planner needs ANALYZE to see what it is good for
    cut: bool = False  # the statement without the index was interrupted
    # This option, or a narrower one, for other statements.
    helped: list[Trialled] = field(default_factory=list)
    own: int = 0  # how many of the helped it had before it absorbed others
    absorbed: list[Trialled] = field(default_factory=list)  # the narrower options whose statements it serves

    @property
    def factor(self) -> float:
        """How many times faster."""
        return self.before / max(self.after, 1e-9)

    @property
    def worth(self) -> bool:
        """Whether it is worth an index."""
        return self.factor >= WORTH and self.before - self.after >= NOTICEABLE

    @property
    def gained(self) -> float:
        """The seconds that the recorded runs would have gained, those of the other statements too."""
        mine = self.query.record.runs * (self.before - self.after)
        return mine + sum(each.gained for each in self.helped)

    @property
    def queries(self) -> list[Query]:
        """All the statements that gain."""
        return [self.query, *(each.query for each in self.helped)]


@contextmanager
def made(trial: Trial, option: Option, *, deadline: float = float("inf")) -> Iterator[int]:
    """Have the option's indexes on the copy; gives their bytes.

    :raises OutOfTime: making them takes too long
    """
    before = trial.pages()
    names: list[str] = []
    try:
        for number, index in enumerate(option):
            with trial.until(deadline):
                trial.connection.execute(index.sql(f"{GENERATED}{number}"))
            names.append(f"{quote_identifier(index.table.schema)}.{GENERATED}{number}")
        yield trial.pages() - before
    finally:
        for name in names:
            trial.connection.execute(f"DROP INDEX {name}")


def try_option(trial: Trial, query: Query, option: Option, deadline: float) -> Trialled | None:
    """Return what an option does for a statement; None where SQLite doesn't use it or there was no time."""
    allowed = max(0.05, min(query.baseline.seconds * 20, deadline - time.monotonic()))
    try:
        with made(trial, option, deadline=deadline) as size:
            found = _timed(trial, query, option, size, allowed)
            if found is None or not found.worth:
                with analyzed(trial, option):
                    informed = _timed(trial, query, option, size, allowed)
                    if informed is not None and informed.worth:
                        found = replace(informed, analyzed=True)
    except (OutOfTime, sqlite3.Error):
        # UNIQUE and the like can't happen; an expression may not suit every row.
        return None
    return found


def _timed(trial: Trial, query: Query, option: Option, size: int, allowed: float) -> Trialled | None:
    plan = trial.plan(query.samples[0].text, query.samples[0].parameters)
    if not all(f"{GENERATED}{number}" in plan for number in range(len(option))):
        return None
    after = query.time(trial, allowed)
    if after.cut:
        return None
    return Trialled(option, query, query.baseline.seconds, after.seconds, plan, size, cut=query.baseline.cut)


@contextmanager
def analyzed(trial: Trial, option: Option) -> Iterator[None]:
    """Have statistics of the option's tables, and give the planner its old ones back."""
    before = {schema: trial.statistics(schema) for schema in {index.table.schema for index in option}}
    try:
        for table in {index.table.quoted for index in option}:
            trial.connection.execute(f"ANALYZE {table}")
        yield
    finally:
        for schema, rows in before.items():
            trial.write_statistics(schema, rows or [])


def best_of(tried: Sequence[Trialled]) -> Trialled | None:
    """Return the one to suggest: the smallest of those that are nearly as fast as the fastest."""
    worth = [each for each in tried if each.worth]
    if not worth:
        return None
    fastest = min(each.after for each in worth)
    close = [each for each in worth if each.after <= fastest * WORTH or each.after - fastest < NOTICEABLE]
    return min(
        close, key=lambda each: (len(each.option), sum(len(index.terms) for index in each.option), each.size)
    )


def confirmed(trial: Trial, best: Trialled | None, deadline: float) -> Trialled | None:
    """Return what is left of the best option when the statement is timed without it once more.

    A machine that was busy at first must not make an index look good.
    """
    if best is None or best.cut:
        return best
    query = best.query
    allowed = max(0.05, min(query.baseline.seconds * 20, deadline - time.monotonic()))
    query.before = min(query.baseline, query.time(trial, allowed))
    best = replace(best, before=query.baseline.seconds)
    return best if best.worth else None
