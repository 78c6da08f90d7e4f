"""A plugin that writes down which hooks ran, in which order, with what."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..plugins import Statement, Target, hookimpl


class Event(NamedTuple):
    """A hook that ran."""

    hook: str  # without its prefix: "commit"
    detail: str = ""  # the SQL text, or the error's class; "" where there is nothing to tell


class Recorder:
    """Implements every hook of a connection and changes nothing.

    >>> import heliosdb_sqlite
    >>> from heliosdb_sqlite.testing import registered
    >>> with registered(Recorder()) as recorder:
    ...     conn = heliosdb_sqlite.connect(":memory:")
    ...     _ = conn.execute("CREATE TABLE t (a)")
    ...     conn.close()
    >>> [event.hook for event in recorder.events if event.hook in ("commit", "close")]
    ['commit', 'close']
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def hooks(self, *only: str) -> list[str]:
        """Return the hooks that ran so far, in order; only these, if any are named."""
        return [event.hook for event in self.events if not only or event.hook in only]

    def transactions(self) -> list[str]:
        """Return the hooks about transactions that ran since the last call, and forget what was recorded."""
        ran = self.hooks("before_commit", "commit", "rollback")
        self.events.clear()
        return ran

    @hookimpl
    def heliosdb_open(self, target: Target) -> None:
        self.events.append(Event("open", str(target.database)))

    @hookimpl
    def heliosdb_connect(self) -> None:
        self.events.append(Event("connect"))

    @hookimpl
    def heliosdb_parse(self, statement: Statement) -> None:
        self.events.append(Event("parse", statement.sql))

    @hookimpl
    def heliosdb_bind(self, statement: Statement) -> None:
        self.events.append(Event("bind", statement.sql))

    @hookimpl
    def heliosdb_row(self, statement: Statement) -> None:
        self.events.append(Event("row", statement.sql))

    @hookimpl
    def heliosdb_error(self, statement: Statement) -> None:
        self.events.append(Event("error", statement.sql))

    @hookimpl
    def heliosdb_executed(self, statement: Statement, error: BaseException | None) -> None:
        self.events.append(Event("executed", type(error).__name__ if error is not None else statement.sql))

    @hookimpl
    def heliosdb_before_commit(self, connection: Any) -> None:
        assert connection.in_transaction  # noqa: S101 - part of the contract: it can still be written to
        self.events.append(Event("before_commit"))

    @hookimpl
    def heliosdb_commit(self) -> None:
        self.events.append(Event("commit"))

    @hookimpl
    def heliosdb_rollback(self) -> None:
        self.events.append(Event("rollback"))

    @hookimpl
    def heliosdb_close(self, connection: Any) -> None:
        connection.in_transaction  # noqa: B018 - part of the contract: the connection can still be used
        self.events.append(Event("close"))
