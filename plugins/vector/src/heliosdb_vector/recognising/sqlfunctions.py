"""What the SQL functions in a piece of a statement are: aggregates, or different each time they are called."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.lexer import Kind, Token
from heliosdb_sqlite.sql.nesting import closing

from .clauses import Span

_DETERMINISTIC = 0x800
_OF_TIME = frozenset({"date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"})
_TABLES = frozenset({"json_each", "json_tree", "generate_series"})  # that stand in a FROM clause
_BY_FUNCTION = frozenset({"LIKE", "GLOB", "REGEXP", "MATCH"})  # operators that a program can define
_NOW = frozenset({"CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"})
# Words that may stand before a parenthesis and are no functions.
_KEYWORDS = frozenset(
    [
        "IN",
        "AND",
        "OR",
        "NOT",
        "AS",
        "ON",
        "USING",
        "WHERE",
        "SELECT",
        "FROM",
        "VALUES",
        "WHEN",
        "THEN",
        "ELSE",
        "CASE",
        "CAST",
        "BETWEEN",
        "EXISTS",
        "LIKE",
        "GLOB",
        "REGEXP",
        "MATCH",
        "ESCAPE",
        "IS",
        "BY",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "UNION",
        "ALL",
        "DISTINCT",
        "JOIN",
        "COLLATE",
        "MATERIALIZED",
        "WITH",
        "RECURSIVE",
        "FILTER",
        "OVER",
        "ISNULL",
        "NOTNULL",
    ]
)


class Functions:
    """The functions of a connection, as SQLite lists them."""

    def __init__(self, connection: Any) -> None:
        self._kinds: dict[str, list[tuple[str, int, int]]] = {}
        try:
            rows = run(connection, "SELECT name, type, narg, flags FROM pragma_function_list").fetchall()
        except sqlite3.OperationalError:  # an SQLite that can't list them
            rows = []
        for name, kind, arguments, flags in rows:
            self._kinds.setdefault(name.lower(), []).append((kind, arguments, flags))

    def aggregates(self, tokens: Sequence[Token], span: Span) -> bool:
        """Return whether there is an aggregate or window function, subqueries left out, or one that is not known."""
        for _, name, arguments in _calls(tokens, span, inside=False):
            kinds = [kind for kind, count, _ in self._kinds.get(name, []) if count in (-1, -2, -3, arguments)]
            if not kinds or any(kind != "s" for kind in kinds):
                return True
        return any(token.word in ("OVER", "FILTER") for token in tokens[span[0] : span[1]])

    def varies(self, tokens: Sequence[Token], span: Span) -> str:
        """Return the name of a function that may give something else when it is called again; "" if there is none."""
        for token in tokens[span[0] : span[1]]:
            if token.word in _NOW:
                return token.text
        for at, name, arguments in _calls(tokens, span, inside=True):
            if name in _TABLES:
                continue
            if name in _OF_TIME:
                inside = tokens[at + 2 : at + 12]
                if arguments == 0 or any(
                    each.kind is Kind.PARAMETER or (each.kind is Kind.STRING and each.name.lower() == "now")
                    for each in inside
                ):
                    return name
                continue
            fitting = [
                flags for _, count, flags in self._kinds.get(name, []) if count < 0 or count == arguments
            ]
            if not fitting or not all(flags & _DETERMINISTIC for flags in fitting):
                return name
        return ""


def calls_nothing(tokens: Sequence[Token], span: Span) -> bool:
    """Return whether there is no function in an expression, which a program could define anew at any time."""
    if any(token.word in _BY_FUNCTION or token.text in ("->", "->>") for token in tokens[span[0] : span[1]]):
        return False
    return next(_calls(tokens, span, inside=True), None) is None


def _calls(tokens: Sequence[Token], span: Span, *, inside: bool) -> Iterator[tuple[int, str, int]]:
    """Yield the place, name and number of arguments of each call; those of subqueries only if asked for."""
    at, end = span
    while at < end - 1:
        token, following = tokens[at], tokens[at + 1]
        if token.text == "(" and following.word in ("SELECT", "WITH", "VALUES") and not inside:
            at = closing(tokens, at, end)
        elif following.text == "(" and token.kind in (Kind.WORD, Kind.QUOTED) and token.word not in _KEYWORDS:
            yield at, token.name.lower(), _arguments(tokens, at + 1, end)
        at += 1


def _arguments(tokens: Sequence[Token], at: int, end: int) -> int:
    if at + 1 < end and tokens[at + 1].text == ")":
        return 0
    depth, count = 0, 1
    for index in range(at, end):
        text = tokens[index].text
        depth += (text == "(") - (text == ")")
        if depth == 0:
            break
        count += depth == 1 and text == ","
    return count
