"""From what helped single statements to what is suggested: together, without harm, and by name."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ...._standard import sqlite3
from ....sql.lexer import tokenize
from ..candidates.planner import Option
from ..results import Suggestion
from ..schema.catalog import fold
from ..schema.indexes import NewIndex
from ..trial.copy import OutOfTime, Place
from .ground import Ground
from .measuring import NOTICEABLE, WORTH, Costs, Query, Trialled, made, try_option

_GENERATED = "heliosdb_trial_"
_GRACE = 1.0  # seconds beyond the limit in which what was found is put together


class Suggesting:
    """Weighs the options of all the statements against each other and against those who write."""

    def __init__(self, ground: Ground, queries: list[Query], costs: Costs) -> None:
        self._ground = ground
        self._trial = ground.trial
        self._queries = queries
        self._costs = costs

    def from_trials(self, tried: list[Trialled]) -> list[Suggestion]:
        """Return suggestions, the most rewarding first."""
        accepted: list[tuple[Trialled, float]] = []
        waiting = self._wider(_together(tried))
        while waiting:
            each = waiting.pop(0)
            cost, refused = self._weighed(each)
            if not refused:
                accepted.append((each, sum(cost.values())))
            elif each.absorbed:  # what it stood in for may do better without it
                waiting += [*each.absorbed, replace(each, helped=each.helped[: each.own], absorbed=[])]
            else:
                self._ground.notes.append(f"not suggested: {_described(each.option)}: {refused}")
        accepted.sort(key=lambda pair: -pair[0].gained)
        names = self._names([each.option for each, _ in accepted])
        shared = Counter(index for each, _ in accepted for index in each.option)
        return [self._suggestion(each, cost, names, shared) for each, cost in accepted]

    # -- together ----------------------------------------------------------------------------------------------------
    def _wider(self, tried: list[Trialled]) -> list[Trialled]:
        """Let an index that begins with another one's columns serve that one's statements, where it does."""
        kept: list[Trialled] = []
        for each in sorted(tried, key=lambda each: -sum(len(index.terms) for index in each.option)):
            each.own = len(each.helped)
            served = next((wide for wide in kept if self._serves(wide, each)), None)
            if served is None:
                kept.append(each)
            else:
                served.absorbed.append(each)
        return kept

    def _serves(self, wide: Trialled, narrow: Trialled) -> bool:
        if not all(any(_begins_with(big, small) for big in wide.option) for small in narrow.option):
            return False
        again: list[Trialled] = []
        for each in (narrow, *narrow.helped):
            now = time.monotonic()
            if now > self._ground.deadline + _GRACE:
                return False
            found = try_option(self._trial, each.query, wide.option, now + 1)
            if found is None or not found.worth:
                return False
            if found.after > max(each.after * WORTH, each.after + NOTICEABLE):
                return False
            again.append(found)
        wide.helped += again
        return True

    # -- without harm ------------------------------------------------------------------------------------------------
    def _weighed(self, each: Trialled) -> tuple[dict[Place, float], str]:
        """Return what an option costs the insertion of a row, by table, and what speaks against it, or ""."""
        try:
            cost = self._costs.inserting(each.option)
            return cost, self._slows(each, cost)
        except (sqlite3.Error, OutOfTime):  # rows that can't be put back as they were taken out
            return {}, ""

    def _slows(self, each: Trialled, cost: dict[Place, float]) -> str:
        """Return what speaks against an option; "" when nothing does."""
        helped = {id(query) for query in each.queries}
        lost = 0.0
        with made(self._trial, each.option):
            for query in self._queries:
                if id(query) in helped or query.before is None or not self._concerns(query, each.option):
                    continue
                first = query.samples[0]
                if not query.writes and self._trial.plan(first.text, first.parameters) == query.trial_plan:
                    continue
                after = query.time(self._trial, max(0.3, query.before.seconds * 10)).seconds
                if after < query.before.seconds * WORTH or after - query.before.seconds < NOTICEABLE:
                    lost += (
                        query.record.runs * max(0.0, after - query.before.seconds) if query.writes else 0.0
                    )
                    continue
                if not query.writes:
                    factor = after / query.before.seconds
                    return (
                        f"it makes another statement {factor:.1f} times slower: {_short(query.record.query)}"
                    )
                lost += query.record.runs * (after - query.before.seconds)
        for query in self._queries:
            for place in query.touched.written & set(cost):
                if query.before is None:
                    lost += query.record.runs * _rows_of(query) * cost[place]
        if lost > each.gained:
            return (
                f"its {each.factor:.1f}x would save {each.gained:.3g} s of the recorded work, and cost those who write "
                f"{lost:.3g} s"
            )
        return ""

    @staticmethod
    def _concerns(query: Query, option: Option) -> bool:
        places = {(fold(index.table.schema), fold(index.table.name)) for index in option}
        return bool(places & query.touched.places)

    # -- by name -----------------------------------------------------------------------------------------------------
    def _names(self, options: list[Option]) -> dict[NewIndex, str]:
        """Return a free name for each of the indexes; one that stands in several options has one name."""
        taken: dict[str, set[str]] = {}
        names: dict[NewIndex, str] = {}
        for index in dict.fromkeys(index for option in options for index in option):
            schema = fold(index.table.schema)
            if schema not in taken:
                taken[schema] = self._ground.catalog.index_names(index.table.schema)
            names[index] = index.name(taken[schema])
            taken[schema].add(fold(names[index]))
        return names

    def _suggestion(
        self, each: Trialled, write_seconds: float, names: dict[NewIndex, str], shared: Counter[NewIndex]
    ) -> Suggestion:
        created = [names[index] for index in each.option]
        statements = [index.sql(names[index], shared=shared[index] > 1) for index in each.option]
        if each.analyzed:
            statements += [
                f"ANALYZE {table}" for table in sorted({index.table.quoted for index in each.option})
            ]
        best = max((each, *each.helped), key=lambda one: one.query.record.runs * (one.before - one.after))
        reasons = self._why_estimated(best)
        notes = list(reasons)
        if each.analyzed:
            notes.append("SQLite uses it once ANALYZE has told it what is in the table")
        return Suggestion(
            best.query.record.query,
            best.query.current_plan,
            "; ".join(statements),
            round(best.factor, 1 if best.factor < 100 else 0),
            measured=not reasons,
            new_plan=_renamed(best.plan, created),
            before_seconds=best.before,
            after_seconds=best.after,
            index_bytes=self._size(each),
            write_seconds=write_seconds,
            queries=tuple(
                query.record.query
                for query in sorted(each.queries, key=lambda query: query is not best.query)
            ),
            replaces=tuple(
                dict.fromkeys(name for index in each.option for name in index.makes_superfluous())
            ),
            notes=tuple(notes),
        )

    def _why_estimated(self, best: Trialled) -> list[str]:
        reasons = []
        for place in sorted(best.query.touched.places):
            copied = self._ground.copied.get(place)
            if copied is not None and not copied.complete:
                name = self._ground.catalog.tables[place].name
                reasons.append(f"estimated: measured on {copied.words} of {name}")
        if any(sample.guessed for sample in best.query.samples):
            reasons.append("estimated: its parameters are not known, values from the table stood in")
        if best.query.lent:
            called = ", ".join(f"{name}()" for name in best.query.lent)
            reasons.append(f"estimated: it calls {called} of the program, which takes longer on the copy")
        if best.cut:
            reasons.append("estimated: without the index it was interrupted, the true factor is higher")
        return reasons

    def _size(self, each: Trialled) -> int:
        factors = [1.0]
        for index in each.option:
            copied = self._ground.copied.get((fold(index.table.schema), fold(index.table.name)))
            if copied is not None and copied.rows:
                factors.append(copied.total / copied.rows)
        return int(each.size * max(factors))


def _together(tried: Iterable[Trialled]) -> list[Trialled]:
    """Return one for each set of indexes, with the other statements that it helps."""
    found: dict[frozenset[object], Trialled] = {}
    for each in sorted(tried, key=lambda each: -each.gained):
        key = frozenset(each.option)
        if key in found:
            found[key].helped.append(each)
        else:
            found[key] = replace(each, helped=[])
    return list(found.values())


def _begins_with(wide: NewIndex, narrow: NewIndex) -> bool:
    return wide.identity[:2] == narrow.identity[:2] and wide.shape[: len(narrow.shape)] == narrow.shape


def _rows_of(query: Query) -> int:
    """Return how many rows an INSERT ... VALUES writes."""
    depth, rows, values = 0, 0, False
    for token in tokenize(query.samples[0].text):
        values |= token.word == "VALUES"
        rows += values and depth == 0 and token.text == "("
        depth += (token.text == "(") - (token.text == ")")
    return max(1, rows)


def _renamed(plan: str, names: list[str]) -> str:
    for number, name in reversed(list(enumerate(names))):
        plan = plan.replace(f"{_GENERATED}{number}", name)
    return plan


def _described(option: Option) -> str:
    return "; ".join(
        f"{index.table.name} ({', '.join(term.sql for term in index.terms)})" for index in option
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:77]}..."
