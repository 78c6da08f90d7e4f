"""Every hook, in the order in which a connection meets them. Implement those you need, leave out the others.

An implementation may take fewer arguments than the hook has, by name. Hooks that return None leave things as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from .demo import DemoAct
from .statement import Parameters, Statement
from .syntax import Syntax
from .target import Target

if TYPE_CHECKING:
    import click
    from pydantic import BaseModel

    from .._connection import Connection

hookspec = pluggy.HookspecMarker("heliosdb")


@hookspec
def heliosdb_options() -> type[BaseModel]:  # type: ignore[empty-body]
    """The connect() keywords of this plugin: a frozen pydantic model with ``extra="forbid"`` and a default each."""


@hookspec
def heliosdb_active(options: BaseModel | None) -> bool:  # type: ignore[empty-body]
    """Is the plugin switched on by these options? Without this hook: when any of its keywords was given."""


@hookspec
def heliosdb_syntax() -> Syntax:  # type: ignore[empty-body]
    """What the plugin adds to SQL, and the trigger words without which heliosdb_parse is not called."""


@hookspec
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Methods of every connection, by name. The first argument is the connection."""


@hookspec
def heliosdb_cursor_methods() -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Methods of every cursor, by name. The first argument is the cursor."""


@hookspec
def heliosdb_functions() -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Functions of the module ``heliosdb_sqlite``, by name."""


@hookspec
def heliosdb_commands(cli: click.Group) -> None:
    """Add subcommands to the command ``heliosdb``."""


@hookspec
def heliosdb_demo() -> DemoAct:  # type: ignore[empty-body]
    """The plugin's act in ``heliosdb demo``."""


@hookspec
def heliosdb_open(target: Target, options: BaseModel | None) -> Target | None:
    """Before a connection is opened: open another file, or with other keywords. A pipeline over the active plugins."""


@hookspec
def heliosdb_connect(connection: Connection, options: BaseModel | None) -> None:
    """A connection is open: define SQL functions, keep state. An exception closes it and reaches the caller."""


@hookspec
def heliosdb_parse(connection: Connection, statement: Statement) -> Statement | None:
    """Once per SQL text: rewrite it, note what you found, or raise. A pipeline over the active plugins."""


@hookspec
def heliosdb_bind(connection: Connection, statement: Statement) -> Callable[[Parameters], Parameters] | None:
    """Once per SQL text: return a function that each execution's parameters go through, if they need to."""


@hookspec
def heliosdb_row(
    connection: Connection, statement: Statement
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
    """Once per SQL text: return a function that each row goes through, before row_factory, if it needs to."""


@hookspec
def heliosdb_executed(
    connection: Connection, statement: Statement, seconds: float, error: BaseException | None
) -> None:
    """A statement has run, or failed. Observes: an exception is reported, not raised."""


@hookspec
def heliosdb_before_commit(connection: Connection) -> None:
    """A transaction is about to commit, and can still be written to. An exception refuses the commit."""


@hookspec
def heliosdb_commit(connection: Connection) -> None:
    """A transaction has committed. Observes: an exception is reported, not raised."""


@hookspec
def heliosdb_rollback(connection: Connection) -> None:
    """A transaction has been rolled back. Observes: an exception is reported, not raised."""


@hookspec
def heliosdb_close(connection: Connection) -> None:
    """The connection is about to close and can still be used. Observes: an exception is reported, not raised."""
