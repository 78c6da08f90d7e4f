"""A branch merged: its schema changes replayed, its rows merged one by one, all in one transaction on the target."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from ..connections.open import uncommitted_here
from ..errors import is_busy
from ..files.state import clean_up, wait_for_copy
from ..logs.watching import watch
from ..names import MAIN
from ..opening import Opener, file_behind, has_locks, read_only
from ..registry.entries import Entry, check_belongs, entries, find
from ..results import MergeReport
from ..running import run, value
from .inside import THEIRS
from .job import Job, Request


def merge(opener: Opener, request: Request) -> MergeReport:
    """Merge a branch and return what that did.

    :raises MergeConflict: both sides changed the same thing, and the strategy does not decide it
    :raises OperationalError: there is no such branch, it has uncommitted changes, or a lock did not come in time
    """
    start = time.perf_counter()
    with ExitStack() as stack:
        main = stack.enter_context(opener.opened(opener.database, attaching=request.into == MAIN))
        clean_up(opener, main)
        source = find(main, request.name)
        target = None if request.into == MAIN else find(main, request.into)
        if target is not None and target.id == source.id:
            raise sqlite3.ProgrammingError(f"branch {request.name!r} can't be merged into itself")
        branch = stack.enter_context(_source(opener, main, source))
        here = main
        if target is not None:
            here = stack.enter_context(opener.opened(wait_for_copy(opener.database, target), attaching=True))
            check_belongs(here, main, target)
            watch(here)
        ids = (source.id, target.id if target else MAIN)

        def merged(here: Any, *, keep: bool) -> MergeReport:
            with _writing(here, request, keep=keep):
                return Job(request, here, branch, ids, lambda other: _other(stack, opener, main, other)).run()

        if target is None and not request.dry_run and _blocks(request.caller, main):
            if not callable(request.strategy):
                with _rehearsed(branch):  # a rollback would end the caller's query
                    merged(main, keep=False)
            here = stack.enter_context(_borrowed(request.caller))
        else:
            _attach(here, source.path(opener.database))
        report = merged(here, keep=not request.dry_run)
        request.step("committed")
    return replace(report, seconds=time.perf_counter() - start)


def _other(stack: ExitStack, opener: Opener, main: Any, branch: str) -> Any | None:
    """Open a branch that is read, at one state, until the merge is done; None when there is none any more."""
    entry = next((each for each in entries(main) if each.id == branch), None)
    if entry is None:
        return None
    other = stack.enter_context(opener.opened(wait_for_copy(opener.database, entry)))
    check_belongs(other, main, entry)
    run(other, "BEGIN")
    return other


def _attach(here: Any, path: str) -> None:
    """Have the target's connection read the branch, if it can: then the merge is done inside SQLite."""
    try:
        here.execute(f"ATTACH ? AS {THEIRS}", (read_only(path),)).close()
    except sqlite3.DatabaseError:
        # No more databases can be attached, for instance: read from the other connection.
        return


def _blocks(caller: Any, main: Any) -> bool:
    """Return whether the caller has a query unfinished that another connection's commit would wait for in vain."""
    if caller is None or value(main, "PRAGMA main.journal_mode") == "wal":
        return False
    return file_behind(caller) == file_behind(main) and has_locks(caller)


@contextmanager
def _borrowed(caller: Any) -> Iterator[Any]:
    """Use the caller's own connection: a commit does not wait for queries of the same one."""
    text_factory, caller.text_factory = caller.text_factory, str
    enforced = value(caller, "PRAGMA foreign_keys")
    try:
        yield caller
    except sqlite3.OperationalError as error:
        if "table is locked" not in str(error):
            raise
        raise sqlite3.OperationalError(
            "database table is locked: the branch has dropped something or made a table anew, which in a "
            "rollback-journal mode can't be done beside an unfinished query of the same connection; nothing was "
            "merged. Fetch its rows or close its cursor, then merge again"
        ) from None
    finally:
        run(caller, f"PRAGMA foreign_keys = {int(enforced)}")
        caller.text_factory = text_factory


@contextmanager
def _rehearsed(branch: Any) -> Iterator[None]:
    """Leave nothing in the branch of what a merge notes there while it goes on."""
    run(branch, "SAVEPOINT heliosdb_rehearsal")
    yield
    run(branch, "ROLLBACK TO heliosdb_rehearsal")


@contextmanager
def _source(opener: Opener, main: Any, entry: Entry) -> Iterator[Any]:
    """Open the branch that is merged, and hold its writers off until the merge is done."""
    with opener.opened(wait_for_copy(opener.database, entry)) as branch:
        check_belongs(branch, main, entry)
        mine = uncommitted_here(entry.id)
        patience = value(branch, "PRAGMA busy_timeout")
        try:
            if mine:  # to wait for it would be to wait for oneself
                run(branch, "PRAGMA busy_timeout = 0")
            watch(branch)
            run(branch, "BEGIN IMMEDIATE")
            run(branch, f"PRAGMA busy_timeout = {patience}")
        except sqlite3.OperationalError as error:
            if is_busy(error):
                raise _uncommitted(entry.name) from None
            raise
        try:
            yield branch
        finally:
            run(branch, "ROLLBACK")


def _uncommitted(name: str) -> sqlite3.OperationalError:
    return sqlite3.OperationalError(
        f"branch {name!r} has uncommitted changes: commit them or roll them back on the connection that made them, "
        "then merge again"
    )


@contextmanager
def _writing(here: Any, request: Request, *, keep: bool) -> Iterator[None]:
    """Hold the one transaction on the target: kept when the merge succeeds, unless it is a rehearsal."""
    run(here, "PRAGMA foreign_keys = OFF")  # checked at the end; cascades were the branch's to run
    try:
        run(here, "BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise _busy(request.into) from None
        raise
    try:
        yield
        if keep:
            request.step("applied")
            _commit(here, request)
        else:
            run(here, "ROLLBACK")
    except BaseException:
        if here.in_transaction:
            run(here, "ROLLBACK")
        raise


def _commit(here: Any, request: Request) -> None:
    try:
        here.execute("COMMIT")  # by way of the hooks: a history gives the merge its one time
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise _busy(request.into) from None
        raise


def _busy(name: str) -> sqlite3.OperationalError:
    return sqlite3.OperationalError(
        f"database is locked: {name!r} was written to, or read without an end in a rollback-journal mode, for as "
        "long as this connection's timeout; nothing was merged. Finish the other transaction or query, or give a "
        "longer timeout"
    )
