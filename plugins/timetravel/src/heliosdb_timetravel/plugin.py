"""Time travel: past states of a table, by SQL.

This release only reserves its place: the options, methods and SQL are known, checked and listed, and refuse to be used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from heliosdb_sqlite.plugins import Syntax, hookimpl

from .options import TimeTravelOptions


def _not_yet(*_: Any, **__: Any) -> Any:
    raise sqlite3.NotSupportedError(
        "time travel is not part of this release of heliosdb-timetravel: leave out enable_time_travel and "
        "system versioning"
    )


@hookimpl
def heliosdb_options() -> type[TimeTravelOptions]:
    """Return the model of this plugin's connect() keywords."""
    return TimeTravelOptions


@hookimpl
def heliosdb_active(options: TimeTravelOptions) -> bool:
    """Refuse a connection that asks for the feature."""
    if options.enable_time_travel:
        _not_yet()
    return False


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin."""
    return Syntax(
        words=("SYSTEM VERSIONING", "SYSTEM_TIME", "AS OF"),
        clauses=(
            "ADD SYSTEM VERSIONING",
            "DROP SYSTEM VERSIONING",
            "WITH SYSTEM VERSIONING",
            "FOR SYSTEM_TIME",
            "AS OF TIMESTAMP",
            "AS OF TRANSACTION",
            "AS OF TAG",
        ),
    )


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return dict.fromkeys(("history", "restore", "tag", "purge_history"), _not_yet)
