"""What speaks against an option: statements that it slows down, and writes that cost more than it saves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from ...._standard import sqlite3
from ....sql.lexer import tokenize
from ....sql.names import folded
from ..schema.catalog import Table
from ..trial.copy import OutOfTime, Place
from ..trial.timing import time_inserting
from .ground import Ground
from .measuring import GENERATED, NOTICEABLE, WORTH, Query, Trialled, analyzed, made

_GRACE = 3.0  # seconds beyond the limit in which the suggestions are tried together
_USED = re.compile(rf"\b{GENERATED}\d+\b")
_SHOWN = 80  # characters of a statement


class Harm:
    """Measures what options do to those whom they were not made for."""

    def __init__(self, ground: Ground, queries: Sequence[Query]) -> None:
        self._ground = ground
        self._queries = queries
        self._without: dict[Place, float] = {}  # seconds to insert a row, by table

    def of_inserting(self, each: Trialled) -> dict[Place, float]:
        """Return by table how many seconds longer the insertion of a row takes with the option."""
        tables: dict[Place, Table] = {
            (folded(index.table.schema), folded(index.table.name)): index.table for index in each.option
        }
        trial = self._ground.trial
        try:
            for place, table in tables.items():
                if place not in self._without:
                    self._without[place] = time_inserting(trial, table)
            with made(trial, each.option):
                return {
                    place: max(0.0, time_inserting(trial, table) - self._without[place])
                    for place, table in tables.items()
                }
        except (sqlite3.Error, OutOfTime):  # rows that can't be put back as they were taken out
            return {}

    def of(self, each: Trialled, cost: dict[Place, float]) -> str:
        """Return what speaks against an option; "" when nothing does.

        :param cost: what :meth:`of_inserting` returned for it
        """
        helped = {id(query) for query in each.queries}
        lost = 0.0
        with self._in_place([each]):
            for query in self._queries:
                after = None if id(query) in helped else self._changed(query, each)
                if after is None:
                    continue
                if query.writes:
                    lost += query.record.runs * max(0.0, after - query.baseline.seconds)
                elif _slower(after, query.baseline.seconds):
                    return _slows(query, after)
        for query in self._queries:
            if query.before is None:
                lost += sum(
                    query.record.runs * _rows_of(query) * cost.get(place, 0.0)
                    for place in query.touched.written
                )
        if lost > each.gained:
            return (
                f"its {each.factor:.1f}x would save {each.gained:.3g} s of the recorded work, and cost those who write "
                f"{lost:.3g} s"
            )
        return ""

    def together(self, accepted: Sequence[Trialled]) -> tuple[Trialled, str] | None:
        """Return one of several options that does harm once the others are there too; None where none does.

        With a choice SQLite may take another index for a statement than the one that was made for it.
        """
        if len(accepted) < 2 or time.monotonic() > self._ground.deadline + _GRACE:
            return None
        promised = {id(one.query): (each, one.after) for each in accepted for one in (each, *each.helped)}
        with self._in_place(accepted) as names:
            for query in self._queries:
                mine, expected = promised.get(id(query), (None, query.baseline.seconds))
                if query.before is None or query.writes:
                    continue
                after, plan = self._timed(query)
                if not _slower(after, expected):
                    continue
                used = set(_USED.findall(plan))
                taken = [each for each in accepted if each is not mine and used & names[id(each)]]
                if taken:
                    return taken[-1], _slows(query, after, expected) + " when the others are there"
        return None

    @contextmanager
    def _in_place(self, options: Sequence[Trialled]) -> Iterator[dict[int, set[str]]]:
        """Have several options' indexes on the copy; gives the names of each one's."""
        trial = self._ground.trial
        every = tuple(dict.fromkeys(index for each in options for index in each.option))
        with ExitStack() as stack:
            stack.enter_context(made(trial, every))
            if any(each.analyzed for each in options):
                stack.enter_context(analyzed(trial, every))
            yield {
                id(each): {f"{GENERATED}{every.index(index)}" for index in each.option} for each in options
            }

    def _changed(self, query: Query, each: Trialled) -> float | None:
        """Return the time of a statement where the option may make a difference to it; None where it can't."""
        places = {(folded(index.table.schema), folded(index.table.name)) for index in each.option}
        if query.before is None or not places & query.touched.places:
            return None
        first = query.samples[0]
        trial = self._ground.trial
        if not query.writes and trial.plan(first.text, first.parameters) == query.trial_plan:
            return None
        return self._timed(query)[0]

    def _timed(self, query: Query) -> tuple[float, str]:
        first = query.samples[0]
        try:
            plan = self._ground.trial.plan(first.text, first.parameters)
            return query.time(self._ground.trial, max(0.3, query.baseline.seconds * 10)).seconds, plan
        except sqlite3.Error:  # it ran before, and may have met a row that it now meets earlier
            return query.baseline.seconds, ""


def _slower(after: float, before: float) -> bool:
    return after >= before * WORTH and after - before >= NOTICEABLE


def _slows(query: Query, after: float, before: float | None = None) -> str:
    factor = after / (query.baseline.seconds if before is None else before)
    flat = " ".join(query.record.query.split())
    shown = flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 3]}..."
    return f"it makes another statement {factor:.1f} times slower: {shown}"


def _rows_of(query: Query) -> int:
    """Return how many rows an INSERT ... VALUES writes."""
    depth, rows, values = 0, 0, False
    for token in tokenize(query.samples[0].text):
        values |= token.word == "VALUES"
        rows += values and depth == 0 and token.text == "("
        depth += (token.text == "(") - (token.text == ")")
    return max(1, rows)
