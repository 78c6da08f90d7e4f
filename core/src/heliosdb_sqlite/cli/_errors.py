"""What a command says when a database refuses: which file it is about, and the option that takes its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from os import PathLike
from typing import Any

import click

from .._standard import sqlite3

# What SQLite says without naming the file.
_OF_A_FILE = (
    "attempt to write a readonly database",
    "database disk image is malformed",
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "file is not a database",
    "unable to open database file",
)


def explain(command: click.Command) -> None:
    """Have the errors of a command, and of those inside it, name the file that it was called with."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            explain(inner)
    elif command.callback is not None:
        command.callback = _explained(command.callback)


def _explained(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def call(*args: Any, **keywords: Any) -> Any:
        try:
            return callback(*args, **keywords)
        except sqlite3.Error as error:
            raise click.ClickException(_said(str(error), keywords)) from error

    return call


def _said(text: str, arguments: dict[str, Any]) -> str:
    """Return an error's text as it is said to who gave these arguments."""
    file = arguments.get("file")
    if isinstance(file, (str, PathLike)) and text.startswith(_OF_A_FILE) and str(file) not in text:
        text = f"{file}: {text}"
    known = [name for name in ("key_env", "key_file", "ask_key") if name in arguments]
    if "encryption_key=" in text and known and not any(arguments[name] for name in known):
        options = " or ".join(f"--{name.replace('_', '-')}" for name in known)
        text += f"; {options} takes the key here"
    return text
