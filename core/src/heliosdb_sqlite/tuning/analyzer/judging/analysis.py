"""From recorded statements to a report: what is copied, tried and measured, within limits of time and memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ...._standard import sqlite3
from ....sql.lexer import Kind, tokenize
from ....sql.names import folded
from ..candidates.lists import candidates
from ..candidates.planner import Planner
from ..candidates.structure import occurrences
from ..recording.workload import Recorded, Sample, Workload
from ..results import Judged, Report
from ..schema.catalog import Catalog
from ..schema.reader import Reader, plan_of
from ..schema.unused import duplicate_indexes, unused_indexes
from ..trial.copy import Place, Trial
from ..trial.rows import copy_rows
from .ground import Ground
from .measuring import NOTICEABLE, Query, Trialled, best_of, confirmed, try_option
from .suggesting import Suggesting
from .values import by_name, guess, lacks_values

STATEMENTS = 200  # shapes looked at, those that took most time first
_COPYING = 0.4  # of the time may go into copying


@dataclass(frozen=True)
class Limits:
    """What an analysis may take."""

    seconds: float = 10.0
    megabytes: float = 64.0

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise sqlite3.ProgrammingError(f"seconds={self.seconds!r}: an analysis needs more than no time")
        if not self.megabytes > 0:
            raise sqlite3.ProgrammingError(
                f"megabytes={self.megabytes!r}: an analysis needs more than no memory"
            )


_FAILS = (sqlite3.Error, OverflowError, TypeError, ValueError)  # what running a statement may raise
Progress = Callable[[str], None]


def analyze(
    reader: Reader, workload: Workload, limits: Limits, progress: Progress = lambda _: None
) -> Report:
    """Return what would speed the workload up, and which indexes it doesn't need."""
    begun = time.monotonic()
    analysis = Analysis(reader, limits, begun)
    try:
        report = analysis.run(workload, progress)
    finally:
        analysis.close()
    return Report(
        report.suggestions,
        report.duplicate_indexes,
        report.unused_indexes,
        report.queries,
        report.notes,
        time.monotonic() - begun,
    )


class Analysis:
    """One analysis: the copy, and what has been found out so far."""

    def __init__(self, reader: Reader, limits: Limits, begun: float) -> None:
        self.reader = reader
        self.limits = limits
        catalog = Catalog(reader)
        self.ground = Ground(catalog, Trial(catalog, reader), begun + limits.seconds)
        self.plans: dict[str, str] = {}  # by shape
        self.skipped: dict[str, str] = {}
        self._planner: Planner | None = None

    def close(self) -> None:
        """Let go of the copies."""
        self.ground.trial.close()
        if self._planner is not None:
            self._planner.close()

    def run(self, workload: Workload, progress: Progress) -> Report:
        """Do all of it."""
        records = [record for record in workload.statements() if record.runs]
        if len(records) > STATEMENTS or workload.forgotten:
            left = len(records) - STATEMENTS if len(records) > STATEMENTS else 0
            self.ground.notes.append(
                f"{left + workload.forgotten} statements that took least time are not part of this: there were too many"
            )
        records = records[:STATEMENTS]
        queries = [query for record in records if (query := self._understand(record)) is not None]
        progress("copying")
        self._copy({place for query in queries for place in query.touched.places if not _only_inserts(query)})
        self.ground.trial.copy_statistics(self.reader)
        queries = self._with_values(queries)
        progress("measuring")
        self._measure(queries)
        queries.sort(key=lambda query: -query.record.runs * query.baseline.seconds)
        tried: list[Trialled] = []
        for number, query in enumerate(queries):
            if query.before is None or query.record.shape in self.skipped:
                continue
            progress(f"trying indexes, {number + 1} of {len(queries)}")
            best = self._best(query, len(queries) - number)
            if best is not None:
                tried.append(best)
        progress("weighing")
        suggestions = Suggesting(self.ground, queries).from_trials(tried)
        planned = [self.plans[record.shape] for record in records if record.shape in self.plans]
        return Report(
            tuple(suggestions),
            tuple(duplicate_indexes(self.ground.catalog)),
            tuple(unused_indexes(self.ground.catalog, planned)) if len(planned) == len(records) else (),
            tuple(self._judged(record, queries) for record in records),
            tuple(self.ground.notes),
        )

    # -- steps -------------------------------------------------------------------------------------------------------
    def _understand(self, record: Recorded) -> Query | None:
        """Find out what a statement has to do with; None where it can't be tried."""
        if not record.samples:
            self.skipped[record.shape] = "its parameters were too big to be kept"
            return None
        samples = self._usable(record)
        if not samples:
            return None
        try:
            touched = self.ground.trial.touched(samples[0].text)
        except sqlite3.Error as error:
            self.skipped[record.shape] = self._reason(samples[0].text, error)
            return None
        unknown = [
            self.ground.trial.unavailable[place]
            for place in touched.places
            if place in self.ground.trial.unavailable
        ]
        if unknown:
            self.skipped[record.shape] = unknown[0]
            return None
        places = {place for place in touched.places if place in self.ground.catalog.tables}
        touched.written.intersection_update(places)
        for place in [place for place in touched.read if place not in places]:
            del touched.read[place]
        return Query(record, samples, touched, self.plans.get(record.shape, ""))

    def _usable(self, record: Recorded) -> tuple[Sample, ...]:
        """Return the samples that SQLite takes; a program may have run the statement with what can't be bound."""
        usable: list[Sample] = []
        for sample in map(by_name, record.samples):
            try:
                rows = self.reader.rows(f"EXPLAIN QUERY PLAN {sample.text}", sample.parameters)
                self.plans.setdefault(record.shape, plan_of(rows))
                usable.append(sample)
            except _FAILS as error:
                if lacks_values(sample):
                    usable.append(sample)  # for guesses
                else:
                    self.skipped.setdefault(record.shape, str(error))
        if usable:
            self.skipped.pop(record.shape, None)
        return tuple(usable)

    def _reason(self, text: str, error: sqlite3.Error) -> str:
        named = {folded(token.name) for token in tokenize(text) if token.kind in (Kind.WORD, Kind.QUOTED)}
        virtual = [reason for (_, name), reason in self.ground.trial.unavailable.items() if name in named]
        if str(error) == "not authorized":
            return "it does more than reading and writing tables"
        return virtual[0] if virtual else f"{error} (on the copy)"

    def _copy(self, places: set[Place]) -> None:
        begun = time.monotonic()
        room = int(self.limits.megabytes * 2**20)
        tables = [
            self.ground.catalog.tables[place]
            for place in sorted(places)
            if self.ground.catalog.tables[place].kind == "table"
        ]
        for number, table in enumerate(tables):
            left = len(tables) - number
            end = begun + self.limits.seconds * _COPYING
            # A table may take half of what is left, and all of it when it is the last.
            mine = room // min(left, 2)
            until = time.monotonic() + (end - time.monotonic()) / min(left, 2)
            place = folded(table.schema), folded(table.name)
            before = self.ground.trial.pages()
            try:
                self.ground.copied[place] = copied = copy_rows(
                    self.ground.trial, table, self.reader, mine, until
                )
            except sqlite3.Error as error:
                self.ground.trial.unavailable[place] = f"{table.name} can't be copied: {error}"
                continue
            room = max(room // 8, room - (self.ground.trial.pages() - before))
            if not copied.complete:
                self.ground.notes.append(f"{table.name} was judged by a sample: {copied.words}")

    def _with_values(self, queries: list[Query]) -> list[Query]:
        """Return the statements that can run on the copy, with values for their parameters."""
        found = []
        for query in queries:
            failed = [
                self.ground.trial.unavailable[place]
                for place in query.touched.places
                if place in self.ground.trial.unavailable
            ]
            if failed:
                self.skipped[query.record.shape] = failed[0]
                continue
            if lacks_values(query.samples[0]) and not _only_inserts(query):
                guessed = guess(query.samples[0], self.ground.catalog, self.ground.trial)
                if guessed is None:
                    self.skipped[query.record.shape] = "no values are known for its parameters"
                    continue
                query.samples = (guessed,)
                try:
                    rows = self.reader.rows(f"EXPLAIN QUERY PLAN {guessed.text}", guessed.parameters)
                    query.current_plan = self.plans[query.record.shape] = plan_of(rows)
                except sqlite3.Error as error:
                    self.skipped[query.record.shape] = str(error)
                    continue
            found.append(query)
        return found

    def _measure(self, queries: list[Query]) -> None:
        for number, query in enumerate(queries):
            if _only_inserts(query):
                continue
            left = self.ground.deadline - time.monotonic()
            if left <= 0:
                self.skipped[query.record.shape] = f"no time was left after {self.limits.seconds:g} s"
                continue
            first = query.samples[0]
            try:
                self.ground.trial.called.clear()
                query.trial_plan = self.ground.trial.plan(first.text, first.parameters)
                query.before = query.time(self.ground.trial, max(0.05, left / (len(queries) - number) / 2))
                query.lent = tuple(sorted(self.ground.trial.called))
            except sqlite3.Error as error:
                self.skipped[query.record.shape] = self._reason(first.text, error)

    def _best(self, query: Query, left: int) -> Trialled | None:
        """Return the option that is worth most for a statement."""
        now = time.monotonic()
        if now >= self.ground.deadline:
            self.skipped[query.record.shape] = f"no time was left after {self.limits.seconds:g} s"
            return None
        until = now + max((self.ground.deadline - now) / left, 0.2)
        try:
            mentioned = occurrences(query.samples[0].text, self.ground.catalog)
        except sqlite3.NotSupportedError as error:
            self.skipped[query.record.shape] = str(error).partition(": '")[0]
            return None
        found = candidates(mentioned)
        if not found:
            return None
        if self._planner is None:
            self._planner = Planner(self.ground.catalog, self.ground.trial, self.ground.copied)
        options = self._planner.options(query.samples, found, query.touched.read)
        tried: list[Trialled] = []
        for option in options:
            if tried and time.monotonic() > until:
                break
            each = try_option(self.ground.trial, query, option, max(until, time.monotonic() + 0.2))
            if each is not None:
                tried.append(each)
                if each.worth and len(option) == 1 and each.after < 2 * NOTICEABLE:
                    break  # nothing that a wider one saves would be noticed
        return confirmed(self.ground.trial, best_of(tried), self.ground.deadline)

    # -- results -----------------------------------------------------------------------------------------------------
    def _judged(self, record: Recorded, queries: list[Query]) -> Judged:
        query = next((each for each in queries if each.record is record), None)
        before = query.before if query is not None else None
        return Judged(
            record.query,
            self.plans.get(record.shape, ""),
            record.runs,
            record.seconds,
            None if before is None else before.seconds,
            self.skipped.get(record.shape, ""),
        )


def _only_inserts(query: Query) -> bool:
    """Return whether the statement looks for nothing: INSERT ... VALUES."""
    return (
        query.record.verb in ("INSERT", "REPLACE")
        and not query.touched.read
        and len(query.touched.written) == 1
    )
