"""Tags: a comment in a statement that says who sent it, readable wherever the statement is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from heliosdb_sqlite.sql.lexer import Token, tokenize

_OPENING = "/* tag: "


def comment(tag: str) -> str:
    """Return the tag as an SQL comment which nothing in the tag can end: what might is spelled as in URLs.

    >>> comment("checkout */ DROP TABLE orders")
    '/* tag: checkout %2A/ DROP TABLE orders */'
    """
    return f"{_OPENING}{quote(tag, safe=' /:=,+@()', errors='replace')} */"


def tagged(sql: str, tag: str) -> str:
    """Return the statement with the tag behind its first word; unchanged when it has one, or is no statement.

    Nowhere else is a comment without effect. At the end, SQLite takes it into the name of a column and the text of a
    view, and a comment of the user's may swallow it; in front, CPython 3.10 doesn't see that an INSERT is one.

    >>> tagged("SELECT 1; -- all of it", "report")
    'SELECT /* tag: report */ 1; -- all of it'
    """
    tokens = tokenize(sql)
    first = next((token for token in tokens if token.text != ";"), None)
    if first is None or not first.word or _has_tag(sql, tokens):
        return sql
    return f"{sql[: first.end]} {comment(tag)}{sql[first.end :]}"


def _has_tag(sql: str, tokens: list[Token]) -> bool:
    """Return whether one of the comments, which are what stands between the tokens, is a tag."""
    ends, starts = [0, *(token.end for token in tokens)], [*(token.start for token in tokens), len(sql)]
    return any(_OPENING in sql[end:start] for end, start in zip(ends, starts, strict=True))


def execute_tagged(
    cursor: sqlite3.Cursor, tag: str, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> sqlite3.Cursor:
    """Run one statement with a tag of its own instead of the connection's, on any connection; return the cursor."""
    return cursor.execute(tagged(sql, tag), parameters)
