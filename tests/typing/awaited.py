"""A user's calls to the connection pool and to aio, as mypy and pyright see them. Checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import assert_type

import heliosdb_sqlite as sqlite3
from heliosdb_sqlite import aio, connection_pool

pool = connection_pool.create(
    "app.db", pool_size=20, max_overflow=10, timeout=30, recycle=3600, isolation_level=None
)
assert_type(pool, connection_pool.Pool)
with pool.connection() as conn:
    assert_type(conn, sqlite3.Connection)
    conn.create_branch("experiment")
assert_type(pool.metrics().longest_wait_seconds, float)
assert_type(pool.holders()[0].where, tuple[str, ...])
pool.release(pool.acquire())
pool.close(wait=1)


async def main() -> None:
    async with aio.connect("app.db", iter_chunk_size=10, encryption_key="key") as db:
        assert_type(db, aio.Connection)
        async with db.execute("SELECT ?", (1,)) as cursor:
            assert_type(cursor, aio.Cursor)
            assert_type(await cursor.fetchall(), list[Any])
            async for row in cursor:
                print(row)
        assert_type((await db.create_branch("experiment")).name, str)
        assert_type([branch.name for branch in await db.list_branches()], list[str])
        await db.rekey(b"0" * 32, full=True)
        async with db.blobopen("t", "data", 1) as blob:
            assert_type(await blob.read(), bytes)
    assert_type(await aio.connect("app.db"), aio.Connection)
    other = connection_pool.create_async("app.db", pool_size=2)
    async with other, other.connection() as pooled:
        assert_type(pooled, aio.Connection)
        await pooled.commit()


names: Sequence[str] = connection_pool.__all__
