"""Which candidates would SQLite's planner use? Asked on a small sample whose statistics speak of the whole table."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence

from ...._standard import sqlite3
from ....sql.names import folded
from ....sql.quoting import quote_identifier
from ..recording.workload import Sample
from ..schema.catalog import Catalog
from ..schema.indexes import NewIndex, is_useless
from ..schema.reader import Reader, Row
from ..trial.copy import Place, Trial
from ..trial.rows import Copied, copy_rows
from .lists import covering

_PREFIX = "heliosdb_candidate_"
_USED = re.compile(rf"\b{_PREFIX}(\d+)\b")
_SAMPLE = 160_000  # bytes of each table
_ROUNDS = 3  # how often the best candidates are put aside to see the next best

Option = tuple[NewIndex, ...]


class Planner:
    """Asks the planner about candidates. Its tables are samples of the trial's."""

    def __init__(self, catalog: Catalog, trial: Trial, copied: Mapping[Place, Copied]) -> None:
        reader = Reader.plain(trial.connection)
        self._copy = Trial(catalog, reader)
        self._totals: dict[Place, float] = {}
        for place, how_much in copied.items():
            mine = copy_rows(self._copy, catalog.tables[place], reader, _SAMPLE, time.monotonic() + 1)
            self._totals[place] = how_much.total / max(1, mine.rows)
            self._copy.connection.execute(f"ANALYZE {catalog.tables[place].quoted}")
        for schema in catalog.schemas:
            rows = self._copy.statistics(schema)
            self._copy.write_statistics(schema, rows and [self._scaled(schema, row) for row in rows])

    def close(self) -> None:
        """Let go of the memory."""
        self._copy.close()

    def options(
        self, samples: Sequence[Sample], candidates: Sequence[NewIndex], read: Mapping[Place, set[str]]
    ) -> list[Option]:
        """Return the sets of candidates that the planner would use, its first choice first."""
        made: dict[int, NewIndex] = {}
        found: dict[Option, None] = {}
        try:
            for candidate in candidates:
                self._make(candidate, made)
            self._analyze(made)
            winners: dict[NewIndex, None] = {}
            for _ in range(_ROUNDS):
                used = self._used(samples, made)
                if not used:
                    break
                found.setdefault(used)
                winners.update(dict.fromkeys(used))
                self._drop(made, used)
            for each in [each for option in found for each in option]:
                found.setdefault((each,))
            for winner in list(winners)[:3]:
                wide = covering(
                    winner, read.get((folded(winner.table.schema), folded(winner.table.name)), ())
                )
                if wide is not None and not is_useless(wide):
                    self._make(wide, made)
            self._analyze(made)
            if used := self._used(samples, made):
                found.setdefault(used)
            return list(found)
        finally:
            self._drop(made, tuple(made.values()))

    def _make(self, candidate: NewIndex, made: dict[int, NewIndex]) -> None:
        number = max(made, default=0) + 1
        try:
            self._copy.connection.execute(candidate.sql(f"{_PREFIX}{number}"))
        except sqlite3.OperationalError:  # an expression that an index may not have
            return
        made[number] = candidate

    def _drop(self, made: dict[int, NewIndex], these: Option) -> None:
        for number in [number for number, each in made.items() if each in these]:
            candidate = made.pop(number)
            place = quote_identifier(candidate.table.schema)
            self._copy.connection.execute(f"DROP INDEX {place}.{_PREFIX}{number}")

    def _used(self, samples: Sequence[Sample], made: Mapping[int, NewIndex]) -> Option:
        numbers: dict[int, None] = {}
        for sample in samples[:2]:
            plan = self._copy.plan(sample.text, sample.parameters)
            numbers.update(dict.fromkeys(int(each) for each in _USED.findall(plan)))
        return tuple(made[number] for number in numbers if number in made)

    def _analyze(self, made: Mapping[int, NewIndex]) -> None:
        """Run ANALYZE, and tell the planner of as many rows as there are in the original."""
        places = {(folded(each.table.schema), folded(each.table.name)) for each in made.values()}
        for place in places:
            self._copy.connection.execute(f"ANALYZE {self._copy.catalog.tables[place].quoted}")
        for schema in {schema for schema, _ in places}:
            rows = self._copy.statistics(schema) or []
            fresh = [(folded(schema), folded(row[0])) in places for row in rows]
            self._copy.write_statistics(
                schema,
                [self._scaled(schema, row) if new else row for row, new in zip(rows, fresh, strict=True)],
            )

    def _scaled(self, schema: str, row: Row) -> Row:
        table, index, stat = row
        factor = self._totals.get((folded(schema), folded(table)), 1.0)
        first, *others = stat.split()
        if factor <= 1:
            return row
        count = round(int(first) * factor)
        scaled = [str(count)]
        for number in others:
            # A value that is there often in the sample is there as much more often in the table; one that is there
            # once may be unique.
            each = int(number) if number.isdigit() else 0
            wanted = min(count, round(each * factor ** min(1.0, (each - 1) / 4)))
            scaled.append(str(wanted) if each else number)  # else: unordered, sz=...
        return table, index, " ".join(scaled)
