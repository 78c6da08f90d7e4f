"""The pool for coroutines."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import threading
import time
from contextlib import closing
from functools import wraps

import pytest

from heliosdb_sqlite import aio, connection_pool
from heliosdb_sqlite.connection_pool import PoolTimeout

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000) SELECT max(i) FROM n"


def in_a_loop(test):
    @wraps(test)
    def run(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return run


@pytest.fixture
def create(database):
    """Makes pools of the file ``database``; each test closes its own."""

    def create(path=database, **arguments):
        return connection_pool.create_async(path, **arguments)

    return create


async def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


async def count(pool):
    async with pool.connection() as connection:
        return (await connection.execute_fetchall("SELECT count(*) FROM t"))[0][0]


@in_a_loop
async def test_a_pool_lends_connections_that_are_awaited(create):
    async with create() as pool, pool.connection() as connection:
        assert isinstance(connection, aio.Connection)
        assert await connection.execute_fetchall("SELECT a FROM t") == [(1,)]


@in_a_loop
async def test_a_connection_is_opened_once_and_lent_again(create):
    async with create() as pool:
        async with pool.connection() as first:
            pass
        async with pool.connection() as second:
            assert second is first
        assert pool.metrics().opened == 1


@in_a_loop
async def test_acquire_and_release_do_the_same_without_a_block(create):
    async with create() as pool:
        connection = await pool.acquire()
        await pool.release(connection)
        assert pool.metrics().idle == 1
        with pytest.raises(sqlite3.ProgrammingError, match="is not out"):
            await pool.release(connection)


@in_a_loop
async def test_a_connection_comes_back_as_it_was(create, database):
    async with create(pool_size=1, max_overflow=0) as pool:
        async with pool.connection() as connection:
            await connection.execute("INSERT INTO t VALUES (2)")
            connection.row_factory = sqlite3.Row
            left = await connection.execute("SELECT * FROM t")
        assert await count(pool) == 1
        with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
            await left.fetchone()
        async with pool.connection() as connection:
            assert connection.row_factory is None


@in_a_loop
async def test_options_configure_and_reset_are_those_of_the_other_pool(create):
    threads = []

    def configure(connection):
        threads.append(threading.current_thread())
        connection.execute("PRAGMA cache_size = 77")

    async with (
        create(
            isolation_level=None, configure=configure, reset=configure, busy_timeout=1.5, iter_chunk_size=3
        ) as pool,
        pool.connection() as connection,
    ):
        assert connection.isolation_level is None
        assert await connection.execute_fetchall("PRAGMA cache_size") == [(77,)]
        assert await connection.execute_fetchall("PRAGMA busy_timeout") == [(1500,)]
        assert (await connection.cursor()).iter_chunk_size == 3
    assert len(threads) == 2
    assert threading.main_thread() not in threads


@in_a_loop
async def test_who_waits_longest_is_served_first(create):
    served = []

    async def work(pool, number):
        async with pool.connection():
            served.append(number)

    async with create(pool_size=1, max_overflow=0) as pool:
        async with pool.connection():
            tasks = [asyncio.create_task(work(pool, number)) for number in range(20)]
            await until(lambda: pool.metrics().waiting == 20)
        await asyncio.gather(*tasks)
    assert served == list(range(20))


@in_a_loop
async def test_nobody_waits_longer_than_the_timeout(create):
    async def taker():
        await pool.acquire()

    async with create(pool_size=1, max_overflow=0, timeout=0.01, debug=True) as pool:
        connection = await pool.acquire()
        with pytest.raises(
            PoolTimeout, match=r"1 of 1 are out.*\n  task 'Task-\d+' for .* in test_nobody_waits"
        ):
            await asyncio.create_task(taker())
        assert pool.metrics().waiting == 0
        await pool.release(connection)


@in_a_loop
async def test_a_task_that_is_cancelled_while_it_waits_leaves_the_queue(create):
    async with create(pool_size=1, max_overflow=0) as pool:
        async with pool.connection():
            tasks = [asyncio.create_task(count(pool)) for _ in range(3)]
            await until(lambda: pool.metrics().waiting == 3)
            tasks[0].cancel()
            await until(tasks[0].done)
            assert pool.metrics().waiting == 2
        assert await tasks[1] == await tasks[2] == 1


@in_a_loop
async def test_a_connection_handed_to_a_task_that_is_cancelled_goes_to_the_next(create):
    async with create(pool_size=1, max_overflow=0) as pool:
        connection = await pool.acquire()
        first, second = asyncio.create_task(count(pool)), asyncio.create_task(count(pool))
        await until(lambda: pool.metrics().waiting == 2)
        giving = asyncio.create_task(pool.release(connection))
        await until(lambda: pool.metrics().waiting < 2)  # handed over, maybe not noticed yet
        first.cancel()
        await giving
        assert await second == 1
        await asyncio.gather(first, return_exceptions=True)
        await until(lambda: pool.metrics().in_use == 0)


@in_a_loop
async def test_what_a_cancelled_task_left_running_is_interrupted(create):
    async def work():
        async with pool.connection() as connection:
            await connection.execute("INSERT INTO t VALUES (2)")
            begun.set()
            await connection.execute(LONG)

    begun = asyncio.Event()
    async with create(pool_size=1, max_overflow=0) as pool:
        task = asyncio.create_task(work())
        await begun.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await count(pool) == 1


@in_a_loop
async def test_a_connection_comes_back_though_its_task_is_cancelled_once_more(create):
    async def work():
        async with pool.connection():
            begun.set()
            await asyncio.sleep(3600)

    begun = asyncio.Event()
    async with create(pool_size=1, max_overflow=0) as pool:
        task = asyncio.create_task(work())
        await begun.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert await count(pool) == 1


@in_a_loop
async def test_a_connection_that_was_closed_is_replaced(create):
    async with create(pool_size=1, max_overflow=0) as pool:
        async with pool.connection() as connection:
            await connection.close()
        assert await count(pool) == 1
        assert pool.metrics().failed == 1


@in_a_loop
async def test_a_connection_that_cannot_be_reset_is_replaced(create, caplog):
    async with create(pool_size=1, max_overflow=0, reset=lambda connection: 1 / 0) as pool:
        assert await count(pool) == await count(pool) == 1
        assert pool.metrics().failed == 2
    assert "could not be reset and is replaced" in caplog.text


@in_a_loop
async def test_a_connection_that_cannot_be_opened_leaves_its_place_free(create, tmp_path):
    async with create(tmp_path / "missing" / "app.db", pool_size=1, max_overflow=0) as pool:
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError, match="unable to open"):
                await pool.acquire()
        assert pool.metrics().in_use == 0


@in_a_loop
async def test_a_connection_past_its_age_is_replaced(create):
    async with create(recycle=0) as pool:
        await count(pool)
        await count(pool)
        assert (pool.metrics().recycled, pool.metrics().idle) == (1, 1)


@in_a_loop
async def test_the_ping_finds_a_file_that_was_replaced(create, database, tmp_path):
    async with create(pre_ping=True) as pool:
        assert await count(pool) == await count(pool) == 1
        with closing(sqlite3.connect(tmp_path / "restored.db")) as made, made:
            made.execute("CREATE TABLE t (a)")
        os.replace(tmp_path / "restored.db", database)
        assert await count(pool) == 0
        assert pool.metrics().failed == 1


@in_a_loop
async def test_overflow_is_closed_when_it_comes_back(create):
    async with create(pool_size=1, max_overflow=1) as pool:
        async with pool.connection() as first, pool.connection() as second:
            assert pool.metrics().overflow == 1
        assert pool.metrics().idle == 1
        await until(lambda: not (first._thread.is_alive() and second._thread.is_alive()))


@in_a_loop
async def test_warm_up_opens_connections_beforehand(create):
    async with create(pool_size=3) as pool:
        assert pool.metrics().opened == 0
        await pool.warm_up(2)
        assert (pool.metrics().idle, pool.metrics().checkouts) == (2, 0)
        await pool.warm_up()
        assert pool.metrics().idle == 3
        with pytest.raises(sqlite3.ProgrammingError, match="between 0 and pool_size=3"):
            await pool.warm_up(4)


@in_a_loop
async def test_closing_ends_all_threads(create):
    pool = create()
    out = await pool.acquire()
    assert await count(pool) == 1
    await pool.close()
    with pytest.raises(sqlite3.ProgrammingError, match="is closed"):
        await pool.acquire()
    with pytest.raises(sqlite3.ProgrammingError, match="is closed"):
        await pool.warm_up()
    await pool.release(out)
    await until(lambda: not any(thread.name == "heliosdb_sqlite.aio" for thread in threading.enumerate()))


@in_a_loop
async def test_closing_tells_those_who_wait(create):
    pool = create(pool_size=1, max_overflow=0)
    connection = await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await until(lambda: pool.metrics().waiting == 1)
    closing_it = asyncio.create_task(pool.close(wait=60))
    with pytest.raises(sqlite3.ProgrammingError, match="is closed"):
        await waiting
    await pool.release(connection)
    await closing_it
    assert pool.metrics().in_use == 0


@pytest.mark.filterwarnings("ignore:.*was deleted before being closed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
@in_a_loop
async def test_a_connection_that_nobody_has_any_more_is_missed(create):
    async def forgetful():
        await (await pool.acquire()).execute("SELECT 1")

    async with create(pool_size=1, max_overflow=0) as pool:
        with pytest.warns(ResourceWarning, match="was never brought back"):
            await forgetful()
        assert await count(pool) == 1
        assert pool.metrics().lost == 1


@in_a_loop
async def test_many_tasks_share_few_connections(create):
    async def work(number):
        for turn in range(10):
            async with pool.connection() as connection:
                assert id(connection) not in busy
                busy.add(id(connection))
                await connection.execute_fetchall("SELECT a FROM t")
                if (number + turn) % 17 == 0:
                    await connection.close()
                busy.discard(id(connection))

    busy: set[int] = set()
    async with create(pool_size=4, max_overflow=0) as pool:
        await asyncio.gather(*(work(number) for number in range(40)))
        now = pool.metrics()
        assert (now.in_use, now.waiting, now.checkouts, now.most_in_use) == (0, 0, 400, 4)


@in_a_loop
async def test_tasks_that_give_up_disturb_nobody(create):
    async def work(number):
        try:
            await asyncio.wait_for(count(pool), 0.0005 * number)
        except asyncio.TimeoutError:
            pass

    async with create(pool_size=2, max_overflow=0) as pool:
        await asyncio.gather(*(work(number) for number in range(100)))
        await until(lambda: pool.metrics().in_use == 0)
        assert await count(pool) == 1
        assert pool.metrics().waiting == 0


def test_one_pool_serves_several_event_loops(create):
    pool = create(pool_size=1, max_overflow=0)
    found = []

    def work():
        found.append(asyncio.run(count(pool)))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 6
    assert pool.metrics().opened == 1
    asyncio.run(pool.close())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform can't fork")
def test_a_child_of_a_fork_opens_connections_of_its_own(create):
    from heliosdb_sqlite.testing import forked

    pool = create()
    assert asyncio.run(count(pool)) == 1
    assert forked(lambda: asyncio.run(count(pool))) == 1
    assert asyncio.run(count(pool)) == 1
    asyncio.run(pool.close())


@pytest.mark.parametrize("seed", range(3))
@in_a_loop
async def test_whatever_tasks_do_the_pool_gets_everything_back(create, seed):
    chance = random.Random(seed)
    busy: set[int] = set()

    async def work():
        async with pool.connection() as connection:
            assert id(connection) not in busy
            busy.add(id(connection))
            try:
                assert not connection.in_transaction
                assert await connection.execute_fetchall("SELECT count(*) FROM t") == [(1,)]
                left = await connection.execute("SELECT 1 UNION SELECT 2")
                await left.fetchone()
                if chance.random() < 0.1:
                    await connection.close()
                elif chance.random() < 0.1:
                    await connection.execute(LONG)
                elif chance.random() < 0.3:
                    await connection.execute("CREATE TEMP TABLE IF NOT EXISTS mine (a)")
                    await connection.execute("INSERT INTO mine VALUES (1)")
            finally:
                busy.discard(id(connection))

    async with create(pool_size=3, max_overflow=1, timeout=0.05, pre_ping=True, recycle=0.1) as pool:
        for _ in range(5):
            tasks = [asyncio.create_task(work()) for _ in range(15)]
            for task in tasks:
                asyncio.get_running_loop().call_later(chance.random() * 0.06, task.cancel)
            for found in await asyncio.gather(*tasks, return_exceptions=True):
                assert found is None or isinstance(found, PoolTimeout | asyncio.CancelledError), repr(found)
        await until(lambda: pool.metrics().in_use == 0)
        assert pool.metrics().waiting == 0
        assert await count(pool) == 1
