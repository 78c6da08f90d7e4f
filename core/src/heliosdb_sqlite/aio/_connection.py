"""A connection whose methods are awaited."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import AbstractContextManager, ContextDecorator
from functools import partial
from itertools import islice
from types import GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any

from .._standard import sqlite3
from . import _worker
from ._attributes import FORKED, Attributes
from ._blob import Blob
from ._block import Block
from ._cursor import Cursor
from ._errors import ConnectionClosed
from ._result import Result, result
from ._together import together
from ._worker import Worker

_BLOB: Any = getattr(sqlite3, "Blob", ())  # none before 3.11
_LINES = 256  # of a dump, fetched at a time


class Connection(Attributes):
    """A connection to a SQLite database for coroutines, with a thread of its own. Made by :func:`connect`.

    Everything runs in the order in which it was awaited. A call that is cancelled before its turn does not run; one
    that runs is left to end, and ``await conn.interrupt()`` ends it. The methods of plugins are awaited, too.
    """

    def __init__(
        self,
        connector: Callable[[], sqlite3.Connection],
        iter_chunk_size: int = 64,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if loop is not None:
            warnings.warn("Connection() does not use its loop", DeprecationWarning, stacklevel=2)
        self._worker = Worker()
        self._tx = self._worker.jobs
        self._generation = self._worker.generation
        self._thread = self._worker.thread
        self._connector = connector
        self._connection: sqlite3.Connection | None = None
        self._iter_chunk_size = iter_chunk_size
        self._running = True

    # Opening and closing.

    def __await__(self) -> Generator[Any, Any, Connection]:
        return self._connect().__await__()

    async def __aenter__(self) -> Connection:  # noqa: PYI034 - typing has no Self before 3.11
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connect(self) -> Connection:
        if self._connection is None:
            if not self._running:
                raise ConnectionClosed("Connection closed")
            if self._thread.ident is None:
                self._worker.start()
            try:
                future = asyncio.get_running_loop().create_future()
                self._tx.put((future, partial(self._worker.open, self._connector)))
                self._connection = await future
            except BaseException:  # cancelled, too: the thread closes what it opened
                self.stop()
                raise
        return self

    async def close(self) -> None:
        """Close the connection, after everything that was asked for before. Does nothing the second time."""
        if self._connection is None:
            return
        self._connection = None
        future = self.stop()
        if future is not None:
            await asyncio.shield(future)

    def stop(self) -> asyncio.Future[Any] | None:
        """Close the connection without waiting for it; ``await close()`` is the better way.

        :return: what may be awaited, where a loop is running
        """
        self._running = False
        self._connection = None
        try:
            future = asyncio.get_running_loop().create_future()
        except RuntimeError:
            future = None
        if self._thread.ident is None or not self._thread.is_alive():
            if future is not None:
                future.set_result(None)
            return future
        self._worker.finish(future)
        return future

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is None or self._generation != _worker.generation:
            return
        warnings.warn(
            f"{self!r} was deleted before being closed: use 'async with' or 'await close()'",
            ResourceWarning,
            stacklevel=2,
        )
        self._running = False
        self._worker.finish(None)

    def _ask(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> asyncio.Future[Any]:
        """Have the function run in the connection's thread, in its turn; what it returns is to be awaited."""
        if self._connection is None:
            raise ConnectionClosed("Connection closed")
        if self._generation != _worker.generation:
            raise sqlite3.ProgrammingError(FORKED)
        future = asyncio.get_running_loop().create_future()
        self._tx.put((future, partial(function, *args, **kwargs) if args or kwargs else function))
        return future

    async def _execute(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As :meth:`_ask`; the name by which others know aiosqlite's."""
        return await self._ask(function, *args, **kwargs)

    # Statements.

    @result
    async def cursor(self) -> Cursor:
        """Return a new cursor."""
        return Cursor(self, await self._ask(self._conn.cursor))

    @result
    async def execute(self, sql: str, parameters: Any = None) -> Cursor:
        """Run a statement and return its cursor; ``async with`` closes that at the end."""
        return Cursor(
            self,
            await (
                self._ask(self._conn.execute, sql)
                if parameters is None
                else self._ask(self._conn.execute, sql, parameters)
            ),
        )

    @result
    async def execute_insert(self, sql: str, parameters: Any = None) -> Any:
        """Run an INSERT and return a row with the rowid it gave."""
        return await self._ask(_insert, self._conn, sql, () if parameters is None else parameters)

    @result
    async def execute_fetchall(self, sql: str, parameters: Any = None) -> list[Any]:
        """Run a query and return all of its rows."""
        rows: list[Any] = await self._ask(
            _fetch_all, self._conn, sql, () if parameters is None else parameters
        )
        return rows

    @result
    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Cursor:
        """Run a statement once for each set of parameters, which are taken in the connection's thread."""
        return Cursor(self, await self._ask(self._conn.executemany, sql, parameters))

    @result
    async def executescript(self, sql_script: str) -> Cursor:
        """Run several statements."""
        return Cursor(self, await self._ask(self._conn.executescript, sql_script))

    async def commit(self) -> None:
        """Make the changes of the transaction permanent."""
        await self._ask(self._conn.commit)

    async def rollback(self) -> None:
        """Undo the changes of the transaction."""
        await self._ask(self._conn.rollback)

    async def interrupt(self) -> None:
        """End the statement that runs now: whoever waits for it gets an ``OperationalError``."""
        _ = self._conn  # open
        self._worker.interrupt()

    # What sqlite3's connections have besides.

    async def create_function(
        self, name: str, num_params: int, func: Callable[..., Any] | None, deterministic: bool = False
    ) -> None:
        """Define an SQL function. It is called in the connection's thread."""
        await self._ask(self._conn.create_function, name, num_params, func, deterministic=deterministic)

    async def create_aggregate(self, name: str, n_arg: int, aggregate_class: Any) -> None:
        """Define an aggregate function. It is called in the connection's thread."""
        await self._ask(self._conn.create_aggregate, name, n_arg, aggregate_class)

    async def create_collation(self, name: str, callback: Callable[[str, str], int] | None) -> None:
        """Define an order of texts. It is called in the connection's thread."""
        await self._ask(self._conn.create_collation, name, callback)

    async def set_authorizer(self, authorizer_callback: Callable[..., int] | None) -> None:
        """Ask the callback what statements may do; None allows everything again, from Python 3.11."""
        await self._ask(self._conn.set_authorizer, authorizer_callback)

    async def set_progress_handler(self, handler: Callable[[], int | None] | None, n: int) -> None:
        """Call the handler at every so many steps of a statement; what is true ends it."""
        await self._ask(self._conn.set_progress_handler, handler, n)

    async def set_trace_callback(self, handler: Callable[[str], object] | None) -> None:
        """Call the handler with the text of each statement that runs."""
        await self._ask(self._conn.set_trace_callback, handler)

    async def enable_load_extension(self, value: bool) -> None:
        """Allow SQLite's extensions, where this Python can load them."""
        await self._ask(self._conn.enable_load_extension, value)

    async def load_extension(self, path: str, **keywords: Any) -> None:
        """Load an extension of SQLite's."""
        await self._ask(self._conn.load_extension, path, **keywords)

    async def iterdump(self, **keywords: Any) -> AsyncIterator[str]:
        """Give the SQL that makes the database anew, line by line; takes what sqlite3's ``iterdump`` takes."""
        lines = await self._ask(partial(self._conn.iterdump, **keywords))
        try:
            while chunk := await self._ask(list, islice(lines, _LINES)):
                for line in chunk:
                    yield line
        finally:
            if self._connection is not None:
                self._tx.put((None, lines.close))

    async def backup(
        self,
        target: Connection | sqlite3.Connection,
        *,
        pages: int = 0,
        progress: Callable[[int, int, int], object] | None = None,
        name: str = "main",
        sleep: float = 0.250,
    ) -> None:
        """Copy the database to the one of another connection, which does nothing else meanwhile."""
        raw = target._conn if isinstance(target, Connection) else target
        copy = partial(self._conn.backup, raw, pages=pages, progress=progress, name=name, sleep=sleep)
        if isinstance(target, Connection) and target is not self:
            future = asyncio.get_running_loop().create_future()
            together(self._worker, target._worker, copy, future)
            await future
        else:
            await self._ask(copy)

    if TYPE_CHECKING:

        def blobopen(
            self, table: str, column: str, row: int, /, *, readonly: bool = False, name: str = "main"
        ) -> Result[Blob]:
            """Open a BLOB for reading and writing in place."""
            ...

        # As sqlite3 has them, from Python 3.11 and 3.12.
        def create_window_function(
            self, name: str, num_params: int, aggregate_class: Any, /
        ) -> Result[None]: ...
        def serialize(self, *, name: str = "main") -> Result[bytes]: ...
        def deserialize(self, data: bytes, /, *, name: str = "main") -> Result[None]: ...
        def getlimit(self, category: int, /) -> Result[int]: ...
        def setlimit(self, category: int, limit: int, /) -> Result[int]: ...
        def getconfig(self, op: int, /) -> Result[bool]: ...
        def setconfig(self, op: int, enable: bool = True, /) -> Result[None]: ...

    else:

        def __getattr__(self, name: str) -> Any:
            """Return a method of a plugin, or one of sqlite3's that stands not above, to be awaited."""
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return self._forward(self._conn, name)

    def _forward(self, owner: Any, name: str) -> Any:
        """Return an attribute of the connection or cursor inside: a method so that it is awaited."""
        if name.startswith("_"):
            raise AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}")
        value = getattr(owner, name)
        if not callable(value):
            return value

        @result
        async def method(self: Connection, /, *args: Any, **kwargs: Any) -> Any:
            return await self._given(await self._ask(value, *args, **kwargs))

        return partial(method, self)

    async def _given(self, found: Any) -> Any:
        """Return what a method gave, for use outside of the connection's thread."""
        if isinstance(found, sqlite3.Cursor):
            return Cursor(self, found)
        if isinstance(found, ContextDecorator) and isinstance(found, AbstractContextManager):
            return Block(self, found)  # of @contextmanager
        if isinstance(found, GeneratorType):
            return await self._ask(list, found)
        if isinstance(found, _BLOB):
            return Blob(self, found, await self._ask(len, found))
        return found

    def __dir__(self) -> list[str]:
        inside = dir(self._connection) if self._connection is not None else []
        return sorted({*object.__dir__(self), *(name for name in inside if not name.startswith("_"))})

    def __repr__(self) -> str:
        state = "open" if self._connection is not None else "closed"
        return f"<{type(self).__module__}.{type(self).__name__} at {id(self):#x}, {state}>"


def _insert(connection: sqlite3.Connection, sql: str, parameters: Any) -> Any:
    cursor = connection.execute(sql, parameters)
    cursor.execute("SELECT last_insert_rowid()")
    return cursor.fetchone()


def _fetch_all(connection: sqlite3.Connection, sql: str, parameters: Any) -> list[Any]:
    return connection.execute(sql, parameters).fetchall()
