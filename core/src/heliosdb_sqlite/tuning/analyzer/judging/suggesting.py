"""From what helped single statements to what is suggested: together, without harm, and by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ....sql.names import folded
from ..candidates.planner import Option
from ..results import Suggestion
from ..schema.indexes import NewIndex
from .ground import Ground
from .harm import Harm
from .measuring import GENERATED, Query, Trialled
from .together import merged, widened


class Suggesting:
    """Weighs the options of all the statements against each other and against those who write."""

    def __init__(self, ground: Ground, queries: list[Query]) -> None:
        self._ground = ground
        self._harm = Harm(ground, queries)

    def from_trials(self, tried: list[Trialled]) -> list[Suggestion]:
        """Return suggestions, the most rewarding first."""
        accepted: list[tuple[Trialled, float]] = []
        waiting = widened(self._ground, merged(tried))
        while waiting:
            each = waiting.pop(0)
            cost = self._harm.of_inserting(each)
            refused = self._harm.of(each, cost)
            if not refused:
                accepted.append((each, sum(cost.values())))
            elif each.absorbed:  # what it stood in for may do better without it
                waiting += [*each.absorbed, replace(each, helped=each.helped[: each.own], absorbed=[])]
            else:
                self._refuse(each, refused)
        accepted.sort(key=lambda pair: -pair[0].gained)
        while clash := self._harm.together([each for each, _ in accepted]):
            worst, reason = clash
            accepted = [pair for pair in accepted if pair[0] is not worst]
            self._refuse(worst, reason)
        names = self._names([each.option for each, _ in accepted])
        shared = Counter(index for each, _ in accepted for index in each.option)
        return [self._suggestion(each, cost, names, shared) for each, cost in accepted]

    def _refuse(self, each: Trialled, reason: str) -> None:
        self._ground.notes.append(f"not suggested: {_described(each.option)}: {reason}")

    # -- by name -----------------------------------------------------------------------------------------------------
    def _names(self, options: list[Option]) -> dict[NewIndex, str]:
        """Return a free name for each of the indexes; one that stands in several options has one name."""
        taken: dict[str, set[str]] = {}
        names: dict[NewIndex, str] = {}
        for index in dict.fromkeys(index for option in options for index in option):
            schema = folded(index.table.schema)
            if schema not in taken:
                taken[schema] = self._ground.catalog.index_names(index.table.schema)
            names[index] = index.name(taken[schema])
            taken[schema].add(folded(names[index]))
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
            copied = self._ground.copied.get((folded(index.table.schema), folded(index.table.name)))
            if copied is not None and copied.rows:
                factors.append(copied.total / copied.rows)
        return int(each.size * max(factors))


def _renamed(plan: str, names: list[str]) -> str:
    for number, name in reversed(list(enumerate(names))):
        plan = plan.replace(f"{GENERATED}{number}", name)
    return plan


def _described(option: Option) -> str:
    return "; ".join(
        f"{index.table.name} ({', '.join(term.sql for term in index.terms)})" for index in option
    )
