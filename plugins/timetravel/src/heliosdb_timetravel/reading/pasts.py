"""Which tables of the past a name means: the one that has it, and those that had it before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..storage.registry import Versioned
from .relation import ALWAYS, Branch, Past, Span

if TYPE_CHECKING:
    from ..session import TimeTravel


def past_of(travel: TimeTravel, name: str, schema: str | None = None) -> Past | None:
    """Return the past of the tables that have or had a name; None if none of them keeps a history."""
    folded = name.lower()
    if schema is None and travel.shadowed(folded):
        return None  # by a table in TEMP
    for place in travel.schemas(schema):
        held = [(table, spans) for table in travel.tables(place) if (spans := _held(table, folded))]
        if held:
            return _past(held, folded)
        if travel.has_table(folded, place):
            return None
    return None


def _held(table: Versioned, folded: str) -> list[Span]:
    """Return when the table had the name."""
    ended = table.ended if table.ended is not None else ALWAYS
    if not table.names:
        return [Span(table.began, ended)] if table.name.lower() == folded else []
    ends = [named.since for named in table.names[1:]] + [ended]
    spans = [
        Span(named.since, end)
        for named, end in zip(table.names, ends, strict=True)
        if named.name.lower() == folded and named.since < end
    ]
    if table.name.lower() == folded != table.names[-1].name.lower():
        spans.append(Span(ALWAYS - 1, ALWAYS))  # since a moment ago: it has not been followed yet
    return spans


def _past(held: list[tuple[Versioned, list[Span]]], folded: str) -> Past:
    """Return the past of a name: at each time the table that had it then, else the one that has it now."""
    held.sort(key=lambda each: (each[1][-1].end, each[0].number))
    now, own = held[-1]
    taken = [span for _, spans in held[:-1] for span in spans]
    branches = [_branch(table, spans) for table, spans in held[:-1]]
    branches.append(_branch(now, _without(Span(0, own[-1].end), taken)))
    if now.shape is not None:
        columns = tuple(column.name for column in now.shape.columns)
    else:
        columns = tuple(column.name for column in now.columns if column.dropped is None)
    return Past(tuple(branches), columns, frozenset(name.lower() for name in now.excluded), folded)


def _without(whole: Span, taken: list[Span]) -> list[Span]:
    """Return what is left of a span of transactions without others."""
    left, begin = [], whole.begin
    for span in sorted(taken):
        if span.begin > begin:
            left.append(Span(begin, min(span.begin, whole.end)))
        begin = max(begin, span.end)
    if begin < whole.end:
        left.append(Span(begin, whole.end))
    return left


def _branch(table: Versioned, spans: list[Span]) -> Branch:
    ended = table.ended if table.ended is not None else ALWAYS
    spans = [span for span in spans if span.end > table.began and span.begin < ended]
    whole = any(span.begin <= table.began and span.end >= ended for span in spans)
    end = spans[-1].end if spans else table.began
    return Branch(table, () if whole else tuple(spans), end if end < ALWAYS else None, never=not spans)
