"""The result cache: which results are kept, and whether keeping them is worth it."""

from __future__ import annotations

import datetime
import gc
import sqlite3
import sys
import tracemalloc
from contextlib import closing

import pytest

import heliosdb_sqlite
from cache_kit.asking import QUERY, ask, hits, is_kept
from heliosdb_sqlite.tuning.cache.admission import Account


# -- what is kept and what is not ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM products WHERE id < 50",
        "WITH dear AS (SELECT * FROM products WHERE price > 100) SELECT count(*) FROM dear",
        "SELECT upper(name), round(price, 1), coalesce(name, 'x') FROM products LIMIT 20",
        "SELECT name FROM products WHERE name LIKE '%99' ORDER BY name COLLATE NOCASE",
        "SELECT name, rank() OVER (ORDER BY price) FROM products LIMIT 30",
        "VALUES (1), (2)",
        "/* first */ SELECT count(*) FROM products -- last",
    ],
)
def test_queries_of_the_main_database_are_kept(conn, query):
    assert is_kept(conn, query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT abs(random()) >= 0 FROM products LIMIT 1",
        "SELECT date('now') > '2000'",
        "SELECT current_timestamp > '2000'",
        "SELECT total_changes() >= 0",
        "SELECT * FROM json_each('[1, 2]')",
        "SELECT name FROM pragma_table_info('products')",
        "SELECT now > '2000' FROM moment",
        "SELECT twice(2)",
        "SELECT * FROM temporary",
        "SELECT * FROM attached.t",
        "PRAGMA user_version",
        "EXPLAIN QUERY PLAN SELECT 1",
    ],
)
def test_what_follows_from_anything_else_is_not(conn, query):
    conn.execute("CREATE VIEW moment AS SELECT datetime('now') AS now")
    conn.create_function("twice", 1, lambda number: number * 2, deterministic=True)
    conn.execute("CREATE TEMP TABLE temporary AS SELECT 1")
    conn.execute("ATTACH ':memory:' AS attached")
    conn.execute("CREATE TABLE attached.t AS SELECT 1")
    assert not is_kept(conn, query)


def test_a_function_in_the_place_of_sqlites_own_is_not(conn):
    query = "SELECT upper(name) FROM products WHERE id = 1"
    assert is_kept(conn, query)
    conn.create_function("UPPER", 1, lambda text: "mine")
    assert ask(conn, query, ()) == [("mine",)]
    assert not is_kept(conn, query)


def test_an_authorizer_has_its_say(conn):
    assert is_kept(conn, QUERY, (10,))
    conn.set_authorizer(
        lambda code, *_: sqlite3.SQLITE_DENY if code == sqlite3.SQLITE_READ else sqlite3.SQLITE_OK
    )
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        ask(conn)


def test_parameters_with_an_adapter_are_bound_anew(conn, monkeypatch):
    class Price:
        def __conform__(self, protocol):
            return 10

    assert not is_kept(conn, QUERY, (Price(),))
    monkeypatch.setitem(sqlite3.adapters, (int, sqlite3.PrepareProtocol), lambda number: number)
    assert not is_kept(conn, QUERY, (10,))


def test_text_as_bytes_is_kept_apart(conn):
    query = "SELECT name FROM products WHERE id = 1"
    assert ask(conn, query, ()) == [("product 0",)]
    conn.text_factory = bytes
    assert ask(conn, query, ()) == ask(conn, query, ()) == [(b"product 0",)]
    conn.text_factory = lambda data: data.decode()[::-1]
    assert ask(conn, query, ()) == [("0 tcudorp",)]
    conn.text_factory = str
    assert ask(conn, query, ()) == [("product 0",)]
    assert hits(conn) == 2


@pytest.mark.filterwarnings("ignore:The default date")
def test_with_detect_types_nothing_is_kept(path):
    with closing(
        heliosdb_sqlite.connect(path, enable_cache=True, detect_types=sqlite3.PARSE_COLNAMES)
    ) as conn:
        query = """SELECT '2024-05-05' AS "day [date]" """
        assert ask(conn, query, ()) == ask(conn, query, ()) == [(datetime.date(2024, 5, 5),)]
        assert not is_kept(conn, QUERY, (10,))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="blobopen() came with Python 3.11")
def test_while_a_blob_is_open_nothing_is_kept(conn):
    conn.execute("CREATE TABLE files (data BLOB)")
    conn.execute("INSERT INTO files VALUES (x'00')")
    conn.commit()
    query = "SELECT hex(data) FROM files"
    assert is_kept(conn, query)
    with conn.blobopen("files", "data", 1) as blob:
        blob[0] = 1
        assert ask(conn, query, ()) == [("01",)]
        blob[0] = 2
        assert ask(conn, query, ()) == [("02",)]
    assert is_kept(conn, query)
    assert ask(conn, query, ()) == [("02",)]


def test_rows_are_never_kept_of_a_result_that_is_too_large(path):
    with closing(heliosdb_sqlite.connect(path, enable_cache=True, cache_size_mb=1)) as conn:
        assert len(ask(conn, "SELECT * FROM products", ())) == 2000
        assert conn.get_cache_stats().entries == 0
        assert is_kept(conn, "SELECT * FROM products LIMIT 100")


@pytest.mark.parametrize(
    ("query", "sets"),
    [
        ("SELECT name FROM products WHERE id = ?", [(number,) for number in range(1000)]),
        ("SELECT * FROM products WHERE id > ? LIMIT 40", [(number,) for number in range(300)]),
        (
            "SELECT * FROM products WHERE category = :category LIMIT 20",
            [{"category": f"category {n}"} for n in range(300)],
        ),
    ],
)
@pytest.mark.parametrize("size", [0.25, 100])
def test_the_size_is_real_memory(path, everything_kept, query, sets, size):
    with closing(heliosdb_sqlite.connect(path, enable_cache=True, cache_size_mb=size)) as conn:
        ask(conn, query, sets[0])
        gc.collect()
        tracemalloc.start()
        try:
            for parameters in sets:
                ask(conn, query, parameters)
            gc.collect()  # what the interpreter holds on to for the next tuples
            taken = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        stats = conn.get_cache_stats()
        own = 64 << 10  # a connection's, whatever it keeps
        assert 0.6 * stats.bytes < taken < stats.bytes + own
        assert stats.bytes <= stats.limit == size * (1 << 20)
        assert (stats.evictions > 0) == (stats.entries < len(sets))


def test_the_least_recently_used_result_gives_way(path, everything_kept):
    with closing(heliosdb_sqlite.connect(path, enable_cache=True, cache_size_mb=0.1)) as conn:
        query = "SELECT * FROM products WHERE id > ? LIMIT 40"
        for number in range(50):
            ask(conn, query, (number,))
            ask(conn, query, (0,))
        before = hits(conn)
        ask(conn, query, (0,))
        ask(conn, query, (49,))
        assert hits(conn) == before + 2
        ask(conn, query, (1,))
        assert hits(conn) == before + 2


# -- is it worth it ------------------------------------------------------------------------------------------------------
def test_texts_that_nobody_asks_again_are_left_alone(conn):
    for number in range(1000):
        ask(conn, "SELECT name FROM products WHERE id = ?", (number,))
    stats = conn.get_cache_stats()
    assert (stats.misses, stats.bypasses) == (64, 936)


def test_a_text_that_was_left_alone_gets_another_chance(conn):
    query = "SELECT count(*), sum(price) FROM products WHERE price < ?"
    for number in range(64 + 1024):
        ask(conn, query, (number,))
    before = conn.get_cache_stats()
    for _ in range(10):
        ask(conn, query, (400,))
    after = conn.get_cache_stats()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 9)


def test_texts_that_gain_are_kept_on(conn):
    for _ in range(500):
        ask(conn)
    assert hits(conn) == 499


def looked_up(account, times, hit):
    """How many of so many executions are looked up, where each is such a hit: what it saves, what it takes."""
    found = [number for number in range(times) if not account.rests() and account.hit(*hit) is None]
    return len(found)


def test_texts_that_are_no_slower_without_the_cache_are_left_alone():
    assert looked_up(Account(), 64 + 1024, hit=(0.000_005, 0.000_009)) == 64
    assert looked_up(Account(), 64 + 1024, hit=(0.000_009, 0.000_005)) == 64 + 1024


def test_each_chance_that_is_lost_doubles_the_time_until_the_next():
    account, loses, gains = Account(), (0.000_005, 0.000_009), (0.000_009, 0.000_005)
    for pause in (1024, 2048, 4096, 8192, 16_384, 16_384):
        assert looked_up(account, 64 + pause, hit=loses) == 64
    assert looked_up(account, 64, hit=gains) == 64  # one that is not
    assert looked_up(account, 63 + 1024, hit=loses) == 63  # begins anew
    assert not account.rests()


def test_a_machine_that_is_busy_for_a_moment_is_no_reason():
    account = Account()
    account.hit(0.001, 3.0)
    account.miss(0.001, 3.0)
    assert looked_up(account, 1000, hit=(0.001, 0.000_01)) == 1000
