"""The attributes of a connection, which are not awaited."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from .._standard import sqlite3
from . import _worker
from ._errors import ConnectionClosed
from ._worker import Worker

if TYPE_CHECKING:
    from ._methods import ConnectionMethods as _Base
else:
    _Base = object

FORKED = (
    "this process was forked after the connection was opened, and its thread did not come along: open another"
)


class Attributes(_Base):
    """What sqlite3's connections have as attributes, with the same names and values."""

    _connection: sqlite3.Connection | None
    _generation: int
    _worker: Worker

    @property
    def _conn(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ConnectionClosed("no active connection")
        if self._generation != _worker.generation:
            raise sqlite3.ProgrammingError(FORKED)
        return self._connection

    @property
    def in_transaction(self) -> bool:
        """Whether there are changes that are neither committed nor rolled back."""
        return self._conn.in_transaction

    @property
    def total_changes(self) -> int:
        """How many rows were changed since the connection was opened."""
        return self._conn.total_changes

    @property
    def isolation_level(self) -> str | None:
        """How transactions begin by themselves; None: they don't."""
        return self._conn.isolation_level

    @isolation_level.setter
    def isolation_level(self, value: Any) -> None:
        self._there(partial(setattr, self._conn, "isolation_level", value))  # which may commit

    @property
    def autocommit(self) -> bool | int:
        """As sqlite3's, from Python 3.12."""
        # Python 3.10 does not know it.
        level: bool | int = self._there(partial(getattr, self._conn, "autocommit"))
        return level

    @autocommit.setter
    def autocommit(self, value: bool | int) -> None:
        _ = self.autocommit  # where there is none, there is none to set
        self._there(partial(setattr, self._conn, "autocommit", value))

    def _there(self, function: Callable[[], Any]) -> Any:
        """Return what the function returns in the connection's thread, after what was asked for before."""
        done = threading.Event()
        outcome: list[Any] = []
        error: list[BaseException] = []

        def job() -> None:
            try:
                outcome.append(function())
            except BaseException as raised:  # noqa: BLE001 - raised where it was asked for
                error.append(raised)
            finally:
                done.set()

        self._worker.jobs.put((None, job))
        done.wait()
        if error:
            raise error.pop()
        return outcome.pop()

    @property
    def row_factory(self) -> Any:
        """What makes the rows of the cursors made from now on."""
        return self._conn.row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        self._conn.row_factory = factory

    @property
    def text_factory(self) -> Callable[[bytes], Any]:
        """What makes the texts of rows."""
        factory: Callable[[bytes], Any] = self._conn.text_factory
        return factory

    @text_factory.setter
    def text_factory(self, factory: Callable[[bytes], Any]) -> None:
        self._conn.text_factory = factory
