"""executescript() on a connection with plugins: each statement goes through the hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._standard import sqlite3
from ..plugins.statement import Statement
from ..sql.script import split_script
from .plan import Plan
from .session import Session
from .transactions import without_begin


def can_run(connection: Any, script: Any) -> bool:
    """Return whether CPython would run the script at all: it is text, without NUL, and not longer than allowed."""
    if not isinstance(script, str) or "\0" in script:
        return False
    if not hasattr(connection, "getlimit"):  # before CPython 3.11
        return True
    limit: int = connection.getlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH)
    return len(script.encode()) < limit


def run_script(cursor: Any, script: str, perform: Callable[[Any, Any, Plan, Any], Any]) -> Any:
    """Run the statements of ``script`` and return ``cursor``, which keeps its own state, as CPython's does.

    CPython runs a script as SQLite's shell would: no transaction is opened for it, and rows are read and dropped.
    """
    connection = cursor.connection
    session: Session = connection._session
    for piece in split_script(script):
        planned = session.plan(connection, piece)
        plan = planned or Plan(Statement(piece), piece)
        text = without_begin(plan.text)
        session.final.add(text)
        parameters = plan.bind(()) if plan.bind is not None else ()
        perform(_to_the_end, sqlite3.Cursor(connection), plan._replace(text=text, row=None), parameters)
    return cursor


def _to_the_end(cursor: Any, text: str, parameters: Any) -> Any:
    """Run a statement to its end, its rows unread: they may be no valid text."""
    connection = cursor.connection
    text_factory, connection.text_factory = connection.text_factory, bytes
    try:
        cursor.execute(text, parameters)
        for _ in cursor:
            pass
    finally:
        connection.text_factory = text_factory
    return cursor
