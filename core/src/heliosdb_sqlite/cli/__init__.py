"""The command ``heliosdb``. It needs the extra ``cli``, which a program that only imports HeliosDB does not."""

from __future__ import annotations

import sys

from .._standard import sqlite3


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError as error:
        sys.exit(f"the command heliosdb needs the package {error.name}: pip install 'heliosdb[cli]'")
    try:
        from .app import asked_for, build

        commands = build(asked_for(sys.argv[1:]))
    except sqlite3.Error as error:  # a plugin that can't be registered
        sys.exit(f"{type(error).__module__}.{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        sys.exit("Aborted!")
    commands(prog_name="heliosdb")
