"""Statements, rows and transactions, awaited."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading

import pytest

from aio_kit import LONG, in_a_loop, until
from heliosdb_sqlite import aio


@in_a_loop
async def test_rows_come_in_chunks_of_any_size(database):
    async with (
        aio.connect(database, iter_chunk_size=7) as db,
        db.execute("SELECT a FROM t ORDER BY a") as cursor,
    ):
        assert cursor.iter_chunk_size == 7
        assert [row async for row in cursor] == [(n,) for n in range(200)]


@in_a_loop
async def test_rows_can_be_fetched_as_with_sqlite3(database):
    async with aio.connect(database) as db, db.execute("SELECT a FROM t ORDER BY a") as cursor:
        assert await cursor.fetchone() == (0,)
        assert await cursor.fetchmany() == [(1,)]
        cursor.arraysize = 3
        assert await cursor.fetchmany() == [(2,), (3,), (4,)]
        assert await cursor.fetchmany(2) == [(5,), (6,)]
        assert await cursor.fetchmany(size=1) == [(7,)]
        assert len(await cursor.fetchall()) == 192
        assert await cursor.fetchone() is None
        assert cursor.description[0][0] == "a"
        assert cursor.rowcount == -1


@pytest.mark.parametrize(
    ("sql", "parameters"), [("SELECT ?, ?", (1, 2)), ("SELECT :x, :y", {"x": 1, "y": 2})]
)
@in_a_loop
async def test_parameters_are_those_of_sqlite3(sql, parameters):
    async with aio.connect(":memory:") as db:
        assert await db.execute_fetchall(sql, parameters) == [(1, 2)]
        cursor = await db.cursor()
        await cursor.execute(sql, parameters)
        assert await cursor.fetchone() == (1, 2)


@in_a_loop
async def test_an_insert_tells_its_rowid(database):
    async with aio.connect(database) as db:
        assert await db.execute_insert("INSERT INTO t VALUES (?)", (7,)) == (201,)
        cursor = await db.execute("INSERT INTO t VALUES (8)")
        assert cursor.lastrowid == 202
        assert cursor.rowcount == 1
        await db.rollback()
        assert await db.execute_fetchall("SELECT count(*) FROM t") == [(200,)]


@in_a_loop
async def test_a_generator_of_parameters_is_read_in_the_connections_thread(database):
    threads = set()

    def rows():
        for n in range(10):
            threads.add(threading.current_thread())
            yield (n,)

    async with aio.connect(database) as db:
        await db.executemany("INSERT INTO t VALUES (?)", rows())
        assert threads == {db._thread}


@in_a_loop
async def test_calls_run_in_the_order_in_which_they_were_made(database):
    async with aio.connect(database) as db:
        await asyncio.gather(*(db.execute("INSERT INTO t VALUES (?)", (n,)) for n in range(1000, 1100)))
        await db.commit()
        found = await db.execute_fetchall("SELECT a FROM t WHERE a >= 1000 ORDER BY rowid")
        assert found == [(n,) for n in range(1000, 1100)]


@in_a_loop
async def test_errors_are_those_of_sqlite3(database):
    async with aio.connect(database) as db:
        with pytest.raises(aio.OperationalError, match="no such table: missing") as error:
            await db.execute("SELECT * FROM missing")
        assert type(error.value) is sqlite3.OperationalError
        with pytest.raises(sqlite3.ProgrammingError, match="binding"):
            await db.execute("SELECT ?")


@in_a_loop
async def test_what_no_future_can_carry_is_an_error_too(database):
    def stop():
        raise StopIteration

    async with aio.connect(database) as db:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await db._execute(stop)


@in_a_loop
async def test_the_loop_goes_on_while_a_statement_runs():
    async with aio.connect(":memory:") as db:
        task = asyncio.create_task(db.execute_fetchall(LONG))
        await until(lambda: db._worker.running)
        assert not task.done()
        await db.interrupt()
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            await task


@in_a_loop
async def test_a_call_that_is_cancelled_before_its_turn_does_not_run(database):
    async with aio.connect(database) as db:
        running = asyncio.create_task(db.execute_fetchall(LONG))
        await until(lambda: db._worker.running)
        waiting = asyncio.create_task(db.execute("DELETE FROM t"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await db.interrupt()
        await asyncio.wait({running})
        assert isinstance(running.exception(), sqlite3.OperationalError)
        assert await db.execute_fetchall("SELECT count(*) FROM t") == [(200,)]


@in_a_loop
async def test_a_call_that_is_cancelled_while_it_runs_is_left_to_end(database):
    go_on = threading.Event()

    async with aio.connect(database) as db:
        await db.create_function("wait", 0, lambda: go_on.wait(30))
        task = asyncio.create_task(db.execute("INSERT INTO t VALUES (wait())"))
        await until(lambda: db._worker.running)
        task.cancel()
        await asyncio.wait({task})
        go_on.set()
        assert db.in_transaction in (True, False)  # nobody has to wait to ask
        assert await db.execute_fetchall("SELECT count(*) FROM t") == [(201,)]
        await db.rollback()


@in_a_loop
async def test_rows_are_made_by_the_row_factory(database):
    async with aio.connect(database) as db:
        db.row_factory = aio.Row
        async with db.execute("SELECT a FROM t LIMIT 2") as cursor:
            assert (await cursor.fetchone())["a"] == 0
            cursor.row_factory = None
            assert await cursor.fetchone() == (1,)


@pytest.mark.parametrize("level", [None, "IMMEDIATE"])
@in_a_loop
async def test_the_isolation_level_can_be_set_from_the_loop(database, level):
    async with aio.connect(database) as db:
        await db.execute("INSERT INTO t VALUES (1)")
        db.isolation_level = level  # None commits, as with sqlite3
        assert db.isolation_level == level
        assert db.in_transaction is (level is not None)
        await db.rollback()
        assert await db.execute_fetchall("SELECT count(*) FROM t") == [(201 if level is None else 200,)]


@in_a_loop
async def test_an_isolation_level_that_makes_no_sense_is_refused(database):
    async with aio.connect(database) as db:
        with pytest.raises((ValueError, TypeError)):
            db.isolation_level = "WHATEVER" if sys.version_info >= (3, 11) else 5


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit came with Python 3.12")
@in_a_loop
async def test_autocommit_can_be_set_from_the_loop(database):
    async with aio.connect(database, autocommit=False) as db:
        assert db.autocommit is False
        await db.execute("INSERT INTO t VALUES (1)")
        db.autocommit = True
        assert not db.in_transaction


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="autocommit came with Python 3.12")
@in_a_loop
async def test_there_is_no_autocommit_where_sqlite3_has_none(database):
    async with aio.connect(database) as db:
        with pytest.raises(AttributeError):
            db.autocommit = True


@in_a_loop
async def test_functions_aggregates_and_orders_can_be_defined(database):
    class Total:
        def __init__(self):
            self.total = 0

        def step(self, value):
            self.total += value

        def finalize(self):
            return self.total

    async with aio.connect(database) as db:
        await db.create_function("double", 1, lambda value: value * 2, deterministic=True)
        await db.create_aggregate("added", 1, Total)
        await db.create_collation("backwards", lambda a, b: (a < b) - (a > b))
        assert await db.execute_fetchall("SELECT added(double(a)) FROM t") == [(39800,)]
        found = await db.execute_fetchall("SELECT a || '' AS x FROM t ORDER BY x COLLATE backwards LIMIT 1")
        assert found == [("99",)]


@in_a_loop
async def test_all_other_methods_of_sqlite3s_connections_are_awaited(database):
    async with aio.connect(database) as db:
        assert await db.execute_fetchall("SELECT 1") == [(1,)]
        if sys.version_info >= (3, 11):
            assert (await db.serialize())[:6] == b"SQLite"
            assert await db.getlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH) > 0
        assert "create_collation" in dir(db)
        assert not hasattr(db, "no_such_method")


def test_what_is_never_awaited_is_reported():
    async def forgetful():
        async with aio.connect(":memory:") as db:
            db.execute("SELECT 1")

    with pytest.warns(RuntimeWarning, match="never awaited"):
        asyncio.run(forgetful())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no blobopen()")
@in_a_loop
async def test_blobs_are_read_and_written_in_place(tmp_path):
    async with aio.connect(tmp_path / "blobs.db") as db:
        await db.execute("CREATE TABLE b (a BLOB)")
        await db.execute("INSERT INTO b VALUES (x'00112233')")
        await db.commit()
        async with db.blobopen("b", "a", 1) as blob:
            assert len(blob) == 4
            assert await blob.read(2) == b"\x00\x11"
            await blob.write(b"\xff")
            assert await blob.tell() == 3
            await blob.seek(-1, 2)
            assert await blob.read() == b"\x33"
        await db.commit()
        assert await db.execute_fetchall("SELECT hex(a) FROM b") == [("0011FF33",)]


@in_a_loop
async def test_a_dump_makes_the_database_anew(database):
    async with aio.connect(database, iter_chunk_size=3) as db, aio.connect(":memory:") as copy:
        await copy.executescript("\n".join([line async for line in db.iterdump()]))
        assert await copy.execute_fetchall("SELECT count(*) FROM t") == [(200,)]


@in_a_loop
async def test_a_dump_may_be_given_up(database):
    async with aio.connect(database) as db:
        async for line in db.iterdump():
            assert line
            break
        await db.execute("DELETE FROM t")
        await db.commit()


@in_a_loop
async def test_an_error_in_a_dump_is_raised(database):
    async with aio.connect(database) as db:
        await db.create_function("broken", 0, lambda: 1)
        lines = db.iterdump()
        assert await anext(lines)
        await db.close()
        with pytest.raises(aio.ConnectionClosed):
            async for _ in lines:
                pass
