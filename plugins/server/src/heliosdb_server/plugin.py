"""A PostgreSQL-compatible server, and hybrid mode.

This release only reserves its place: the options, methods and SQL are known, checked and listed, and refuse to be used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from heliosdb_sqlite.plugins import Syntax, hookimpl

from .options import ServerOptions


def _not_yet(*_: Any, **__: Any) -> Any:
    raise sqlite3.NotSupportedError(
        "the server is not part of this release of heliosdb-server: leave out start_server() and heliosdb_mode"
    )


@hookimpl
def heliosdb_options() -> type[ServerOptions]:
    """Return the model of this plugin's connect() keywords."""
    return ServerOptions


@hookimpl
def heliosdb_active(options: ServerOptions) -> bool:
    """Refuse a connection that asks for the feature."""
    if options.heliosdb_mode != "embedded":
        _not_yet()
    return False


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin."""
    return Syntax()


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return dict.fromkeys(("get_server_info",), _not_yet)


@hookimpl
def heliosdb_functions() -> Mapping[str, Callable[..., Any]]:
    """Return the module's functions that belong to this plugin."""
    return dict.fromkeys(("start_server",), _not_yet)
