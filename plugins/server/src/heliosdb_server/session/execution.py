"""Running a statement: from the portal to rows on the wire."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..protocol.errors import PgError
from ..translation import tree
from ..translation.schema_edit import DomainChange, TemporaryRows, TypeChange
from ..translation.scope import Column
from ..translation.translate import Translated
from ..types.registry import TEXT, Sized
from . import altering, explaining, merging, type_changes
from .plans import Plan, ordered, plan_of, row_encoder
from .portals import CHUNK, Portal, Statement, filled, guessed_columns, row_count

if TYPE_CHECKING:
    from .session import Session

_BESIDE_WRITERS = frozenset(("wal", "memory"))  # journals under which an open query holds up no writer
_ENDS = ("commit", "end", "rollback", "abort", "prepare transaction")


class Stale(PgError):
    """A statement was translated for another schema than the present one, and what it was taken for no longer fits."""

    def __init__(self, message: str) -> None:
        super().__init__("0A000", message)


class Execution:
    """The part of a session that runs statements."""

    running: bool
    query_text: str
    query_time: float
    query_instant: datetime | None = None  # the time, once it was asked for
    call_off: Callable[[], None] | None = None  # the statement's time limit
    cancelled: PgError | None = None

    # ---- around a statement ----

    def begun(self: Session, text: str) -> None:  # type: ignore[misc]
        """A statement begins: count it, let it be cancelled, and limit its time. :meth:`over` has to follow."""
        self.query_text, self.query_time, self.query_instant = text, time.time(), None
        self.counters.queries += 1
        limit = self.settings.milliseconds("statement_timeout")
        if limit and self.context.watch is not None:
            error = PgError("57014", "canceling statement due to statement timeout")
            self.call_off = self.context.watch(limit / 1000, lambda: self.cancel(error))
        self.cancelled = None
        self.running = True

    def over(self: Session) -> None:  # type: ignore[misc]
        """A statement is over, well or not."""
        self.running = False
        self.held.clear()
        if self.call_off is not None:
            self.call_off()
            self.call_off = None

    def why(self: Session, error: PgError) -> PgError:  # type: ignore[misc]
        """Return the error as it is to be told: an interrupted statement's is that of whoever interrupted it."""
        return self.cancelled if self.cancelled is not None and error.code == "57014" else error

    def ends_block(self: Session, text: str) -> bool:  # type: ignore[misc]
        """Is it a statement that a failed block still takes?"""
        return text.lstrip().lower().startswith(_ENDS)

    def translate(  # type: ignore[misc]
        self: Session, text: str, types: tuple[int, ...], *, sure: bool = True
    ) -> Translated:
        """Return what a text means; a failed block takes only what ends it."""
        if self.transaction.failed and not self.ends_block(text):
            self.transaction.check()
        made = self.engine.translated(text, types, sure=sure)
        if made.kind != "command" and plan_of(made, self.settings.zone).catalog:
            self.refresh_catalog()
        return made

    def refresh_catalog(self: Session) -> None:  # type: ignore[misc]
        """Fill the catalog's tables, if the schema has changed since they were."""
        from ..catalog.building import refresh

        refresh(self)

    def current(self: Session, statement: Statement, *, sure: bool = True) -> Translated | None:  # type: ignore[misc]
        """Return what a prepared statement means with the schema as it is now.

        :param sure: whether to look at the schema; else the one that was met last is taken for the present one
        :raises PgError: the columns of its result are others than when it was prepared
        """
        before = statement.made
        if before is None or before.kind == "command":
            return before
        if (
            not sure
            and statement.version == self.engine.version
            and before.plan is not None
            and before.plan.checked_later
            and before.plan.zone is self.settings.zone
        ):
            return before
        made = self.translate(statement.text, statement.types)
        if before is not made:
            if _shape(before) != _shape(made):
                raise Stale("cached plan must not change result type")
            statement.made = made
        statement.version = self.engine.version
        return made

    def no_parameters(self: Session, made: Translated) -> tuple[Any, ...]:  # type: ignore[misc]
        """Refuse parameters where none can be given."""
        if made.parameters:
            raise PgError("42P02", "there is no parameter $1")
        return ()

    # ---- a portal ----

    def start(self: Session, portal: Portal) -> None:  # type: ignore[misc]
        """Run a portal's statement, unless it runs already."""
        if portal.started:
            return
        made = portal.statement.made
        assert made is not None
        self.transaction.check()
        if made.plan is not None and made.plan.light and portal.statement.version == self.engine.version:
            self.transaction.before_read()
            if self._run_light(portal, made.plan, made.sql[0]):
                return
            made = self._as_it_is_now(portal)
        if made.plan is not None and made.plan.by_itself and self.run_compiled(portal, made):
            return
        if made.writes:
            self._before_write(portal, made)
            if made.kind == "change":
                made = self._as_it_is_now(portal)
        else:
            self.transaction.before_read()
        if made.kind != "raw" and plan_of(made, self.settings.zone).catalog:
            self.refresh_catalog()
        portal.started = True
        portal.tag = made.tag
        try:
            self._run(portal, made)
        except PgError as error:
            if error.code == "55P03" and self.transaction.sees_one_state:
                # Before Python 3.11 SQLite's reason can't be told: inside a snapshot a lock means that it is old.
                raise PgError("40001", "could not serialize access due to concurrent update") from None
            raise
        finally:
            if made.writes:
                self.transaction.settle()

    def _run_light(self: Session, portal: Portal, plan: Plan, sql: str) -> bool:  # type: ignore[misc]
        """Run a query by its plan; return False when the schema it met is not the one the plan was made for."""
        values = portal.values if plan.order is None else ordered(portal.values, plan.order)
        try:
            cursor = self.engine.run(sql, values)
        except PgError:
            if self.engine.still_so():
                raise
            return False
        if not self.engine.still_so():
            cursor.close()
            return False
        portal.started, portal.tag, portal.cursor = True, "SELECT", cursor
        portal.columns = plan.columns
        portal.encode = plan.shape(portal.formats).encode
        if self.engine.journal not in _BESIDE_WRITERS:
            self.spool(portal)
        return True

    def run_compiled(self: Session, portal: Portal, made: Translated) -> bool:  # type: ignore[misc]
        """Run a change that SQLite has compiled, for the schema as it is; return False, with nothing done, otherwise.

        Alone it is a transaction by itself: SQLite is called once, not four times.
        """
        transaction, plan = self.transaction, made.plan
        if (
            portal.statement.version != self.engine.version
            or transaction.passing
            or (transaction.block and transaction.level != "read committed")
        ):
            return False
        self.settle_portals(but=portal)
        transaction.before_write(
            alone=self.alone, timeout=self.lock_timeout(), cancelled=self.check_cancelled
        )
        values = portal.values if plan.order is None else ordered(portal.values, plan.order)
        cursor = self.engine.run_compiled(made.sql[0], values)
        if cursor is None:
            return False
        portal.started, portal.done, portal.tag = True, True, made.tag
        portal.count = row_count(made, cursor, self.engine.connection)
        if isinstance(made.node, tree.Insert):
            self.sequences.inserted = made.node.table.parts[-1], cursor.lastrowid
        cursor.close()
        if not self.engine.connection.in_transaction:
            transaction.settle()
            if self.nothing_to_end():
                self.counters.commits += 1
        return True

    def _before_write(self: Session, portal: Portal, made: Translated) -> None:  # type: ignore[misc]
        self.settle_portals(but=portal)
        plain = len(made.sql) == 1 and isinstance(made.sql[0], str)
        # A change of rows stands in a transaction: the schema it was translated for stays so until it is done.
        alone = self.alone and plain and not made.steps and made.kind != "change"
        self.transaction.before_write(
            alone=alone, timeout=self.lock_timeout(), cancelled=self.check_cancelled
        )

    def _as_it_is_now(self: Session, portal: Portal) -> Translated:  # type: ignore[misc]
        """Return what a portal's statement means with the schema as it is now, and have its values fit that."""
        statement = portal.statement
        before = statement.made
        assert before is not None
        known = before.parameters if portal.read_as is None else portal.read_as
        here = self.engine.holds(self.transaction) and statement.version == self.engine.version
        if here and before.parameters == known:
            return before
        made = before if here else self.current(statement)
        assert made is not None
        if made.parameters != known:
            if portal.given is None:
                raise Stale("cached plan must not change the types of parameters")
            portal.values = plan_of(made, self.settings.zone).values(*portal.given)
            portal.read_as = made.parameters
        return made

    def lock_timeout(self: Session) -> float | None:  # type: ignore[misc]
        """Return how long to wait for other writers, in seconds."""
        return self.settings.milliseconds("lock_timeout") / 1000 or None

    def _run(self: Session, portal: Portal, made: Translated) -> None:  # type: ignore[misc]
        if made.kind == "explain":
            explaining.explain(self, portal, made)
            return
        values: Any = portal.values
        if made.steps:
            values = self.with_steps(made, values)
        if made.kind == "definition":
            self._define(portal, made)
            return
        if isinstance(made.node, tree.Merge):
            merging.merge(self, portal, made, values)
            return
        if made.trusted and self.transaction.block:
            raise PgError("25001", f"{made.tag} cannot run inside a transaction block")
        try:
            if made.trusted:
                cursor = self.engine.apart(made.sql[0])
            else:
                cursor = self.engine.run(made.sql[0], ordered(values, made.orders[-1]))
        except PgError as error:
            raise self.engine.better_error(made, error) from None
        portal.cursor = cursor
        if isinstance(made.node, tree.Insert):
            self.sequences.inserted = made.node.table.parts[-1], cursor.lastrowid
        if made.guess:
            names = [column[0] for column in cursor.description or ()]
            portal.peeked = self.engine.fetch(cursor, CHUNK) if names else []
            portal.columns = guessed_columns(names, portal.peeked) if names else None
        elif made.columns is not None:
            portal.columns = made.columns
            if any(column.sized is None for column in made.columns):
                portal.peeked = self.engine.fetch(cursor, CHUNK)
                if portal.name == "":
                    portal.columns = self.settled_columns(portal, made)
        if portal.columns is not None:
            if portal.columns is made.columns and made.plan is not None:
                portal.encode = made.plan.shape(portal.formats).encode
            else:
                portal.encode = row_encoder(portal.columns, portal.formats, self.settings.zone)
            if made.writes or self.engine.journal not in _BESIDE_WRITERS:
                self.spool(portal)  # a statement that writes must end before its rows wait for a client
        if portal.columns is None or made.writes:
            portal.count = row_count(made, cursor, self.engine.connection) if portal.columns is None else 0
            if portal.columns is None:
                portal.done = True
                cursor.close()
                portal.cursor = None

    def settled_columns(self: Session, portal: Portal, made: Translated) -> tuple[Column, ...]:  # type: ignore[misc]
        """Return the columns of a result: what was described already stays, else the values say what they are."""
        assert made.columns is not None
        described = portal.statement.described
        if described is not None:
            return described
        return filled(made.columns, portal.peeked)

    def _define(self: Session, portal: Portal, made: Translated) -> None:  # type: ignore[misc]
        count = 0
        for sql in made.sql:
            if isinstance(sql, TemporaryRows):
                self.transaction.passing[sql.table] = sql.dropped
                continue
            if isinstance(sql, (TypeChange, DomainChange)):
                type_changes.apply(self, sql)
                continue
            if not isinstance(sql, str):
                altering.apply(self, sql)
                continue
            cursor = self.engine.run(sql)
            if sql.startswith("INSERT"):
                count = max(cursor.rowcount, 0)
            cursor.close()
        portal.done = True
        portal.count = count
        if isinstance(made.node, tree.CreateAs) and made.tag == "SELECT":
            portal.tag = f"SELECT {count}"

    def with_steps(self: Session, made: Translated, values: tuple[Any, ...]) -> tuple[Any, ...]:  # type: ignore[misc]
        """Run the steps of a statement, and return the parameters of what stands behind them."""
        found = list(values)
        for step, order in zip(made.steps, made.orders, strict=False):
            cursor = self.engine.run(step.sql, ordered(found, order))
            rows = self.engine.fetch_all(cursor)
            cursor.close()
            if step.parts:
                found += self.held.hold_parts(step.parameter, rows, step.key, step.parts)
            else:
                found.append(self.held.hold(step.parameter, rows, step.key, step.renewed))
        return tuple(found)

    # ---- describing without running ----

    def described(self: Session, statement: Statement) -> tuple[Column, ...] | None:  # type: ignore[misc]
        """Return the columns that a statement will have; types that only values tell are text."""
        made = self.current(statement)
        if made is None:
            return None
        if made.kind == "command":
            return self.command_columns(made)
        columns = made.columns
        if made.guess:
            columns = self._raw_columns(made)
        if columns is None:
            return None
        settled = tuple(c if c.sized is not None else c._replace(sized=Sized(TEXT)) for c in columns)
        statement.described = settled
        return settled

    def _raw_columns(self: Session, made: Translated) -> tuple[Column, ...] | None:  # type: ignore[misc]
        """Return the columns of a statement in SQLite's dialect."""
        first = made.sql[0].lstrip()[:6].lower()
        if first not in ("select", "values", "with", "pragma"):
            return None
        values = tuple(None for _ in made.parameters)
        if first == "pragma":
            cursor = self.engine.run(made.sql[0], values)
        else:
            cursor = self.engine.run(f"SELECT * FROM ({made.sql[0].rstrip().rstrip(';')}) LIMIT 0", values)
        names = [column[0] for column in cursor.description or ()]
        cursor.close()
        return tuple(Column(name, None) for name in names) if names else None


def _shape(made: Translated) -> Any:
    if made.columns is None or made.guess:
        return made.guess
    types = [(c.sized.type.oid, c.sized.modifier) if c.sized is not None else None for c in made.columns]
    return [(c.name, kind) for c, kind in zip(made.columns, types, strict=True)]
