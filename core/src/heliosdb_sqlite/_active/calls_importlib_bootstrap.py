"""execute() and its kin on a connection with plugins.

About the file's name, and that of some others: the date adapters of CPython 3.12 and later warn about the code that
called execute(), two frames up. The frames in between are ours, and Python's warnings machinery steps over a frame for
one reason only: its file's name has both "importlib" and "_bootstrap" in it (Python/_warnings.c, is_internal_frame). So
every function that may be on the stack while SQLite binds parameters lives in a file of such a name, and the warnings
name the user's line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from types import FunctionType
from typing import Any

from .._attributes import set_attribute
from .._connection import Connection
from .._cursor import Cursor
from .._guard import check_script
from .._positional import by_keyword
from .._standard import sqlite3
from . import running_importlib_bootstrap as running
from .cursors_importlib_bootstrap import HookedCursor, hooked_factory, leave_all
from .goodbye import finalize, warn_unclosed
from .hooks import NO_HOOKS, observe
from .plan import Plan
from .pragma_tables import forget_pragma_tables
from .running_importlib_bootstrap import run_many, run_one
from .script import can_run, run_script
from .session import Session, is_outdated
from .transactions import LEGACY, Transactions

_RETRIES = 50
_execute: Any = sqlite3.Cursor.execute
_executemany: Any = sqlite3.Cursor.executemany
_close_cursor: Any = sqlite3.Cursor.close
_cursor_script: Any = sqlite3.Cursor.executescript
_cursor: Any = sqlite3.Connection.cursor
_bare_execute: Any = sqlite3.Connection.execute  # for its TypeError
_commit: Any = sqlite3.Connection.commit
_rollback: Any = sqlite3.Connection.rollback
_exit: Any = sqlite3.Connection.__exit__
_close: Any = sqlite3.Connection.close
_total_changes: Any = sqlite3.Connection.total_changes
_isolation_level: Any = sqlite3.Connection.isolation_level
_autocommit: Any = getattr(sqlite3.Connection, "autocommit", None)


def _script(cursor: Any, script: Any) -> Any:
    connection = cursor.connection
    session: Session | None = getattr(connection, "_session", None)
    if session is None or session.closed or cursor._closed or not can_run(connection, script):
        return _cursor_script(cursor, script)  # CPython's own error
    check_script(script, session.options)  # all of it, before the first statement runs
    hooks = session.hooks
    if not (hooks.parse or hooks.answer or hooks.around or hooks.executed or session.transactions):
        return _cursor_script(cursor, script)
    if sys.version_info >= (3, 11) and getattr(connection, "autocommit", LEGACY) == LEGACY:
        ActiveConnection.commit(connection)
    # What else a script does to its cursor; on 3.10 it calls commit(), whosever that is.
    _cursor_script(cursor, "")
    return run_script(cursor, script, running.perform)


def _plan(cursor: Any, sql: Any) -> Plan | None:
    """Return the plan of a text seen for the first time; None where CPython's own error is the answer."""
    connection = cursor.connection
    if not isinstance(sql, str) or connection is None:
        return None
    session: Session = connection._session
    return session.plan(connection, sql)


def _keeping_one(parameters: Iterator[Any], drawn: list[Any]) -> Iterator[Any]:
    for each in parameters:
        drawn.append(each)
        yield each
        return


def _begins_again(cursor: Any, error: sqlite3.Error) -> bool:
    """Return whether to plan and run once more. An error that stays one is completed by the target's plugin."""
    if is_outdated(error):
        return True
    connection = getattr(cursor, "connection", None)  # none: a cursor without __init__
    explain = getattr(connection, "_explain", None)
    if explain is not None:
        explain(error)
    return False


def _once_more(
    run: Callable[[Any, Plan, Any], Any], cursor: Any, sql: str, parameters: Any, times: int = _RETRIES
) -> Any:
    """Run a text with a plan made anew, as often as SQLite itself would: another connection has changed the schema."""
    connection = cursor.connection
    for left in reversed(range(times)):
        leave_all(cursor)  # those of the run before
        try:
            return run(cursor, connection._session.another(connection, sql), parameters)
        except sqlite3.Error as error:
            if left and is_outdated(error):
                continue
            if connection._explain is not None:
                connection._explain(error)
            raise
    raise AssertionError


class ActiveCursor(HookedCursor):
    """A cursor of a connection with plugins."""

    _closed = False

    def close(self) -> None:
        """Close the cursor; see ``sqlite3.Cursor.close``."""
        _close_cursor(self)
        self._closed = True

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """Run one statement through the hooks of the active plugins; see ``sqlite3.Cursor.execute``."""
        try:
            plan = self.connection._session.plans[sql]  # type: ignore[attr-defined]
        except (KeyError, TypeError, AttributeError):
            plan = _plan(self, sql)
        try:
            if plan is None:
                return _execute(self, sql, parameters)
            return run_one(self, plan, parameters)
        except sqlite3.Error as error:
            if not _begins_again(self, error):
                raise
        return _once_more(run_one, self, sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """Run one statement for each of ``parameters``; see ``sqlite3.Cursor.executemany``.

        A SELECT that a plugin calls batchable runs too: the rows of all its executions are one result.
        """
        plan = _plan(self, sql)
        drawn: list[Any] = []
        if isinstance(parameters, Iterator):
            rest, parameters = parameters, chain(_keeping_one(parameters, drawn), parameters)
        connection: Any = self.connection  # None of a cursor without __init__
        changes = 0 if connection is None else _total_changes.__get__(connection)
        try:
            if plan is None:
                return _executemany(self, sql, parameters)
            return run_many(self, plan, parameters)
        except sqlite3.Error as error:
            if not _begins_again(self, error):
                raise
            if _total_changes.__get__(connection) != changes:
                raise  # rows before have been committed by themselves: they must not be written twice
        if isinstance(parameters, Iterator):
            # what the first step was for, which is the one that failed
            return _once_more(run_many, self, sql, chain(drawn, rest), times=1)
        return _once_more(run_many, self, sql, parameters)

    def executescript(self, sql_script: str, /) -> Any:
        """Run several statements through the hooks, one by one; see ``sqlite3.Cursor.executescript``."""
        return _script(self, sql_script)


class ActiveConnection(Connection):
    """A connection with plugins. Made by connect(); its session is there before ``__init__`` runs."""

    _session = Session({}, NO_HOOKS)  # of one that connect() did not make
    _explain: Callable[[BaseException], None] | None = None  # the target's
    _cursor_class: type[Cursor] = ActiveCursor
    _bare_cursor_class: type[sqlite3.Cursor] = sqlite3.Cursor  # past the hooks

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = vars(self).get("_session") or Session({}, NO_HOOKS)
        if len(args) > 1 and sys.version_info >= (3, 13):
            args, kwargs = by_keyword(args, kwargs)
        super().__init__(*args, **kwargs)
        self._session = session  # once more: CPython clears what it initialises again
        session.connected(self)

    def __call__(self, *args: Any) -> Any:
        session = self._session
        sql = args[0] if args else None
        if not isinstance(sql, str) or sql in session.final:
            return session.prepare(self, *args)
        # The text comes from a cursor that was made without cursor(), past the hooks.
        try:
            return self._prepare_unplanned(sql, *args[1:])
        except sqlite3.Error as error:
            if not is_outdated(error):
                raise
        session.outdated()
        return self._prepare_unplanned(sql, *args[1:])

    def _prepare_unplanned(self, sql: str, *more: Any) -> Any:
        session = self._session
        plan = session.plan(self, sql)
        if plan is None:
            return session.prepare(self, sql, *more)
        if plan.changes_schema:
            session.sees_schema_changes, session.databases = False, None
        wanted = (plan.row, plan.around, plan.statement.stamp) != (None,) * 3
        if wanted or plan.changes_parameters:
            raise sqlite3.NotSupportedError(
                f"a plugin changes this statement, which only a cursor from connection.cursor() can do: {sql!r}"
            )
        return session.prepare(self, plan.text, *more)

    def cursor(self, factory: Any = Cursor) -> Any:
        """Return a new cursor, made by ``factory(connection)``, whose statements go through the hooks."""
        return _cursor(self, hooked_factory(factory, self._cursor_class))

    if sys.version_info >= (3, 11):

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            """Run one statement on a new cursor and return that."""
            try:
                cursor = _cursor(self, self._cursor_class)
            except sqlite3.ProgrammingError:
                # CPython looks at the arguments before the connection.
                return _bare_execute(self, sql, parameters)
            try:
                plan = self._session.plans[sql]
            except (KeyError, TypeError):
                plan = _plan(cursor, sql)
            try:
                if plan is None:
                    return _execute(cursor, sql, parameters)
                return run_one(cursor, plan, parameters)
            except sqlite3.Error as error:
                if not _begins_again(cursor, error):
                    raise
            return _once_more(run_one, cursor, sql, parameters)

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
            """Run one statement for each of ``parameters`` on a new cursor and return that."""
            return _cursor(self, self._cursor_class).executemany(sql, parameters)

        def executescript(self, sql_script: str, /) -> Any:
            """Run several statements on a new cursor and return that."""
            return _script(_cursor(self, self._cursor_class), sql_script)

    else:  # CPython 3.10 goes through the methods that a subclass may have overridden

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            """Run one statement on a new cursor and return that."""
            return self.cursor().execute(sql, parameters)

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
            """Run one statement for each of ``parameters`` on a new cursor and return that."""
            return self.cursor().executemany(sql, parameters)

        def executescript(self, sql_script: str, /) -> Any:
            """Run several statements on a new cursor and return that."""
            return self.cursor().executescript(sql_script)

    if sys.version_info >= (3, 11):

        def deserialize(self, data: Any, /, **keywords: Any) -> None:
            """Put a database that was serialized in the place of one of the connection's."""
            forget_pragma_tables(self)
            super().deserialize(data, **keywords)
            self._session.changed_schema()

    def commit(self) -> None:
        """Commit the open transaction, if the plugins do not refuse."""
        transactions = self._pending()
        if transactions is not None:
            transactions.ask(self)
        _commit(self)
        if transactions is not None:
            transactions.committed(self)

    def rollback(self) -> None:
        """Roll the open transaction back."""
        transactions = self._pending()
        if transactions is not None:
            transactions.refuse_to_end()
        _rollback(self)
        self._session.went_back()
        if transactions is not None:
            transactions.rolled_back(self)

    def __exit__(self, *exception: object) -> Any:
        transactions = self._pending()
        if transactions is None:
            self._session.went_back()  # if it does; a plan too many forgotten is no harm
            return _exit(self, *exception)
        if exception != (None, None, None):
            result = _exit(self, *exception)
            transactions.rolled_back(self)
            return result
        try:
            transactions.ask(self)
            result = _exit(self, *exception)  # rolls back when it can't commit
        except BaseException:
            if self.in_transaction:
                _rollback(self)
            transactions.rolled_back(self)
            raise
        transactions.committed(self)
        return result

    def _pending(self) -> Transactions | None:
        """Return the plugins' interest in transactions, if one is open that the next commit() or rollback() ends."""
        transactions = self._session.transactions
        if transactions is None or not self.in_transaction or getattr(self, "autocommit", LEGACY) is True:
            return None
        return transactions

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        if not self._session.closed:
            # The wrong thread, or no __init__: CPython's own error, before any hook.
            _cursor(self, sqlite3.Cursor)
            self._say_goodbye()
        _close(self)
        self._session.released = True

    def _say_goodbye(self) -> None:
        session = self._session
        if session.transactions is not None and self.in_transaction:
            try:
                session.run_bare(self, "ROLLBACK")
            except sqlite3.Error:
                pass  # an authorizer that denies it; closing rolls back all the same
            session.transactions.rolled_back(self)
        observe(session.hooks.close, self)
        session.closed = True

    def __del__(self, _finalize: Callable[[Any], None] = finalize) -> None:
        # _finalize: this may run when modules are gone already.
        if self._session.released:
            return
        if not self._session.closed:
            try:
                _cursor(self, sqlite3.Cursor)
                self._say_goodbye()
            except sqlite3.Error:
                pass  # collected in another thread than its own, which alone may use it
            warn_unclosed(self)
        _finalize(self)

    @property
    def total_changes(self) -> Any:
        """The rows that the user's own statements have changed since the connection was opened."""
        return _total_changes.__get__(self) - self._session.hidden_changes

    @property
    def isolation_level(self) -> Any:
        """The transaction control of old; setting it to None commits."""
        return _isolation_level.__get__(self)

    @isolation_level.setter
    def isolation_level(self, level: Any) -> None:
        self._set(_isolation_level, level, self._pending() if level is None else None)

    if sys.version_info >= (3, 12):

        @property
        def autocommit(self) -> Any:
            """The transaction control of PEP 249; setting it to True commits."""
            return _autocommit.__get__(self)

        @autocommit.setter
        def autocommit(self, mode: Any) -> None:
            # Unlike commit(), this commits what an explicit BEGIN has begun in this very mode.
            commits = mode is True and self.in_transaction
            self._set(_autocommit, mode, self._session.transactions if commits else None)

    def _set(self, attribute: Any, value: Any, transactions: Transactions | None) -> None:
        """Set an attribute, which commits if there is somebody to be told of that."""
        if transactions is not None:
            transactions.ask(self)
        set_attribute(attribute, self, value)
        if transactions is not None:  # with autocommit=False, the next transaction is open already
            transactions.committed(self)


for _class, _name in ((ActiveConnection, "Connection"), (ActiveCursor, "Cursor")):
    _class.__name__ = _class.__qualname__ = _name  # errors and reprs call it what users do
    _class.__module__ = "heliosdb_sqlite"
    for _attribute in vars(_class).values():
        if isinstance(_attribute, FunctionType):
            _attribute.__qualname__ = f"{_name}.{_attribute.__name__}"
