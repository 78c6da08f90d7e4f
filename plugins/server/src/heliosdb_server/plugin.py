"""The plugin's hooks: start_server(), hybrid mode, and the commands that go with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from heliosdb_sqlite.plugins import DemoAct, Target, database_of, hookimpl, options_of

from .options import ServerOptions


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

    options = {key: value for key, value in options_of(connection).items() if key != "heliosdb_mode"}
    serve(connection, database_of(connection), options)


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


@hookimpl
def heliosdb_commands(cli: Any) -> None:
    """Add ``heliosdb serve`` and ``heliosdb user``."""
    from .commands import add

    add(cli)


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that serves a file to a real client."""
    from .demo import ACT

    return ACT
