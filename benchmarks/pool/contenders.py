"""The pools that are compared, and the database they are of."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.pool import QueuePool

from heliosdb_sqlite import connection_pool

Checkout = Callable[[], AbstractContextManager[Any]]
"""Takes a connection for the length of a with block, of a pool with so many connections."""


@contextmanager
def database() -> Iterator[Path]:
    """A file with a table of a hundred rows, in WAL mode."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "app.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
            connection.executemany("INSERT INTO t (name) VALUES (?)", [(f"name {n}",) for n in range(100)])
        yield path


@contextmanager
def ours(size: int, **options: Any) -> Iterator[Checkout]:
    """HeliosDB's pool."""
    with database() as path, connection_pool.create(path, size, 0, timeout=None, **options) as pool:
        yield pool.connection


@contextmanager
def queue_pool(size: int, **options: Any) -> Iterator[Checkout]:
    """SQLAlchemy's pool, of connections of the standard library."""
    with database() as path:
        pool = QueuePool(
            lambda: sqlite3.connect(path, check_same_thread=False),
            pool_size=size,
            max_overflow=0,
            timeout=600,
            **options,
        )
        try:
            yield lambda: closing(pool.connect())
        finally:
            pool.dispose()
