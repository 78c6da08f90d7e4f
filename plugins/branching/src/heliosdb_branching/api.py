"""The methods of connections: branches made, listed, compared, merged and deleted."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any

from .branches import creating
from .branches.deleting import delete
from .branches.listing import branch_of, branches, main_branch
from .branches.past import refuse_without_history
from .comparing import compare as comparing
from .comparing.diff import BranchDiff
from .connections.session import session_of
from .files.copying import Progress
from .merging import undo as undoing
from .merging.deciding import checked_strategy
from .merging.job import Request
from .merging.merge import merge
from .names import MAIN, is_branch_file
from .opening import Opener, file_behind, opener_for, refuse_open_transaction, refuse_read_only
from .registry.entries import find, meta
from .results import Branch, MergeReport, UndoReport


def opener_of(connection: Any, what: str = "", *, reads: bool = False) -> Opener:
    """Return what opens the connection's database and its branches.

    :param what: the method, where it does not go together with a transaction that the connection has open
    :param reads: it only reads, although it has a name here

    :raises OperationalError: there is such a transaction, or the method writes and the connection can't
    :raises NotSupportedError: the database is in memory
    :raises ProgrammingError: the file is a branch, opened as if it were a database of its own
    """
    if what:
        refuse_open_transaction(connection, what)
        if not reads:
            refuse_read_only(connection, what)
    session = session_of(connection)
    if session is not None and session.database:
        return opener_for(connection, session.database)
    path = file_behind(connection)
    opener = opener_for(connection, path)
    if is_branch_file(path):
        with opener.opened(path) as itself:
            if meta(itself, "branch") is not None:
                raise sqlite3.ProgrammingError(
                    f"{os.path.basename(path)!r} is the file of a branch: open its database, connect(..., branch=...)"
                )
    return opener


def create_branch(
    connection: Any,
    name: str,
    from_branch: str = MAIN,
    as_of: Any = None,
    *,
    progress: Progress | None = None,
) -> Branch:
    """Make a branch: the whole database as it is now, to be changed on its own.

    :param from_branch: the branch to copy
    :param as_of: copy the state of a past instant; needs the timetravel plugin
    :param progress: ``progress(bytes_done, bytes_in_all)`` is called while the file is copied; the copy is then
        complete when this returns
    :raises OperationalError: the name is taken, or this connection has a transaction open
    """
    opener = opener_of(connection, "create_branch()")
    refuse_without_history(as_of)
    entry = creating.create(opener, name, from_branch, as_of, progress)
    return branch_of(opener, entry)


def list_branches(connection: Any) -> list[Branch]:
    """Return main and every branch, in the order in which they were made."""
    return branches(opener_of(connection))


def get_branch_info(connection: Any, name: str) -> Branch:
    """Return a branch by its name.

    :raises OperationalError: there is none
    """
    opener = opener_of(connection)
    if name == MAIN:
        return main_branch(opener)
    with opener.opened(opener.database) as main:
        return branch_of(opener, find(main, name))


def merge_branch(
    connection: Any,
    name: str,
    into: str = MAIN,
    *,
    strategy: str | Callable[..., Any] = "abort",
    dry_run: bool = False,
    renumber: bool = False,
) -> MergeReport:
    """Bring what was changed on a branch into another one, row by row and cell by cell, in one transaction.

    :param strategy: what to do where both sides changed the same cell or row: ``"abort"``, ``"ours"``, ``"theirs"``, or
        a function that gets a :class:`Conflict` and returns what it should be
    :param dry_run: change nothing, and return what would be done, conflicts included
    :param renumber: give the branch's new rows another INTEGER PRIMARY KEY where both sides added a row under the same
        one, in tables that no foreign key refers to
    :raises MergeConflict: there are conflicts that the strategy does not decide; nothing was changed
    """
    opener = opener_of(connection, "merge_branch()", reads=dry_run)
    request = Request(name, into, checked_strategy(strategy), dry_run, renumber, caller=connection)
    return merge(opener, request)


def delete_branch(connection: Any, name: str) -> None:
    """Delete a branch and its file. Connections that still have it open can read it, and no longer write to it.

    :raises OperationalError: there is no such branch
    :raises ProgrammingError: it is main
    """
    opener = opener_of(connection, "delete_branch()")
    delete(opener, name)


def compare_branches(connection: Any, a: str, b: str, *, full: bool = False) -> BranchDiff:
    """Return what differs between two branches: what would have to be done to ``a`` to make it ``b``.

    Looks at the rows that were changed on a branch since the two parted, which takes time that grows with the changes.

    :param full: look at every row of both, and find what was changed on main too
    """
    opener = opener_of(connection)
    return comparing.compare(opener, a, b, full=full)


def undo_merge(connection: Any, name: str, into: str = MAIN) -> UndoReport:
    """Take the last merge of a branch back, in one transaction; it can be merged again afterwards.

    :raises MergeConflict: what the merge wrote has been changed since; nothing was taken back
    :raises OperationalError: the branch was never merged, or is deleted
    """
    opener = opener_of(connection, "undo_merge()")
    return undoing.undo(opener, name, into)
