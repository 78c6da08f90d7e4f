"""HeliosDB for asyncio, with the interface of aiosqlite: ``from heliosdb_sqlite import aio as aiosqlite``.

>>> import asyncio
>>> from heliosdb_sqlite import aio
>>> async def main():
...     async with aio.connect(":memory:") as db:
...         await db.execute("CREATE TABLE users (name TEXT)")
...         await db.execute("INSERT INTO users VALUES (?)", ("ann",))
...         await db.commit()
...         async with db.execute("SELECT name FROM users") as cursor:
...             async for row in cursor:
...                 print(row)
>>> asyncio.run(main())
('ann',)
"""

from __future__ import annotations

import asyncio
import os
import warnings
from typing import Any

from .. import __version__
from .._connect import connect as _connect
from .._standard import sqlite3 as _sqlite3
from ._blob import Blob
from ._connection import Connection
from ._cursor import Cursor
from ._errors import ConnectionClosed

Row = _sqlite3.Row
Warning = _sqlite3.Warning
Error = _sqlite3.Error
DatabaseError = _sqlite3.DatabaseError
DataError = _sqlite3.DataError
IntegrityError = _sqlite3.IntegrityError
InterfaceError = _sqlite3.InterfaceError
InternalError = _sqlite3.InternalError
NotSupportedError = _sqlite3.NotSupportedError
OperationalError = _sqlite3.OperationalError
ProgrammingError = _sqlite3.ProgrammingError
paramstyle = _sqlite3.paramstyle
register_adapter = _sqlite3.register_adapter
register_converter = _sqlite3.register_converter
sqlite_version = _sqlite3.sqlite_version
sqlite_version_info = _sqlite3.sqlite_version_info

__all__ = [
    "Blob",
    "Connection",
    "ConnectionClosed",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Row",
    "Warning",
    "__version__",
    "connect",
    "paramstyle",
    "register_adapter",
    "register_converter",
    "sqlite_version",
    "sqlite_version_info",
]


def connect(
    database: Any, *, iter_chunk_size: int = 64, loop: asyncio.AbstractEventLoop | None = None, **options: Any
) -> Connection:
    """Return a connection that is to be awaited or entered: ``async with aio.connect("app.db") as db``.

    :param database: what ``heliosdb_sqlite.connect()`` takes; of anything else, its ``str()``
    :param iter_chunk_size: how many rows ``async for`` fetches at a time
    :param loop: not used, as in aiosqlite
    :param options: every keyword of ``heliosdb_sqlite.connect()``, those of plugins included
    """
    if loop is not None:
        warnings.warn("aio.connect() does not use its loop", DeprecationWarning, stacklevel=2)
    place = database if isinstance(database, (str, bytes, os.PathLike)) else str(database)

    def connector() -> _sqlite3.Connection:
        connection: _sqlite3.Connection = _connect(place, **options)
        return connection

    return Connection(connector, iter_chunk_size)
