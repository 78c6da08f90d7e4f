"""execute(), commit() and their kin of connections that may have a place in line.

They come to stand where the standard library's own stood, on the classes of plain connections and cursors and in the
calls of those with plugins, when a second thread opens a file for the first time; and stay. Until then nothing asks for
a place. The file's name is explained in :mod:`heliosdb_sqlite._active.calls_importlib_bootstrap`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, wraps
from importlib import import_module
from types import MethodType
from typing import Any

from ..._attributes import set_attribute
from ..._connection import Connection
from ..._cursor import Cursor
from ..._methods import class_attribute
from ..._named import named
from .effects import effect_of

_Call = Callable[..., Any]
_ATTRIBUTES = ("isolation_level", "autocommit")
_ACTIVE = "heliosdb_sqlite._active.calls_importlib_bootstrap"
_RUNNING = "heliosdb_sqlite._active.running_importlib_bootstrap"


class _Looks:
    """A method that has another way for connections in line, and is the standard library's own for all others."""

    def __init__(self, call: Any, in_line: _Call) -> None:
        self._call, self._in_line, self._bind = call, in_line, call.__get__

    def __get__(self, one: Any, cls: Any = None) -> Any:
        try:
            if one._place is not None:
                return MethodType(self._in_line, one)
        except AttributeError:  # of the class itself
            return self._call
        return self._bind(one, cls)


class _LooksOnCursor(_Looks):
    def __get__(self, one: Any, cls: Any = None) -> Any:
        if one is None:
            return self._call
        try:
            if one.connection._place is not None:
                return MethodType(self._in_line, one)
        except AttributeError:  # of another's connection, or a cursor without __init__
            pass
        return self._bind(one, cls)


class _Settles:
    """An attribute that may commit when it is set: with autocommit=False, another transaction is open right after."""

    def __init__(self, attribute: Any) -> None:
        self._attribute = attribute
        self._end = _ends(partial(set_attribute, attribute))

    def __get__(self, one: Any, cls: Any = None) -> Any:
        return self._attribute if one is None else self._attribute.__get__(one, cls)

    def __set__(self, one: Any, value: Any) -> None:
        self._end(one, value)


def look() -> None:
    """Have connections look for their places from now on."""
    _put(Connection, _executes, "execute", "executemany")
    _put(Connection, _ends, "commit", "rollback", "close", "__exit__")
    _put(Cursor, _executes, "execute", "executemany")
    for cls in (Connection, Cursor):
        _put(cls, _runs_past, "executescript")
    if hasattr(Connection, "deserialize"):
        _put(Connection, _moves, "deserialize")
    for name in _ATTRIBUTES:
        attribute = class_attribute(Connection, name)
        if attribute is not None and not isinstance(attribute, _Settles):
            setattr(Connection, name, _Settles(attribute))
    if _ACTIVE in sys.modules:
        _have_look(import_module(_ACTIVE), import_module(_RUNNING))  # once another thread has imported them


def _have_look(active: Any, running: Any) -> None:
    """Have connections with plugins look for their places, in whose calls stand the standard library's own."""
    if hasattr(running.perform, "__wrapped__"):
        return
    for module in (active, running):
        for name in ("_execute", "_executemany"):
            setattr(module, name, _executes_actively(getattr(module, name)))
    running._short = _executes_actively(running._short)
    for name in ("_commit", "_rollback", "_close", "_exit"):
        setattr(active, name, _ends(getattr(active, name)))
    for name in _ATTRIBUTES:
        if (attribute := getattr(active, f"_{name}")) is not None:  # autocommit: since Python 3.12
            setattr(active, f"_{name}", _Settles(attribute))
    running.perform = _performs(running.perform)


def _put(cls: type, kind: Callable[[_Call], _Call], *names: str) -> None:
    for name in names:
        if not isinstance(class_attribute(cls, name), _Looks):
            call = getattr(cls, name)
            setattr(cls, name, (_Looks if cls is Connection else _LooksOnCursor)(call, kind(call)))


def _run(connection: Any, text: Any, call: _Call, *arguments: Any) -> Any:
    """Return ``call(*arguments)``, which executes ``text``, once it is the connection's turn for what that does."""
    place: Any = getattr(connection, "_place", None)
    effect = effect_of(text) if place is not None and isinstance(text, str) else None
    if effect is None:
        return call(*arguments)
    try:
        if effect.ends:
            place.ends()
        else:
            place.enter(connection, effect)
        return call(*arguments)
    finally:
        place.ran(connection)


def _connection_of(one: Any) -> Any:
    return one if isinstance(one, Connection) else getattr(one, "connection", None)


def _executes(call: _Call) -> _Call:
    @wraps(call)
    def execute(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        if keywords or not arguments:
            return call(self, *arguments, **keywords)  # CPython's own error
        return _run(_connection_of(self), arguments[0], call, self, *named(call.__name__, arguments))

    return execute


def _executes_actively(call: _Call) -> _Call:
    @wraps(call)
    def execute(self: Any, *arguments: Any) -> Any:
        text = arguments[0] if arguments else None
        return _run(_connection_of(self), getattr(text, "text", text), call, self, *arguments)

    return execute


def _performs(call: _Call) -> _Call:
    @wraps(call)
    def perform(execute: _Call, cursor: Any, plan: Any, parameters: Any) -> Any:
        return _run(cursor.connection, plan.text, call, execute, cursor, plan, parameters)

    return perform


def _ends(call: _Call) -> _Call:
    @wraps(call)
    def end(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        place = self._place
        if place is None:
            return call(self, *arguments, **keywords)
        try:
            place.ends()
            return call(self, *arguments, **keywords)
        finally:
            place.ran(self)

    return end


def _runs_past(call: _Call) -> _Call:
    """Run statements that do not stand in line, of which the first ends the transaction that is open."""

    @wraps(call)
    def run(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        try:
            return call(self, *arguments, **keywords)
        finally:
            place = getattr(_connection_of(self), "_place", None)
            if place is not None:
                place.settle(_connection_of(self))

    return run


def _moves(call: _Call) -> _Call:
    @wraps(call)
    def move(self: Any, /, *arguments: Any, **keywords: Any) -> Any:
        try:
            return call(self, *arguments, **keywords)
        finally:
            if self._place is not None:
                self._place.forget()

    return move
