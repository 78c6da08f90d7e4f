"""Statements that use a vector function: what is known of them, and done for them, before they run."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.nesting import parts

from ..functions.defining import NAMES
from ..values.metrics import metric
from .ordering import nulls_last

_NAMED = re.compile("|".join(sorted(NAMES)), re.IGNORECASE)
_BEFORE_A_TABLE = frozenset({"INTO", "TABLE", "VIEW", "ON", "WITH", "RECURSIVE", "REFERENCES"})


class Call(NamedTuple):
    """A call of a vector function: its name in lower case, and the tokens of each argument."""

    name: str
    arguments: list[list[Token]]


@lru_cache(maxsize=64)  # asked twice for each text that a connection meets
def calls_of(sql: str) -> tuple[Call, ...]:
    """Return the calls of vector functions in a text."""
    return tuple(_calls(tokenize(sql))) if _NAMED.search(sql) else ()


def read_query(statement: Statement, calls: Iterable[Call]) -> Statement:
    """Return the statement with rows that have no distance sorted last, and a SELECT as one for executemany().

    :raises OperationalError: a metric that is written out in the text is none
    """
    for name, arguments in calls:
        if name == "vector_distance" and len(arguments) == 3:
            _check_metric(arguments[2])
    text = statement.text
    for place in reversed(nulls_last(tokenize(text))):
        text = f"{text[:place]} NULLS LAST{text[place:]}"
    if text != statement.text:
        statement = statement.rewritten(text)
    return statement.batchable() if statement.verb == "SELECT" else statement


def _check_metric(tokens: list[Token]) -> None:
    if len(tokens) == 1 and tokens[0].kind is Kind.STRING:
        try:
            metric(tokens[0].name)
        except ValueError as error:
            raise sqlite3.OperationalError(f"vector_distance(): {error}") from None


def _calls(tokens: list[Token]) -> Iterator[Call]:
    defines = tokens[:1] and tokens[0].word in ("CREATE", "ALTER")
    for at, token in enumerate(tokens[:-1]):
        is_name = token.kind in (Kind.WORD, Kind.QUOTED)
        if is_name and token.name.lower() in NAMES and tokens[at + 1].text == "(":
            name = token.name.lower()
            if at and tokens[at - 1].word in _BEFORE_A_TABLE:
                continue  # INSERT INTO vector (a, b)
            if name == "vector" and defines:
                continue  # a column's type
            yield Call(name, parts(tokens, at + 2))
