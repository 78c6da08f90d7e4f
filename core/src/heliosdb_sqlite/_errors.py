"""The one error class HeliosDB adds to the standard library's."""

from ._standard import sqlite3


class MissingPlugin(sqlite3.NotSupportedError, AttributeError):
    """A feature was asked for whose plugin is not installed, or is installed and not switched on.

    The message says how to get it. It is an ``sqlite3.Error`` for those who catch database errors, and an
    ``AttributeError`` so that ``hasattr(conn, "create_branch")`` answers False where branching is not installed.
    """

    __module__ = "heliosdb_sqlite"  # as users know it, in tracebacks
