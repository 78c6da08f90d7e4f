"""Statements that use a vector function: what is known of them, and done for them, before they run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize

from .functions import NAMES
from .metrics import metric
from .ordering import nulls_last
from .tokens import split


def read_query(statement: Statement) -> Statement | None:
    """Return the statement with rows that have no distance sorted last, and a SELECT as one for executemany().

    None if no vector function is called.

    :raises OperationalError: a metric that is written out in the text is none
    """
    tokens = tokenize(statement.text)
    calls = list(_calls(tokens))
    if not calls:
        return None
    for name, arguments in calls:
        if name == "vector_distance" and len(arguments) == 3:
            _check_metric(arguments[2])
    text = statement.text
    for place in reversed(nulls_last(tokens)):
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


def _calls(tokens: list[Token]) -> Iterator[tuple[str, list[list[Token]]]]:
    """Yield each call of a vector function: its name and the tokens of each argument."""
    for at, token in enumerate(tokens[:-1]):
        is_name = token.kind in (Kind.WORD, Kind.QUOTED)
        if is_name and token.name.lower() in NAMES and tokens[at + 1].text == "(":
            yield token.name.lower(), split(tokens, at + 2)
