"""DROP TABLE and DROP COLUMN on a branch's connection: what is dropped is logged first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import tokenize

from ..logs.dropping import logged
from .session import session_of


def around(connection: Any, statement: Statement) -> Callable[[], AbstractContextManager[None]] | None:
    """Return what goes on around each run of a statement that drops a table or a column of a branch."""
    if statement.verb not in ("DROP", "ALTER"):
        return None
    session, found = session_of(connection), _dropped(statement.text)
    if session is None or session.entry is None or found is None:
        return None
    table, column = found
    return lambda: logged(connection, table, column)


def _dropped(sql: str) -> tuple[str, str | None] | None:
    """Return the table that a statement drops, or drops a column of, and that column."""
    tokens = [token for token in tokenize(sql) if token.text != ";"]
    words = [token.word for token in tokens]
    if words[1:2] != ["TABLE"]:
        return None
    place = 4 if words[2:4] == ["IF", "EXISTS"] else 2
    if len(tokens) > place + 2 and tokens[place + 1].text == ".":
        if tokens[place].name.lower() != "main":
            return None
        place += 2
    if len(tokens) <= place:
        return None
    if words[0] == "ALTER":
        drops = words[place + 1 : place + 2] == ["DROP"]
        return (tokens[place].name, tokens[-1].name) if drops else None
    return tokens[place].name, None
