"""Opening and closing; threads, forks, and programs that end."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from aio_kit import LONG, in_a_loop, until
from heliosdb_sqlite import aio
from heliosdb_sqlite.testing import forked


@in_a_loop
async def test_a_connection_can_be_awaited_or_entered_or_both(database):
    db = await aio.connect(database)
    async with db as same:
        assert same is db
        assert await same.execute_fetchall("SELECT count(*) FROM t") == [(200,)]


@in_a_loop
async def test_every_keyword_of_connect_is_passed_on(database):
    async with aio.connect(f"file:{database}?mode=ro", uri=True, timeout=1.5, isolation_level=None) as db:
        assert db.isolation_level is None
        assert await db.execute_fetchall("PRAGMA busy_timeout") == [(1500,)]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await db.execute("DELETE FROM t")


@in_a_loop
async def test_a_keyword_that_nobody_knows_is_refused():
    with pytest.raises(TypeError, match="'isolation_levle' is an invalid keyword"):
        await aio.connect(":memory:", isolation_levle=None)


def test_the_loop_argument_is_not_used(database):
    loop = asyncio.new_event_loop()
    with pytest.warns(DeprecationWarning, match="does not use its loop"):
        aio.connect(database, loop=loop)
    with pytest.warns(DeprecationWarning, match="does not use its loop"):
        aio.Connection(lambda: sqlite3.connect(database), 64, loop)
    loop.close()


@in_a_loop
async def test_closing_waits_for_what_was_asked_for_before(database):
    db = await aio.connect(database)
    tasks = [asyncio.create_task(db.execute("INSERT INTO t VALUES (1)")) for _ in range(50)]
    tasks.append(asyncio.create_task(db.commit()))
    await asyncio.sleep(0)
    await db.close()
    await asyncio.gather(*tasks)
    with closing(sqlite3.connect(database)) as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (250,)


@pytest.mark.parametrize("use", ["execute", "cursor", "commit", "rollback", "in_transaction", "serialize"])
@in_a_loop
async def test_a_closed_connection_is_a_programming_error_and_a_value_error(database, use):
    db = await aio.connect(database)
    await db.close()
    for error in (sqlite3.ProgrammingError, ValueError):
        with pytest.raises(error):
            found = getattr(db, use)
            await (found("SELECT 1") if use == "execute" else found())


@in_a_loop
async def test_a_closed_connection_stays_closed(database):
    db = await aio.connect(database)
    await db.close()
    with pytest.raises(aio.ConnectionClosed):
        await db
    assert "closed" in repr(db)


@in_a_loop
async def test_closing_goes_on_though_it_is_cancelled(database):
    db = await aio.connect(database)
    task = asyncio.create_task(db.close())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    await until(lambda: not db._thread.is_alive())


@in_a_loop
async def test_opening_that_is_cancelled_leaves_nothing_open(database):
    go_on = threading.Event()
    made = []

    def connector():
        go_on.wait(30)
        made.append(sqlite3.connect(database))
        return made[0]

    db = aio.Connection(connector, 64)
    task = asyncio.create_task(db._connect())
    await until(lambda: db._worker.running)
    task.cancel()
    await asyncio.wait({task})
    go_on.set()
    await until(lambda: not db._thread.is_alive())
    with pytest.raises(sqlite3.ProgrammingError):
        made[0].execute("SELECT 1")


@in_a_loop
async def test_a_connection_that_is_forgotten_is_closed_with_a_warning(database):
    db = await aio.connect(database)
    thread = db._thread
    with pytest.warns(ResourceWarning, match="was deleted before being closed"):
        del db
    gc.collect()
    await until(lambda: not thread.is_alive())


def test_two_loops_may_share_a_connection(database):
    db = asyncio.run(aio.connect(database)._connect())
    assert asyncio.run(count(db)) == 200
    asyncio.run(db.close())


async def count(db):
    return (await db.execute_fetchall("SELECT count(*) FROM t"))[0][0]


@pytest.mark.parametrize("end", ["", "asyncio.create_task(db.execute(LONG)); await asyncio.sleep(0.1)"])
def test_a_program_ends_though_a_connection_is_open(database, end):
    program = f"""
import asyncio
from heliosdb_sqlite import aio
LONG = {LONG!r}
async def main():
    global db
    db = await aio.connect({str(database)!r})
    await db.execute("PRAGMA journal_mode = WAL")
    await db.execute("DELETE FROM t")
    await db.commit()
    await db.execute("INSERT INTO t VALUES (1)")
    {end}
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(os.listdir(database.parent)) == ["app.db"]  # SQLite has tidied up
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform can't fork")
def test_a_child_of_a_fork_is_told_that_the_thread_did_not_come_along(database):
    db = asyncio.run(aio.connect(database)._connect())

    def child():
        with pytest.raises(sqlite3.ProgrammingError, match="open another"):
            asyncio.run(count(db))
        with pytest.raises(sqlite3.ProgrammingError, match="open another"):
            db.isolation_level = None
        return True

    assert forked(child)
    assert asyncio.run(count(db)) == 200
    asyncio.run(db.close())


@in_a_loop
async def test_a_backup_copies_to_any_connection(database):
    async with aio.connect(database) as db, aio.connect(":memory:") as copy:
        await db.backup(copy)
        assert await count(copy) == 200
        with closing(sqlite3.connect(":memory:", check_same_thread=False)) as plain:
            await db.backup(plain, pages=1, sleep=0)
            assert plain.execute("SELECT count(*) FROM t").fetchone() == (200,)


@in_a_loop
async def test_a_backup_keeps_its_target_from_anything_else(database):
    async with aio.connect(database) as db, aio.connect(":memory:") as copy:
        # A slow backup, and a query of the target meanwhile: it runs when the copy is whole.
        _, counted = await asyncio.gather(
            db.backup(copy, pages=1, progress=lambda *_: None, sleep=0), delayed(count, copy)
        )
        assert counted == 200


async def delayed(function, db):
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return await function(db)


@in_a_loop
async def test_two_connections_may_back_each_other_up_at_once(database, tmp_path):
    async with aio.connect(database) as one, aio.connect(tmp_path / "other.db") as other:
        for _ in range(20):
            await asyncio.gather(one.backup(other), one.backup(other), delayed(count, one))
            await asyncio.gather(one.backup(other), other.backup(one))
        assert await count(one) == await count(other) == 200


@in_a_loop
async def test_what_a_backup_can_not_do_is_an_error(database):
    async with aio.connect(database) as db, aio.connect(":memory:") as copy:
        with pytest.raises(ValueError, match="same connection"):
            await db.backup(db)
        for source, target in ((db, copy), (copy, db)):
            with pytest.raises(
                (sqlite3.OperationalError, sqlite3.ProgrammingError), match="unknown database"
            ):
                await source.backup(target, name="missing")
        await copy.close()
        with pytest.raises(aio.ConnectionClosed):
            await db.backup(copy)
