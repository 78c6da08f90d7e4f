"""Every hook, in the order in which a connection meets them.

What is marked *provisional* may still change in a minor version; the rest changes only with the contract's major
version, :data:`heliosdb_sqlite.plugins.CONTRACT`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pluggy

from ..capabilities import Capability
from .answer import Answer
from .demo import DemoAct
from .statement import Parameters, Statement
from .syntax import Syntax
from .target import Target

if TYPE_CHECKING:
    import click
    from pydantic import BaseModel

    from .._connection import Connection

hookspec = pluggy.HookspecMarker("heliosdb")


class Plugin:
    """All the hooks. Implement those you need, each marked with ``hookimpl``, and leave out the others.

    A module with functions of these names, without ``self``, is a plugin too. Deriving from this class is for your
    editor's sake: it then compares your signatures with these. An implementation may take fewer arguments than the hook
    has, by name, at the price of that comparison. Returning None leaves things as they are.
    """

    @hookspec
    def heliosdb_options(self) -> type[BaseModel]:  # type: ignore[empty-body]
        """The connect() keywords of this plugin: a frozen pydantic model with ``extra="forbid"`` and a default each."""

    @hookspec
    def heliosdb_active(self, options: Any) -> bool:  # type: ignore[empty-body]
        """Is the plugin switched on by these options? Without this hook: when any of its keywords was given."""

    @hookspec
    def heliosdb_syntax(self) -> Syntax:  # type: ignore[empty-body]
        """What the plugin adds to SQL, and the trigger words without which heliosdb_parse is not called."""

    @hookspec
    def heliosdb_methods(self) -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
        """Methods of every connection, by name. The first argument is the connection."""

    @hookspec
    def heliosdb_cursor_methods(self) -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
        """Methods of every cursor, by name. The first argument is the cursor."""

    @hookspec
    def heliosdb_functions(self) -> Mapping[str, Callable[..., Any]]:  # type: ignore[empty-body]
        """Functions of the module ``heliosdb_sqlite``, by name."""

    @hookspec
    def heliosdb_commands(self, cli: click.Group) -> None:
        """Add subcommands to the command ``heliosdb``."""

    @hookspec
    def heliosdb_demo(self) -> DemoAct:  # type: ignore[empty-body]
        """The plugin's act in ``heliosdb demo``. *Provisional.*"""

    @hookspec
    def heliosdb_facts(self, folder: str) -> Sequence[Capability]:  # type: ignore[empty-body]
        """What this machine can do for the plugin, and what follows, for ``heliosdb info``. *Provisional.*"""

    @hookspec
    def heliosdb_open(self, target: Target, options: Any) -> Target | None:
        """Before a connection is opened: open another file, or with other keywords. A pipeline. *Provisional.*"""

    @hookspec
    def heliosdb_connect(self, connection: Connection, options: Any) -> None:
        """A connection is open: define SQL functions, keep state. An exception closes it and reaches the caller."""

    @hookspec
    def heliosdb_parse(self, connection: Connection, statement: Statement) -> Statement | None:
        """Once per SQL text: rewrite it, note what you found, or raise. A pipeline over the active plugins."""

    @hookspec
    def heliosdb_bind(
        self, connection: Connection, statement: Statement
    ) -> Callable[[Parameters], Parameters] | None:
        """Once per SQL text: return a function that each execution's parameters go through, if they need to."""

    @hookspec
    def heliosdb_answer(
        self, connection: Connection, statement: Statement
    ) -> Callable[[Parameters], Answer | None] | None:
        """Once per SQL text: return a function that may answer an execution instead of SQLite. *Provisional.*"""

    @hookspec
    def heliosdb_row(
        self, connection: Connection, statement: Statement
    ) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
        """Once per SQL text: return a function that each row goes through, before row_factory. *Provisional.*"""

    @hookspec
    def heliosdb_error(
        self, connection: Connection, statement: Statement
    ) -> Callable[[BaseException], None] | None:
        """Once per SQL text: return a function that completes its errors in place, ``error.args``. *Provisional.*"""

    @hookspec
    def heliosdb_around(
        self, connection: Connection, statement: Statement
    ) -> Callable[[], AbstractContextManager[Any]] | None:
        """Once per SQL text: return what makes a context manager for each of its runs. *Provisional.*"""

    @hookspec
    def heliosdb_executed(
        self, connection: Connection, statement: Statement, seconds: float, error: BaseException | None
    ) -> Callable[[float], None] | None:
        """A statement has run, or failed. Observes: an exception is reported, not raised.

        May return a function that is told, once, how many seconds fetching the rows took.
        """

    @hookspec
    def heliosdb_changed(
        self,
        connection: Connection,
        method: str,
        result: Any,
        arguments: tuple[Any, ...],
        keywords: Mapping[str, Any],
    ) -> None:
        """A method has changed what statements mean, or can write by itself: create_function(), set_authorizer(),
        load_extension(), blobopen() ... Observes: an exception is reported, not raised. *Provisional.*
        """

    @hookspec
    def heliosdb_before_commit(self, connection: Connection) -> None:
        """A transaction is about to commit, and can still be written to. An exception refuses the commit."""

    @hookspec
    def heliosdb_commit(self, connection: Connection) -> None:
        """A transaction has committed. Observes: an exception is reported, not raised."""

    @hookspec
    def heliosdb_durable(self, connection: Connection) -> None:
        """A transaction has committed: make it last before the caller goes on. An exception reaches the caller, and
        undoes nothing. *Provisional.*
        """

    @hookspec
    def heliosdb_rollback(self, connection: Connection) -> None:
        """A transaction has been rolled back. Observes: an exception is reported, not raised."""

    @hookspec
    def heliosdb_backup(
        self, connection: Connection, source: Connection, copy: Callable[[Any], None]
    ) -> bool | None:
        """``source.backup(connection)`` was called: return True once you have filled the connection. *Provisional.*"""

    @hookspec
    def heliosdb_close(self, connection: Connection) -> None:
        """The connection is about to close and can still be used. Observes: an exception is reported, not raised."""


HOOKS: tuple[str, ...] = tuple(name for name in vars(Plugin) if name.startswith("heliosdb_"))
"""The names of all hooks."""
