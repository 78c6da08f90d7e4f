"""Statements with searches: found when a text is seen for the first time, answered each time it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from heliosdb_sqlite.plugins import Parameters, Statement, state
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.schema import stamp
from heliosdb_sqlite.sql.splice import splice

from ..index.definition import Definition, definitions
from ..memory.freshness import freshness_of, is_logged
from ..memory.reading import may_lose_rows
from ..recognising.recognising import reads_nothing_else, searches_in
from ..recognising.searches import Search
from ..recognising.selects import reading_part
from ..recognising.views import without_views
from ..statements.relations import relations_of
from ..statements.texts import plain_texts
from .answering import Outcome, Plan, answer, answer_many, column_of
from .asking import Unanswerable, ask_all
from .filters import search_filter
from .rewriting import Version, restricted, ties

NOTE = "vector search"
_TEXTS = "vector texts"  # as it was, and as it is


def with_searches(connection: Any, statement: Statement, reasons: list[str] | None = None) -> Statement:
    """Return the statement as one that runs over candidates, if it has searches that can be answered from memory.

    :param reasons: takes why it can't
    """
    reasons = [] if reasons is None else reasons
    if statement.verb not in ("SELECT", "INSERT", "REPLACE", "CREATE"):
        reasons.append("it is no SELECT")
        return statement
    try:
        with plain_texts(connection):
            return _with_searches(connection, statement, reasons)
    except sqlite3.Error as error:  # no schema to read, which SQLite says when the statement runs
        if "locked" in str(error):
            raise
        reasons.append(str(error))
        return statement


def _with_searches(connection: Any, statement: Statement, reasons: list[str]) -> Statement:
    tokens = reading_part(statement.verb, tokenize(statement.text))
    if tokens is None:
        reasons.append("it is no SELECT")
        return statement
    relations = relations_of(connection)
    text = statement.text
    searches, why = searches_in(connection, tokens, relations)
    if not searches and why and (written := without_views(connection, text, tokens, relations)) is not None:
        again = reading_part(statement.verb, tokenize(written)) or ()
        found, others = searches_in(connection, again, relations)
        if found:
            text, tokens, searches, why = written, again, found, others
    reasons += why
    attached = [name for name, _ in relations.schema.stamp if name not in ("main", "temp")]
    kept: list[Search] = []
    versions: list[Version] = []
    for search in searches:
        alone = reads_nothing_else(tokens, search)
        column = column_of(search, 0)
        logged = search.schema != "temp" and is_logged(connection, column, begin=search.schema in attached)
        if attached and not alone:
            reasons.append(
                "with databases attached, nothing tells that what it reads beside the table holds still"
            )
        elif search.schema in attached and not logged:
            reasons.append(f"its database {search.schema!r} is attached, and its changes can't be logged")
        else:
            kept.append(search)
            alone_is = Version.NONE if search.schema == "temp" else Version.LOG if logged else Version.DATA
            versions.append(alone_is if alone else Version.DATA)
    seen = stamp(connection)
    tied = ties(tokens, searches)
    in_order = splice(text, tied)

    def by_sql(reason: str = "") -> Statement:
        reasons.extend([reason] if reason else [])
        return _rewritten(statement, in_order, seen) if tied else statement

    if freshness_of(connection).limit <= 0:
        return by_sql("vector_cache_mb is 0")
    if not kept:
        return by_sql()
    made = restricted(text, tokens, kept, versions, tied)
    if made is None:
        return by_sql("its parameters are of several styles: use one of ?, ?1 and :name throughout")
    try:
        questions = ask_all(connection, text, tokens, kept)
    except Unanswerable as reason:
        return by_sql(str(reason))
    filters = tuple(search_filter(connection, text, tokens, search) for search in kept)
    indexes = tuple(_index_for(connection, search) for search in kept)
    replaces = tuple(may_lose_rows(connection, search.schema, search.source.name) for search in kept)
    plan = Plan(made, tuple(kept), tuple(questions), filters, indexes, tuple(versions), replaces, seen)
    return _rewritten(statement, made.text, seen).noted(NOTE, plan)


def _index_for(connection: Any, search: Search) -> Definition | None:
    """Return an approximate index for a search, unless it says NOT INDEXED or has other conditions."""
    if search.limit is None or search.farthest or search.filtered or search.source.indexed:
        return None
    if freshness_of(connection).exact:
        return None
    for each in definitions(connection, search.schema, search.source.name):
        if each.column.lower() == search.column.lower():
            return each
    return None


def _rewritten(statement: Statement, text: str, seen: Any) -> Statement:
    return statement.rewritten(text).noted(_TEXTS, (statement.text, text)).bound_to(seen)


def original_of(statement: Statement) -> str:
    """Return the statement's text as it is without candidates: the one that its values are for."""
    original, text = statement.notes.get(_TEXTS, (statement.text, statement.text))
    return str(original) if text == statement.text else statement.text


def answering_binder(
    connection: Any, statement: Statement, pack: Callable[[Parameters], Parameters] | None
) -> Callable[[Parameters], Parameters] | None:
    """Return what the parameters of a statement with searches go through; ``pack`` itself for any other."""
    plan: Plan | None = statement.notes.get(NOTE)
    if plan is None:
        return pack
    return _Binder(connection, plan, pack)


class _Binder:
    """Adds the candidates to a statement's parameters."""

    def __init__(self, connection: Any, plan: Plan, pack: Callable[[Parameters], Parameters] | None) -> None:
        self._connection = connection
        self._plan = plan
        self._pack = pack

    def __call__(self, given: Any) -> Any:
        together: _Together | None = state(self._connection).get(_TOGETHER)
        if together is not None and together.has_next(given):
            return together.next(self)
        packed = given if self._pack is None else self._pack(given)
        with plain_texts(self._connection):
            return answer(self._connection, self._plan, packed)

    def many(self, sets: Any) -> list[Any]:
        """Return the parameters of all the executions of an executemany()."""
        packed = [given if self._pack is None else self._pack(given) for given in sets]
        with plain_texts(self._connection):
            return answer_many(self._connection, self._plan, packed)


_TOGETHER = "vector together"
_AT_ONCE = 64


class _Together:
    """Executions that are known to come one after another, answered some at a time."""

    def __init__(self, sets: Sequence[Any]) -> None:
        self._sets = sets
        self._place = 0
        self._ready: list[Any] = []

    def has_next(self, given: Any) -> bool:
        """Return whether this is the next execution."""
        return self._place < len(self._sets) and self._sets[self._place] is given

    def next(self, binder: _Binder) -> Any:
        """Return the parameters of the next execution."""
        if not self._ready:
            self._ready = binder.many(self._sets[self._place : self._place + _AT_ONCE])[::-1]
        self._place += 1
        return self._ready.pop()


@contextmanager
def answering_together(connection: Any, sets: Sequence[Any]) -> Iterator[None]:
    """Answer executions with these parameters, in this order, some at a time."""
    known = state(connection)
    before = known.get(_TOGETHER)
    known[_TOGETHER] = _Together(sets)
    try:
        yield
    finally:
        known[_TOGETHER] = before


def outcomes_of(connection: Any, plan: Plan, given: Any, pack: Any) -> list[Outcome]:
    """Return how the searches of a statement would be answered now."""
    found: list[Outcome] = []
    with plain_texts(connection):
        answer(connection, plan, given if pack is None else pack(given), found)
    return found
