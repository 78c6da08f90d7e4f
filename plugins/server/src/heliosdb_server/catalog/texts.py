"""What only the text of a definition says: the conditions of checks, the keys of indexes, the query of a view."""

from __future__ import annotations

from typing import Any

from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.selects import view_query


def _balanced(tokens: list[Any], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return place
    return len(tokens) - 1


def index_parts(sql: str) -> tuple[list[str], str]:
    """Return the keys of CREATE INDEX as they are written, and its WHERE."""
    tokens = tokenize(sql)
    start = next((at for at, token in enumerate(tokens) if token.text == "("), len(tokens) - 1)
    end = _balanced(tokens, start)
    parts, depth, begin = [], 0, start + 1
    for at in range(start + 1, end + 1):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")" and at != end)
        if at == end or (tokens[at].text == "," and depth == 0):
            last = at - 1
            if tokens[last].word in ("ASC", "DESC"):
                last -= 1
            parts.append(sql[tokens[begin].start : tokens[last].end])
            begin = at + 1
    where = ""
    if end + 1 < len(tokens) and tokens[end + 1].word == "WHERE":
        where = sql[tokens[end + 2].start :].rstrip().rstrip(";")
    return parts, where


def view_body(sql: str) -> str:
    """Return what stands behind AS in CREATE VIEW."""
    query = view_query(sql)
    return f" {query.strip().rstrip(';')};" if query else sql
