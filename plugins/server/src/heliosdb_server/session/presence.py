"""What others see of a session and do to it: its state, cancelling, notifications, its end."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..protocol import replies
from ..protocol.errors import PgError

if TYPE_CHECKING:
    from .session import Session


_IDLE, _IDLE_IN_BLOCK = "idle_session_timeout", "idle_in_transaction_session_timeout"


class Presence:
    """The part of a session that other threads reach."""

    running: bool
    awaiting: bool
    ending: PgError | None
    cancelled: PgError | None
    inbox: list[bytes]
    moment: datetime | None
    query_instant: datetime | None
    wakes: Callable[[], None]

    def terminate(self: Session, error: PgError) -> None:  # type: ignore[misc]
        """End the session: now if it is idle, else behind its statement."""
        self.ending = error
        wake = getattr(self.wire, "end", None)
        if wake is not None:
            wake()

    def cancel(self: Session, error: PgError | None = None) -> None:  # type: ignore[misc]
        """Interrupt the statement that runs, if one does; COPY that waits for data ends when some comes."""
        if self.running or self.awaiting:
            self.cancelled = error or PgError("57014", "canceling statement due to user request")
            if self.running:
                self.engine.connection.interrupt()

    def check_cancelled(self: Session) -> PgError | None:  # type: ignore[misc]
        """Return the error of a statement that was cancelled."""
        return self.cancelled

    def notified(self: Session, process: int, channel: str, payload: str) -> None:  # type: ignore[misc]
        """Take a notification; it is sent when the client can take it."""
        data = struct.pack("!i", process) + channel.encode() + b"\0" + payload.encode() + b"\0"
        message = replies.message(b"A", data)
        self.inbox.append(message)
        self.wakes()

    def deliver(self: Session) -> None:  # type: ignore[misc]
        """Send what has come for the client while it is idle."""
        if self.inbox and not self.transaction.block:
            self.notify()
            self.flush()

    def notify(self: Session) -> None:  # type: ignore[misc]
        """Have what has come sent with the rest, unless a block goes on. More may come meanwhile."""
        while self.inbox and not self.transaction.block:
            self.emit(self.inbox.pop(0))

    @property
    def query_start(self: Session) -> datetime:  # type: ignore[misc]
        """When the statement began that runs, or ran last."""
        if self.query_instant is None:
            self.query_instant = datetime.fromtimestamp(self.query_time, timezone.utc)
        return self.query_instant

    @property
    def state_since(self: Session) -> datetime:  # type: ignore[misc]
        """When the client was last told that the next command may come."""
        return datetime.fromtimestamp(self.state_time, timezone.utc)

    @property
    def state(self: Session) -> str:  # type: ignore[misc]
        """What pg_stat_activity says."""
        if self.running or self.awaiting:
            return "active"
        status = self.transaction.status
        return {"I": "idle", "T": "idle in transaction", "E": "idle in transaction (aborted)"}[status]

    def now(self: Session) -> datetime:  # type: ignore[misc]
        """Return the time of the transaction's begin."""
        if self.moment is None:
            self.moment = self.query_start
        return self.moment

    def idle_limit(self: Session) -> tuple[float, str, str] | None:  # type: ignore[misc]
        """Return how long the client may say nothing, in seconds, and what it is told then: SQLSTATE and text."""
        block = self.transaction.block
        limit = self.settings.milliseconds(_IDLE_IN_BLOCK if block else _IDLE)
        if not limit or self.awaiting:
            return None
        code, where = ("25P03", "idle-in-transaction") if block else ("57P05", "idle-session")
        return limit / 1000, code, f"terminating connection due to {where} timeout"
