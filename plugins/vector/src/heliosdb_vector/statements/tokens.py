"""Where an expression ends and its alias begins, found among the tokens."""

from __future__ import annotations

from collections.abc import Sequence

from heliosdb_sqlite.sql.lexer import Kind, Token

_ALIASES = (Kind.WORD, Kind.QUOTED, Kind.STRING)
_BEFORE_OPERAND = frozenset(
    {
        "ALL",
        "AND",
        "BETWEEN",
        "CASE",
        "COLLATE",
        "DISTINCT",
        "ELSE",
        "ESCAPE",
        "EXISTS",
        "FILTER",
        "FROM",
        "GLOB",
    }
    | {"IN", "IS", "LIKE", "MATCH", "NOT", "OR", "OVER", "REGEXP", "THEN", "WHEN"}
)
_LAST_OF_EXPRESSION = frozenset({"END", "FALSE", "ISNULL", "NOTNULL", "NULL", "TRUE"})


def expression_end(tokens: Sequence[Token]) -> int:
    """Return where the expression of a result column ends: before its alias, with or without AS."""
    end = len(tokens)
    if end < 2 or tokens[-1].kind not in _ALIASES:
        return end
    before = tokens[-2]
    if before.word == "AS":
        return end - 2
    operand = before.kind not in (Kind.OPERATOR, Kind.BAD) or before.text == ")"
    if operand and before.word not in _BEFORE_OPERAND and tokens[-1].word not in _LAST_OF_EXPRESSION:
        return end - 1
    return end
