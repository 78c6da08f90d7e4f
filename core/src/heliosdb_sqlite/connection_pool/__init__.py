"""Connections that are kept open and lent out: :func:`create` for threads, :func:`create_async` for asyncio.

>>> from heliosdb_sqlite import connection_pool
>>> pool = connection_pool.create("file:users?mode=memory&cache=shared", pool_size=2, uri=True)
>>> with pool.connection() as conn, conn:
...     conn.execute("CREATE TABLE users (name TEXT)")
...     conn.execute("INSERT INTO users VALUES ('ann')")
<...Cursor object at ...>
<...Cursor object at ...>
>>> with pool.connection() as conn:
...     conn.execute("SELECT * FROM users").fetchall()
[('ann',)]
>>> pool.metrics().checkouts
2
>>> pool.close()
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._errors import PoolTimeout
from ._holders import Holder
from ._metrics import PoolMetrics
from ._pool import Checkout, Pool
from ._settings import Settings

if TYPE_CHECKING:
    from ._async import AsyncCheckout as AsyncCheckout
    from ._async import AsyncPool as AsyncPool

    Database = str | bytes | os.PathLike[str] | os.PathLike[bytes]
    Setup = Callable[[Any], object]

__all__ = [
    "AsyncCheckout",
    "AsyncPool",
    "Checkout",
    "Holder",
    "Pool",
    "PoolMetrics",
    "PoolTimeout",
    "create",
    "create_async",
]


def create(
    database: Database,
    pool_size: int = 5,
    max_overflow: int = 10,
    timeout: float | None = 30.0,
    recycle: float | None = None,
    *,
    pre_ping: bool = False,
    warm_up: int = 1,
    configure: Setup | None = None,
    reset: Setup | None = None,
    debug: bool = False,
    busy_timeout: float = 5.0,
    **options: Any,
) -> Pool:
    """Return a pool of connections to ``database``, for all threads of the program.

    :param database: what ``connect()`` takes, but not ``":memory:"``, of which each connection would have its own;
        a relative path means the folder that is current now, whatever is current later
    :param pool_size: so many connections are kept open
    :param max_overflow: so many more are opened while all of those are out, and closed when they come back;
        -1 for any number
    :param timeout: seconds to wait for a connection when none is free; None waits for as long as it takes
    :param recycle: seconds after which a connection is replaced by a new one; None or -1: never
    :param pre_ping: look, before each use, whether the connection can read and its file is still the one at that path
    :param warm_up: so many connections are opened at once: the first one tells that an option is wrong
    :param configure: called with each new connection: PRAGMAs, functions, ``row_factory``
    :param reset: called with each connection that comes back, after what the pool resets itself
    :param debug: remember who takes each connection; the error of an exhausted pool tells it
    :param busy_timeout: what ``connect()`` calls ``timeout``: seconds to wait for a lock on the database
    :param options: every other keyword of ``connect()``, for each connection
    :raises ProgrammingError: an argument has a value that makes no sense
    """
    settings = Settings.of(
        database,
        pool_size=pool_size,
        max_overflow=max_overflow,
        timeout=timeout,
        recycle=recycle,
        pre_ping=pre_ping,
        configure=configure,
        reset=reset,
        debug=debug,
        options={**options, "timeout": busy_timeout},
        for_threads=True,
    )
    pool = Pool(settings)
    pool.warm_up(warm_up)
    return pool


def create_async(
    database: Database,
    pool_size: int = 5,
    max_overflow: int = 10,
    timeout: float | None = 30.0,
    recycle: float | None = None,
    *,
    pre_ping: bool = False,
    configure: Setup | None = None,
    reset: Setup | None = None,
    debug: bool = False,
    busy_timeout: float = 5.0,
    iter_chunk_size: int = 64,
    **options: Any,
) -> AsyncPool:
    """Return a pool of :class:`heliosdb_sqlite.aio.Connection` for coroutines. Nothing is opened yet.

    Takes what :func:`create` takes. ``configure`` and ``reset`` are called with the ``sqlite3.Connection`` inside, in
    the thread where it is used. ``await pool.warm_up()`` opens connections beforehand.

    :param iter_chunk_size: rows that ``async for`` fetches at a time
    """
    from ._async import AsyncPool

    settings = Settings.of(
        database,
        pool_size=pool_size,
        max_overflow=max_overflow,
        timeout=timeout,
        recycle=recycle,
        pre_ping=pre_ping,
        configure=configure,
        reset=reset,
        debug=debug,
        options={**options, "timeout": busy_timeout},
        for_threads=False,  # each connection has one, which does all its work
    )
    return AsyncPool(settings, iter_chunk_size)


def __getattr__(name: str) -> Any:
    if name in ("AsyncCheckout", "AsyncPool"):  # which would bring asyncio into a program of threads
        from . import _async

        return getattr(_async, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
