"""What one connection with plugins knows: its active plugins, their hooks, and a plan per SQL text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .. import _guard
from .._bare_cursor import bare_cursor
from .._catalogue import SILENT
from .._standard import sqlite3
from ..plugins.statement import Parameters, Statement
from ..plugins.target import Target
from ..sql.lexer import verb
from ..sql.schema import stamp
from . import goodbye
from .hooks import Hooks
from .plan import DML, Plan, changes_schema, make_plan, needs_a_plan
from .transactions import Transactions, without_begin
from .unnoticed import Unnoticed, unnoticed

if TYPE_CHECKING:
    from pydantic import BaseModel

_prepare: Any = sqlite3.Connection.__call__
# The errors by number, and their texts, which Python 3.10 has to go by.
_OUTDATED = (17, 15, "database schema has changed", "locking protocol")
_PLANS = 1024  # texts remembered per connection; a program that makes up a new text each time must not grow


class Session:
    """The plugin side of one connection. Reached through the functions of :mod:`heliosdb_sqlite.plugins`."""

    def __init__(
        self, options: Mapping[str, BaseModel | None], hooks: Hooks, asked: Target | None = None
    ) -> None:
        self.options = options
        self.asked = asked  # what connect() was given, before a plugin chose another file
        self.hooks = hooks
        self.target = asked or Target("")  # ... and after
        self.closed = True  # as far as the plugins are concerned
        self.released = False  # SQLite has let go of it: nothing is left to be said or done
        self._schema_changed = False  # since the last rollback
        self.state: dict[str, Any] = {}
        self.plans: dict[str, Plan | None] = {}  # None: run the text as it is, nobody wants to know
        self.final: set[str] = set()  # texts that have been through the hooks
        self.hides_trigger_changes = False  # what triggers change is a plugin's, not the user's
        self.unnoticed: Unnoticed | None = None  # of what plugins wrote since the user last did
        self.in_script = False  # whose statements open no transaction by themselves
        self.hidden_changes = 0  # rows that plugins changed: not the user's business
        self.databases: tuple[tuple[str, str], ...] | None = None  # for sql.schema, until one comes or goes
        self.outdates = 0  # how often another connection was found to have changed the schema
        self.temp_changes = 0  # of the schema, maybe of temp's
        self.sees_schema_changes = True  # none was made by a cursor that the hooks don't see
        self.transactions = Transactions(hooks) if hooks.transactional else None

    def plan(self, connection: Any, sql: str) -> Plan | None:
        """Return what is to be done for a text, made on first sight."""
        try:
            return self.plans[sql]
        except KeyError:
            pass
        folded = sql.upper()
        if _occurs(SILENT, folded):
            _guard.check(sql, self.options)
        statement = None
        for words, parse in self.hooks.parse:
            if not words or _occurs(words, folded):
                statement = statement or Statement(sql)
                statement = parse(connection, statement) or statement
        if len(self.plans) >= _PLANS:
            self.forget()
        if statement is None and self.hooks.only_parse and not needs_a_plan(sql):
            plan = None
        else:
            plan = make_plan(connection, statement or Statement(sql), self.hooks)
        self.plans[sql] = plan
        self.final.add(sql if plan is None else plan.text)
        if plan is not None and plan.by_name is not None:
            self.final.add(plan.by_name.text)
        return plan

    def is_fresh(self, connection: Any, plan: Plan) -> bool:
        """Return whether a plan is for the schema as it is now."""
        databases = self.databases
        if databases is None or len(databases) > 1 or not self.sees_schema_changes:
            return plan.statement.stamp == stamp(connection)
        ((name, sql),) = databases  # what stamp() does for most connections, without a loop
        version = bare_cursor(connection).execute(sql).fetchone()[0]
        return plan.statement.stamp == (("temp", self.temp_changes), (name, version))

    def fresh(self, connection: Any, plan: Plan) -> Plan:
        """Return the plan of the same text for the schema as it is now."""
        if self.is_fresh(connection, plan):
            return plan
        self.plans.pop(plan.statement.sql, None)
        return self.plan(connection, plan.statement.sql) or Plan(plan.statement, plan.statement.sql)

    def another(self, connection: Any, sql: str) -> Plan:
        """Return a plan made anew for a text, whose last one was made before another connection changed the schema."""
        self.outdated()
        return self.plan(connection, sql) or Plan(Statement(sql), sql)

    def outdated(self) -> None:
        """Another connection has changed the schema."""
        self.outdates += 1
        self.forget()
        self.changed_databases()

    def prepare(self, connection: Any, *args: Any) -> Any:
        """Compile a text, completing SQLite's error where a plugin that is not switched on would know better."""
        try:
            return _prepare(connection, *args)
        except sqlite3.DatabaseError as error:
            _guard.explain(connection, args[0] if args else "", error, self.options)
            raise

    def begin(self, connection: Any) -> None:
        """The connection is open from now on."""
        self.closed = self.released = False
        self.forget()
        if self.hooks.close or self.transactions is not None:
            goodbye.expect(connection)

    def extend(self, connection: Any, options: Mapping[str, BaseModel | None], hooks: Hooks) -> None:
        """Let more plugins take part from now on."""
        self.options, self.hooks = options, hooks
        if hooks.transactional:
            self.transactions = self.transactions or Transactions(hooks)
            self.transactions.hooks = hooks
        self.begin(connection)

    def connected(self, connection: Any) -> None:
        """Introduce the connection, just opened, to the plugins; one that raises closes it."""
        self.begin(connection)
        try:
            for name, function in self.hooks.connect:
                function(connection, self.options[name])
        except BaseException:
            sqlite3.Connection.close(connection)
            self.closed = True
            raise

    def receive(self, source: Any, backup: Callable[..., None], target: Any, **keywords: Any) -> None:
        """Have the target, whose session this is, filled with a backup of the source: by a plugin, or by SQLite."""

        def copy(other: Any) -> None:
            backup(source, other, **keywords)

        with getattr(target, "_lock", None) or nullcontext():  # of one that a single thread may use at a time
            if not any(receives(target, source, copy) for receives in self.hooks.backup):
                copy(target)
            self.changed_schema()

    def changed_schema(self) -> None:
        """Drop every plan, and do so again should the change be rolled back."""
        self.forget()
        self.changed_databases()
        self._schema_changed = True

    def changed_databases(self) -> None:
        """A database or a temp table came or went."""
        self.databases = None
        self.temp_changes += 1

    def went_back(self) -> None:
        """A transaction was rolled back: the schema may be an older one again."""
        if self._schema_changed:
            self.forget()
            self.changed_databases()
            self._schema_changed = False

    def forget(self) -> None:
        """Drop every plan: the schema that they were made for has changed."""
        self.plans.clear()
        self.final.clear()
        self.databases = None

    def run(self, connection: sqlite3.Connection, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run a plugin's own statement past every hook, without opening a transaction."""
        if self.transactions is not None:
            self.transactions.keep_undoable(connection, sql)
        does = verb(sql)
        if does in DML:
            with unnoticed(connection):
                return self.run_bare(connection, sql, parameters)
        if not changes_schema(does, sql):
            return self.run_bare(connection, sql, parameters)
        try:
            return self.run_bare(connection, sql, parameters)
        finally:
            self.changed_databases()

    def run_bare(self, connection: Any, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run a statement of the core's own."""
        text = without_begin(connection, sql)
        self.final.add(text)
        return bare_cursor(connection).execute(text, parameters)


def is_outdated(error: sqlite3.Error) -> bool:
    """Return whether an error says that a transaction could not begin to read, and should be tried again.

    It is SQLITE_SCHEMA or SQLITE_PROTOCOL. SQLite deals with its own compiled statements when another connection has
    changed the schema. A plugin's file layer that sees the new schema says by the second that plans are outdated, too:
    the first SQLite would take for its own.
    """
    if sys.version_info >= (3, 11):
        return getattr(error, "sqlite_errorcode", None) in _OUTDATED
    return str(error) in _OUTDATED


def _occurs(words: tuple[str, ...], text: str) -> bool:
    for word in words:  # noqa: SIM110 - any() with a generator takes twice as long
        if word in text:
            return True
    return False


def session_of(connection: Any) -> Session:
    """Return the connection's session.

    :raises ProgrammingError: no plugin is switched on for it
    """
    session = getattr(connection, "_session", None)
    if not isinstance(session, Session):
        raise sqlite3.ProgrammingError(
            f"no plugin is switched on for {connection!r}: give connect() an option of one"
        )
    return session
