"""Classes of connections that need something around their calls: a lock, a word about errors, an ear for changes.

The lock is for a plugin that answers SQLite's calls in Python. SQLite holds a connection's mutex while it calls out,
for a page of a file or a function's value, and an answer in Python needs the interpreter's lock. A second thread that
holds that lock and asks SQLite for the mutex would wait for the first one forever. So whoever shares such a connection
waits in front of SQLite instead.

Nothing is on the way of other connections: these have classes of their own. The file's name is explained in
:mod:`._active.calls_importlib_bootstrap`.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache, wraps
from threading import RLock
from typing import TYPE_CHECKING, Any

from .._standard import sqlite3
from .calls_importlib_bootstrap import ActiveConnection, ActiveCursor
from .hooks import Hooks, observe
from .session import is_outdated

if TYPE_CHECKING:
    from ..plugins.target import Target

Method = Callable[..., Any]
Guard = Callable[[Method], Method]
_CURSOR = (
    "execute",
    "executemany",
    "executescript",
    "fetchone",
    "fetchmany",
    "fetchall",
    "__next__",
    "close",
)
# interrupt() is for another thread to call while a statement runs; cursor() and the attributes don't reach the mutex.
_ROW = ("__next__", "fetchone")  # called once a row: what there is not to do is not done
_CONNECTION = (
    "__call__",
    "__enter__",
    "__exit__",
    "_set",
    "backup",
    "blobopen",
    "close",
    "commit",
    "create_aggregate",
    "create_collation",
    "create_function",
    "create_window_function",
    "deserialize",
    "enable_load_extension",
    "execute",
    "executemany",
    "executescript",
    "getconfig",
    "getlimit",
    "load_extension",
    "rollback",
    "serialize",
    "set_authorizer",
    "set_progress_handler",
    "set_trace_callback",
    "setconfig",
    "setlimit",
)


# What statements mean may be another thing after these; a blob writes without any statement.
_CHANGES = (
    "blobopen",
    "create_aggregate",
    "create_collation",
    "create_function",
    "create_window_function",
    "deserialize",
    "enable_load_extension",
    "load_extension",
    "set_authorizer",
    "setconfig",
    "setlimit",
)

# Since 3.13 they frown on keywords, at the line that calls them: which is to stay the user's.
_FROWNS = frozenset(
    {"create_aggregate", "create_function", "set_authorizer", "set_progress_handler", "set_trace_callback"}
    if sys.version_info >= (3, 13)
    else ()
)


def base_for(target: Target, hooks: Hooks) -> type[ActiveConnection]:
    """Return the class that gives a connection its hooks, and what else the target and the hooks ask for."""
    if not target.serialized and target.explain is None and not hooks.changed:
        return ActiveConnection
    return _base(target.serialized, target.explain is not None, bool(hooks.changed))


@lru_cache
def _base(serialized: bool, explained: bool, tells: bool) -> type[ActiveConnection]:
    guards: list[Guard] = [*([_explaining] if explained else []), *([_one_at_a_time] if serialized else [])]
    if len(guards) > 1:
        guards = [_explaining_one_at_a_time]
    again: list[Guard] = [_once_more] if explained else []
    bare = type("Cursor", (sqlite3.Cursor,), _guarded(sqlite3.Cursor, _CURSOR, [*again, *guards]))
    looks = {"__module__": "heliosdb_sqlite"}  # errors and reprs call it what users do
    cursor = type("Cursor", (ActiveCursor,), {**_guarded(ActiveCursor, _CURSOR, guards), **looks})
    methods = _guarded(GuardedConnection, _CHANGES, [_telling]) if tells else {}
    if guards:
        methods |= _guarded(GuardedConnection, _CONNECTION, [*again, *([_telling] if tells else []), *guards])
    cursors = {"_cursor_class": cursor, "_bare_cursor_class": bare}
    connection: type[ActiveConnection] = type(
        "Connection", (GuardedConnection,), {**methods, **looks, **cursors}
    )
    return connection


def _guarded(cls: type, names: tuple[str, ...], guards: list[Guard]) -> dict[str, Any]:
    """Return the methods of ``cls`` with these names, as far as this Python has them, each behind the guards."""
    methods = {name: getattr(cls, name) for name in names if hasattr(cls, name)}
    for guard in guards:
        methods = {name: guard(method) for name, method in methods.items()}
    return {name: _warning_outside(method) if name in _FROWNS else method for name, method in methods.items()}


class GuardedConnection(ActiveConnection):
    """A connection with a lock and an explainer of its own, for the guards below."""

    _lock: Any = RLock()  # of those that were never made
    _explain: Callable[[BaseException], None] | None = staticmethod(lambda _: None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kept = {**vars(self), "_lock": RLock()}
        vars(self).update(kept)
        super().__init__(*args, **kwargs)
        vars(self).update(kept)  # once more: CPython clears what it initialises again

    def backup(self, target: Any, **keywords: Any) -> None:
        """Copy the database; see ``sqlite3.Connection.backup``. No other thread uses the target meanwhile."""
        locks = {id(lock): lock for lock in (self._lock, getattr(target, "_lock", None)) if lock is not None}
        with ExitStack() as held:
            for _, lock in sorted(locks.items()):  # in one order: two may back each other up
                held.enter_context(lock)
            super().backup(target, **keywords)


def _connection_of(self: Any) -> Any:
    # A cursor whose __init__ was not called has no connection; saying so is CPython's.
    return self if isinstance(self, sqlite3.Connection) else getattr(self, "connection", GuardedConnection)


def _one_at_a_time(method: Method) -> Method:
    if method.__name__ == "backup":
        return method  # which takes two locks

    @wraps(method)
    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _connection_of(self)._lock:
            return method(self, *args, **kwargs)

    return locked


def _explaining_one_at_a_time(method: Method) -> Method:
    if method.__name__ not in _ROW:
        return _one_at_a_time(_explaining(method))

    @wraps(method)
    def locked_row(self: Any) -> Any:
        connection: Any = getattr(self, "connection", GuardedConnection)
        with connection._lock:
            try:
                return method(self)
            except sqlite3.Error as error:
                connection._explain(error)
                raise

    return locked_row


def _warning_outside(method: Method) -> Method:
    @wraps(method)
    def warns(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return method(self, *args)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = method(self, *args, **kwargs)
        for warning in caught:
            warnings.warn(warning.message, warning.category, stacklevel=2)
        return result

    return warns


def _once_more(method: Method) -> Method:
    """Begin once more what reads without a plan, when the file layer says that the schema is another one."""
    if method is not sqlite3.Cursor.execute and method.__name__ not in ("backup", "blobopen", "serialize"):
        return method

    @wraps(method)
    def begins(self: Any, *args: Any, **kwargs: Any) -> Any:
        if method.__name__ == "serialize":  # CPython tries twice, and keeps the first error to itself
            self._session.outdated()
        try:
            return method(self, *args, **kwargs)
        except sqlite3.OperationalError as error:
            if not is_outdated(error):
                raise
        _connection_of(self)._session.outdated()
        return method(self, *args, **kwargs)

    return begins


def _telling(method: Method) -> Method:
    if method.__name__ not in _CHANGES:
        return method

    @wraps(method)
    def tells(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        observe(self._session.hooks.changed, self, method.__name__, result, args, kwargs)
        return result

    return tells


def _explaining(method: Method) -> Method:
    if method in (
        ActiveCursor.execute,
        ActiveCursor.executemany,
        ActiveConnection.execute,
        ActiveConnection.executemany,
    ):
        return method  # which do so themselves: they are called most

    @wraps(method)
    def explained(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except sqlite3.Error as error:
            _connection_of(self)._explain(error)
            raise

    @wraps(method)
    def explained_without_arguments(self: Any) -> Any:
        try:
            return method(self)
        except sqlite3.Error as error:
            _connection_of(self)._explain(error)
            raise

    return explained_without_arguments if method.__name__ in _ROW else explained
