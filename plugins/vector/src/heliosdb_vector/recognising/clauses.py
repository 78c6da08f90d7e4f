"""The SELECTs of a statement, taken apart into clauses, as places among its tokens.

Only what is understood without a doubt is taken apart; for anything else there is no answer, and the statement runs as
it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.nesting import closing, outside

_COMPOUND = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_CLAUSES = frozenset({"FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT"})
_JOIN_WORDS = frozenset({"NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER"})
_NO_ALIAS = (
    _JOIN_WORDS | _CLAUSES | _COMPOUND | {"JOIN", "ON", "USING", "AS", "INDEXED", "NOT", "SET", "WITH"}
)
_NAMES = (Kind.WORD, Kind.QUOTED)

Span = tuple[int, int]
"""Tokens from the first to before the second."""


class Core(NamedTuple):
    """One SELECT: where it begins and ends, and its clauses without their keywords."""

    start: int
    end: int
    clauses: dict[str, Span]
    compound: bool  # one of several, joined by UNION or the like

    def span(self, clause: str) -> Span | None:
        """Return where a clause stands; SELECT is that of the result columns."""
        return self.clauses.get(clause)


class Source(NamedTuple):
    """A table of a FROM clause."""

    schema: str | None
    name: str
    alias: str
    join: str  # how it is joined to what stands before it: "", LEFT, CROSS ...
    end: int  # the token behind its name and alias, where INDEXED BY stands
    indexed: bool  # whether INDEXED BY or NOT INDEXED does


def cores(tokens: Sequence[Token]) -> Iterator[Core]:
    """Yield every SELECT of the statement, subqueries included."""
    for at, token in enumerate(tokens):
        if token.word == "SELECT" and (at == 0 or tokens[at - 1].text != "."):
            yield _core(tokens, at)


def _core(tokens: Sequence[Token], start: int) -> Core:
    places = [("SELECT", start + 1)]
    clauses: dict[str, Span] = {}
    compound = start > 0 and tokens[start - 1].word in _COMPOUND | {"ALL"}
    depth, end = 0, len(tokens)
    for at in range(start + 1, len(tokens)):
        token = tokens[at]
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            if depth == 0:
                end = at
                break
            depth -= 1
        elif depth == 0:
            if token.text == ";":
                end = at
                break
            if token.word in _COMPOUND:
                compound, end = True, at
                break
            if token.word in _CLAUSES and tokens[at - 1].text != ".":
                places.append((token.word, at + 1))
    for (word, begin), (_, following) in zip(places, [*places[1:], ("", end + 1)], strict=True):
        clauses.setdefault(word, (begin, following - 1))
    return Core(start, end, clauses, compound)


def split(tokens: Sequence[Token], span: Span) -> list[Span]:
    """Return the parts between the commas of a clause."""
    commas = [at for at in outside(tokens, *span) if tokens[at].text == ","]
    return list(zip([span[0], *(at + 1 for at in commas)], [*commas, span[1]], strict=True))


def conjuncts(tokens: Sequence[Token], span: Span) -> list[Span]:
    """Return the conditions of a WHERE clause that all have to hold; the whole of it if they can't be told apart."""
    parts, depth, begin, between = [], 0, span[0], False
    for at in range(*span):
        token = tokens[at]
        depth += (token.text == "(") - (token.text == ")")
        if token.word == "CASE":
            depth += 1
        elif token.word == "END":
            depth -= 1
        if depth:
            continue
        if token.word == "OR":
            return [span]
        if token.word == "BETWEEN":
            between = True
        elif token.word == "AND":
            if between:
                between = False
                continue
            parts.append((begin, at))
            begin = at + 1
    parts.append((begin, span[1]))
    return parts


def sources(tokens: Sequence[Token], span: Span) -> list[Source | None] | None:
    """Return the tables of a FROM clause; None for one that is not a table by name, None for all if not understood."""
    found: list[Source | None] = []
    at, end = span
    join = ""
    while True:
        if at >= end:
            return None
        if tokens[at].text == "(":
            at = min(closing(tokens, at, end) + 1, end)
            at = _after_alias(tokens, at, end)
            found.append(None)
        elif tokens[at].kind in _NAMES:
            schema, name = None, tokens[at].name
            at += 1
            if at + 1 < end and tokens[at].text == ".":
                schema, name = name, tokens[at + 1].name
                at += 2
            if at < end and tokens[at].text == "(":
                at = min(closing(tokens, at, end) + 1, end)
                at = _after_alias(tokens, at, end)
                found.append(None)
            else:
                behind = _after_alias(tokens, at, end)
                alias = tokens[behind - 1].name if behind > at else name
                at, indexed = _after_index(tokens, behind, end)
                found.append(Source(schema, name, alias, join, behind, indexed))
        else:
            return None
        if at < end and tokens[at].word == "ON":
            at = _next_join(tokens, at + 1, end)
        elif at < end and tokens[at].word == "USING":
            if at + 1 >= end or tokens[at + 1].text != "(":
                return None
            at = min(closing(tokens, at + 1, end) + 1, end)
        if at >= end:
            return found
        words = []
        if tokens[at].text == ",":
            at += 1
        else:
            while at < end and tokens[at].word in _JOIN_WORDS:
                words.append(tokens[at].word)
                at += 1
            if at >= end or tokens[at].word != "JOIN":
                return None
            at += 1
        join = next((word for word in ("LEFT", "RIGHT", "FULL", "CROSS") if word in words), "")


def _after_alias(tokens: Sequence[Token], at: int, end: int) -> int:
    if at < end and tokens[at].word == "AS":
        return min(at + 2, end)
    if at < end and tokens[at].kind in (*_NAMES, Kind.STRING) and tokens[at].word not in _NO_ALIAS:
        return at + 1
    return at


def _after_index(tokens: Sequence[Token], at: int, end: int) -> tuple[int, bool]:
    words = [token.word for token in tokens[at : min(at + 2, end)]]
    if words == ["INDEXED", "BY"]:
        return at + 3, True
    if words == ["NOT", "INDEXED"]:
        return at + 2, True
    return at, False


def _next_join(tokens: Sequence[Token], at: int, end: int) -> int:
    for index in outside(tokens, at, end):
        token = tokens[index]
        if tokens[index - 1].text != "." and (token.text == "," or token.word in _JOIN_WORDS | {"JOIN"}):
            return index
    return end
