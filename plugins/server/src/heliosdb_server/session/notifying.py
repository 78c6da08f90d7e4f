"""LISTEN and NOTIFY."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..protocol.errors import PgError
from .portals import Portal

if TYPE_CHECKING:
    from .session import Session


class Notifying:
    """The part of a session's commands that is about notifications."""

    def _do_listen(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        with self.context.lock:
            self.context.listeners.setdefault(args["name"], set()).add(self)
        self.channels.add(args["name"])
        return "LISTEN"

    def unlisten(self: Session, name: str) -> None:  # type: ignore[misc]
        """Listen to a channel, or to all, no longer."""
        with self.context.lock:
            for each in [name] if name else list(self.channels):
                self.context.listeners.get(each, set()).discard(self)
                self.channels.discard(each)

    def _do_unlisten(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.unlisten(args["name"])
        return "UNLISTEN"

    def _do_notify(self: Session, args: dict[str, Any], portal: Portal | None) -> str:  # type: ignore[misc]
        self.queue_notification(args["name"], args["payload"])
        return "NOTIFY"

    def queue_notification(self: Session, channel: str, payload: str) -> None:  # type: ignore[misc]
        """Send a notification when the transaction commits."""
        if not channel:
            raise PgError("22023", "channel name cannot be empty")
        if len(payload.encode()) >= 8000:
            raise PgError("22023", "payload string too long")
        self.held_notifications.append((channel, payload))
