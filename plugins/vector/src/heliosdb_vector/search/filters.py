"""The conditions beside a search: tested by SQLite, on the rows that matter, in the statement's own words."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from heliosdb_sqlite.plugins import run, state
from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.splice import Edit, splice

from ..memory.bounds import Bounds
from ..memory.choosing import kth_smallest
from ..memory.matrix import Array, Snapshot
from ..recognising.clauses import Span, sources
from ..recognising.recognising import reads_nothing_else
from ..recognising.searches import Search
from ..recognising.sqlfunctions import calls_nothing
from .asking import Unanswerable
from .known import Known
from .rewriting import Values, condition, rowid_of

_FIRST = 64  # rows tested at first
_AT_ONCE = 20_000
_ROWID = "heliosdb_vector_rowid"
_KNOWN = "vector conditions"
_REMEMBERED, _MOST = 8 << 20, 64  # bytes and number of what is known, for a connection
_TESTS_OF_ALL = 4  # all rows are tested at once after so much of them was one by one: a quarter
_SHARE = 50  # one row in so many may qualify for an index to be asked first


class Filter:
    """The FROM and WHERE of a search, as a query for the rowids that qualify.

    Where nothing but the table decides, what was found out is remembered for as long as the table does not change.
    """

    def __init__(self, connection: Any, sql: str, tokens: Sequence[Token], search: Search) -> None:
        self.share = 1.0
        """Of the rows that were tested last, how many qualified."""
        spans = [search.core.span("FROM"), search.core.span("WHERE")]
        if search.tested is not None:
            spans += [search.tested.span("WHERE")]
        self._remembers = reads_nothing_else(tokens, search) and all(
            span is None or calls_nothing(tokens, span) for span in spans
        )
        self._known: OrderedDict[Hashable, Known] = state(connection).setdefault(_KNOWN, OrderedDict())
        try:
            self._read(connection, sql, tokens, search, named=False)
        except sqlite3.OperationalError:  # a condition may use the name of a result column
            self._read(connection, sql, tokens, search, named=True)

    def _read(
        self, connection: Any, sql: str, tokens: Sequence[Token], search: Search, *, named: bool
    ) -> None:
        core = search.core
        around = search.tested or core
        last = around.span("WHERE") or around.clauses["FROM"]
        begin = around.clauses["SELECT" if named else "FROM"][0]
        span: Span = (begin, last[1])
        start = tokens[begin].start
        edits = condition(tokens, search, f"{rowid_of(search)} IN (SELECT value FROM json_each(:rows))")
        ours = max(edit.start for edit in edits)
        if not search.source.indexed:
            end = tokens[search.source.end - 1].end
            edits.append(Edit(end, end, " NOT INDEXED"))
        joined = len(sources(tokens, core.clauses["FROM"]) or (None, None)) > 1
        select = "SELECT DISTINCT" if joined else "SELECT"  # a row may be joined to several
        head, tail = f"{select} {rowid_of(search)} FROM ", ""
        shown: list[Edit] = []
        if search.tested is not None:  # the SELECT inside shows its rows' rowids
            first = tokens[core.clauses["SELECT"][0]].start
            shown = [Edit(first, first, f"{rowid_of(search)} AS {_ROWID}, ")]
            head = f"{select} {_ROWID} FROM "
        elif named:
            head, tail = f"{select} {_ROWID} FROM (SELECT {rowid_of(search)} AS {_ROWID}, ", ")"
        end = tokens[span[1] - 1].end
        whole = splice(sql[:end], [*edits, *shown])
        text = _with_marks(splice(sql[:end], shown)[start:])
        inside = [token for token in tokens[span[0] : span[1]] if token.kind is Kind.PARAMETER]
        self._ours = sum(token.start < ours for token in inside)
        self._parameters: tuple[Token, ...] = tuple(inside)
        self._among = head + _with_marks(whole[start:]) + tail
        self._text = head + text + tail
        plan = run(connection, f"EXPLAIN QUERY PLAN {self._text}", [None] * len(inside)).fetchall()
        ways = (f"SEARCH {search.source.alias} ", f"SEARCH TABLE {search.source.name} ")
        self.indexed = any(row[3].startswith(ways) for row in plan)
        run(connection, f"EXPLAIN {self._among}", self._values([None] * len(inside), "[]"))

    def _values(self, users: list[Any], rows: str) -> list[Any]:
        return [*users[: self._ours], rows, *users[self._ours :]]

    def _users(self, values: Values) -> list[Any]:
        try:
            return [values.of(token) for token in self._parameters]
        except LookupError:
            raise Unanswerable("a value is missing") from None

    def known(self, values: Values, snapshot: Snapshot) -> Known | None:
        """Return what is known of a snapshot's rows with these values; None where nothing is remembered."""
        if not self._remembers:
            return None
        key = (self._text, *((type(value), value) for value in self._users(values)))
        found = self._known.pop(key, None)
        if found is None or found.of() is not snapshot:
            found = Known(snapshot)
            others = self._known
            while len(others) >= _MOST or sum(each.bytes for each in others.values()) > _REMEMBERED:
                others.popitem(last=False)
        self._known[key] = found
        return found

    def all_places(self, connection: Any, values: Values, snapshot: Snapshot) -> Array | None:
        """Return the places of all rows that qualify, if they are known, or worth being found out by now."""
        known = self.known(values, snapshot)
        if known is None:
            return None
        if known.places is None and known.tests * _TESTS_OF_ALL > len(known.good):
            rows = run(connection, self._text, self._users(values)).fetchall()
            good = np.fromiter((row[0] for row in rows), np.int64, len(rows))
            known.learn_all(snapshot.places(np.sort(good)))
        return known.places

    def qualifying(self, connection: Any, values: Values, rowids: Array) -> Array:
        """Return those of the rows for which the conditions hold."""
        found: list[int] = []
        users = self._users(values)
        for start in range(0, len(rowids), _AT_ONCE):
            json = f"[{','.join(map(str, rowids[start : start + _AT_ONCE].tolist()))}]"
            found += [row[0] for row in run(connection, self._among, self._values(users, json))]
        return np.array(found, np.int64)

    def few(self, connection: Any, values: Values, most: int) -> Array | None:
        """Return all rows for which the conditions hold, by an index; None if there are more than ``most``."""
        found = run(connection, f"{self._text} LIMIT {most + 1}", self._users(values)).fetchall()
        return None if len(found) > most else np.array([row[0] for row in found], np.int64)


def _with_marks(text: str) -> str:
    """Return the text with ``?`` for every parameter."""
    from heliosdb_sqlite.sql.parameters import parameters

    return splice(text, [Edit(each.token.start, each.token.end, "?") for each in parameters(text)])


def nearest_that_qualify(
    connection: Any,
    question: Filter,
    values: Values,
    snapshot: Snapshot,
    bounds: Bounds,
    k: int,
    slack: float,
) -> tuple[Array, bool]:
    """Return the places of rows that may be among the k nearest of those that qualify, and whether there are k.

    Rows are tested from the nearest on, in steps that grow, until k are found and no row that was not tested can be as
    near as the last of them.
    """
    known = question.known(values, snapshot)
    low = bounds.low
    wanted = max(_FIRST, 4 * k, min(_AT_ONCE, int(1.3 * k / question.share)))
    reach = -np.inf  # all rows up to here have been tested
    found = np.empty(0, np.int64)
    while True:
        limit = kth_smallest(low, wanted)
        near = np.flatnonzero(low <= limit)  # the one look at all rows
        fresh = near[(low[near] > reach) & np.isfinite(low[near])]
        if len(fresh):
            found = np.concatenate([found, _good(connection, question, values, snapshot, fresh, known)])
        reach = max(reach, limit)
        question.share = max(len(found), 0.5) / wanted
        all_seen = wanted >= len(low) or np.isinf(limit)
        if len(found) >= k:
            last = kth_smallest(bounds.at(found).high, k)
            if slack:
                last = bounds.on_scale(bounds.distance(last) + slack)
            if last <= reach or all_seen:
                return found[low[found] <= last], True
            wanted = max(wanted + 1, int(np.count_nonzero(low <= last)))
            continue
        if all_seen:
            return found, False
        wanted = max(wanted * 2, min(wanted * 16, int(1.5 * k / question.share)))


def _good(
    connection: Any, question: Filter, values: Values, snapshot: Snapshot, places: Array, known: Known | None
) -> Array:
    """Return those of the places whose rows qualify, in order."""
    if known is None:
        good = question.qualifying(connection, values, snapshot.rowids(places))
        return snapshot.places(np.sort(good))
    new = places[~known.tested[places]]
    if len(new):
        good = question.qualifying(connection, values, snapshot.rowids(new))
        known.learn(new, snapshot.places(np.sort(good)))
    found: Array = places[known.good[places]]
    return found


def most_by_index(snapshot: Snapshot) -> int:
    """Return how many rows an index may find before ranking all rows is thought to be faster."""
    return max(1000, snapshot.count // _SHARE)


def search_filter(connection: Any, sql: str, tokens: Sequence[Token], search: Search) -> Filter | None:
    """Return the filter of a search that has one."""
    return Filter(connection, sql, tokens, search) if search.filtered else None
