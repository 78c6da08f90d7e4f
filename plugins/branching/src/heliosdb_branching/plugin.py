"""The plugin's hooks: which file a connection opens, and what a connection to a branch does differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from heliosdb_sqlite.plugins import Capability, DemoAct, Statement, Syntax, Target, hookimpl

from . import api
from .connections import session
from .connections.choosing import choose, chosen
from .connections.dropping import around
from .options import BranchingOptions
from .surface.statements import FUNCTION, Performer, parse


@hookimpl
def heliosdb_options() -> type[BranchingOptions]:
    """Return the model of this plugin's connect() keywords."""
    return BranchingOptions


@hookimpl
def heliosdb_active(options: BranchingOptions) -> bool:
    """Return whether a branch was named."""
    return options.branch is not None


@hookimpl
def heliosdb_syntax() -> Syntax:
    """Return the SQL that belongs to this plugin."""
    return Syntax(
        words=("BRANCH",), clauses=("CREATE BRANCH", "MERGE BRANCH", "DROP BRANCH", "SHOW BRANCHES")
    )


@hookimpl
def heliosdb_methods() -> Mapping[str, Callable[..., Any]]:
    """Return the methods of connections that belong to this plugin."""
    return {
        "create_branch": api.create_branch,
        "merge_branch": api.merge_branch,
        "delete_branch": api.delete_branch,
        "list_branches": api.list_branches,
        "get_branch_info": api.get_branch_info,
        "compare_branches": api.compare_branches,
        "undo_merge": api.undo_merge,
    }


@hookimpl(trylast=True)
def heliosdb_open(target: Target, options: BranchingOptions) -> Target | None:
    """Open the branch's file: last, when it is known how the database's files are read."""
    return choose(target, options.branch or "main")


@hookimpl(tryfirst=True)
def heliosdb_connect(connection: Any, options: BranchingOptions) -> None:
    """Say that the branch is open, and watch its tables."""
    found = chosen(connection, options.branch or "main")
    session.begin(connection, found)
    found.performer = Performer(connection)
    connection.create_function(FUNCTION, -1, found.performer)


@hookimpl(tryfirst=True)  # AS OF in CREATE BRANCH is no query of time travel's
def heliosdb_parse(statement: Statement) -> Statement | None:
    """Read CREATE BRANCH, MERGE BRANCH, DROP BRANCH and SHOW BRANCHES."""
    return parse(statement)


@hookimpl
def heliosdb_error(connection: Any, statement: Statement) -> Callable[[BaseException], None] | None:
    """Say what went wrong with a statement about branches."""
    found = session.session_of(connection)
    return found.performer.explain if found is not None and "branching" in statement.notes else None


@hookimpl
def heliosdb_around(
    connection: Any, statement: Statement
) -> Callable[[], AbstractContextManager[None]] | None:
    """Log the rows of a table that is dropped, and let go of a column that is."""
    return around(connection, statement)


@hookimpl(trylast=True)
def heliosdb_before_commit(connection: Any) -> None:
    """Log new tables, and count the commit."""
    if (found := session.session_of(connection)) is not None:
        session.before_commit(connection, found)


@hookimpl
def heliosdb_commit(connection: Any) -> None:
    """Take note of where things stand."""
    if (found := session.session_of(connection)) is not None:
        session.after_end(connection, found)


@hookimpl
def heliosdb_rollback(connection: Any) -> None:
    """Take note of where things stand."""
    if (found := session.session_of(connection)) is not None:
        session.after_end(connection, found)


@hookimpl
def heliosdb_close(connection: Any) -> None:
    """Say that the branch is no longer open here."""
    if (found := session.session_of(connection)) is not None:
        session.end(connection, found)


@hookimpl
def heliosdb_commands(cli: Any) -> None:
    """Add ``heliosdb branch``."""
    from .surface.commands import branch

    cli.add_command(branch)


@hookimpl
def heliosdb_facts(folder: str) -> Sequence[Capability]:
    """Say whether branches share their blocks with main here."""
    from .surface.facts import facts

    return facts(folder)


@hookimpl
def heliosdb_demo() -> DemoAct:
    """Return the act that changes a price list on two sides."""
    from .surface.demo import ACT

    return ACT
