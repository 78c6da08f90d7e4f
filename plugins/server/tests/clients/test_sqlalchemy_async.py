"""SQLAlchemy over asyncpg, which takes every value in binary and by the type that was described."""

from __future__ import annotations

import asyncio
import datetime as dt
import decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import create_async_engine

METADATA = sa.MetaData()
THINGS = sa.Table(
    "things", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(30), unique=True),
    sa.Column("n", sa.Numeric(10, 2)), sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("day", sa.Date), sa.Column("tags", ARRAY(sa.Text)), sa.Column("doc", JSONB), sa.Column("ok", sa.Boolean),
    sa.Column("raw", sa.LargeBinary), sa.Column("x", sa.Float), sa.Index("ix_things_n", "n"),
)  # fmt: skip


def run(server, body):
    async def main():
        engine = create_async_engine(server.url.replace("postgresql://", "postgresql+asyncpg://"))
        try:
            await body(engine)
        finally:
            await engine.dispose()

    asyncio.run(main())


def test_tables_are_made_reflected_and_dropped(server):
    async def body(engine):
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
            await connection.run_sync(METADATA.create_all)
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns("things"))
            assert [(column["name"], str(column["type"])) for column in found][:4] == [
                ("id", "INTEGER"), ("name", "VARCHAR(30)"), ("n", "NUMERIC(10, 2)"), ("at", "TIMESTAMP"),
            ]  # fmt: skip
            unique = await connection.run_sync(lambda sync: sa.inspect(sync).get_unique_constraints("things"))
            assert [each["column_names"] for each in unique] == [["name"]]
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.drop_all)

    run(server, body)


def test_values_go_there_and_back(server):
    row = {
        "name": "x", "n": decimal.Decimal("1.50"), "at": dt.datetime(2024, 5, 6, tzinfo=dt.timezone.utc),
        "day": dt.date(2024, 5, 6), "tags": ["a", None, 'b "q"'], "doc": {"k": [1, None]}, "ok": True, "raw": b"\0\xff",
        "x": 0.25,
    }  # fmt: skip

    async def body(engine):
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
            made = await connection.execute(THINGS.insert().returning(THINGS), row)
            assert made.one()._asdict() == {"id": 1, **row}
            await connection.execute(THINGS.insert(), [{"name": f"y{n}", "n": n} for n in range(20)])
            upsert = insert(THINGS).values(name="x", n=3)
            await connection.execute(
                upsert.on_conflict_do_update(index_elements=["name"], set_={"n": upsert.excluded.n + 1})
            )
            total = sa.select(sa.func.count(), sa.func.sum(THINGS.c.n)).where(THINGS.c.name.like("y%"))
            assert tuple((await connection.execute(total)).one()) == (20, decimal.Decimal(190))
            deep = sa.select(THINGS.c.doc["k"][0].astext, THINGS.c.tags[1]).where(THINGS.c.name == "x")
            assert tuple((await connection.execute(deep)).one()) == ("1", "a")
            seen = [
                each.id async for each in await connection.stream(sa.select(THINGS).order_by(THINGS.c.id))
            ]
            assert seen == list(range(1, 22))

    run(server, body)


def test_what_is_not_committed_is_undone(server):
    async def body(engine):
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        async with engine.connect() as connection:
            await connection.execute(THINGS.insert().values(name="gone"))
            nested = await connection.begin_nested()
            await connection.execute(THINGS.insert().values(name="inner"))
            await nested.rollback()
            names = await connection.execute(sa.select(THINGS.c.name))
            assert names.scalars().all() == ["gone"]
        async with engine.connect() as connection:
            assert (await connection.execute(sa.select(sa.func.count()).select_from(THINGS))).scalar() == 0

    run(server, body)
