"""``python -m heliosdb_sqlite``: the shell of ``python -m sqlite3``, on HeliosDB's connections."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys

import heliosdb_sqlite

from ._standard import sqlite3


def main(*args: list[str]) -> None:
    """Run the shell of the running Python's sqlite3 module; CPython has one since 3.12.

    :raises SystemExit: always, as the standard library's does
    """
    # Not by importing sqlite3: a program may have put us in its place in sys.modules.
    spec = importlib.machinery.PathFinder.find_spec("sqlite3.__main__", list(sqlite3.__path__))
    if spec is None or spec.loader is None:
        sys.exit(
            "python -m heliosdb_sqlite is the shell that Python 3.12 and later have as python -m sqlite3; "
            f"this is Python {sys.version_info.major}.{sys.version_info.minor}. "
            "The command heliosdb works on every version."
        )
    # A copy of the module of our own, so that the standard library's stays as it is.
    shell = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shell)
    shell.sqlite3 = heliosdb_sqlite  # type: ignore[attr-defined]
    shell.main(*args)


if __name__ == "__main__":
    main(sys.argv[1:])
