"""A cursor whose methods are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .._standard import sqlite3

if TYPE_CHECKING:
    from ._connection import Connection
    from ._methods import CursorMethods as _Base
else:
    _Base = object


class Cursor(_Base):
    """A cursor of an :class:`~heliosdb_sqlite.aio.Connection`. ``async for`` and the fetch methods give its rows."""

    def __init__(self, conn: Connection, cursor: sqlite3.Cursor) -> None:
        self.iter_chunk_size = conn._iter_chunk_size
        """How many rows ``async for`` fetches at a time."""
        self._conn = conn
        self._cursor = cursor
        self._ask = conn._ask
        self._ended = cursor.description is None  # the statement, which therefore holds no lock

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._rows()

    async def _rows(self) -> AsyncIterator[Any]:
        while not self._ended and (rows := await self.fetchmany(self.iter_chunk_size)):
            for row in rows:
                yield row

    async def execute(self, sql: str, parameters: Any = None) -> Cursor:
        """Run a statement; return the cursor."""
        if parameters is None:
            await self._ask(self._cursor.execute, sql)
        else:
            await self._ask(self._cursor.execute, sql, parameters)
        self._ended = self._cursor.description is None
        return self

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Cursor:
        """Run a statement once for each set of parameters, which are taken in the connection's thread."""
        await self._ask(self._cursor.executemany, sql, parameters)
        self._ended = False
        return self

    async def executescript(self, sql_script: str) -> Cursor:
        """Run several statements."""
        await self._ask(self._cursor.executescript, sql_script)
        self._ended = False
        return self

    async def fetchone(self) -> Any:
        """Return the next row, or None."""
        row = await self._ask(self._cursor.fetchone)
        self._ended = row is None
        return row

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows, as many as ``size`` or else ``arraysize`` says."""
        wanted = self._cursor.arraysize if size is None else size
        rows: list[Any] = await self._ask(self._cursor.fetchmany, wanted)
        self._ended = len(rows) < wanted
        return rows

    async def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        rows: list[Any] = await self._ask(self._cursor.fetchall)
        self._ended = True
        return rows

    async def close(self) -> None:
        """Close the cursor, which ends its statement."""
        closing = self._ask(self._cursor.close)
        if not self._ended:  # otherwise nothing is left that anybody could notice
            await asyncio.shield(closing)  # whoever is cancelled once more leaves nothing open

    async def __aenter__(self) -> Cursor:  # noqa: PYI034 - typing has no Self before 3.11
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed; -1 for one that changes none."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The rowid of the last row inserted."""
        return self._cursor.lastrowid

    @property
    def arraysize(self) -> int:
        """How many rows :meth:`fetchmany` returns where it is not told."""
        return self._cursor.arraysize

    @arraysize.setter
    def arraysize(self, value: int) -> None:
        self._cursor.arraysize = value

    @property
    def description(self) -> Any:
        """A tuple for each column of the result, its name first."""
        return self._cursor.description

    @property
    def row_factory(self) -> Callable[[sqlite3.Cursor, Any], Any] | None:
        """What makes the rows of this cursor."""
        return self._cursor.row_factory

    @row_factory.setter
    def row_factory(self, factory: Callable[[sqlite3.Cursor, Any], Any] | None) -> None:
        self._cursor.row_factory = factory

    @property
    def connection(self) -> sqlite3.Connection:
        """The ``sqlite3.Connection`` inside, as with aiosqlite. It belongs to the connection's thread."""
        return self._cursor.connection

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return a method of a plugin, to be awaited."""
            method = self._conn._forward(self._cursor, name)
            self._ended = False  # it may run a query
            return method

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} of {self._conn!r}>"
