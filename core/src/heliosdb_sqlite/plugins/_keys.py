"""Where a command takes the key of an encrypted database from: a variable or a file, and never an argument."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .._standard import sqlite3

_KEY = 32  # bytes of a raw key


def key_from_environment(variable: str) -> str:
    """Return the key in the environment variable that a command's ``--key-env`` names.

    :raises ProgrammingError: the variable is not set, or empty: that must not mean a database in the clear
    """
    key = os.environ.get(variable)
    if not key:
        raise sqlite3.ProgrammingError(f"the environment variable {variable} is not set, or empty")
    return key


def key_from_file(path: str | os.PathLike[str]) -> bytes:
    """Return the raw key in the file that a command's ``--key-file`` names: 32 bytes, or 64 hexadecimal digits.

    :raises ProgrammingError: the file holds something else
    """
    with open(path, "rb") as file:
        data = file.read(1024)
    if len(data) == _KEY:
        return data
    try:
        found = bytes.fromhex(data.decode("ascii"))
    except ValueError:
        found = b""
    if len(found) != _KEY:
        raise sqlite3.ProgrammingError(
            f"{os.fspath(path)}: a key file has {_KEY} bytes, or {2 * _KEY} hexadecimal digits"
        )
    return found


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a subcommand of ``heliosdb`` the options ``--key-env`` and ``--key-file``.

    Its function gets what they say as ``encryption_key``, and None where neither is given.
    """
    from ..cli._key_options import give

    return give(command)
