"""asyncpg: prepared statements in binary, introspection, cursors, a pool."""
# ruff: noqa: DTZ001 - a timestamp without time zone has none

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import io
import uuid

import asyncpg
import pytest


@pytest.fixture
def run(server):
    """Runs a coroutine function with a connection."""

    def runner(body):
        async def main():
            connection = await asyncpg.connect(server.url)
            try:
                await body(connection)
            finally:
                await connection.close()

        asyncio.run(main())

    return runner


def test_queries(run):
    async def body(c):
        assert await c.fetchval("SELECT 1") == 1
        assert tuple(await c.fetchrow("SELECT $1::int AS a, $2::text AS b", 1, "x")) == (1, "x")
        rows = await c.fetch("SELECT id, name FROM users WHERE id = ANY($1::int[]) ORDER BY id", [1, 2])
        assert [tuple(row) for row in rows] == [(1, "ann"), (2, "bob")]
        with pytest.raises(asyncpg.UndefinedTableError):
            await c.fetch("SELECT * FROM nope")

    run(body)


def test_values(run):
    values = [
        True, 1, 2, 1.5, decimal.Decimal("12.345"), "x", dt.date(2020, 1, 2), dt.time(1, 2, 3),
        dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc), dt.timedelta(days=1, hours=2),
        uuid.UUID(int=5), '{"a": [1, null]}', b"\x00\xff", [1, 2, None], ["a", None],
    ]  # fmt: skip

    async def body(c):
        await c.execute(
            "CREATE TABLE kinds (b bool, i int, i8 bigint, f float8, n numeric(12, 3), t text, d date, ti time, ts timestamp,"
            " tz timestamptz, iv interval, u uuid, j jsonb, by bytea, ai int[], at text[])"
        )
        marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        assert list(await c.fetchrow(f"INSERT INTO kinds VALUES ({marks}) RETURNING *", *values)) == values

    run(body)


def test_a_column_of_mixed_values_is_what_it_was_described_as(run, path):
    import sqlite3

    beside = sqlite3.connect(path)
    beside.executescript(
        "CREATE TABLE mixed (a, n INTEGER); INSERT INTO mixed VALUES (1, 1), ('x', 2), (2.5, 3), (NULL, 4);"
    )
    beside.execute("INSERT INTO mixed VALUES (0, 'no number')")
    beside.commit()
    beside.close()

    async def body(c):
        assert [row["a"] for row in await c.fetch("SELECT a FROM mixed WHERE n < 5 ORDER BY n")] == [
            "1",
            "x",
            "2.5",
            None,
        ]
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await c.fetch("SELECT n FROM mixed")
        assert await c.fetchval("SELECT 1") == 1

    run(body)


def test_cursors(run):
    async def body(c):
        async with c.transaction():
            assert sum([row[0] async for row in c.cursor("SELECT * FROM generate_series(1, 500)")]) == 125250
            cursor = await c.cursor("SELECT * FROM generate_series(1, 10)")
            assert [row[0] for row in await cursor.fetch(3)] == [1, 2, 3]

    run(body)


def test_transactions(run):
    async def body(c):
        with pytest.raises(ZeroDivisionError):
            async with c.transaction():
                await c.execute("DELETE FROM posts")
                raise ZeroDivisionError
        assert await c.fetchval("SELECT count(*) FROM posts") == 3
        async with c.transaction(isolation="serializable", readonly=True):
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await c.execute("DELETE FROM posts")

    run(body)


def test_copy(run):
    async def body(c):
        await c.execute("CREATE TABLE rows (a int, b text)")
        await c.copy_records_to_table("rows", records=[(n, f"r{n}") for n in range(1000)])
        assert await c.fetchval("SELECT sum(a) FROM rows") == 499500
        out = io.BytesIO()
        await c.copy_from_query("SELECT * FROM rows ORDER BY a LIMIT 2", output=out, format="csv")
        assert out.getvalue() == b"0,r0\n1,r1\n"

    run(body)


def test_a_type_is_introspected(run):
    async def body(c):
        await c.set_type_codec("json", encoder=str, decoder=lambda text: ("read", text), schema="pg_catalog")
        assert await c.fetchval("SELECT '{}'::json") == ("read", "{}")

    run(body)


def test_a_query_that_takes_too_long_is_cancelled(run):
    async def body(c):
        with pytest.raises(asyncio.TimeoutError):
            await c.fetchval("SELECT pg_sleep(30)", timeout=0.3)
        assert await c.fetchval("SELECT 1") == 1

    run(body)


def test_a_pool(server):
    async def main():
        async with asyncpg.create_pool(server.url, min_size=2, max_size=4) as pool:
            found = await asyncio.gather(*[pool.fetchval("SELECT $1::int", n) for n in range(20)])
            assert found == list(range(20))

    asyncio.run(main())
