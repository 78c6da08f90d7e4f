"""Branching: git-like branches of a database file.

This release only reserves its place: the options, methods and SQL are known, checked and listed, and refuse to be used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from heliosdb_sqlite.plugins import Syntax, hookimpl

from .options import BranchingOptions


def _not_yet(*_: Any, **__: Any) -> Any:
    raise sqlite3.NotSupportedError(
        "branching is not part of this release of heliosdb-branching: copy the file, or use Connection.backup()"
    )


@hookimpl
def heliosdb_options() -> type[BranchingOptions]:
    """Return the model of this plugin's connect() keywords."""
    return BranchingOptions


@hookimpl
def heliosdb_active(options: BranchingOptions) -> bool:
    """Refuse a connection that asks for the feature."""
    if options.branch is not None:
        _not_yet()
    return False


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin."""
    return Syntax(
        words=("BRANCH",), clauses=("CREATE BRANCH", "MERGE BRANCH", "DROP BRANCH", "SHOW BRANCHES")
    )


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return dict.fromkeys(
        (
            "create_branch",
            "merge_branch",
            "delete_branch",
            "list_branches",
            "get_branch_info",
            "compare_branches",
            "undo_merge",
        ),
        _not_yet,
    )
