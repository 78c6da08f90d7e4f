"""Expressions that are a distance from a column to something constant, or grow and shrink with one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.nesting import closing

from ..functions.distances import DISTANCES
from ..functions.scalars import SCALARS
from .clauses import Span, split

_NAMES = (Kind.WORD, Kind.QUOTED)
_PURE = frozenset({*SCALARS, "abs", "coalesce", "ifnull", "json", "json_array", "max", "min", "nullif"})


class Name(NamedTuple):
    """A column as it is written: ``d.embedding``."""

    table: str | None
    column: str


class Distance(NamedTuple):
    """A distance as it is written, and what is made of it."""

    column: Name
    query: Span
    metric: Span | None  # None: the function's own
    function: str
    sign: int = 1  # -1: what is made of it shrinks as the distance grows
    slack: float = 0.0  # how far apart two distances may be that this makes equal
    offset: float = 0.0  # the value is sign * distance + offset, but for rounding


def distance_in(tokens: Sequence[Token], span: Span) -> Distance | None:
    """Return the distance that these tokens are; None if they are anything else."""
    start, end = span
    if start >= end:
        return None
    first = tokens[start]
    if first.text == "(" and closing(tokens, start) == end - 1:
        return distance_in(tokens, (start + 1, end - 1))
    if first.text == "-":
        return (
            _turned(distance_in(tokens, (start + 1, end)), 0.0) if _is_one(tokens, start + 1, end) else None
        )
    if first.kind is Kind.NUMBER and end - start > 2 and tokens[start + 1].text == "-":
        inner = distance_in(tokens, (start + 2, end)) if _is_one(tokens, start + 2, end) else None
        number = _number(first.text)
        return _turned(inner, number) if number is not None and abs(number) <= 1e6 else None
    if first.kind not in _NAMES or end - start < 3 or tokens[start + 1].text != "(":
        return None
    if closing(tokens, start + 1) != end - 1:
        return None
    arguments = split(tokens, (start + 2, end - 1))
    name = first.name.lower()
    if name == "round" and first.kind is Kind.WORD:
        return _rounded(tokens, arguments)
    if name not in DISTANCES or len(arguments) not in DISTANCES[name].arguments:
        return None
    metric = arguments[2] if len(arguments) == 3 else None
    if metric is not None and not is_constant(tokens, metric):
        return None
    for column, query in ((arguments[0], arguments[1]), (arguments[1], arguments[0])):
        written = name_in(tokens, column)
        if written is not None and is_constant(tokens, query):
            return Distance(written, query, metric, name)
    return None


def name_in(tokens: Sequence[Token], span: Span) -> Name | None:
    """Return the column that these tokens name; None if they are anything else."""
    found = tokens[span[0] : span[1]]
    if len(found) == 1 and found[0].kind in _NAMES:
        return Name(None, found[0].name)
    if len(found) == 3 and found[1].text == "." and found[0].kind in _NAMES and found[2].kind in _NAMES:
        return Name(found[0].name, found[2].name)
    return None


def is_constant(tokens: Sequence[Token], span: Span) -> bool:
    """Return whether the expression is the same for every row and can be computed by itself.

    It may have parameters, literals, vector functions and subqueries; of these the core finds out later whether they
    refer to the query around them.
    """
    at, end = span
    if at >= end:
        return False
    while at < end:
        token = tokens[at]
        if token.text == "(" and at + 1 < end and tokens[at + 1].word == "SELECT":
            close = closing(tokens, at)
            if any(each.text[0] == '"' for each in tokens[at:close]):
                return False  # SQLite takes "name" for a string where it finds no such column
            at = close
        elif token.kind is Kind.WORD:
            calls = at + 1 < end and tokens[at + 1].text == "(" and token.text.lower() in _PURE
            if not calls and token.word not in ("NULL", "TRUE", "FALSE"):
                return False
        elif token.kind in (Kind.QUOTED, Kind.BAD):
            return False
        at += 1
    return True


def has_subquery(tokens: Sequence[Token], span: Span) -> bool:
    """Return whether the expression has a SELECT in it."""
    return any(token.word == "SELECT" for token in tokens[span[0] : span[1]])


def _rounded(tokens: Sequence[Token], arguments: list[Span]) -> Distance | None:
    if len(arguments) > 2:
        return None
    digits = 0
    if len(arguments) == 2:
        begin, end = arguments[1]
        if end - begin != 1 or not tokens[begin].text.isdecimal():
            return None
        digits = int(tokens[begin].text)
    inner = distance_in(tokens, arguments[0])
    return None if inner is None else inner._replace(slack=inner.slack + 10.0 ** -min(digits, 30))


def _turned(inner: Distance | None, number: float) -> Distance | None:
    if inner is None:
        return None
    # Subtracting rounds: distances that differ by less than a unit in the last place of the number become equal.
    slack = inner.slack + abs(number) * 2.0**-50
    return inner._replace(sign=-inner.sign, slack=slack, offset=number - inner.offset)


def _is_one(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Return whether these tokens are one operand: a call or something in parentheses."""
    at = start
    while at < end and tokens[at].text != "(":
        at += 1
    return at - start <= 1 and at < end and closing(tokens, at) == end - 1


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
