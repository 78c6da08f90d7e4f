"""DROP TABLE and DROP COLUMN on a branch: what is dropped is logged first, and its triggers step aside.

SQLite drops no column that a trigger names, and tells no trigger of the rows that go with their table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from heliosdb_sqlite.plugins import Statement
from heliosdb_sqlite.sql.lexer import tokenize

from ..connections.session import session_of
from ..running import run
from .watching import let_go, log_everything, logs, watch

_SAVEPOINT = "heliosdb_drop"


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


@contextmanager
def logged(connection: Any, table: str, column: str | None) -> Iterator[None]:
    """Log the rows of a table before it, or a column of it, is dropped; take that back when the dropping fails.

    Main has no logs, and nothing is done about it.
    """
    name = next((name for name in logs(connection) if name.lower() == table.lower()), None)
    if name is None:
        yield
        return
    run(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        log_everything(connection, name)
        if column is not None:
            let_go(connection, name, column)
        yield
        watch(connection)
    except BaseException:
        if connection.in_transaction:
            run(connection, f"ROLLBACK TO {_SAVEPOINT}")
            run(connection, f"RELEASE {_SAVEPOINT}")
        raise
    run(connection, f"RELEASE {_SAVEPOINT}")
