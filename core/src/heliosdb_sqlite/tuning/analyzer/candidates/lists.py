"""Indexes that might help a statement, from what it asks of each of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....sql.names import folded
from ..schema.catalog import Term
from ..schema.indexes import NewIndex, is_useless
from .resolving import Occurrence, column_term

WIDEST = 6  # terms of an index
WIDEST_COVERING = 10  # terms of one that holds all the columns that the statement reads
MOST = 32  # candidates for one table of one statement


def candidates(occurrences: Iterable[Occurrence]) -> list[NewIndex]:
    """Return the indexes worth showing to the planner, none of which is there already."""
    found: dict[NewIndex, None] = {}
    for occurrence in occurrences:
        mine: dict[NewIndex, None] = {}
        for terms in _term_lists(occurrence):
            candidate = _made(occurrence, terms)
            if candidate is not None and not is_useless(candidate):
                mine.setdefault(candidate)
        found.update(dict.fromkeys(list(mine)[:MOST]))
    return list(found)


def covering(candidate: NewIndex, read: Iterable[str]) -> NewIndex | None:
    """Return the candidate with the other columns that the statement reads behind its own; None where that is much.

    :param read: the folded names of the columns that the statement reads
    """
    there = {folded(term.column) for term in candidate.terms if term.column is not None}
    columns = candidate.table.columns
    missing = [
        column
        for name, column in columns.items()
        if name in read and name not in there and name != candidate.table.integer_key
    ]
    if not missing or len(missing) + len(candidate.terms) > WIDEST_COVERING:
        return None
    return NewIndex(candidate.table, (*candidate.terms, *(column_term(column.name) for column in missing)))


def _made(occurrence: Occurrence, terms: Iterable[Term]) -> NewIndex | None:
    kept: list[Term] = []
    seen: set[str] = set()
    for term in terms:
        if term.text not in seen:  # a column twice is of no use
            seen.add(term.text)
            kept.append(term)
    # What stands behind the rowid decides nothing.
    key = occurrence.table.integer_key
    at = next(
        (at for at, term in enumerate(kept) if term.column is not None and folded(term.column) == key),
        len(kept),
    )
    kept = kept[: at or len(kept)]
    return NewIndex(occurrence.table, tuple(kept[:WIDEST])) if kept else None


def _term_lists(one: Occurrence) -> Iterator[tuple[Term, ...]]:
    """Yield lists of terms, the most promising first."""
    equal, member, ranges = (tuple(dict.fromkeys(each)) for each in (one.equal, one.member, one.ranges))
    ranges = _both_cases(ranges)
    joins = [tuple(dict.fromkeys(each)) for each in one.joins.values()]
    if equal or member:
        yield (*equal, *member)
    for each in ranges:
        yield (*equal, *member, each)
        yield (*equal, each)
    for order in one.orders:
        yield (*equal, *order)
        yield (*equal, *order, *member, *ranges[:1])
        yield (*equal, *member, *order)
    for join in joins:
        yield (*join, *equal)
        yield (*equal, *join)
        yield join
        for each in ranges[:2]:
            yield (*equal, *join, each)
        for order in one.orders[:2]:
            yield (*equal, *join, *order)
    for alternative in one.alternatives:
        yield alternative
        yield (*equal, *alternative)
        for term in alternative:
            yield (term,)
    for term in (*equal, *member, *ranges):
        yield (term,)
    for order in one.orders:
        yield order


def _both_cases(ranges: tuple[Term, ...]) -> tuple[Term, ...]:
    """LIKE wants an index that ignores case; a column of another collation may be compared by < as well."""
    plain = [Term(each.text, each.column) for each in ranges if each.collation]
    return tuple(dict.fromkeys([*ranges, *plain]))
