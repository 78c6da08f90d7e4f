"""Rows on their way to the client: from SQLite as they are read, or from where they wait."""
# ruff: noqa: S101 - an assert tells the type checker what the caller has made sure of

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .portals import Portal
from .spool import Spool

if TYPE_CHECKING:
    from .session import Session


class Sending:
    """The part of a session that sends a portal's rows."""

    def send_rows(self: Session, portal: Portal, limit: int) -> bool:  # type: ignore[misc]
        """Send rows, ``limit`` at most unless it is 0; return whether there are more.

        :raises PgError: a row can't be sent as it was described, or the statement was cancelled
        """
        if portal.columns is None or portal.encode is None:
            return False
        if portal.spool is not None:
            return self._send_spooled(portal, limit)
        left = limit or None
        while True:
            count = portal.step if left is None else min(portal.step, left)
            rows = self.next_rows(portal, count)
            if rows:
                data = portal.encode.together(rows)
                portal.made(len(rows), len(data))
                self.out += data
                portal.place += len(rows)
                portal.count += len(rows)
                if len(self.out) > 1 << 16:
                    self.flush()
            if left is not None:
                left -= len(rows)
            if len(rows) < count:
                portal.done = True
                return False
            if left == 0:
                return True  # PostgreSQL suspends behind the last row too: it has not looked
            if self.cancelled is not None:
                raise self.cancelled

    def next_rows(self: Session, portal: Portal, count: int) -> list[tuple[Any, ...]]:  # type: ignore[misc]
        """Return rows that SQLite has next."""
        if portal.peeked:
            rows, portal.peeked = portal.peeked[:count], portal.peeked[count:]
            if len(rows) < count and portal.cursor is not None:
                rows += self.engine.fetch(portal.cursor, count - len(rows))
            return rows
        return self.engine.fetch(portal.cursor, count) if portal.cursor is not None else []

    def _send_spooled(self: Session, portal: Portal, limit: int) -> bool:  # type: ignore[misc]
        assert portal.spool is not None
        stop = len(portal.spool) if not limit else min(portal.place + limit, len(portal.spool))
        portal.count += max(stop - portal.place, 0)
        while portal.place < stop:
            data, portal.place = portal.spool.some(portal.place, stop)
            self.out += data
            if len(self.out) > 1 << 16:
                self.flush()
        return bool(limit) and 0 < stop < len(portal.spool)

    def spool(self: Session, portal: Portal) -> None:  # type: ignore[misc]
        """Read a portal's rows to the end, so that SQLite's statement is over."""
        if portal.spool is not None or portal.columns is None or portal.encode is None:
            return
        spool = Spool()
        already = portal.place
        portal.spool = spool
        while rows := self.next_rows(portal, portal.step):
            portal.made(len(rows), spool.add(portal.encode.each(rows)))
            if self.cancelled is not None:
                raise self.cancelled
        if already:
            portal.place = 0
        if portal.cursor is not None:
            portal.cursor.close()
            portal.cursor = None

    def settle_portals(self: Session, but: Portal | None = None) -> None:  # type: ignore[misc]
        """Let no statement of this session be open in SQLite while another one writes or a transaction ends."""
        for portal in self.portals.values():
            if portal is not but and portal.cursor is not None and portal.columns is not None:
                self.spool(portal)

    def finish(self: Session, portal: Portal) -> None:  # type: ignore[misc]
        """A portal's statement is over: make its tag."""
        made = portal.statement.made
        assert made is not None
        if portal.cursor is not None and portal.done:
            portal.cursor.close()
            portal.cursor = None
        if made.tag == "INSERT":
            portal.tag = f"INSERT 0 {portal.count}"
        elif made.tag in ("SELECT", "UPDATE", "DELETE", "MERGE", "SHOW") and made.kind != "definition":
            portal.tag = f"{made.tag} {portal.count}"
        self.counters.rows += portal.count
