"""A branch deleted: first it is no branch any more, then nothing can be written to it, then its files go."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import Any

from ..connections.open import uncommitted_here
from ..errors import is_busy
from ..files.state import clean_up, discard, is_interrupted, poison, state_of, wait_for_copy
from ..merging.ledger import forget
from ..names import MAIN
from ..opening import Opener
from ..registry.entries import DELETED, find
from ..running import has_table, rows, run, transaction


def _nothing(_: str) -> None:
    """Be told of each step: the place for a test to end the process."""


def delete(opener: Opener, name: str, step: Any = _nothing) -> None:
    """Delete a branch.

    :raises ProgrammingError: it is main
    """
    if name == MAIN:
        raise sqlite3.ProgrammingError(
            "main is the database itself and can't be deleted: remove the file if you mean that"
        )
    with opener.opened(opener.database) as main:
        clean_up(opener, main)
        entry = find(main, name)
        gone = is_interrupted(opener.database, entry) or state_of(opener.database, entry) == "missing"
        with ExitStack() as stack:
            branch = None
            if not gone:
                path = wait_for_copy(opener.database, entry)
                branch = stack.enter_context(_poisoned(opener, path, name, entry.id))
            step("poisoned")
            with transaction(main):
                run(
                    main,
                    "UPDATE _heliosdb_branches SET state = ?, name = NULL WHERE id = ?",
                    (DELETED, entry.id),
                )
                _forget_merges(main, entry.id)
            step("unregistered")
            if branch is not None:
                run(branch, "COMMIT")
            step("closed")
        discard(entry.path(opener.database))
        step("removed")
        clean_up(opener, main)


class _poisoned:  # noqa: N801 - used as a function
    """The branch with triggers that refuse every write, in a transaction yet to be committed.

    None when somebody is writing to it and does not come to an end: their commit is refused by HeliosDB, and lost with
    the file if they use plain sqlite3.
    """

    def __init__(self, opener: Opener, path: str, name: str, branch: str) -> None:
        self._opener = opener
        self._path = path
        self._name = name
        self._id = branch
        self._stack = ExitStack()

    def __enter__(self) -> Any:
        patience = 0 if uncommitted_here(self._id) else None
        try:
            branch = self._stack.enter_context(self._opener.opened(self._path, timeout=patience))
            run(branch, "BEGIN IMMEDIATE")
            poison(branch, self._name)
        except sqlite3.DatabaseError as error:
            self._stack.close()
            if is_busy(error) or not isinstance(error, sqlite3.OperationalError):
                return None  # in use, or damaged
            raise
        return branch

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _forget_merges(main: Any, branch: str) -> None:
    """Drop what only the branch needed; that it was merged stays known to branches that contain it."""
    if not has_table(main, "_heliosdb_merges"):
        return
    for (merge,) in rows(main, "SELECT id FROM _heliosdb_merges WHERE branch = ?", (branch,)):
        forget(main, merge)
    run(main, "DELETE FROM _heliosdb_renumbered WHERE branch = ?", (branch,))
