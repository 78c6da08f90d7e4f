"""One planned statement run: what goes before and after it, for execute(), executemany() and executescript().

The file's name is explained in :mod:`.calls_importlib_bootstrap`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from .._standard import sqlite3
from ..plugins.answer import Answer
from .cursors_importlib_bootstrap import (
    HookedCursor,
    buffer_rows,
    explain_errors,
    fetch_rest,
    hand_out,
    leave_all,
    map_rows,
    time_fetches,
)
from .hooks import observe
from .plan import DML, Plan, bind_all
from .session import Session

_execute: Any = sqlite3.Cursor.execute
_executemany: Any = sqlite3.Cursor.executemany
_total_changes: Any = sqlite3.Connection.total_changes


def perform(call: Any, cursor: Any, plan: Plan, parameters: Any) -> Any:
    """Run a planned statement with everything that goes before and after it."""
    connection = cursor.connection
    session: Session = connection._session
    if plan.row is not None:
        map_rows(cursor, plan.row)
    transactions = session.transactions if plan.watched else None
    before = transactions.before(connection, plan) if transactions is not None else None
    changes = _total_changes.__get__(connection) if session.hides_trigger_changes else None
    start = perf_counter() if session.hooks.executed else 0.0
    if plan.watched and plan.statement.verb in DML:
        session.unnoticed = None
    try:
        if plan.around is None:
            result = call(cursor, plan.text, parameters)
        else:
            with plan.around():
                result = call(cursor, plan.text, parameters)
    except BaseException as error:
        if plan.explain is not None:
            plan.explain(error)
        if transactions is not None and before is not None:
            transactions.failed(connection, before)
        if session.hooks.executed:
            observe(session.hooks.executed, connection, plan.statement, perf_counter() - start, error)
        raise
    if plan.explain is not None and cursor.description is not None and isinstance(cursor, HookedCursor):
        explain_errors(cursor, plan.explain)
    if changes is not None:
        _hide_trigger_changes(cursor, plan, changes)
    seconds = perf_counter() - start if session.hooks.executed else 0.0
    if transactions is not None and before is not None:
        ends_here = not before.in_transaction and (before.opened or not connection.in_transaction)
        returns = plan.statement.verb in DML and cursor.description is not None
        if ends_here and returns and isinstance(cursor, HookedCursor):
            # RETURNING: SQLite commits only when all its rows have been read
            buffer_rows(cursor, fetch_rest(cursor))
        transactions.after(connection, plan, before)
    if plan.changes_schema:
        session.changed_schema()
    if session.hooks.executed:
        _tell(session.hooks.executed, cursor, plan, seconds)
    return result


def run_one(cursor: Any, plan: Plan, parameters: Any) -> Any:
    """Run one statement once, the short way where nothing but a binder and observers have to do with it."""
    if plan.short is not None and (plan.short or _is_inside(cursor.connection)):
        return _short(cursor, plan, parameters)
    if plan.repeatable:
        return _and_look(cursor, plan, parameters)
    if plan.statement.stamp is not None:
        plan = cursor.connection._session.fresh(cursor.connection, plan)
    return _as_planned(cursor, plan, parameters)


def _and_look(cursor: Any, plan: Plan, parameters: Any) -> Any:
    """Run a statement that may be run twice, look at the schema, and run it again if it was planned for another one.

    What is thrown away no observer hears of.
    """
    connection = cursor.connection
    session: Session = connection._session
    executed = plan.executed
    start = perf_counter() if executed else 0.0
    try:
        bound = parameters if plan.bind is None else plan.bind(parameters)
        text = plan.text
        if plan.by_name is not None:
            text, bound = plan.by_name.arguments(text, bound)
        if plan.row is not None:
            map_rows(cursor, plan.row)
        _execute(cursor, text, bound)
    except BaseException as error:
        if not isinstance(error, Exception) or session.is_fresh(connection, plan):
            if plan.explain is not None:
                plan.explain(error)
            observe(executed, connection, plan.statement, perf_counter() - start, error)
            raise
    else:
        if session.is_fresh(connection, plan):
            if (
                plan.explain is not None
                and cursor.description is not None
                and isinstance(cursor, HookedCursor)
            ):
                explain_errors(cursor, plan.explain)
            if executed:
                _tell(executed, cursor, plan, perf_counter() - start)
            return cursor
    leave_all(cursor)
    return _as_planned(cursor, session.fresh(connection, plan), parameters)


def _as_planned(cursor: Any, plan: Plan, parameters: Any) -> Any:
    given = parameters
    if plan.bind is not None:
        parameters = plan.bind(parameters)
    if plan.answer is not None and (result := _answered(cursor, plan, given, parameters)) is not None:
        return result
    if plan.by_name is not None:
        plan, parameters = plan.by_name(plan, parameters)
    return perform(_execute, cursor, plan, parameters)


def _answered(cursor: Any, plan: Plan, given: Any, parameters: Any) -> Any:
    """Give the cursor an answer that a plugin has, and return it; None where SQLite is to answer.

    What SQLite still has to do ends the cursor's statement before.

    :param given: the parameters as the user gave them; ``parameters`` are bound
    """
    connection = cursor.connection
    session: Session = connection._session
    known = session.outdates
    answer: Answer | None = plan.answer(parameters)  # type: ignore[misc]
    if session.outdates != known:  # it was the first to hear of another schema
        return run_one(cursor, session.another(connection, plan.statement.sql), given)
    if answer is None:
        return None
    executed = plan.executed
    start = perf_counter() if executed else 0.0
    if plan.row is not None:
        map_rows(cursor, plan.row)
    session.final.add(answer.shape)
    _execute(cursor, answer.shape)
    hand_out(cursor, answer.rows)
    if executed:
        _tell(executed, cursor, plan, perf_counter() - start)
    return cursor


def _tell(executed: Iterable[Callable[..., Any]], cursor: Any, plan: Plan, seconds: float) -> None:
    """Tell the plugins that a statement has run, and how long fetching took those who want to know that too."""
    told = observe(executed, cursor.connection, plan.statement, seconds, None)
    if told and cursor.description is not None and isinstance(cursor, HookedCursor):
        time_fetches(cursor, told)
    else:
        for each in told:
            observe((each,), 0.0)


def _hide_trigger_changes(cursor: Any, plan: Plan, before: int) -> None:
    """Leave of the changes since ``before`` those that the statement itself made."""
    if plan.statement.verb not in DML:
        return
    connection = cursor.connection
    session: Session = connection._session
    own = cursor.rowcount
    if cursor.description is not None:  # RETURNING: SQLite counts when all its rows have been read
        if not isinstance(cursor, HookedCursor):
            return
        buffer_rows(cursor, fetch_rest(cursor))
        own = -1
    if own < 0:  # CPython does not count what a script does
        own = session.run_bare(connection, "SELECT changes()").fetchone()[0]
    session.hidden_changes += _total_changes.__get__(connection) - before - own


def _is_inside(connection: Any) -> bool:
    """Return whether a transaction is open, and not just being committed."""
    return connection.in_transaction and not connection._session.transactions.asking


def _short(cursor: Any, plan: Plan, parameters: Any) -> Any:
    """Do what perform() does, for a statement that leaves transactions as they are unless it fails."""
    session: Session = cursor.connection._session
    given = parameters
    if plan.bind is not None:
        parameters = plan.bind(parameters)
    if plan.answer is not None and (result := _answered(cursor, plan, given, parameters)) is not None:
        return result
    executed = plan.executed
    start = perf_counter() if executed else 0.0
    changes = _total_changes.__get__(cursor.connection) if session.hides_trigger_changes else None
    if plan.watched:
        session.unnoticed = None
    try:
        _execute(cursor, plan.text, parameters)
    except BaseException as error:
        connection = cursor.connection
        if plan.watched and not connection.in_transaction:
            connection._session.transactions.rolled_back(connection)
        observe(executed, connection, plan.statement, perf_counter() - start, error)
        raise
    if changes is not None:
        _hide_trigger_changes(cursor, plan, changes)
    if executed:
        _tell(executed, cursor, plan, perf_counter() - start)
    return cursor


def run_many(cursor: Any, plan: Plan, parameters: Iterable[Any]) -> Any:
    """Run one statement for each of ``parameters``; the rows of a SELECT that can be batched are one result."""
    if plan.statement.stamp is not None:
        plan = cursor.connection._session.fresh(cursor.connection, plan)
    if plan.statement.batch:
        rows: list[Any] = []
        bound = bind_all(plan, parameters)
        plan = plan._replace(bind=None)
        for each in bound:
            rows += fetch_rest(run_one(cursor, plan, each))
        buffer_rows(cursor, rows)
        return cursor
    if plan.bind is not None:
        parameters = map(plan.bind, parameters)
    if plan.by_name is not None:
        plan, parameters = plan.by_name.many(plan, parameters)
    return perform(_executemany, cursor, plan, parameters)
