"""More threads than connections: first come, first served; and an error that says what is going on."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from heliosdb_sqlite.connection_pool import PoolTimeout


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_waits_longest_is_served_first(create):
    pool = create(pool_size=1, max_overflow=0)
    served, threads = [], []

    def work(number):
        with pool.connection():
            served.append(number)

    with pool.connection():
        for number in range(8):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            until(lambda: pool.metrics().waiting == len(threads))
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_a_newcomer_does_not_overtake_who_waits(create):
    pool = create(pool_size=1, max_overflow=0, timeout=30)
    order = []

    def wait():
        with pool.connection():
            order.append("who waited")

    connection = pool.acquire()
    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: pool.metrics().waiting == 1)
    pool.release(connection)  # handed over at once: it is never idle in between
    with pool.connection():
        order.append("the newcomer")
    thread.join()
    assert order == ["who waited", "the newcomer"]


def test_nobody_waits_longer_than_the_timeout(create):
    pool = create(pool_size=1, max_overflow=0, timeout=0.05)
    with pool.connection(), pytest.raises(PoolTimeout, match=r"came free within 0\.\d s: 1 of 1 are out"):
        pool.acquire()
    assert (pool.metrics().timeouts, pool.metrics().waiting) == (1, 0)
    with pool.connection():  # the place in the queue is gone with the waiter
        pass


def test_a_timeout_of_zero_does_not_wait(create):
    pool = create(pool_size=1, max_overflow=0, timeout=0)
    with pool.connection(), pytest.raises(PoolTimeout):
        pool.acquire()


def test_no_timeout_waits_for_as_long_as_it_takes(create):
    pool = create(pool_size=1, max_overflow=0, timeout=None)
    with ThreadPoolExecutor() as threads:
        with pool.connection() as connection:
            waiting = threads.submit(pool.acquire)
            until(lambda: pool.metrics().waiting == 1)
        assert waiting.result() is connection
    pool.release(connection)


def test_the_error_is_an_operational_error(create):
    pool = create(pool_size=1, max_overflow=0, timeout=0)
    with pool.connection(), pytest.raises(sqlite3.OperationalError, match=r"create\(\.\.\., debug=True\)"):
        pool.acquire()


def test_in_debug_the_error_says_who_has_what(create):
    pool = create(pool_size=2, max_overflow=0, timeout=0, debug=True)

    def the_forgetful_one():
        return pool.acquire()

    def in_a_thread():
        found.append(the_forgetful_one())

    found = []
    thread = threading.Thread(target=in_a_thread, name="importer")
    thread.start()
    thread.join()
    with pool.connection(), pytest.raises(PoolTimeout) as error:
        pool.acquire()
    first, second = str(error.value).splitlines()[1:3]
    assert first.startswith("  thread 'importer' for ")
    assert "in the_forgetful_one <" in first
    assert "in in_a_thread" in first
    assert "test_pool_waiting.py" in second
    assert str(error.value).endswith("1 of them by the thread that asks")
    assert [holder.thread for holder in pool.holders()] == ["thread 'importer'"]
    pool.release(found[0])
    assert pool.holders() == ()


def test_overflow_is_opened_when_needed_and_closed_when_it_comes_back(create):
    pool = create(pool_size=1, max_overflow=2)
    connections = [pool.acquire() for _ in range(3)]
    assert (pool.metrics().in_use, pool.metrics().overflow) == (3, 2)
    for connection in connections:
        pool.release(connection)
    assert (pool.metrics().idle, pool.metrics().overflow) == (1, 0)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connections[0].execute("SELECT 1")


def test_overflow_goes_to_who_waits_before_it_is_closed(create):
    pool = create(pool_size=1, max_overflow=1)
    first, second = pool.acquire(), pool.acquire()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(pool.acquire)
        until(lambda: pool.metrics().waiting == 1)
        pool.release(first)
        assert waiting.result() is first
    for connection in (first, second):
        pool.release(connection)


def test_overflow_may_be_without_limit(create):
    pool = create(pool_size=1, max_overflow=-1, timeout=0)
    connections = [pool.acquire() for _ in range(20)]
    assert len({id(connection) for connection in connections}) == 20
    for connection in connections:
        pool.release(connection)
    assert pool.metrics().idle == 1


def test_a_connection_that_was_closed_makes_room_for_who_waits(create):
    pool = create(pool_size=1, max_overflow=0)
    connection = pool.acquire()
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(pool.acquire)
        until(lambda: pool.metrics().waiting == 1)
        connection.close()
        pool.release(connection)  # replaced: who waits opens another
        fresh = waiting.result()
        assert fresh is not connection
    pool.release(fresh)


def test_a_connection_that_cannot_be_opened_leaves_its_place_to_who_waits(create):
    broken = threading.Event()

    def configure(connection):
        if broken.is_set():
            raise RuntimeError("broken")

    pool = create(pool_size=1, max_overflow=0, configure=configure)
    connection = pool.acquire()
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(pool.acquire) for _ in range(3)]
        until(lambda: pool.metrics().waiting == 3)
        broken.set()
        connection.close()
        pool.release(connection)
        for each in waiting:  # each of them tries, none is forgotten
            with pytest.raises(RuntimeError, match="broken"):
                each.result()
    assert pool.metrics().in_use == 0


def test_many_threads_share_few_connections(create, database):
    pool = create(pool_size=5, max_overflow=0)
    with pool.connection() as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    busy: set[int] = set()
    clashes = []

    def work(number):
        for turn in range(100):
            with pool.connection() as connection:
                if id(connection) in busy:
                    clashes.append(connection)
                busy.add(id(connection))
                connection.execute("SELECT a FROM t").fetchone()
                if (number + turn) % 37 == 0:
                    connection.close()
                busy.discard(id(connection))

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(work, range(32)))
    now = pool.metrics()
    assert clashes == []
    assert (now.in_use, now.waiting, now.checkouts) == (0, 0, 3201)
    assert 1 <= now.most_in_use <= 5
    assert now.opened - now.failed == now.idle <= 5


def test_threads_that_give_up_disturb_nobody(create):
    pool = create(pool_size=2, max_overflow=0, timeout=0.002)
    done = []

    def work(_):
        for _ in range(50):
            try:
                with pool.connection() as connection:
                    connection.execute("SELECT a FROM t").fetchone()
                    time.sleep(0.001)
                    done.append(1)
            except PoolTimeout:
                done.append(0)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    now = pool.metrics()
    assert len(done) == 800
    assert (now.in_use, now.waiting) == (0, 0)
    assert now.idle <= 2
    assert now.checkouts == sum(done)
    assert now.timeouts == 800 - sum(done)
