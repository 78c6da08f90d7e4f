"""Where in the log a snapshot stands, and which rows differ where a connection stands now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from .changes import LOG, Entry, Head, entries_from

_REMEMBERED = 4096  # entries: a rollback of more than these has the column read anew


class Position(NamedTuple):
    """A place in the log, and the entries that led there."""

    head: Head
    history: tuple[Entry, ...] = ()
    whole: bool = False
    """Whether the history begins with the log."""

    def moved_by(self, entries: list[Entry], kept: int) -> Position:
        """Return the position after ``entries``, with the first ``kept`` of the history before them."""
        history = (*self.history[:kept], *entries)
        whole = (self.whole or self.head.seq == 0) and len(history) <= _REMEMBERED
        if not history:
            return Position(Head(0, 0))
        return Position(Head(history[-1].seq, history[-1].nonce), history[-_REMEMBERED:], whole)

    def without(self, number: int, rows: Iterable[int]) -> Position:
        """Return the position with rows that were found to be gone, though the log does not say so.

        They went with a change that is logged, this one or one before it. Should the log be followed back from here,
        they are looked at again.
        """
        gone = tuple(Entry(self.head.seq, self.head.nonce, number, row) for row in rows)
        return self._replace(history=(*self.history, *gone))


def catch_up(
    connection: Any, schema: str, number: int, position: Position
) -> tuple[set[int], Position] | None:
    """Return the rows that have changed between a position and the end of the log as this connection sees it.

    The connection may stand before the position as well: after a rollback, or in an older read transaction. None if the
    log does not reach back far enough.
    """
    head, history, whole = position
    entries = entries_from(connection, schema, max(head.seq, 1))
    if head.seq == 0:
        if not entries:
            return set(), position
        if entries[0].seq != 1:
            return None
        return _touched(entries, number), position.moved_by(entries, 0)
    if entries and entries[0][:2] == head:
        if len(entries) == 1:
            return set(), position
        return _touched(entries[1:], number), position.moved_by(entries[1:], len(history))
    if not history:
        return None
    now = {entry.seq: entry for entry in entries_from(connection, schema, history[0].seq)}
    for kept in range(len(history), 0, -1):
        last = history[kept - 1]
        if last.seq in now and now[last.seq].nonce == last.nonce:
            after = [entry for seq, entry in now.items() if seq > last.seq]
            return _touched([*history[kept:], *after], number), position.moved_by(after, kept)
    if whole and (not now or min(now) == 1):
        after = list(now.values())
        return _touched([*history, *after], number), position.moved_by(after, 0)
    return None


def _touched(entries: list[Entry], number: int) -> set[int]:
    rows = {entry.row for entry in entries if entry.table == number}
    if not all(type(row) is int for row in rows):
        raise sqlite3.DatabaseError(
            f"the log of changes is damaged, somebody has written to {LOG}: REINDEX the vector indexes"
        )
    return rows
