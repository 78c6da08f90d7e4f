"""executescript() on a connection with plugins: each statement goes through the hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._standard import sqlite3
from ..plugins.statement import Statement
from ..sql.parameters import parameters
from ..sql.script import pieces
from .plan import Plan
from .session import Session, is_outdated
from .transactions import without_begin


def can_run(connection: Any, script: Any) -> bool:
    """Return whether CPython would run the script at all: it is text, without NUL, and not longer than allowed."""
    if not isinstance(script, str) or "\0" in script:
        return False
    try:
        length = len(script.encode())
    except UnicodeEncodeError:
        return False
    if not hasattr(connection, "getlimit"):  # before CPython 3.11
        return True
    limit: int = connection.getlimit(getattr(sqlite3, "SQLITE_LIMIT_SQL_LENGTH"))  # noqa: B009 - unknown to 3.10
    return length < limit


def run_script(cursor: Any, script: str, perform: Callable[[Any, Any, Plan, Any], Any]) -> Any:
    """Run the statements of ``script`` and return ``cursor``, which keeps its own state, as CPython's does.

    CPython runs a script as SQLite's shell would: no transaction is opened for it, rows are read and dropped, and
    parameters are NULL.
    """
    connection = cursor.connection
    session: Session = connection._session
    within, session.in_script = session.in_script, True
    try:
        _run_all(connection, session, script, perform)
    finally:
        session.in_script = within
    return cursor


def _run_all(
    connection: Any, session: Session, script: str, perform: Callable[[Any, Any, Plan, Any], Any]
) -> None:
    for piece in pieces(script):
        text = script[piece.begin : piece.end]
        plan = session.plan(connection, text) or Plan(Statement(text), text)
        # The last statement is run with what stands behind it, as CPython runs it.
        lead, rest = script[piece.lead : piece.begin], "" if text.endswith(";") else script[piece.end :]
        try:
            _run(connection, plan, lead, rest, perform)
        except sqlite3.OperationalError as error:
            if not is_outdated(error):
                raise
            _run(connection, session.another(connection, text), lead, rest, perform)


def _run(
    connection: Any, plan: Plan, lead: str, rest: str, perform: Callable[[Any, Any, Plan, Any], Any]
) -> None:
    values = _nulls(plan.statement.sql)
    if plan.bind is not None:
        values = plan.bind(values)
    if plan.answer is not None:
        plan.answer(values)  # it wants to see every execution; a script's rows are dropped anyway
    plan = plan._replace(text=without_begin(connection, lead + plan.text + rest), row=None)
    connection._session.final.add(plan.text)
    perform(_to_the_end, sqlite3.Cursor(connection), plan, values)


def _nulls(text: str) -> Any:
    """Return NULL for each parameter of the statement."""
    numbers = {each.number: each.token.text for each in parameters(text)}
    if numbers and "?" not in numbers.values() and len(numbers) == max(numbers):
        # By name: CPython frowns on a sequence for names.
        return {name[1:]: None for name in numbers.values()}
    return (None,) * max(numbers, default=0)


def _to_the_end(cursor: Any, text: str, values: Any) -> Any:
    """Run a statement to its end, its rows unread: they may be no valid text."""
    connection = cursor.connection
    text_factory, connection.text_factory = connection.text_factory, bytes
    try:
        cursor.execute(text, values)
        for _ in cursor:
            pass
    finally:
        connection.text_factory = text_factory
    return cursor
