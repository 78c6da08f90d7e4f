"""What a plugin is written against. Stable names; see docs/plugins.

A plugin is a module or object with some of the functions of :class:`Plugin`, each marked :data:`hookimpl`, and named by
an entry point in the group ``heliosdb``.
"""

from __future__ import annotations

from typing import Any

import pluggy

from ..sql.schema import schema_of
from ._manager import CONTRACT, register, unregister
from .demo import DemoAct
from .hookspecs import Plugin
from .statement import Parameters, Statement
from .syntax import Syntax
from .target import Target

__all__ = [
    "CONTRACT",
    "DemoAct",
    "Parameters",
    "Plugin",
    "Statement",
    "Syntax",
    "Target",
    "hookimpl",
    "register",
    "run",
    "schema_of",
    "state",
    "unregister",
]

hookimpl = pluggy.HookimplMarker("heliosdb")
"""Marks a function as the implementation of the hook of the same name."""


def state(connection: Any) -> dict[str, Any]:
    """Return the connection's own dictionary for plugins; keep yours under your plugin's name.

    :raises ProgrammingError: no plugin is switched on for this connection
    """
    from .._active.session import session_of

    return session_of(connection).state


def run(connection: Any, sql: str, parameters: Parameters = ()) -> Any:
    """Run one statement of the plugin's own on ``connection``, past every hook, and return its cursor.

    It neither opens nor commits a transaction: a write outside of one commits by itself, as in SQLite's shell.
    """
    from .._active.session import session_of

    return session_of(connection).run(connection, sql, parameters)
