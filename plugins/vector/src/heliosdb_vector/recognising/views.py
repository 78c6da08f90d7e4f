"""Views written out: a SELECT over a view as one over a subquery, whose table can be searched."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from heliosdb_sqlite.plugins import run
from heliosdb_sqlite.sql.lexer import Kind, Token, tokenize
from heliosdb_sqlite.sql.quoting import quote_identifier
from heliosdb_sqlite.sql.splice import Edit, splice

from ..statements.relations import Relations
from .clauses import cores, sources

_NAMES = (Kind.WORD, Kind.QUOTED)


def without_views(connection: Any, sql: str, tokens: Sequence[Token], relations: Relations) -> str | None:
    """Return the text with the views that SELECTs take all their rows from written out; None if there are none.

    A view is left alone where its text might mean something else in the statement: beside WITH, whose names it does not
    see, where a temporary table could come before one of its tables, where it names its columns by itself, and in
    databases other than the main one.
    """
    if any(token.word == "WITH" for token in tokens):
        return None
    edits = []
    for core in cores(tokens):
        span = core.span("FROM")
        found = sources(tokens, span) if span is not None else None
        if span is None or not found or len(found) != 1 or found[0] is None or found[0].indexed:
            continue
        source = found[0]
        body = _body(connection, relations, source.name, source.schema)
        if body is not None:
            start, end = tokens[span[0]].start, tokens[source.end - 1].end
            # A line of its own: the view may end with a comment.
            edits.append(Edit(start, end, f"({body}\n) AS {quote_identifier(source.alias)}"))
    return splice(sql, edits) if edits else None


def _body(connection: Any, relations: Relations, name: str, schema: str | None) -> str | None:
    """Return the SELECT of a view, if it means the same wherever it stands."""
    relation = relations.relation(name, schema)
    if relation is None or not relation.view or relation.schema != "main":
        return None
    words = {token.name.lower() for token in tokenize(relation.view) if token.kind in _NAMES}
    if words & _temporary(connection, relations):
        return None
    body = relation.view.strip().rstrip(";")
    try:
        shown = run(connection, f"SELECT * FROM ({body}\n) LIMIT 0").description
    except sqlite3.Error:
        return None
    return body if [column[0] for column in shown] == [column for column, _ in relation.columns] else None


def _temporary(connection: Any, relations: Relations) -> set[str]:
    """Return the names of temporary tables and views, in lower case, which come before all others."""
    if dict(relations.schema.stamp).get("temp", 0) == 0:
        return set()  # and a look would have SQLite make a database for them
    return {row[0].lower() for row in run(connection, "SELECT name FROM temp.sqlite_master")}
