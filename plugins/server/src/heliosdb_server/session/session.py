"""One client's session from its login on: messages in, messages out, by the rules of the extended query protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Protocol

from ..catalog.wording import Wording
from ..protocol import messages, replies
from ..protocol.errors import PgError, protocol_violation
from ..protocol.frames import Frame
from ..translation.lexer import split
from ..translation.translate import Translated
from . import copying, own_functions
from .commands import Commands
from .context import Context, Counters
from .engine import Engine
from .execution import Execution, Stale
from .plans import Shape, fields, plan_of
from .portals import FEW, Portal, Statement
from .sequences import Sequences
from .settings import Settings
from .transactions import Transaction

_FLUSH = 1 << 16
_SHORT = 200  # texts that are likely to come again: BEGIN, COMMIT
_DESCRIBE, _EXECUTE = b"D\0\0\0\6P\0", b"E\0\0\0\x09\0\0\0\0\0"  # the unnamed portal, to its end
_SYNC = b"S\0\0\0\4"
_TOGETHER = (_DESCRIBE + _EXECUTE + _SYNC, _EXECUTE + _SYNC, _DESCRIBE + _EXECUTE, _EXECUTE)  # behind Bind
_IDLE, _IDLE_IN_BLOCK = "idle_session_timeout", "idle_in_transaction_session_timeout"


Shaped = tuple[str, Translated, tuple[Any, ...]]


def _split(text: str) -> list[tuple[str, int]]:
    return _split_short(text) if len(text) < _SHORT else split(text)


_split_short = lru_cache(maxsize=1024)(split)


class Wire(Protocol):
    """The connection to the client, as a session uses it."""

    counters: Counters

    def send(self, data: bytes) -> None:
        """Send bytes; waits while the client does not read."""

    def receive(self) -> Frame | None:
        """Return the next message; None at the end of the connection."""

    def peek(self) -> int:
        """Return the type of the next message that is here already, 0 for none."""

    def ahead(self, messages: bytes) -> bool:
        """Are these the messages that are next, and here already?"""

    def skip(self, messages: bytes) -> None:
        """Leave these out, which are next."""

    def run(self, kind: int) -> list[bytes]:
        """Return what the next messages carry, as long as they are here already and of this type."""

    def listen(self) -> None:
        """Let another thread interrupt the wait for the client."""


class Session(Execution, Commands):
    """Everything between a login and the end of the connection."""

    def __init__(
        self,
        context: Context,
        wire: Wire,
        user: str,
        database: str,
        settings: Settings,
        process: int,
        address: str,
    ) -> None:
        self.context = context
        self.wire = wire
        self.user = user
        self.database_name = database
        self.settings = settings
        self.process = process
        self.address = address
        self.counters = wire.counters
        self.started = datetime.now(timezone.utc)
        self.engine = Engine(context.database, context.database.branch_of(database), settings)
        self.transaction = Transaction(
            self.engine.connection, self._control, self.engine.queue, self.engine.sync
        )
        self.transaction.default_isolation = settings.show("default_transaction_isolation")
        self.transaction.default_read_only = settings.show("default_transaction_read_only") == "on"
        self.statements: dict[str, Statement] = {}
        self.portals: dict[str, Portal] = {}
        self.out = bytearray()
        self.skipping = False  # after an error, until Sync
        self.alone = False  # the statement is the only one of its implicit transaction
        self.running = False
        self.awaiting = False  # the data of COPY FROM STDIN
        self.ending: PgError | None = None
        self.state_time = time.time()
        self.query_text = ""
        self.query_time = self.state_time
        self.query_instant = None
        self.moment: datetime | None = None  # now(), for the transaction
        self.held_notifications: list[tuple[str, str]] = []
        self.inbox: list[bytes] = []
        self.channels: set[str] = set()
        self.session_locks: list[tuple[int, ...]] = []
        self.transaction_locks: list[tuple[int, ...]] = []
        self.sequences = Sequences(self)
        self.catalog_stamp: Any = None
        self.catalog_described: list[dict[str, Any]] = []
        self.catalog_names: dict[int, str] = {}
        self.catalog_sequences: dict[str, int] = {}
        self.catalog_procedures: dict[int, str] = {}
        self.catalog_constraints: dict[int, Wording] = {}
        self.catalog_indexes: dict[int, tuple[Wording, list[Wording]]] = {}
        self.catalog_views: dict[int, Wording] = {}
        self.catalog_pretty: dict[str, str] = {}
        self.catalog_triggers: dict[int, str] = {}
        self.engine.define(own_functions.functions(self))
        self.engine.say = self.notice

    # ---- the loop ----

    def serve(self) -> None:
        """Answer messages until the client leaves or the server stops."""
        self.ready()
        while True:
            frame = self.wire.receive()
            if frame is None or frame.kind == 0x58:  # X, Terminate
                return
            handler = _HANDLERS.get(frame.kind)
            if handler is None:
                raise protocol_violation(f"invalid frontend message type {frame.kind}")
            if self.skipping and frame.kind not in (0x53, 0x58):
                continue
            try:
                handler(self, frame.body)
            except PgError as error:
                if error.fatal:
                    raise
                self.failed(error)
                if frame.kind in (0x51, 0x46):  # Query and FunctionCall end with ReadyForQuery
                    self.ready()
                else:
                    self.skipping = True
                    self.flush()
            if self.ending is not None:
                raise self.ending

    def close(self) -> None:
        """Undo what was not committed and give everything back."""
        for portal in self.portals.values():
            portal.close()
        self.portals.clear()
        self.unlisten("")
        own_functions.release_locks(self)
        try:
            self.transaction.undo()
        except Exception:  # noqa: BLE001 - whatever it is, closing the connection undoes it too
            self.engine.queue.release(self.transaction)
        self.engine.close()

    def emit(self, data: bytes) -> None:
        """Send bytes, together with others."""
        self.out += data
        if len(self.out) > _FLUSH:
            self.flush()

    def flush(self) -> None:
        """Send what has come together."""
        if self.out:
            data, self.out = bytes(self.out), bytearray()
            self.wire.send(data)

    def ready(self) -> None:
        """Say that the next command may come."""
        if self.inbox and not self.transaction.block:
            arrived, self.inbox = self.inbox, []
            for each in arrived:
                self.emit(each)
        self.emit(replies.READY[self.transaction.status])
        self.state_time = time.time()
        self.flush()

    def notice(self, text: str, code: str = "00000", severity: str = "NOTICE") -> None:
        """Send a notice."""
        self.emit(replies.notice(text, code, severity))

    def told(self, changes: list[tuple[str, str]]) -> None:
        """Tell the client about settings that have changed."""
        for name, value in changes:
            self.emit(replies.parameter_status(name, value))

    def failed(self, error: PgError) -> None:
        """Send an error; the transaction fails with it."""
        self.counters.errors += 1
        self.running = False
        self.cancelled = None
        if not self.transaction.block:
            self.close_portals()
        self.transaction.fail()
        if not self.transaction.block:
            self.ended(well=False)
        self.engine.undone()
        self.emit(replies.error(error))

    # ---- transactions ----

    def _control(self, sql: str) -> Any:
        return self.engine.run(sql, trusted=True)

    def ended(self, *, well: bool) -> None:
        """A transaction is over: what held until its end holds no longer."""
        self.moment = None
        self.told(self.settings.committed() if well else self.settings.undone())
        own_functions.release_locks(self, transaction_only=True)
        held, self.held_notifications = self.held_notifications, []
        if well:
            for channel, payload in dict.fromkeys(held):
                self.context.notify(self, channel, payload)
        if well:
            self.counters.commits += 1
        else:
            self.counters.rollbacks += 1

    def close_portals(self, *, keep_held: bool = True) -> None:
        """Close the portals that end with the transaction."""
        if not self.portals:
            return
        for name, portal in list(self.portals.items()):
            if not (portal.hold and keep_held):
                portal.close()
                del self.portals[name]

    def end_implicit(self) -> None:
        """End the transaction that nobody began: at Sync, or behind the last statement of a Query."""
        if self.transaction.block:
            return
        self.close_portals()
        if self.nothing_to_end():
            return
        was_open = self.engine.connection.in_transaction
        try:
            self.transaction.commit()
        except PgError:
            self.ended(well=False)
            raise
        if was_open or self.held_notifications or self.moment is not None or self.settings.has_local:
            self.ended(well=True)

    def nothing_to_end(self) -> bool:
        """Did what has run leave no trace that the end of its transaction would have to clear away?"""
        return not (
            self.engine.connection.in_transaction
            or self.moment is not None
            or self.held_notifications
            or self.transaction_locks
            or self.settings.has_local
            or self.transaction.queued
        )

    # ---- the simple query ----

    def _query(self, body: bytes) -> None:
        text = messages.query(body)
        if (unnamed := self.portals.pop("", None)) is not None:
            unnamed.close()
        self.statements.pop("", None)
        shaped = None if self.transaction.failed else self.engine.filled(text, sure=False)
        if shaped is not None:
            self.alone = True
            self.run_simple(shaped[0], last=True, shaped=shaped)
            self.ready()
            return
        statements = _split(text)
        if not statements:
            self.emit(replies.EMPTY_QUERY)
            self.ready()
            return
        self.alone = len(statements) == 1
        last = statements[-1]
        for each in statements:
            piece, start = each
            try:
                self.run_simple(piece, last=each is last)
            except PgError as error:
                if error.position and start:
                    error.position += start
                raise
        self.end_implicit()
        self.ready()

    def run_simple(self, text: str, *, last: bool, shaped: Shaped | None = None) -> None:
        """Run one statement of a Query, and send all that it returns.

        :param last: it is the last one: what nobody began ends with it
        :param shaped: what it means, where that is known by its shape
        """
        self.begun(text)
        try:
            portal = self._simple_portal(text, shaped)
            if portal is None:
                return
            try:
                if portal.columns is not None:
                    self.emit(self.description(portal))
                self.send_rows(portal, 0)
                self.finish(portal)
            finally:
                portal.close()
            if last:
                self.end_implicit()
            self.emit(replies.complete(portal.tag))
        except PgError as error:
            raise self.why(error) from None
        finally:
            self.over()

    def _simple_portal(self, text: str, shaped: Shaped | None) -> Portal | None:
        """Return a statement of a Query, started; None for a command, which has been run."""
        sure = False
        while True:
            portal = self._made_portal(text, shaped, sure=sure)
            try:
                if portal is not None:
                    self.start(portal)
            except Stale:
                if sure:
                    raise
                sure = True  # nobody has been told yet what it returns
            else:
                return portal

    def _made_portal(self, text: str, shaped: Shaped | None, *, sure: bool) -> Portal | None:
        if (shaped is None or sure) and not self.transaction.failed:
            shaped = self.engine.filled(text, sure=sure)
        if shaped is not None:
            _, made, values = shaped
        else:
            made, values = self.translate(text, (), sure=sure), ()
            if made.kind == "command":
                self.command(made, text)
                return None
            self.no_parameters(made)
        plan = plan_of(made, self.settings.zone)
        if not (sure or plan.checked_later):
            return self._made_portal(text, None, sure=True)
        if plan.catalog:
            self.refresh_catalog()
        return Portal(Statement(text, (), made, version=self.engine.version), values)

    def description(self, portal: Portal) -> bytes:
        """Return RowDescription for a portal that has been started."""
        made = portal.statement.made
        if made is not None and made.plan is not None and portal.columns is made.columns:
            shape: Shape = made.plan.shape(portal.formats)
            return shape.description
        return replies.row_description(fields(portal.columns or ()), portal.formats)

    # ---- the extended query ----

    def _parse(self, body: bytes) -> None:
        message = messages.parse(body)
        if message.name and message.name in self.statements:
            raise PgError("42P05", f'prepared statement "{message.name}" already exists')
        statements = _split(message.query)
        if len(statements) > 1:
            raise PgError("42601", "cannot insert multiple commands into a prepared statement")
        self.statements[message.name] = self.prepared(statements[0][0] if statements else "", message.types)
        self.emit(replies.PARSE_COMPLETE)

    def prepared(self, text: str, types: tuple[int, ...]) -> Statement:
        """Return a statement that is ready to be bound."""
        if not text:
            return Statement("", types, None)
        if self.transaction.failed and not self.ends_block(text):
            self.transaction.check()
        made = self.translate(text, types)
        return Statement(text, types, made, version=self.engine.version)

    def _bind(self, body: bytes) -> None:
        message = messages.bind(body)
        statement = self.statement_named(message.statement)
        made = self.current(statement, sure=False)
        if message.portal and message.portal in self.portals:
            raise PgError("42P03", f'cursor "{message.portal}" already exists')
        if self.transaction.failed and made is not None and not self.ends_block(statement.text):
            self.transaction.check()
        values: tuple[Any, ...] = ()
        given = (message.formats, message.values)
        if made is not None:
            try:
                values = plan_of(made, self.settings.zone).values(*given)
            except PgError:
                before, made = made, self.current(statement)
                if made is None or made is before:
                    raise
                values = plan_of(made, self.settings.zone).values(*given)  # its types are others by now
        elif message.values:
            raise PgError("08P01", "bind message supplies parameters, but the statement requires 0")
        if (old := self.portals.pop(message.portal, None)) is not None:
            old.close()
        portal = Portal(statement, values, message.results, message.portal, given)
        if not message.portal and made is not None and made.plan.light and self._at_once(portal, made):
            return
        self.portals[message.portal] = portal
        self.emit(replies.BIND_COMPLETE)

    def _at_once(self, portal: Portal, made: Translated) -> bool:
        """Answer Bind, Describe, Execute and Sync together, as far as they have come so: nearly all drivers ask so.

        Returns False when there is more to it; what has been done by then is in the portal.
        """
        wire = self.wire
        rest = next((each for each in _TOGETHER if wire.ahead(each)), None)
        if rest is None or portal.statement.version != self.engine.version:
            return False
        self.begun(portal.statement.text)
        try:
            self.transaction.check()
            self.transaction.before_read()
            if not self._run_light(portal, made.plan, made.sql[0]) or portal.spool is not None:
                self.counters.queries -= 1  # counted when it is executed
                return False
            rows = self.engine.fetch(portal.cursor, FEW)
            if len(rows) == FEW:
                portal.peeked = rows
                self.counters.queries -= 1
                return False
            shape = made.plan.shape(portal.formats)
            data = shape.encode.together(rows)
        except PgError as error:
            portal.close()
            raise self.why(error) from None
        finally:
            self.over()
        wire.skip(rest)
        self.counters.rows += len(rows)
        self.out += replies.BIND_COMPLETE
        if rest.startswith(_DESCRIBE):
            self.out += shape.description
        self.out += data
        self.out += replies.complete(f"SELECT {len(rows)}")
        if rest.endswith(_SYNC):
            self._sync(b"")
        else:
            portal.done = True
            self.portals[""] = portal  # at its end, as it stays until Sync
            if len(self.out) > _FLUSH:
                self.flush()
        return True

    def statement_named(self, name: str) -> Statement:
        """Return a prepared statement."""
        found = self.statements.get(name)
        if found is None:
            shown = f'prepared statement "{name}"' if name else "unnamed prepared statement"
            raise PgError("26000", f"{shown} does not exist")
        return found

    def portal_named(self, name: str) -> Portal:
        """Return a portal."""
        found = self.portals.get(name)
        if found is None:
            raise PgError("34000", f'portal "{name}" does not exist')
        return found

    def _describe(self, body: bytes) -> None:
        message = messages.describe(body)
        if message.kind == "S":
            statement = self.statement_named(message.name)
            made = self.current(statement)
            parameters = [sized.type.oid for sized in made.parameters] if made is not None else []
            self.emit(replies.parameter_description(parameters))
            columns = self.described(statement)
            self.emit(
                replies.row_description(fields(columns), ()) if columns is not None else replies.NO_DATA
            )
            return
        portal = self.portal_named(message.name)
        made = portal.statement.made
        if made is not None and made.plan is not None and made.plan.light:
            self.emit(made.plan.shape(portal.formats).description)
            return
        columns = portal.columns if portal.started else self.described(portal.statement)
        if columns is None:
            self.emit(replies.NO_DATA)
        else:
            self.emit(replies.row_description(fields(columns), portal.formats))

    def _execute(self, body: bytes) -> None:
        message = messages.execute(body)
        portal = self.portal_named(message.portal)
        made = portal.statement.made
        if made is None:
            self.emit(replies.EMPTY_QUERY)
            return
        self.alone = self.wire.peek() == 0x53  # Sync comes next
        self.begun(portal.statement.text)
        try:
            if made.kind == "command":
                self.command(made, portal.statement.text, portal)
                return
            self.start(portal)
            if self.send_rows(portal, message.limit):
                self.emit(replies.PORTAL_SUSPENDED)
                return
            self.finish(portal)
            if self.alone and made.writes:
                self.end_implicit()
            self.emit(replies.complete(portal.tag))
        except PgError as error:
            raise self.why(error) from None
        finally:
            self.over()

    def _close(self, body: bytes) -> None:
        message = messages.close(body)
        if message.kind == "S":
            self.statements.pop(message.name, None)
        elif (portal := self.portals.pop(message.name, None)) is not None:
            portal.close()
        self.emit(replies.CLOSE_COMPLETE)

    def _sync(self, body: bytes) -> None:
        if self.skipping:
            self.skipping = False
            if not self.transaction.block:
                self.close_portals()
        else:
            try:
                self.end_implicit()
            except PgError as error:
                self.failed(error)
        self.ready()

    def _flush(self, body: bytes) -> None:
        self.flush()

    def _copy_stray(self, body: bytes) -> None:
        """CopyData and its like outside of COPY: the rest of one that has failed."""

    def _password(self, body: bytes) -> None:
        raise protocol_violation("a password was not asked for")

    def _function_call(self, body: bytes) -> None:
        raise PgError("0A000", "function calls by message are not supported: use SELECT")

    # ---- from other threads ----

    def terminate(self, error: PgError) -> None:
        """End the session: now if it is idle, else behind its statement."""
        self.ending = error
        wake = getattr(self.wire, "end", None)
        if wake is not None:
            wake()

    def cancel(self, error: PgError | None = None) -> None:
        """Interrupt the statement that runs, if one does; COPY that waits for data ends when some comes."""
        if self.running or self.awaiting:
            self.cancelled = error or PgError("57014", "canceling statement due to user request")
            if self.running:
                self.engine.connection.interrupt()

    def check_cancelled(self) -> PgError | None:
        """Return the error of a statement that was cancelled."""
        return self.cancelled

    def notified(self, process: int, channel: str, payload: str) -> None:
        """Take a notification; it is sent when the client can take it."""
        import struct

        data = struct.pack("!i", process) + channel.encode() + b"\0" + payload.encode() + b"\0"
        self.inbox.append(replies.message(b"A", data))
        wake = getattr(self.wire, "wake", None)
        if wake is not None:
            wake()

    def deliver(self) -> None:
        """Send what has come for the client while it is idle."""
        if self.inbox and not self.transaction.block:
            arrived, self.inbox = self.inbox, []
            for each in arrived:
                self.emit(each)
            self.flush()

    @property
    def query_start(self) -> datetime:
        """When the statement began that runs, or ran last."""
        if self.query_instant is None:
            self.query_instant = datetime.fromtimestamp(self.query_time, timezone.utc)
        return self.query_instant

    @property
    def state_since(self) -> datetime:
        """When the client was last told that the next command may come."""
        return datetime.fromtimestamp(self.state_time, timezone.utc)

    @property
    def state(self) -> str:
        """What pg_stat_activity says."""
        if self.running or self.awaiting:
            return "active"
        status = self.transaction.status
        return {"I": "idle", "T": "idle in transaction", "E": "idle in transaction (aborted)"}[status]

    def now(self) -> datetime:
        """Return the time of the transaction's begin."""
        if self.moment is None:
            self.moment = self.query_start
        return self.moment

    def idle_limit(self) -> tuple[float, str, str] | None:
        """Return how long the client may say nothing, in seconds, and what it is told then: SQLSTATE and text."""
        block = self.transaction.block
        limit = self.settings.milliseconds(_IDLE_IN_BLOCK if block else _IDLE)
        if not limit or self.awaiting:
            return None
        code, where = ("25P03", "idle-in-transaction") if block else ("57P05", "idle-session")
        return limit / 1000, code, f"terminating connection due to {where} timeout"


_HANDLERS: dict[int, Callable[[Session, bytes], None]] = {
    ord("Q"): Session._query,
    ord("P"): Session._parse,
    ord("B"): Session._bind,
    ord("D"): Session._describe,
    ord("E"): Session._execute,
    ord("C"): Session._close,
    ord("S"): Session._sync,
    ord("H"): Session._flush,
    ord("d"): Session._copy_stray,
    ord("c"): Session._copy_stray,
    ord("f"): Session._copy_stray,
    ord("p"): Session._password,
    ord("F"): Session._function_call,
}
__all__ = ["Session", "Wire", "copying", "time"]
