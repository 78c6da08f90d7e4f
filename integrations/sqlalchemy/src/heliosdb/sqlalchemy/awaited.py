"""The dialect ``heliosdb+aio://``: the same for ``create_async_engine()``, on :mod:`heliosdb_sqlite.aio`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.sqlite import aiosqlite

from .dialect import HeliosDialect


class AwaitedHeliosDialect(HeliosDialect, aiosqlite.SQLiteDialect_aiosqlite):
    """HeliosDB for SQLAlchemy's asyncio extension."""

    driver = "aio"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return heliosdb_sqlite.aio, as SQLAlchemy sees an asyncio driver."""
        from heliosdb_sqlite import aio, dbapi2

        adapted: Any = aiosqlite.AsyncAdapt_aiosqlite_dbapi
        return adapted(aio, dbapi2)
