"""SQL made fit for the parser, each word at its place: edits of the text go by what the parser says of places."""

from __future__ import annotations

from itertools import zip_longest

from heliosdb_sqlite.sql.lexer import Kind, tokenize


def for_parser(sql: str) -> str:
    """Return the text in words that sqlglot knows, each at its place.

    >>> for_parser("REPLACE INTO t VALUES (?1)"), for_parser("UPDATE OR IGNORE t SET a = 1")
    ('INSERT  INTO t VALUES (? )', 'UPDATE           t SET a = 1')
    >>> for_parser("SELECT RAISE(ROLLBACK, 'no')")
    "SELECT RAISE(ABORT   , 'no')"
    """
    tokens = tokenize(sql)
    text = sql
    before = ""
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.kind is Kind.PARAMETER:
            text = text[: token.start] + "?".ljust(token.end - token.start) + text[token.end :]
        elif (
            token.word == "REPLACE" and following is not None and following.word == "INTO" and before != "OR"
        ):
            text = text[: token.start] + "INSERT " + text[token.end :]
        elif before == "UPDATE" and token.word == "OR" and following is not None:
            text = text[: token.start] + " " * (following.end - token.start) + text[following.end :]
        elif token.word == "ROLLBACK" and before == "RAISE(":
            text = text[: token.start] + "ABORT".ljust(token.end - token.start) + text[token.end :]
        before = "RAISE(" if before == "RAISE" and token.text == "(" else token.word
    return text
