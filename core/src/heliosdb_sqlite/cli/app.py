"""The commands, the core's and the plugins' together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from .._catalogue import owner_of_command, plugins_of_command
from .._standard import sqlite3
from ..plugins._manager import manager
from ._errors import explain
from .demo import demo
from .info import info
from .plugins import plugins

_HELP = """SQLite with the features people leave SQLite for.

`heliosdb COMMAND --help` says what a command does. Those that open an encrypted database take its key from the
environment variable that --key-env names, or from the file that --key-file names.
"""


class _Commands(click.Group):
    """Shows a database error as one line, and says of a command that is not there which plugin brings it."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except sqlite3.Error as error:
            raise click.ClickException(str(error)) from error

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; the error for one that is not there says which plugin brings it."""
        name = args[0]
        feature = owner_of_command(name) if self.get_command(ctx, name) is None else None
        if feature is not None:
            raise click.UsageError(f"{name} {feature.comes_with}", ctx)
        return super().resolve_command(ctx, args)


def asked_for(arguments: Iterable[str]) -> tuple[str, ...] | None:
    """Return the plugins that a command line needs, and None for all of them: to list commands, or to look for one."""
    word = next((word for word in arguments if not word.startswith("-")), None)
    return None if word is None else plugins_of_command(word)


def build(names: Iterable[str] | None = None) -> click.Group:
    """Return the command group with the subcommands of these plugins, or of every installed one.

    :param names: plugins of HeliosDB's; where there are plugins of others, all are asked
    """
    from .. import __version__

    group = _Commands("heliosdb", help=_HELP)
    click.version_option(__version__, prog_name="heliosdb")(group)
    for command in (demo, info, plugins):
        group.add_command(command)
    for add_commands in manager(names).implementations("heliosdb_commands").values():
        add_commands(group)
    explain(group)
    return group
