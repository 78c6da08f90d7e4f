"""How transactions end, told to the plugins on every path: methods, ``with``, SQL text, scripts, errors, autocommit.

SQLite says after each statement whether a transaction is open; comparing that with before tells what happened, and the
statement's verb tells which way it ended. Only refusing a commit takes more: it must be asked about beforehand.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .._standard import sqlite3
from ..sql.lexer import Token, tokenize, verb
from .hooks import Hooks, observe
from .plan import READS, WRITES, Plan

_SAVEPOINT = "heliosdb_before_commit"
_IN_PROGRESS = "cannot {} - SQL statements in progress"  # SQLite's, while rows of a RETURNING are unread
_FIRST_WORD_IS_DML = re.compile(
    r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*(?:INSERT|UPDATE|DELETE|REPLACE)", re.IGNORECASE | re.DOTALL
)
_isolation_level: Any = sqlite3.Connection.isolation_level
LEGACY: Any = getattr(sqlite3, "LEGACY_TRANSACTION_CONTROL", -1)


class Before(NamedTuple):
    """How things stood before a statement."""

    in_transaction: bool
    opened: bool  # a transaction was begun around it, so that its commit can be refused


def begins_by_itself(connection: Any, plan: Plan) -> bool:
    """Return whether CPython opens a transaction for this statement: the ``isolation_level`` of old."""
    if getattr(connection, "autocommit", LEGACY) != LEGACY or connection.isolation_level is None:
        return False
    return _FIRST_WORD_IS_DML.match(plan.text) is not None


def without_begin(connection: Any, sql: str) -> str:
    """Return the statement as one for which CPython opens no transaction, whatever the isolation_level.

    CPython looks at the first word; SQLite passes over an empty statement before it.
    """
    begins = not connection.in_transaction and _isolation_level.__get__(connection) is not None
    return ";" + sql if begins and _FIRST_WORD_IS_DML.match(sql) is not None else sql


class Transactions:
    """The transactions of one connection, for plugins that implement a hook about them."""

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = hooks
        self._savepoints: list[str] = []
        self._opened_by_savepoint = False
        self.asking = False  # the before_commit hooks are running
        self._wrote = False  # ... and one has written something

    # -- around one statement ----------------------------------------------------------------------------------------
    def before(self, connection: Any, plan: Plan) -> Before:
        """Ask for permission where the statement will commit; begin a transaction where it would commit unasked."""
        does = plan.statement.verb
        inside = connection.in_transaction
        self.keep_undoable(connection, plan.text)
        if inside and not self.asking and (does in ("COMMIT", "END") or self._releases_all(plan)):
            self.ask(connection)
        if inside or not self.hooks.before_commit or does not in WRITES or begins_by_itself(connection, plan):
            return Before(inside, opened=False)
        connection._session.run_bare(connection, "BEGIN")
        return Before(inside, opened=True)

    def after(self, connection: Any, plan: Plan, before: Before) -> None:
        """Tell the plugins what the statement did to the transaction."""
        if before.opened:
            try:
                self.ask(connection)
                connection._session.run_bare(connection, "COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise
            self._ended(connection, committed=True)
            return
        does = plan.statement.verb
        inside = connection.in_transaction
        if before.in_transaction and not inside:
            self._ended(connection, committed=does != "ROLLBACK")
        elif not before.in_transaction and not inside and does in WRITES:
            self._ended(connection, committed=True)
        elif does in ("SAVEPOINT", "RELEASE", "ROLLBACK"):
            self._follow_savepoints(plan, before)

    def failed(self, connection: Any, before: Before) -> None:
        """The statement raised, which may have ended the transaction: OR ROLLBACK, RAISE(ROLLBACK), a full disk."""
        if before.opened:
            self._roll_back(connection)
        elif before.in_transaction and not connection.in_transaction:
            self._ended(connection, committed=False)

    # -- methods of the connection -----------------------------------------------------------------------------------
    def ask(self, connection: Any) -> None:
        """Run the before_commit hooks in the transaction; when one refuses, undo what they wrote and raise."""
        self.refuse_to_end()
        if not self.hooks.before_commit:
            return
        bare, changes = connection._session.run_bare, connection.total_changes
        self.asking, self._wrote = True, False
        try:
            for function in self.hooks.before_commit:
                function(connection)
        except BaseException:
            if self._wrote and connection.in_transaction:
                bare(connection, f"ROLLBACK TO {_SAVEPOINT}")
                bare(connection, f"RELEASE {_SAVEPOINT}")
            raise
        finally:
            self.asking = False
            connection._session.hidden_changes += connection.total_changes - changes
        if self._wrote:
            bare(connection, f"RELEASE {_SAVEPOINT}")

    def keep_undoable(self, connection: Any, sql: str) -> None:
        """Before a before_commit hook writes for the first time: mark the place to which a refusal goes back."""
        if not self.asking:
            return
        does = verb(sql)
        if does in ("COMMIT", "END", "ROLLBACK", "RELEASE", "SAVEPOINT"):
            self.refuse_to_end()
        if not self._wrote and does not in READS:
            try:
                connection._session.run_bare(connection, f"SAVEPOINT {_SAVEPOINT}")
            except sqlite3.OperationalError as error:
                if str(error) == _IN_PROGRESS.format("open savepoint"):
                    # A commit is what the user asked for.
                    error.args = (_IN_PROGRESS.format("commit transaction"),)
                raise
            self._wrote = True

    def refuse_to_end(self) -> None:
        """Raise when a before_commit hook tries to end the transaction that it is asked about."""
        if self.asking:
            raise sqlite3.ProgrammingError(
                "a before_commit hook can write, but not end the transaction or set savepoints: to refuse, raise"
            )

    def committed(self, connection: Any) -> None:
        """A method of the connection committed."""
        self._ended(connection, committed=True)

    def rolled_back(self, connection: Any) -> None:
        """A method of the connection rolled back."""
        self._ended(connection, committed=False)

    # -- inside ------------------------------------------------------------------------------------------------------
    def _ended(self, connection: Any, *, committed: bool) -> None:
        self._savepoints.clear()
        self._opened_by_savepoint = False
        if committed:
            observe(self.hooks.commit, connection)
            for function in self.hooks.durable:
                function(connection)
        else:
            connection._session.went_back()
            observe(self.hooks.rollback, connection)

    def _roll_back(self, connection: Any) -> None:
        if connection.in_transaction:
            connection._session.run_bare(connection, "ROLLBACK")
        self._ended(connection, committed=False)

    def _releases_all(self, plan: Plan) -> bool:
        """Return whether this RELEASE ends the transaction: the outermost savepoint began it."""
        if plan.statement.verb != "RELEASE" or not self._opened_by_savepoint:
            return False
        return self._place(_savepoint_name(plan.text)) == 0

    def _place(self, name: str) -> int | None:
        found = [place for place, savepoint in enumerate(self._savepoints) if savepoint == name]
        return found[-1] if found else None

    def _follow_savepoints(self, plan: Plan, before: Before) -> None:
        name = _savepoint_name(plan.text)
        if plan.statement.verb == "SAVEPOINT":
            self._opened_by_savepoint |= not before.in_transaction
            self._savepoints.append(name)
        elif (place := self._place(name)) is not None:
            # ROLLBACK TO keeps the savepoint itself, RELEASE does not
            del self._savepoints[place + (plan.statement.verb == "ROLLBACK") :]


def _savepoint_name(sql: str) -> str:
    """Return the name in SAVEPOINT x, RELEASE [SAVEPOINT] x, ROLLBACK TO [SAVEPOINT] x, in lower case."""
    tokens: list[Token] = [token for token in tokenize(sql) if token.text != ";"]
    return tokens[-1].name.lower() if tokens else ""
