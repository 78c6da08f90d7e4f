"""The options ``--key-env`` and ``--key-file`` of commands that open a database."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from ..plugins._keys import key_from_environment, key_from_file


def give(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the two options, and its function what they say as ``encryption_key``."""

    @wraps(command)
    def call(*args: Any, key_env: str | None, key_file: str | None, **keywords: Any) -> Any:
        if key_env is not None and key_file is not None:
            raise click.UsageError("give the key in one way: a variable or a file")
        key: str | bytes | None = None
        if key_env is not None:
            key = key_from_environment(key_env)
        elif key_file is not None:
            key = key_from_file(key_file)
        return command(*args, encryption_key=key, **keywords)

    of_file = click.option(
        "--key-file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="The file with its key: 32 bytes, or 64 hex digits.",
    )
    of_variable = click.option(
        "--key-env", metavar="NAME", help="The environment variable with the key of an encrypted database."
    )
    return of_variable(of_file(call))
