"""What sessions need of the server around them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..database import Database


@dataclass
class Counters:
    """Numbers that the status shows. Each session has its own, so that nobody waits to count."""

    queries: int = 0
    errors: int = 0
    rows: int = 0
    sent: int = 0
    received: int = 0
    commits: int = 0
    rollbacks: int = 0

    def add(self, other: Counters) -> None:
        """Add another's numbers."""
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


@dataclass
class Context:
    """The server as its sessions see it."""

    database: Database
    started: float = field(default_factory=time.time)
    port: int = 0
    tls: bool = False
    max_connections: int = 100
    past: Counters = field(default_factory=Counters)  # of sessions that have ended
    lock: threading.Lock = field(default_factory=threading.Lock)
    sessions: dict[int, Any] = field(default_factory=dict)  # by process number
    listeners: dict[str, set[Any]] = field(default_factory=dict)  # sessions by channel
    advisory: dict[tuple[int, ...], tuple[Any, int]] = field(default_factory=dict)
    watch: Callable[[float, Callable[[], None]], Callable[[], None]] | None = None
    waits: Callable[[], None] = lambda: None  # called before a wait that others need not share
    users: Any = None

    @property
    def counters(self) -> Counters:
        """The numbers of all sessions, those that have ended among them."""
        total = Counters()
        with self.lock:
            total.add(self.past)
            for session in self.sessions.values():
                total.add(session.counters)
        return total

    def notify(self, sender: Any, channel: str, payload: str) -> None:
        """Send a notification to all who listen."""
        with self.lock:
            there = list(self.listeners.get(channel, ()))
        for session in there:
            session.notified(sender.process, channel, payload)
