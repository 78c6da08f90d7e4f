"""What only the text of a definition says: the conditions of checks, the keys of indexes, the query of a view."""

from __future__ import annotations

from typing import Any

from heliosdb_sqlite.sql.ddl import table_definition
from heliosdb_sqlite.sql.lexer import tokenize
from heliosdb_sqlite.sql.names import folded
from heliosdb_sqlite.sql.selects import view_query


def _balanced(tokens: list[Any], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return place
    return len(tokens) - 1


def generated_columns(sql: str) -> dict[str, str]:
    """Return what the generated columns of a table are made of, by their names, folded.

    >>> generated_columns("CREATE TABLE t (a INT, B INT GENERATED ALWAYS AS (a * 2) STORED)")
    {'b': 'a * 2'}
    """
    definition = table_definition(sql)
    found = {}
    for column in definition.columns if definition is not None else ():
        words = column.constraints
        at = next((at for at, token in enumerate(words) if token.word == "AS"), None)
        if at is not None and at + 1 < len(words):
            end = _balanced(list(words), at + 1)
            found[folded(column.name.name)] = sql[words[at + 1].end : words[end].start].strip()
    return found


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
