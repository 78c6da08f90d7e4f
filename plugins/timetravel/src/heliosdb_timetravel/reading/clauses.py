"""The clauses that name a time: AS OF ..., FOR SYSTEM_TIME ....

>>> from heliosdb_sqlite.sql.lexer import tokenize
>>> sql = "AS OF TIMESTAMP '2024-01-01'"
>>> clause = read_clause(sql, tokenize(sql), 0)
>>> clause.kind, [(time.unit, sql[time.start : time.end]) for time in clause.times]
('AS OF', [('TIMESTAMP', "'2024-01-01'")])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heliosdb_sqlite.sql import nesting
from heliosdb_sqlite.sql.lexer import Kind, Token

from ..errors import at

UNITS = ("TIMESTAMP", "TRANSACTION", "TAG")

_FORMS = "AS OF, BETWEEN ... AND ..., FROM ... TO ..., CONTAINED IN (..., ...) or ALL"
_OPERATORS = frozenset({"||", "+", "-", "*", "/", "%", "&", "|", "<<", ">>", "->", "->>"})
_NO_OPERAND = frozenset(
    [
        "AND",
        "OR",
        "IS",
        "IN",
        "LIKE",
        "GLOB",
        "MATCH",
        "REGEXP",
        "BETWEEN",
        "ISNULL",
        "NOTNULL",
        "COLLATE",
        "ESCAPE",
        "TO",
        "AS",
        "ON",
        "USING",
        "WHERE",
        "FROM",
        "JOIN",
        "INNER",
        "LEFT",
        "RIGHT",
        "FULL",
        "CROSS",
        "NATURAL",
        "OUTER",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "WINDOW",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "INDEXED",
        "RETURNING",
        "SET",
        "THEN",
        "ELSE",
        "WHEN",
        "END",
        "DESC",
        "ASC",
        "NULLS",
        "SELECT",
        "VALUES",
        "FOR",
        "DO",
    ]
)
"""Words that are no operand: before one of these AS OF is an alias, behind an operand one of these ends the time."""


class Time(NamedTuple):
    """A time in a clause: ``sql[start:end]``, in one of the UNITS."""

    unit: str
    start: int
    end: int
    tokens: tuple[Token, ...]


class Clause(NamedTuple):
    """A clause that names a time or a period: ``sql[start:end]``, tokens ``first`` to before ``after``."""

    kind: str  # AS OF, BETWEEN, FROM, CONTAINED IN or ALL
    times: tuple[Time, ...]
    start: int
    end: int
    after: int


def read_clause(
    sql: str, tokens: Sequence[Token], first: int, *, alias_possible: bool = False
) -> Clause | None:
    """Return the clause that begins with the token ``first``; None when none does.

    :param alias_possible: ``AS OF`` may be the alias of a table here, if nothing that could be a time follows
    :raises OperationalError: a clause begins, and is wrong
    """
    words = [token.word for token in tokens[first : first + 4]]
    if words[:2] == ["FOR", "SYSTEM_TIME"]:
        if words[2:] == ["AS", "OF"]:
            return _as_of(sql, tokens, first, first + 4)
        return _period(sql, tokens, first, first + 2)
    if words[:2] == ["AS", "OF"]:
        if alias_possible and not _begins_operand(tokens, first + 2):
            return None
        return _as_of(sql, tokens, first, first + 2)
    return None


def _as_of(sql: str, tokens: Sequence[Token], first: int, place: int) -> Clause:
    time, place = _time(sql, tokens, place, "AS OF")
    return _clause("AS OF", (time,), tokens, first, place)


def _period(sql: str, tokens: Sequence[Token], first: int, place: int) -> Clause:
    word = tokens[place].word if place < len(tokens) else ""
    if word == "ALL":
        return _clause("ALL", (), tokens, first, place + 1)
    if word in ("BETWEEN", "FROM"):
        link = "AND" if word == "BETWEEN" else "TO"
        begin, place = _time(sql, tokens, place + 1, word)
        place = _expect(sql, tokens, place, link, f"{word} ... {link} ...")
        end, place = _time(sql, tokens, place, link)
        return _clause(word, (begin, end), tokens, first, place)
    if word == "CONTAINED":
        form = "CONTAINED IN (..., ...)"
        place = _expect(sql, tokens, place + 1, "IN", form)
        place = _expect(sql, tokens, place, "(", form)
        begin, place = _time(sql, tokens, place, "CONTAINED IN")
        place = _expect(sql, tokens, place, ",", form)
        end, place = _time(sql, tokens, place, "CONTAINED IN")
        place = _expect(sql, tokens, place, ")", form)
        return _clause("CONTAINED IN", (begin, end), tokens, first, place)
    raise at(sql, tokens[first].start, f"FOR SYSTEM_TIME goes on with {_FORMS}")


def _clause(kind: str, times: tuple[Time, ...], tokens: Sequence[Token], first: int, after: int) -> Clause:
    return Clause(kind, times, tokens[first].start, tokens[after - 1].end, after)


def _expect(sql: str, tokens: Sequence[Token], place: int, text: str, form: str) -> int:
    if place >= len(tokens) or (tokens[place].word or tokens[place].text) != text:
        position = tokens[place].start if place < len(tokens) else len(sql)
        raise at(sql, position, f"expected {text!r}: the form is FOR SYSTEM_TIME {form}")
    return place + 1


def _time(sql: str, tokens: Sequence[Token], place: int, behind: str) -> tuple[Time, int]:
    unit = "TIMESTAMP"
    if place < len(tokens) and tokens[place].word in UNITS and _begins_operand(tokens, place + 1):
        unit = tokens[place].word
        place += 1
    after = _expression(tokens, place)
    if after == place:
        position = tokens[place].start if place < len(tokens) else len(sql)
        raise at(sql, position, f"a time must follow {behind}, such as TIMESTAMP '2024-12-31 12:00:00' or ?")
    return Time(unit, tokens[place].start, tokens[after - 1].end, tuple(tokens[place:after])), after


def _begins_operand(tokens: Sequence[Token], place: int) -> bool:
    if place >= len(tokens):
        return False
    token = tokens[place]
    if token.kind is Kind.OPERATOR:
        return token.text in ("(", "+", "-", "~")
    if token.word == "NOT":
        return not (place + 1 < len(tokens) and tokens[place + 1].word == "INDEXED")
    return token.word not in _NO_OPERAND


def _expression(tokens: Sequence[Token], place: int) -> int:
    """Return the place behind the expression: operands with operators between, of those that bind tighter than AND."""
    after = _operand(tokens, place)
    while after > place and after < len(tokens) and tokens[after].text in _OPERATORS:
        place = after + 1
        after = _operand(tokens, place)
    return after


def _operand(tokens: Sequence[Token], place: int) -> int:
    begin = place
    while place < len(tokens) and (tokens[place].text in ("+", "-", "~") or tokens[place].word == "NOT"):
        place += 1
    if not _begins_operand(tokens, place):
        return begin
    token = tokens[place]
    if token.text == "(":
        return closing(tokens, place) + 1
    if token.word == "CASE":
        depth = 0
        for index in range(place, len(tokens)):
            depth += (tokens[index].word == "CASE") - (tokens[index].word == "END")
            if not depth:
                return index + 1
        return len(tokens)
    place += 1
    if token.kind in (Kind.WORD, Kind.QUOTED):
        while place + 1 < len(tokens) and tokens[place].text == ".":
            place += 2
        if place < len(tokens) and tokens[place].text == "(":
            place = closing(tokens, place) + 1
    return place


def closing(tokens: Sequence[Token], opening: int) -> int:
    """Return the place of the parenthesis that closes the one at ``opening``; the last token's if none does."""
    return min(nesting.closing(tokens, opening), len(tokens) - 1)
