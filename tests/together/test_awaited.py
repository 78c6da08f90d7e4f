"""Every feature works on awaited connections, alone and in a pool of them, and in a pool for threads."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import heliosdb_sqlite
from heliosdb_sqlite import aio, connection_pool

FEATURES: dict[str, dict[str, Any]] = {
    "vector": {"enable_vector_search": True},
    "time travel": {"enable_time_travel": True},
    "branching": {"branch": "main"},
    "encryption": {"encryption_key": bytes(range(32))},
    "result cache": {"enable_cache": True, "cache_size_mb": 10},
    "query analyzer": {"query_analyzer": True},
    "concurrency": {"concurrency": "wal"},
}
EACH = pytest.mark.parametrize("options", FEATURES.values(), ids=FEATURES)
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)"
INSERT = "INSERT INTO t (a) VALUES (?)"
COUNT = "SELECT count(*) FROM t"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@EACH
def test_on_an_awaited_connection(database: Path, options: dict[str, Any]) -> None:
    async def use() -> None:
        async with aio.connect(database, **options) as db:
            await db.execute(TABLE)
            await db.execute(INSERT, ("one",))
            await db.commit()
            await db.execute(INSERT, ("two",))
            await db.rollback()
            assert await db.execute_fetchall(COUNT) == [(1,)]
            assert await db.execute_fetchall(COUNT) == [(1,)]

    asyncio.run(use())
    with closing(heliosdb_sqlite.connect(database, **options)) as conn:
        assert conn.execute(COUNT).fetchone() == (1,)


@EACH
def test_in_a_pool_of_awaited_connections(database: Path, options: dict[str, Any]) -> None:
    async def use() -> None:
        async with connection_pool.create_async(database, 3, 0, pre_ping=True, **options) as pool:

            async def write(text: str) -> None:
                async with pool.connection() as db:
                    await db.execute(INSERT, (text,))
                    await db.commit()
                    await db.execute(INSERT, ("not committed",))

            async with pool.connection() as db:
                await db.execute(TABLE)
                await db.commit()
            await asyncio.gather(*(write(str(number)) for number in range(10)))
            async with pool.connection() as one, pool.connection() as other:
                assert await one.execute_fetchall(COUNT) == await other.execute_fetchall(COUNT) == [(10,)]
            assert pool.metrics().failed == 0

    asyncio.run(use())


@EACH
def test_in_a_pool_for_threads(database: Path, options: dict[str, Any]) -> None:
    with connection_pool.create(database, 2, 0, pre_ping=True, **options) as pool:
        with pool.connection() as conn, conn:
            conn.execute(TABLE)
        for number in range(10):
            with pool.connection() as conn:
                conn.execute(INSERT, (str(number),))
                conn.commit()
                conn.execute(INSERT, ("not committed",))
                left = conn.execute("SELECT * FROM t")
                left.fetchone()
        with pool.connection() as one, pool.connection() as other:
            assert one.execute(COUNT).fetchone() == other.execute(COUNT).fetchone() == (10,)
        assert pool.metrics().failed == 0
    with closing(heliosdb_sqlite.connect(database, **options)) as conn:
        assert conn.execute(COUNT).fetchone() == (10,)


def test_methods_of_plugins_are_awaited(database: Path) -> None:
    async def use() -> None:
        async with aio.connect(database, branch="main") as db:
            await db.execute(TABLE)
            await db.commit()
            await db.create_branch("experiment")
            assert [branch.name for branch in await db.list_branches()] == ["main", "experiment"]
            await db.enable_query_analyzer()
            assert list(await db.get_query_suggestions()) == []
            async with db.cursor() as cursor:
                assert await cursor.batch_insert("t", ["a"], [(str(n),) for n in range(100)]) == 100
            await db.commit()
        async with aio.connect(database, branch="experiment") as db:
            assert await db.execute_fetchall(COUNT) == [(0,)]

    asyncio.run(use())
