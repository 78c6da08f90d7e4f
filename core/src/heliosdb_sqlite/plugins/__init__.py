"""What a plugin is written against. Stable names; see docs/plugins.

A plugin is a module or object with some of the functions of :class:`Plugin`, each marked :data:`hookimpl`, and named by
an entry point in the group ``heliosdb``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pluggy

from ..capabilities import Capability
from ..sql.schema import schema_of
from ._keys import key_from_environment, key_from_file, key_options
from ._manager import CONTRACT, register, unregister
from .answer import Answer
from .demo import DemoAct
from .hookspecs import Plugin
from .statement import Parameters, Statement
from .syntax import Syntax
from .target import Target

__all__ = [
    "CONTRACT",
    "Answer",
    "Capability",
    "DemoAct",
    "Parameters",
    "Plugin",
    "Statement",
    "Syntax",
    "Target",
    "activate",
    "database_of",
    "hide_changes",
    "hide_trigger_changes",
    "hookimpl",
    "key_from_environment",
    "key_from_file",
    "key_options",
    "keywords_of",
    "options_of",
    "read_options",
    "register",
    "remember_option",
    "run",
    "schema_of",
    "state",
    "unregister",
]

hookimpl = pluggy.HookimplMarker("heliosdb")
"""Marks a function as the implementation of the hook of the same name."""


def activate(connection: Any, name: str) -> None:
    """Switch the plugin of that name on for a connection that is open, with the defaults of its options.

    Cursors that were made before, of a connection that had no plugin, stay past its hooks. Does nothing where it is on.

    :raises ProgrammingError: no such plugin is loaded, or the connection is none of HeliosDB's
    """
    from .._active.opening import activate

    activate(connection, name)


def state(connection: Any) -> dict[str, Any]:
    """Return the connection's own dictionary for plugins; keep yours under your plugin's name.

    :raises ProgrammingError: no plugin is switched on for this connection
    """
    from .._active.session import session_of

    return session_of(connection).state


def options_of(connection: Any) -> dict[str, Any]:
    """Return the keywords of plugins that connect() was given for this connection; secrets are among them.

    ``connect(database_of(connection), **options_of(connection))`` opens another connection like it.
    """
    session = getattr(connection, "_session", None)
    models = [model for model in session.options.values() if model is not None] if session is not None else []
    return {name: getattr(model, name) for model in models for name in sorted(model.model_fields_set)}


def database_of(connection: Any) -> Any:
    """Return what connect() was asked to open, before a plugin chose another file for it.

    :raises ProgrammingError: no plugin is switched on for this connection
    """
    from .._active.session import session_of

    asked = session_of(connection).asked
    return "" if asked is None else asked.database


def keywords_of(connection: Any) -> Mapping[str, Any]:
    """Return sqlite3's own keywords that connect() was given for this connection, such as ``timeout``, by name.

    :raises ProgrammingError: no plugin is switched on for this connection
    """
    from .._active.session import session_of

    asked = session_of(connection).asked
    return {} if asked is None else asked.keywords


def read_options(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of plugins' connect() keywords that stand as texts somewhere: in a URL, in a file of settings.

    ``{"enable_vector_search": "yes", "vector_cache_mb": "64"}`` gives ``{"enable_vector_search": True,
    "vector_cache_mb": 64}``, by the types that the plugins' models declare.

    :raises ProgrammingError: a text that the option can't take, or a secret such as a key, which has no place there
    :raises MissingPlugin: the keyword of a HeliosDB plugin that is not installed
    :raises TypeError: a keyword that no installed plugin knows
    """
    from ._manager import manager
    from ._options import read

    return read(manager(), texts)


def remember_option(connection: Any, name: str, value: Any) -> None:
    """Let :func:`options_of` return another value from now on: one that a method of the plugin's has changed.

    :raises KeyError: no plugin of this connection has such an option
    """
    from .._active.session import session_of

    session = session_of(connection)
    for plugin, model in session.options.items():
        if model is not None and name in type(model).model_fields:
            session.options = {**session.options, plugin: model.model_copy(update={name: value})}
            return
    raise KeyError(name)


def hide_changes(connection: Any, rows: int) -> None:
    """Take so many rows out of ``connection.total_changes``: a plugin changed them, and the user did not.

    What a before_commit hook changes is taken out without this.
    """
    from .._active.session import session_of

    session_of(connection).hidden_changes += rows


def hide_trigger_changes(connection: Any) -> None:
    """Take what triggers change out of ``connection.total_changes`` from now on: they are the plugin's.

    The user's own triggers and foreign key actions are taken out with them. A statement with RETURNING is counted as
    SQLite counts it. SQL's ``changes()`` is of the user's own statements then, too, whatever a plugin wrote after them
    with :func:`run`; so is ``last_insert_rowid()``, without this.
    """
    from .._active.session import session_of
    from .._active.unnoticed import answer_changes

    session_of(connection).hides_trigger_changes = True
    answer_changes(connection)


def run(connection: Any, sql: str, parameters: Parameters = ()) -> Any:
    """Run one statement of the plugin's own on ``connection``, past every hook, and return its cursor.

    It neither opens nor commits a transaction: a write outside of one commits by itself, as in SQLite's shell.
    """
    from .._active.session import session_of

    return session_of(connection).run(connection, sql, parameters)
