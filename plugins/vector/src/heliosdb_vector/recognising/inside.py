"""The subquery or table expression that a SELECT takes all its rows from, and what its columns are there."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

from ..statements.relations import Relations
from .clauses import Core, Span, cores, sources, split
from .named import column_called, without_alias
from .owners import from_of
from .terms import Distance, Name, name_in


def behind(
    tokens: Sequence[Token], core: Core, distance: Distance, relations: Relations
) -> tuple[Core, Distance] | None:
    """Return the subquery or table expression that a SELECT takes all its rows from, and the distance as it is there.

    That is where the vectors are a column of it as they are in its table.
    """
    body = body_of(tokens, from_of(core))
    found = plain(tokens, body) if body is not None else None
    if found is None or found.span("FROM") is None:
        return None
    column = distance.column.column
    called = column_called(tokens, found, column.lower(), relations)
    if called is None:
        return None
    (start, end), is_star = called
    if not is_star:
        written = name_in(tokens, (start, end))
    elif any(
        without_alias(tokens, each)[1] == column.lower() for each in split(tokens, found.clauses["SELECT"])
    ):
        return None  # whether the * shows one is not sure
    else:
        written = Name(tokens[start].name if end - start == 3 else None, column)
    return (found, distance._replace(column=written)) if written is not None else None


def plain(tokens: Sequence[Token], start: int) -> Core | None:
    """Return the SELECT that starts at a token if its rows are rows of its tables, each as often as it is there."""
    found = next((each for each in cores(tokens) if each.start == start), None)
    if found is None or found.compound or tokens[found.start + 1].word in ("DISTINCT", "ALL"):
        return None
    if any(found.span(clause) for clause in ("GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT")):
        return None
    return found


def body_of(tokens: Sequence[Token], span: Span) -> int | None:
    """Return the index of the SELECT that a FROM clause takes all its rows from."""
    start, end = span
    at = start
    if tokens[start].text != "(":
        name = tokens[start].name.lower()
        alias = [token for token in tokens[start + 1 : end] if token.word != "AS"]
        if len(alias) > 1 or any(token.kind not in (Kind.WORD, Kind.QUOTED) for token in alias):
            return None
        places = [place for place, token in enumerate(tokens) if token.name.lower() == name]
        opened = [at for at in (_opens_body(tokens, place) for place in places) if at is not None]
        if len(places) != 2 or len(opened) != 1 or any(token.word == "RECURSIVE" for token in tokens):
            return None
        at = opened[0]
    elif len(sources(tokens, span) or ()) != 1:
        return None
    return at + 1 if at + 1 < len(tokens) and tokens[at + 1].word == "SELECT" else None


def _opens_body(tokens: Sequence[Token], at: int) -> int | None:
    """Return the index of the parenthesis in ``name AS [[NOT] MATERIALIZED] (``, for the name at ``at``."""
    at += 1
    if at >= len(tokens) or tokens[at].word != "AS":
        return None
    at += 1
    while at < len(tokens) and tokens[at].word in ("NOT", "MATERIALIZED"):
        at += 1
    return at if at < len(tokens) and tokens[at].text == "(" else None
