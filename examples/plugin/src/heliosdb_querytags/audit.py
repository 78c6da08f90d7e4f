"""What one connection does about its commits: ask the program's check, write them down, count them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from heliosdb_sqlite.plugins import Statement, state

from . import log
from .options import QueryTagsOptions
from .refusal import CommitRefused

NAME = "querytags"
"""Under which the connection keeps what this plugin knows about it."""
_DEFINITIONS = frozenset({"CREATE", "ALTER", "DROP"})


class Counts(NamedTuple):
    """How the transactions of one connection ended."""

    committed: int
    refused: int
    """How often ``commit_check`` gave a reason."""
    rolled_back: int


class Audit:
    """Follows the transactions of one connection."""

    def __init__(self, options: QueryTagsOptions) -> None:
        self.options = options
        self.counts = Counts(0, 0, 0)
        self._changes_before = 0  # the connection's total when the last transaction ended
        self._defines = False  # the open transaction changes the schema
        self._row: int | None = None  # of the open transaction, whose commit may fail and be tried again

    def about_to_run(self, statement: Statement) -> None:
        """Take note of a definition. Each is parsed anew, whatever ran before: a new schema needs new plans."""
        self._defines |= statement.verb in _DEFINITIONS

    def before_commit(self, connection: sqlite3.Connection) -> None:
        """Ask, then write. Both are part of the transaction: what is written goes the way the transaction goes.

        :raises CommitRefused: the program's check gave a reason
        """
        check = self.options.commit_check
        if check is not None and (reason := check(connection)) is not None:
            self.counts = self.counts._replace(refused=self.counts.refused + 1)
            raise CommitRefused(f"commit refused: {reason}: mend it and commit again, or roll back")
        if self.options.audit_commits:
            self._write_down(connection)

    def _write_down(self, connection: sqlite3.Connection) -> None:
        # The audit's own rows are not among them: what a before_commit hook changes does not count.
        changes = connection.total_changes - self._changes_before
        # A transaction that only reads must not have to wait for those that write.
        if changes or self._defines:
            self._row = log.write(connection, self.options.query_tag, changes, self._row)

    def committed(self, connection: sqlite3.Connection) -> None:
        """Count a commit."""
        self.counts = self.counts._replace(committed=self.counts.committed + 1)
        self._ended(connection)

    def rolled_back(self, connection: sqlite3.Connection) -> None:
        """Count a rollback."""
        self.counts = self.counts._replace(rolled_back=self.counts.rolled_back + 1)
        self._ended(connection)

    def _ended(self, connection: sqlite3.Connection) -> None:
        self._changes_before = connection.total_changes
        self._defines, self._row = False, None


def audit_of(connection: sqlite3.Connection) -> Audit:
    """Return what follows this connection's transactions.

    :raises ProgrammingError: the connection does without the plugin
    """
    try:
        audit: Audit = state(connection)[NAME]
    except (KeyError, sqlite3.ProgrammingError):
        raise sqlite3.ProgrammingError(
            f"{connection!r} counts no commits: connect(..., audit_commits=True) does"
        ) from None
    return audit


def commit_counts(connection: sqlite3.Connection) -> Counts:
    """Return how the transactions of this connection ended so far.

    :raises ProgrammingError: the connection does without the plugin
    """
    return audit_of(connection).counts
