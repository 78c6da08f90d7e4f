"""Searches in a statement: the nearest rows, or those within a distance, of one column of one table.

A statement may have several; each is a SELECT, alone or inside another one. What is found here is that a SELECT has the
shape of a search; whether and how it is answered from memory is decided when its values are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.lexer import Token
from heliosdb_sqlite.sql.quoting import quote_identifier

from ..statements.relations import Relations
from .clauses import Span, cores, sources
from .nearest import nearest
from .owners import from_of
from .searches import Refused, Search
from .sqlfunctions import Functions
from .within import within


def searches_in(
    connection: Any, tokens: Sequence[Token], relations: Relations
) -> tuple[list[Search], list[str]]:
    """Return the searches of a statement, and why other SELECTs with distances are none."""
    found: list[Search] = []
    reasons: list[str] = []
    functions: Functions | None = None
    shadowed = _table_expressions(tokens)
    for core in cores(tokens):
        for look in (nearest, within):
            try:
                search = look(tokens, core, relations, shadowed)
                if search is None:
                    continue
                functions = functions or Functions(connection)
                search = _checked(connection, tokens, search, functions)
            except Refused as refused:
                reasons.append(str(refused))
                continue
            found.append(search)
            break  # one restriction is enough for a SELECT
    return found, list(dict.fromkeys(reasons))


def reads_nothing_else(tokens: Sequence[Token], search: Search) -> bool:
    """Return whether which rows a search finds depends on its table alone."""
    core, distance = search.core, search.distance
    spans = [distance.query, distance.metric, search.limit, search.offset, search.within]
    if search.filtered:
        if len(sources(tokens, from_of(core)) or (None, None)) > 1:
            return False
        spans += [core.span("FROM"), core.span("WHERE")]
        if search.tested is not None:
            spans.append(search.tested.span("WHERE"))
    return not any(span is not None and _reads(tokens, span) for span in spans)


def _reads(tokens: Sequence[Token], span: Span) -> bool:
    """Return whether an expression reads a table, by a subquery or by ``x IN table``."""
    for at in range(*span):
        if tokens[at].word == "SELECT":
            return True
        if tokens[at].word == "IN" and at + 1 < span[1] and tokens[at + 1].text != "(":
            return True
    return False


def _table_expressions(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the names that WITH clauses give, in lower case: a table of that name may be one of them."""
    if not any(token.word == "WITH" for token in tokens):
        return frozenset()
    names = set()
    for at, token in enumerate(tokens[:-2]):
        if token.word != "AS" or at == 0:
            continue
        following = at + 1
        while following < len(tokens) and tokens[following].word in ("NOT", "MATERIALIZED"):
            following += 1
        if following >= len(tokens) or tokens[following].text != "(":
            continue
        before = at - 1
        if tokens[before].text == ")":
            while before > 0 and tokens[before].text != "(":
                before -= 1
            before -= 1
        names.add(tokens[before].name.lower())
    return frozenset(names)


def _checked(connection: Any, tokens: Sequence[Token], search: Search, functions: Functions) -> Search:
    """Return the search if its functions and its table allow it."""
    place = f"{quote_identifier(search.schema)}.{quote_identifier(search.source.name)}"
    try:
        run(connection, f"SELECT {search.rowid} FROM {place} LIMIT 0")
    except Exception:  # noqa: BLE001 - whatever SQLite says to that
        raise Refused(f"table {search.source.name!r} is WITHOUT ROWID") from None
    core = search.core
    if search.within is not None:
        if search.outer is not None and functions.aggregates(tokens, core.clauses["SELECT"]):
            raise Refused("its result is computed over all rows, by an aggregate or a window")
        return search
    ordering = search.outer or core
    order = ordering.clauses["ORDER"]
    for span in (core.clauses["SELECT"], ordering.clauses["SELECT"], (order[0] + 1, order[1])):
        if functions.aggregates(tokens, span):
            raise Refused("its result is computed over all rows, by an aggregate or a window")
    if search.filtered:
        tested = search.tested
        for condition in (core.span("WHERE"), core.span("FROM"), tested and tested.span("WHERE")):
            varying = functions.varies(tokens, condition) if condition is not None else ""
            if varying:
                raise Refused(
                    f"{varying} may decide otherwise each time: its conditions can't be tested twice"
                )
    return search
