"""DROP TABLE and DROP COLUMN on a branch: what is dropped is logged first, and its triggers step aside.

SQLite drops no column that a trigger names, and tells no trigger of the rows that go with their table. So the
statement runs in a transaction in which the rows have been logged; one that would have committed by itself still does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from heliosdb_sqlite.plugins import Parameters, Statement
from heliosdb_sqlite.sql.lexer import tokenize

from .running import has_table, run
from .session import Session, session_of
from .watching import let_go, log_everything, logs, watch

_SAVEPOINT = "heliosdb_drop"


def binder(connection: Any, statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Return what prepares each run of a statement that drops a table or a column of a branch."""
    if statement.verb not in ("DROP", "ALTER"):
        return None
    session = session_of(connection)
    found = _dropped(statement.text)
    if session is None or session.entry is None or found is None:
        return None
    table, column = found

    def prepare(parameters: Parameters) -> Parameters:
        _prepare(connection, session, statement.sql, table, column)
        return parameters

    return prepare


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


def _prepare(connection: Any, session: Session, sql: str, table: str, column: str | None) -> None:
    name = next((name for name in logs(connection) if name.lower() == table.lower()), None)
    if name is None:
        return
    if connection.in_transaction:
        run(connection, f"SAVEPOINT {_SAVEPOINT}")
        session.ends_here = False
    else:
        run(connection, "BEGIN IMMEDIATE")
        session.ends_here = True
    session.prepared.add(sql)
    try:
        log = logs(connection)[name]
        if has_table(connection, log.table):
            log_everything(connection, name)
        if column is not None:
            let_go(connection, name, column)
    except BaseException:
        finish_failed(connection, session, sql)
        raise


def finish(connection: Any, statement: Statement, error: BaseException | None) -> None:
    """After the statement: keep what was done for it, or take it back."""
    session = session_of(connection)
    if session is None or statement.sql not in session.prepared:
        return
    if error is not None:
        finish_failed(connection, session, statement.sql)
        return
    session.prepared.discard(statement.sql)
    watch(connection)
    if not session.ends_here:
        run(connection, f"RELEASE {_SAVEPOINT}")
        return
    session.ends_here = False
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def finish_failed(connection: Any, session: Session, sql: str) -> None:
    """Take back what was prepared for a statement that failed."""
    session.prepared.discard(sql)
    if not connection.in_transaction:
        session.ends_here = False
        return
    if session.ends_here:
        session.ends_here = False
        run(connection, "ROLLBACK")
    else:
        run(connection, f"ROLLBACK TO {_SAVEPOINT}")
        run(connection, f"RELEASE {_SAVEPOINT}")
