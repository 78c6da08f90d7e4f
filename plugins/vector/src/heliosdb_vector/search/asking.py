"""What one execution asks of a search: the vector, the metric, how many rows or how far."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.lexer import Kind, Token

from ..functions.distances import DISTANCES
from ..memory.bounds import CANONICAL, Asked, Query
from ..recognising.clauses import Span
from ..recognising.searches import Search
from ..recognising.terms import has_subquery
from ..values.decoding import float32
from .rewriting import Values, expression


class Unanswerable(Exception):
    """This execution is left to SQL; the message says why."""


class _Value(NamedTuple):
    """An expression that is computed by itself."""

    text: str
    parameters: tuple[Token, ...]
    constant: tuple[Any, ...] = ()  # its value, where it has no parameters and no subquery

    def of(self, connection: Any, values: Values) -> Any:
        if self.constant:
            return self.constant[0]
        try:
            found = [values.of(token) for token in self.parameters]
        except LookupError:
            raise Unanswerable("a value is missing") from None
        if self.text == "?" and type(found[0]) in (bytes, str, int, float):
            return found[0]
        return run(connection, f"SELECT {self.text}", found).fetchone()[0]


class Question:
    """The values of a search as the statement writes them."""

    def __init__(self, connection: Any, sql: str, tokens: Sequence[Token], search: Search) -> None:
        self._search = search
        self._farthest = search.farthest

        def value(span: Span | None) -> _Value | None:
            if span is None:
                return None
            text, inside = expression(sql, tokens, span)
            if len(inside) == 1 and span[1] - span[0] == 1 and tokens[span[0]].kind is Kind.PARAMETER:
                return _Value("?", tuple(inside))
            constant: tuple[Any, ...] = ()
            if has_subquery(tokens, span):
                # Can it stand alone?
                run(connection, f"EXPLAIN SELECT {text}", [None] * len(inside)).fetchall()
            elif not inside:
                constant = tuple(run(connection, f"SELECT {text}").fetchone())
            return _Value(text, tuple(inside), constant)

        distance = search.distance
        self._query = value(distance.query)
        self._metric = value(distance.metric)
        self._default = DISTANCES[distance.function].metric
        self._limit, self._offset, self._within = (
            value(search.limit),
            value(search.offset),
            value(search.within),
        )

    def asked(self, connection: Any, values: Values) -> Asked:
        """Return what is asked with these values.

        :raises Unanswerable: they leave it to SQL
        """
        metric = self._default if self._metric is None else self._metric.of(connection, values)
        canonical = CANONICAL.get(metric.lower()) if isinstance(metric, str) else None
        if canonical is None:
            raise Unanswerable(f"{metric!r} is no metric")
        assert self._query is not None  # noqa: S101 - for the type checker
        query, dimensions = _query(self._query.of(connection, values))
        count = distance = 0
        if self._limit is not None:
            count = _whole(self._limit.of(connection, values), "LIMIT")
            if self._offset is not None:
                count += max(0, _whole(self._offset.of(connection, values), "OFFSET", lowest=-(2**63)))
        if self._within is not None:
            distance = self._compared(self._within.of(connection, values))
        return Asked(query, dimensions, canonical, count, distance)

    def _compared(self, value: Any) -> Any:
        """Return the distance up to which rows qualify; its sign turned where the farthest are asked for."""
        if type(value) not in (int, float) or value != value or abs(value) > 1e300:  # noqa: PLR0124 - NaN
            raise Unanswerable(f"the distance is compared with {value!r}, which is no number")
        term = self._search.distance
        limit = (float(value) - term.offset) * term.sign
        slack = term.slack + abs(float(value)) * 1e-12 + abs(term.offset) * 1e-12
        return (-limit if self._farthest else limit) + slack


def _query(value: Any) -> tuple[Query, int]:
    if not isinstance(value, (bytes, str)):
        raise Unanswerable("there is no vector to search for")
    try:
        vector = float32(value, "it")
    except ValueError:
        raise Unanswerable("what is searched for is no vector") from None
    found = Query.of(vector)
    if found is None:
        raise Unanswerable("the vector that is searched for is zero, or not finite, or too long for float32")
    return found, int(vector.size)


def _whole(value: Any, what: str, lowest: int = 0) -> int:
    if type(value) is not int or value < lowest:
        raise Unanswerable(f"{what} is {value!r}")
    return value


def ask_all(connection: Any, sql: str, tokens: Sequence[Token], searches: Sequence[Search]) -> list[Question]:
    """Return the questions of a statement's searches.

    :raises Unanswerable: a value depends on the query around it
    """
    try:
        return [Question(connection, sql, tokens, search) for search in searches]
    except sqlite3.Error as error:
        raise Unanswerable(f"a value can't be computed by itself: {error}") from None
