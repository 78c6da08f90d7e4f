"""The plugin's hooks: start_server(), hybrid mode, and the commands that go with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from heliosdb_sqlite.plugins import Target, hookimpl, state

from .options import ServerOptions

_NAME = "server_path"
_opening: dict[str, str] = {}


@hookimpl
def heliosdb_options() -> type[ServerOptions]:
    """Return the model of this plugin's connect() keywords."""
    return ServerOptions


@hookimpl
def heliosdb_active(options: ServerOptions) -> bool:
    """Return whether the connection is to be served."""
    return options.heliosdb_mode == "hybrid"


@hookimpl(tryfirst=True)
def heliosdb_open(target: Target) -> Target:
    """Let every thread use the connection; refuse a database in memory."""
    from .hybrid import threaded

    return threaded(target)


@hookimpl(trylast=True)
def heliosdb_connect(connection: Any) -> None:
    """Start the server."""
    from .hybrid import serve

    options = {
        key: value
        for model in connection._session.options.values()
        if model is not None
        for key, value in _given(model).items()
        if key != "heliosdb_mode"
    }
    path = next(row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main")
    serve(connection, path, options)


def _given(model: Any) -> dict[str, Any]:
    return {key: getattr(model, key) for key in model.model_fields_set}


@hookimpl
def heliosdb_close(connection: Any) -> None:
    """Stop the server."""
    from .hybrid import stop

    stop(connection)


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    from .hybrid import get_server_info

    return {"get_server_info": get_server_info}


@hookimpl
def heliosdb_functions() -> Mapping[str, Callable[..., Any]]:
    """Return the module's functions that belong to this plugin."""
    from .server import start_server

    return {"start_server": start_server}


__all__ = ["os", "state"]
