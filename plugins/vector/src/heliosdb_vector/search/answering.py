"""The candidates of each search of a statement, computed for one execution."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..index.definition import Definition
from ..index.searching import search as search_index
from ..index.storage import why_not_read
from ..memory.bounds import PRODUCTS, Asked, Bounds, bounds
from ..memory.choosing import nearest, refined, within
from ..memory.freshness import data_version, freshness_of, snapshot_of, without_ghosts
from ..memory.matrix import Array, Snapshot
from ..memory.reading import Column, Unsearchable
from ..memory.several import nearest_of_several
from ..recognising.searches import Search
from .asking import Question, Unanswerable
from .filters import Filter, most_by_index, nearest_that_qualify
from .rewriting import NO_VERSION, Restricted, Values, Version

_FALLBACK = (NO_VERSION, None)

_GATHERED = 20  # the vectors of one row in so many are copied together before they are compared
_BY_CODES = 2000  # rows, from which on copying their codes is faster than copying their vectors
_MOST_PRODUCTS = 32 << 20  # held at once
_TOGETHER = 64  # executions whose distances are computed by one matrix product


@dataclass(frozen=True)
class Outcome:
    """How one search of one execution was answered."""

    path: str  # "matrix", "index", or "sql": every row's distance computed by SQLite
    reason: str  # why by SQL, or why an index was passed by that can't be read; "" otherwise
    rows: int = 0  # vectors that were compared
    candidates: int = 0  # rows that SQLite then looked at
    filter: str = ""  # how the other conditions were met: "by index", "row by row"; "" without any
    index: str = ""  # the approximate index that was asked


class Plan(NamedTuple):
    """What is known of a statement with searches, once per text."""

    restricted: Restricted
    searches: tuple[Search, ...]
    questions: tuple[Question, ...]
    filters: tuple[Filter | None, ...]
    indexes: tuple[Definition | None, ...]
    versions: tuple[Version, ...]
    replaces: tuple[bool, ...]
    """Whether REPLACE can take rows out of the table that no trigger tells of."""
    stamp: Any


def answer(connection: Any, plan: Plan, given: Any, outcomes: list[Outcome] | None = None) -> Any:
    """Return the parameters of one execution, with the candidates of each search."""
    values = Values(given, plan.restricted.numbers)
    answers = [
        _answered(connection, plan, number, values, None, outcomes) for number in range(len(plan.searches))
    ]
    return plan.restricted.bind(given, answers)


def answer_many(connection: Any, plan: Plan, sets: Sequence[Any]) -> list[Any]:
    """Return the parameters of several executions: their distances are computed together."""
    every = [Values(given, plan.restricted.numbers) for given in sets]
    answers: list[list[Any]] = [[] for _ in sets]
    for number in range(len(plan.searches)):
        for start in range(0, len(sets), _TOGETHER):
            some = every[start : start + _TOGETHER]
            shared = _shared(connection, plan, number, some)
            for place, values in enumerate(some):
                answers[start + place].append(
                    _answered(connection, plan, number, values, shared.get(place), None)
                )
    return [plan.restricted.bind(given, each) for given, each in zip(sets, answers, strict=True)]


class Shared(NamedTuple):
    """What was computed for several executions together."""

    snapshot: Snapshot
    products: list[Any] | None = None  # of an execution's vector with the rows of each part
    places: Array | None = None  # of the rows that may be among its nearest


def _shared(connection: Any, plan: Plan, number: int, some: Sequence[Values]) -> dict[int, Shared]:
    """Return what several executions need, by one matrix product, as far as that is faster."""
    asked: dict[int, Asked] = {}
    for place, values in enumerate(some):
        try:
            each = plan.questions[number].asked(connection, values)
        except (Unanswerable, sqlite3.Error):
            continue
        if each.metric not in ("l1", "hamming"):
            asked[place] = each
    if len(asked) < 2 or len({each.dimensions for each in asked.values()}) > 1:
        return {}
    search = plan.searches[number]
    first = next(iter(asked.values()))
    column = column_of(search, first.dimensions)
    found = snapshot_of(connection, column, plan.stamp, by_log=plan.versions[number] is Version.LOG)
    if isinstance(found, Unsearchable):
        return {}
    snapshot = found[0].snapshot
    if not (search.farthest or search.filtered or search.distance.slack):
        cosine = {place: each for place, each in asked.items() if each.metric == "cosine" and each.most}
        places = nearest_of_several(
            snapshot,
            [each.query for each in cosine.values()],
            max((each.most for each in cosine.values()), default=0),
        )
        if places is not None:
            return {place: Shared(snapshot, None, each) for place, each in zip(cosine, places, strict=True)}
    if len(asked) * snapshot.count > _MOST_PRODUCTS:
        asked = dict(list(asked.items())[: max(1, _MOST_PRODUCTS // snapshot.count)])
    units = np.stack([each.query.unit for each in asked.values()])
    parts = [units @ part.vectors.T for part in snapshot.parts]
    return {place: Shared(snapshot, [part[row] for part in parts]) for row, place in enumerate(asked)}


def column_of(search: Search, dimensions: int) -> Column:
    """Return the column that is searched."""
    return Column(search.schema, search.source.name, search.column, search.rowid, dimensions)


def _answered(
    connection: Any,
    plan: Plan,
    number: int,
    values: Values,
    shared: Shared | None,
    outcomes: list[Outcome] | None,
) -> tuple[Any, Any]:
    """Return a version and the candidates as JSON."""
    try:
        asked = plan.questions[number].asked(connection, values)
        column = column_of(plan.searches[number], asked.dimensions)
        approximate = _by_index(connection, plan, number, asked, column, outcomes)
        if approximate is not None:
            return approximate
        kind = plan.versions[number]
        found = snapshot_of(connection, column, plan.stamp, by_log=kind is Version.LOG)
        if isinstance(found, Unsearchable):
            raise Unanswerable(found.reason)
        held, version = found
        if kind is Version.NONE:
            version = 0
        while True:
            snapshot = held.snapshot
            given = shared if shared is not None and shared.snapshot is snapshot else None
            places, others, how = _candidates(connection, plan, number, asked, snapshot, values, given)
            rowids = [*snapshot.rowids(places).tolist(), *others]
            if how or not asked.most or not rowids or not plan.replaces[number]:
                break  # where other conditions were tested: a row that is gone does not meet them
            now = without_ghosts(connection, column, held, rowids)
            if now is None:
                break
            held = now
    except Unanswerable as reason:
        if outcomes is not None:
            outcomes.append(Outcome("sql", str(reason)))
        return _FALLBACK
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise
        if outcomes is not None:
            outcomes.append(Outcome("sql", str(error)))
        return _FALLBACK
    if outcomes is not None:
        index = plan.indexes[number]
        passed_by = why_not_read(connection, index) if index is not None else ""
        outcomes.append(Outcome("matrix", passed_by, snapshot.count, len(rowids), how))
    return version, f"[{','.join(map(str, rowids))}]"


def _by_index(
    connection: Any, plan: Plan, number: int, asked: Asked, column: Column, outcomes: list[Outcome] | None
) -> tuple[Any, Any] | None:
    """Return a version and the candidates of an approximate index; None if there is none for this search."""
    definition = plan.indexes[number]
    if definition is None or definition.metric != asked.metric or not asked.most:
        return None
    known = freshness_of(connection)
    known.meet(plan.stamp)
    known.observe(connection)
    kind = plan.versions[number]
    version = data_version(connection) if kind is Version.DATA else 0
    found = search_index(
        connection,
        definition,
        column,
        asked,
        plan.searches[number].distance.slack,
        plan.stamp,
        replaces=plan.replaces[number],
    )
    if found is None:
        return None
    if kind is Version.LOG:
        version = found.nonce or 0
    if outcomes is not None:
        outcomes.append(Outcome("index", "", found.rows, len(found.rowids), "", found.name))
    return version, f"[{','.join(map(str, found.rowids))}]"


def _candidates(
    connection: Any,
    plan: Plan,
    number: int,
    asked: Asked,
    snapshot: Snapshot,
    values: Values,
    given: Shared | None,
) -> tuple[Array, list[int], str]:
    """Return the places of the candidates, the rowids of those that are no vectors, and how conditions were met."""
    search, question = plan.searches[number], plan.filters[number]
    odd = sorted(snapshot.odd)
    slack = search.distance.slack
    if search.within is not None:
        found = _bounds(snapshot, search, asked, given)
        return within(found, asked.distance), odd, ""
    k = asked.most
    if k == 0:
        return np.empty(0, np.int64), odd, ""
    if question is not None:
        if question.indexed:
            few = question.few(connection, values, most_by_index(snapshot))
            if few is not None:
                if len(few) <= k:
                    return np.empty(0, np.int64), sorted({*few.tolist(), *odd}), "by index"
                places = _nearest_among(snapshot, search, asked, snapshot.places(np.sort(few)), k, slack)
                if places is not None:
                    return places, odd, "by index"
                return np.empty(0, np.int64), sorted({*few.tolist(), *odd}), "by index"
        known = question.all_places(connection, values, snapshot)
        if known is not None:
            return *_nearest_known(snapshot, search, asked, known, k, slack, given), "from memory"
        found = _bounds(snapshot, search, asked, given)
        places, enough = nearest_that_qualify(connection, question, values, snapshot, found, k, slack)
        if not enough:
            return places, [*odd, *_without_distance(snapshot, found)], "row by row"
        return places, odd, "row by row"
    if given is not None and given.places is not None:
        chosen: Array | None = given.places
    else:
        chosen = nearest(_bounds(snapshot, search, asked, given), k, slack)
    if chosen is None:
        raise Unanswerable("more rows are asked for than have a distance")
    if not slack:
        chosen = refined(snapshot, asked.metric, asked.query, chosen, k, farthest=search.farthest)
    return chosen, odd, ""


def _bounds(snapshot: Snapshot, search: Search, asked: Asked, given: Shared | None) -> Bounds:
    found = bounds(snapshot, asked.metric, asked.query, None if given is None else given.products)
    return found.turned() if search.farthest else found


def _nearest_among(
    snapshot: Snapshot, search: Search, asked: Asked, places: Array, k: int, slack: float
) -> Array | None:
    """Return the places of the nearest of a few rows; None if fewer than k of them have a distance."""
    coded = snapshot.only_codes(places) if len(places) > _BY_CODES and asked.metric in PRODUCTS else None
    found = _bounds(coded or snapshot.only(places), search, asked, None)
    chosen = nearest(found, k, slack)
    if chosen is None:
        return None
    places = places[chosen]
    return (
        places if slack else refined(snapshot, asked.metric, asked.query, places, k, farthest=search.farthest)
    )


def _nearest_known(
    snapshot: Snapshot, search: Search, asked: Asked, known: Array, k: int, slack: float, given: Shared | None
) -> tuple[Array, list[int]]:
    """Return the places of the nearest of the rows that are known to qualify, and the rowids of others to look at."""
    odd = sorted(snapshot.odd)
    if len(known) * _GATHERED <= snapshot.count:
        places = _nearest_among(snapshot, search, asked, known, k, slack)
        if places is not None:
            return places, odd
    found = _bounds(snapshot, search, asked, given)
    middle = np.full_like(found.middle, np.inf)
    middle[known] = found.middle[known]
    places = nearest(found._replace(middle=middle), k, slack)
    return (known, [*odd, *_without_distance(snapshot, found)]) if places is None else (places, odd)


def _without_distance(snapshot: Snapshot, found: Bounds) -> list[int]:
    """Return the rowids of rows that come last: NULL, and those that the metric gives no distance."""
    absent = np.isinf(found.middle)
    start = 0
    for part in snapshot.parts:
        if part.alive is not None:
            absent[start : start + len(part.rowids)] &= part.alive
        start += len(part.rowids)
    return [*snapshot.nulls.tolist(), *snapshot.rowids(np.flatnonzero(absent)).tolist()]
