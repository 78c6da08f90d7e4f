"""A script's statements, one by one."""

from __future__ import annotations

from collections.abc import Iterator

from .._standard import sqlite3
from .lexer import tokenize


def split_script(script: str) -> Iterator[str]:
    """Yield the statements of ``script`` in order, each with its semicolon; the last may lack one.

    The semicolons inside a trigger's body do not end it: SQLite's own ``complete_statement`` is asked.
    """
    start = 0
    for token in tokenize(script):
        if token.text == ";":
            piece = script[start : token.end]
            if sqlite3.complete_statement(piece):
                yield piece
                start = token.end
    rest = script[start:]
    if tokenize(rest):
        yield rest
