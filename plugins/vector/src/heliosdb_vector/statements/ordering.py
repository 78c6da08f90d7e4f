"""Nearest first, and what has no distance last.

A row whose vector is NULL has the distance NULL, which SQLite sorts before every number: "the nearest ten" would begin
with the rows that have no vector. So an ORDER BY term that is a distance is given SQLite's own NULLS LAST, unless the
user has written NULLS FIRST or LAST, or DESC, which puts them last anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.nesting import parts

from ..functions.distances import DISTANCES
from .tokens import expression_end

_NAMES = (Kind.WORD, Kind.QUOTED)
_AFTER_COLUMNS = frozenset(
    {"FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT"}
)
_AFTER_TERMS = frozenset({"LIMIT", "ROWS", "RANGE", "GROUPS"})


class _Column(NamedTuple):
    """A result column: its tokens, the names it goes by, and the parentheses it stands in."""

    tokens: list[Token]
    names: set[str]
    level: int
    position: int  # from 1


def nulls_last(tokens: list[Token]) -> list[int]:
    """Return the places in the text where NULLS LAST has to be put in, in order."""
    columns = list(_columns(tokens))
    distances = _names_of_distances(columns)
    places: list[int] = []
    for at, level in _levels(tokens):
        if tokens[at].word != "ORDER" or at + 1 >= len(tokens) or tokens[at + 1].word != "BY":
            continue
        positions = {
            str(column.position)
            for column in columns
            if column.level == level and _is_distance(column.tokens, distances)
        }
        terms = [term for term in parts(tokens, at + 2, _AFTER_TERMS) if term and _sorts_nulls_first(term)]
        places += [
            term[-1].end for term in terms if _is_distance(term, distances) or _text(term) in positions
        ]
    return sorted(places)


def _sorts_nulls_first(term: list[Token]) -> bool:
    words = [token.word for token in term[-3:]]
    return "NULLS" not in words[-2:-1] and words[-1] != "DESC"


def _text(term: list[Token]) -> str:
    return " ".join(token.text for token in term if token.word != "ASC")


def _is_distance(tokens: list[Token], names: set[str]) -> bool:
    """Return whether the expression has a distance in it, called here or known by a name."""
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.kind in _NAMES:
            name = token.name.lower()
            if name in DISTANCES and following is not None and following.text == "(":
                return True
            # Before a dot it is a table's name, before a parenthesis a function's.
            if name in names and (following is None or following.text not in (".", "(")):
                return True
    return False


def _names_of_distances(columns: list[_Column]) -> set[str]:
    """Return the names of the result columns that are distances, through subqueries too, in lower case."""
    names: set[str] = set()
    while True:
        found = {name for column in columns if _is_distance(column.tokens, names) for name in column.names}
        if found <= names:
            return names
        names |= found


def _columns(tokens: list[Token]) -> Iterator[_Column]:
    """Yield the result columns of every SELECT, subqueries and common table expressions included."""
    for at, level in _levels(tokens):
        if tokens[at].word != "SELECT":
            continue
        given = _names_of_table_expression(tokens, at)
        for position, column in enumerate(parts(tokens, at + 1, _AFTER_COLUMNS), 1):
            names = set(given[position - 1 : position])
            end = expression_end(column)
            if end < len(column):
                names.add(column[-1].name.lower())
            yield _Column(column[:end], names, level, position)


def _names_of_table_expression(tokens: list[Token], at: int) -> list[str]:
    """Return a, b of ``WITH name(a, b) AS [[NOT] MATERIALIZED] (SELECT ...`` for the SELECT at ``at``."""
    at -= 1
    if at < 0 or tokens[at].text != "(":
        return []
    at -= 1
    while at >= 0 and tokens[at].word in ("NOT", "MATERIALIZED"):
        at -= 1
    if at < 1 or tokens[at].word != "AS" or tokens[at - 1].text != ")":
        return []
    end = at - 1
    while at >= 0 and tokens[at].text != "(":
        at -= 1
    return [token.name.lower() for token in tokens[at + 1 : end] if token.text != ","]


def _levels(tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """Yield the index of each token and the index of the parenthesis it stands in, -1 outside of any."""
    opened = [-1]
    for at, token in enumerate(tokens):
        if token.text == ")" and len(opened) > 1:
            opened.pop()
        yield at, opened[-1]
        if token.text == "(":
            opened.append(at)
