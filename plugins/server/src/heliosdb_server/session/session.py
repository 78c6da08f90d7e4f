"""One client's session from its login on: messages in, messages out, by the rules of the extended query protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Protocol

from ..protocol import messages, replies
from ..protocol.errors import PgError, protocol_violation
from ..protocol.frames import Frame
from ..translation.lexer import split
from . import copying, own_functions
from .commands import Commands
from .context import Context
from .engine import Engine
from .execution import Execution
from .portals import Portal, Statement, decoded, fields
from .settings import Settings
from .transactions import Transaction

_FLUSH = 1 << 16


class Wire(Protocol):
    """The connection to the client, as a session uses it."""

    def send(self, data: bytes) -> None:
        """Send bytes; waits while the client does not read."""

    def receive(self) -> Frame | None:
        """Return the next message; None at the end of the connection."""

    def peek(self) -> int:
        """Return the type of the next message that is here already, 0 for none."""

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
        self.started = datetime.now(timezone.utc)
        self.engine = Engine(context.database, context.database.branch_of(database), settings)
        self.transaction = Transaction(self.engine.connection, self._control, self.engine.queue)
        self.transaction.default_isolation = settings.show("default_transaction_isolation")
        self.transaction.default_read_only = settings.show("default_transaction_read_only") == "on"
        self.statements: dict[str, Statement] = {}
        self.portals: dict[str, Portal] = {}
        self.out = bytearray()
        self.skipping = False  # after an error, until Sync
        self.alone = False  # the statement is the only one of its implicit transaction
        self.cancelled: PgError | None = None
        self.running = False
        self.ending: PgError | None = None
        self.state_since = self.started
        self.query_text = ""
        self.query_start = self.started
        self.moment: datetime | None = None  # now(), for the transaction
        self.held_notifications: list[tuple[str, str]] = []
        self.inbox: list[bytes] = []
        self.channels: set[str] = set()
        self.session_locks: list[tuple[int, ...]] = []
        self.transaction_locks: list[tuple[int, ...]] = []
        self.pending_sequences: list[tuple[str, int]] = []
        self.catalog_stamp: Any = None
        self.catalog_names: dict[int, str] = {}
        self.catalog_sequences: dict[str, int] = {}
        self.catalog_procedures: dict[int, str] = {}
        self.catalog_constraints: dict[int, str] = {}
        self.catalog_indexes: dict[int, tuple[str, list[str]]] = {}
        self.catalog_views: dict[int, str] = {}
        self.catalog_triggers: dict[int, str] = {}
        self.engine.define(own_functions.functions(self))

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
        self.state_since = datetime.now(timezone.utc)
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
        with self.context.lock:
            self.context.counters.errors += 1
        self.running = False
        self.cancelled = None
        if not self.transaction.block:
            self.close_portals()
        self.transaction.fail()
        if not self.transaction.block:
            self.ended(well=False)
        self.engine.forget()
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
        with self.context.lock:
            if well:
                self.context.counters.commits += 1
            else:
                self.context.counters.rollbacks += 1

    def close_portals(self, *, keep_held: bool = True) -> None:
        """Close the portals that end with the transaction."""
        for name, portal in list(self.portals.items()):
            if not (portal.hold and keep_held):
                portal.close()
                del self.portals[name]

    def end_implicit(self) -> None:
        """End the transaction that nobody began: at Sync, or behind the last statement of a Query."""
        if self.transaction.block:
            return
        self.close_portals()
        was_open = self.engine.connection.in_transaction
        try:
            self.transaction.commit()
        except PgError:
            self.ended(well=False)
            raise
        if was_open or self.held_notifications or self.moment is not None or self.settings._local:
            self.ended(well=True)

    # ---- the simple query ----

    def _query(self, body: bytes) -> None:
        text = messages.query(body)
        self.portals.pop("", Portal(Statement("", (), None), ())).close()
        self.statements.pop("", None)
        statements = split(text)
        if not statements:
            self.emit(replies.EMPTY_QUERY)
            self.ready()
            return
        self.alone = len(statements) == 1
        for piece, start in statements:
            try:
                self.run_simple(piece)
            except PgError as error:
                if error.position and start:
                    error.position += start
                raise
        self.end_implicit()
        self.ready()

    def run_simple(self, text: str) -> None:
        """Run one statement of a Query, and send all that it returns."""
        with self.statement(text):
            shaped = None if self.transaction.failed else self.engine.filled(text)
            if shaped is not None:
                made, values = shaped
            else:
                made = self.translate(text, ())
                if made.kind == "command":
                    self.command(made, text)
                    return
                values = self.no_parameters(made)
            portal = Portal(Statement(text, (), made), values)
            try:
                self.start(portal)
                if portal.columns is not None:
                    self.emit(replies.row_description(fields(portal.columns), ()))
                self.send_rows(portal, 0)
                self.finish(portal)
                self.emit(replies.complete(portal.tag))
            finally:
                portal.close()

    # ---- the extended query ----

    def _parse(self, body: bytes) -> None:
        message = messages.parse(body)
        if message.name and message.name in self.statements:
            raise PgError("42P05", f'prepared statement "{message.name}" already exists')
        statements = split(message.query)
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
        return Statement(text, types, self.translate(text, types))

    def _bind(self, body: bytes) -> None:
        message = messages.bind(body)
        statement = self.statement_named(message.statement)
        made = self.current(statement)
        if message.portal and message.portal in self.portals:
            raise PgError("42P03", f'cursor "{message.portal}" already exists')
        if self.transaction.failed and made is not None and not self.ends_block(statement.text):
            self.transaction.check()
        values: tuple[Any, ...] = ()
        if made is not None:
            values = decoded(made, message.formats, message.values, self.settings.zone)
        elif message.values:
            raise PgError("08P01", "bind message supplies parameters, but the statement requires 0")
        if (old := self.portals.pop(message.portal, None)) is not None:
            old.close()
        self.portals[message.portal] = Portal(statement, values, message.results, message.portal)
        self.emit(replies.BIND_COMPLETE)

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
        columns = portal.columns if portal.started else self.described(portal.statement)
        if columns is None:
            self.emit(replies.NO_DATA)
        else:
            self.emit(replies.row_description(fields(columns), portal.formats))

    def _execute(self, body: bytes) -> None:
        message = messages.execute(body)
        portal = self.portal_named(message.portal)
        if portal.statement.made is None:
            self.emit(replies.EMPTY_QUERY)
            return
        self.alone = (
            self.wire.peek() == 0x53
        )  # Sync comes next: no transaction is needed around one statement
        with self.statement(portal.statement.text):
            if portal.statement.made.kind == "command":
                self.command(portal.statement.made, portal.statement.text, portal)
                return
            self.start(portal)
            if self.send_rows(portal, message.limit):
                self.emit(replies.PORTAL_SUSPENDED)
                return
            self.finish(portal)
            self.emit(replies.complete(portal.tag))

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
        """Interrupt the statement that runs, if one does."""
        if self.running:
            self.cancelled = error or PgError("57014", "canceling statement due to user request")
            self.engine.connection.interrupt()

    def forget_cancel(self) -> None:
        """Begin a statement: what was cancelled was one before."""
        self.cancelled = None

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
    def state(self) -> str:
        """What pg_stat_activity says."""
        if self.running:
            return "active"
        status = self.transaction.status
        return {"I": "idle", "T": "idle in transaction", "E": "idle in transaction (aborted)"}[status]

    def now(self) -> datetime:
        """Return the time of the transaction's begin."""
        if self.moment is None:
            self.moment = datetime.now(timezone.utc)
        return self.moment

    def idle_limit(self) -> tuple[float, PgError] | None:
        """Return how long the client may say nothing, in seconds, and what it is told then."""
        if self.transaction.block:
            limit = self.settings.milliseconds("idle_in_transaction_session_timeout")
            error = PgError("25P03", "terminating connection due to idle-in-transaction timeout", fatal=True)
        else:
            limit = self.settings.milliseconds("idle_session_timeout")
            error = PgError("57P05", "terminating connection due to idle-session timeout", fatal=True)
        return (limit / 1000, error) if limit else None


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
