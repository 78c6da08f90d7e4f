"""One client's session from its login on: messages in, messages out, by the rules of the extended query protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Protocol

from ..catalog.wording import Wording
from ..protocol import replies
from ..protocol.errors import PgError, protocol_violation
from ..protocol.frames import Frame
from . import own_functions
from .commands import Commands
from .context import Context, Counters
from .engine import Engine
from .execution import Execution
from .extended_queries import ExtendedQueries
from .held import HeldRows
from .portals import Portal, Statement
from .presence import Presence
from .sending import Sending
from .sequences import Sequences
from .settings import Settings
from .simple_queries import SimpleQueries
from .transactions import Transaction

_FLUSH = 1 << 16
_BEHIND_COMMITS = (0x53, 0x43)  # Sync and Close


class Wire(Protocol):
    """The connection to the client, as a session uses it."""

    counters: Counters

    def send(self, data: bytes) -> None:
        """Send bytes; waits while the client does not read."""

    def next(self) -> Frame | None:
        """Return the next message that is here, None for none."""

    def receive(self) -> Frame | None:
        """Return the next message, and wait for it; None at the end of the connection."""

    def peek(self) -> int:
        """Return the type of the next message that is here already, 0 for none."""

    def ahead(self, messages: bytes) -> bool:
        """Are these the messages that are next, and here already?"""

    def skip(self, messages: bytes) -> None:
        """Leave these out, which are next."""

    def run(self, kind: int) -> list[bytes]:
        """Return what the next messages carry, as long as they are here already and of this type."""


class Session(SimpleQueries, ExtendedQueries, Execution, Sending, Commands, Presence):
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
            self.engine.connection, self._control, self.engine.queue, self.engine.sync, context.waits
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
        self.wakes: Callable[[], None] = lambda: None  # has what has come for the client delivered
        self.channels: set[str] = set()
        self.session_locks: list[tuple[int, ...]] = []
        self.transaction_locks: list[tuple[int, ...]] = []
        self.sequences = Sequences(self)
        self.held = HeldRows()
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

    # ---- messages ----

    def answer(self) -> bool:
        """Answer the messages that are here; return False when the client takes its leave, or the session ends.

        What it is told of the last commit is not sent until :meth:`settle` is called.
        """
        while (frame := self.wire.next()) is not None:
            if self.ending is not None or frame.kind == 0x58:  # X, Terminate
                return False
            if self.engine.unsynced and frame.kind not in _BEHIND_COMMITS:
                self.flush()  # what comes next may take long, or wait for who waits for this
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
        return self.ending is None

    def settle(self) -> None:
        """Send what is left to send, when all is on the disk that it is about.

        :raises PgError: it may not be there
        """
        if self.engine.unsynced:
            self._synced()
        if self.out:
            data, self.out = bytes(self.out), bytearray()
            self.wire.send(data)

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
        if self.engine.unsynced:
            self.context.waits()
        self.settle()

    def _synced(self) -> None:
        try:
            self.engine.synced()
        except PgError:
            self.out.clear()  # it told of what may not last
            raise

    def unsent(self) -> bytes:
        """Return what the client was to be told still, as far as it is true."""
        try:
            self._synced()
        except PgError:
            pass
        return bytes(self.out)

    def ready(self) -> None:
        """Say that the next command may come."""
        if self.inbox:
            self.notify()
        self.emit(replies.READY[self.transaction.status])
        self.state_time = time.time()
        if not self.engine.unsynced:
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
        if held and well:
            self._synced()
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

    def _flush(self, body: bytes) -> None:
        self.flush()

    def _copy_stray(self, body: bytes) -> None:
        """CopyData and its like outside of COPY: the rest of one that has failed."""

    def _password(self, body: bytes) -> None:
        raise protocol_violation("a password was not asked for")

    def _function_call(self, body: bytes) -> None:
        raise PgError("0A000", "function calls by message are not supported: use SELECT")


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
