"""connect() with plugins: which are active, which file they open, which classes make the connection."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from threading import RLock
from typing import Any

from .. import _catalogue, _positional
from .._connect import noted
from .._connection import Connection
from .._standard import sqlite3
from ..plugins._manager import Manager, manager
from ..plugins._options import active_options, keywords, models, refuse_unknown
from ..plugins.target import Target
from ..tuning.concurrency.options import VARIABLE, wanted
from . import tracing
from .cursors_importlib_bootstrap import with_hooks
from .guarded_importlib_bootstrap import GuardedConnection, base_for
from .hooks import NO_HOOKS, hooks_for
from .session import Session


def connect_with_plugins(args: tuple[Any, ...], kwargs: dict[str, Any], standard: frozenset[str]) -> Any:
    """Open a connection for the plugins that ``kwargs`` or ``heliosdb.always`` switch on, if any.

    :param standard: the keywords of the running Python's ``sqlite3.connect``
    """
    given = dict(zip(_positional.NAMES, args, strict=False)) | kwargs
    factory = given.get("factory", Connection)
    extra = {key: value for key, value in kwargs.items() if key not in standard}
    plugins, unknown = _plugins_for(extra)
    plugins.install_methods()
    if unknown and (factory is Connection or sys.version_info < (3, 11)):
        # The factory's own keywords are its own business: CPython hands them on, since 3.11.
        refuse_unknown(plugins, unknown, standard)
    options = {key: value for key, value in extra.items() if key not in unknown}
    kwargs = {key: value for key, value in kwargs.items() if key not in options}
    active = active_options(plugins, options)
    note = noted if wanted(options.get("concurrency")) == "default" else _unnoted
    if not active or "database" not in given or len(args) > len(_positional.NAMES):
        return note(_plain(args, kwargs, factory), args, kwargs)
    hooks = hooks_for(plugins, frozenset(active), plugins.generation, tracing.enabled())
    if hooks == NO_HOOKS and not any(active.values()):
        return note(_plain(args, kwargs, factory), args, kwargs)
    target = asked = Target(
        given["database"], {key: value for key, value in given.items() if key not in {*options, "database"}}
    )
    session = Session(active, hooks, asked)
    for name, function in hooks.open:
        target = function(target, active[name]) or target
    if target is not asked:
        args, kwargs = (target.database,), dict(target.keywords)
    return note(_make(factory, session, target, args, kwargs), args, kwargs)


def _plugins_for(extra: Iterable[str]) -> tuple[Manager, list[str]]:
    """Return the manager, with the plugins loaded that these keywords need, and those that nobody knows.

    One that is not in the table of contents may be of any plugin: all of them are asked.
    """
    owners = [_catalogue.plugins_of_option(key) for key in extra]
    needed = {name for names in owners if names is not None for name in names}
    if os.environ.get(VARIABLE):
        needed.add("concurrency")
    for names in [needed, None] if None not in owners else [None]:
        plugins = manager(names)
        known = keywords(plugins, plugins.generation)
        unknown = [key for key in extra if not any(key in each.names for each in known)]
        if not unknown:
            break
    return plugins, unknown


def _unnoted(connection: Any, _: object, __: object) -> Any:
    return connection


def _plain(args: tuple[Any, ...], kwargs: dict[str, Any], factory: Any) -> Any:
    if len(args) > 1 and sys.version_info >= (3, 13):
        return _positional.connect_positionally(args, kwargs, stacklevel=6)
    if factory is not Connection or "factory" in kwargs or len(args) > _positional.NAMES.index("factory"):
        return sqlite3.connect(*args, **kwargs)
    return Connection(*args, **kwargs)


def _make(
    factory: Any, session: Session, target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return the connection that ``factory`` makes, with its session."""
    if len(args) > 1 and sys.version_info >= (3, 13):
        _positional.warn("sqlite3.connect()", stacklevel=5)
    if not isinstance(factory, type):
        return _adopt(factory(*args, **kwargs), session, target)
    if not issubclass(factory, sqlite3.Connection):
        return factory(*args, **kwargs)  # a type that makes something else: not ours to look into
    base = base_for(target, session.hooks)
    cls = with_hooks(factory, base)
    if len(args) > 1 and sys.version_info >= (3, 13) and cls.__init__ is base.__init__:
        args, kwargs = _positional.by_keyword(args, kwargs, stacklevel=6)
    connection = cls.__new__(cls, *args, **kwargs)
    _equip(connection, session, target)
    connection.__init__(*args, **kwargs)
    return connection


def _adopt(connection: Any, session: Session, target: Target) -> Any:
    """Give a connection that a factory function made its session."""
    if not isinstance(connection, sqlite3.Connection):
        return connection
    try:
        connection.__class__ = with_hooks(type(connection), base_for(target, session.hooks))
    except TypeError:
        connection.close()
        raise sqlite3.ProgrammingError(
            f"the factory made a {type(connection)!r}, which can't be given the features asked for: "
            "let it make a heliosdb_sqlite.Connection"
        ) from None
    _equip(connection, session, target)
    if isinstance(connection, GuardedConnection):
        connection._lock = RLock()
    session.connected(connection)
    return connection


def activate(connection: Any, name: str) -> None:
    """Switch a plugin on for an open connection, with the defaults of its options."""
    plugins = manager((name,))
    if name not in plugins.names():
        raise sqlite3.ProgrammingError(
            f"no plugin {name!r} is loaded: 'heliosdb plugins' lists those there are"
        )
    session: Session | None = getattr(connection, "_session", None)
    if session is not None and name in session.options:
        return
    model = models(plugins).get(name)
    options = {
        **(session.options if session is not None else {}),
        name: model() if model is not None else None,
    }
    hooks = hooks_for(plugins, frozenset(options), plugins.generation, tracing.enabled())
    if session is None:
        if not isinstance(connection, Connection):
            raise sqlite3.ProgrammingError(
                f"{connection!r} was not made by heliosdb_sqlite.connect(), and can't be given features"
            )
        session = Session(options, hooks)
        session.changed_databases()  # there may be temp tables already
        _equip(connection, session, Target(""))
    connection.__class__ = with_hooks(type(connection), base_for(session.target, hooks))
    session.extend(connection, options, hooks)
    for plugin, function in hooks.connect:
        if plugin == name:
            function(connection, options[name])


def _equip(connection: Any, session: Session, target: Target) -> None:
    connection._session, session.target = session, target
    if target.explain is not None:
        connection._explain = target.explain
