"""Statements that differ in nothing but values are one shape: a program that writes values into its SQL has few."""

from __future__ import annotations

import re

from ....sql.lexer import Kind, tokenize

_VALUES = frozenset({Kind.NUMBER, Kind.STRING, Kind.BLOB, Kind.PARAMETER})
_LIST = re.compile(r"\?(?: , \?)+")
_ROWS = re.compile(r"\( \?\+? \)(?: , \( \?\+? \))+")
_LONGEST = 20_000  # characters; a longer text is a shape of its own


def shape_of(sql: str) -> str:
    """Return the statement with a question mark for each value, and one for each list of values.

    >>> shape_of("select a from t where b in (1, 2, 3) and c = 'x' -- why")
    'SELECT A FROM T WHERE B IN ( ?+ ) AND C = ?'
    """
    if len(sql) > _LONGEST:
        return sql
    words = ["?" if token.kind in _VALUES else token.word or token.text for token in tokenize(sql)]
    if words[-1:] == [";"]:
        words.pop()
    return _ROWS.sub("( ?+ )", _LIST.sub("?+", " ".join(words)))
