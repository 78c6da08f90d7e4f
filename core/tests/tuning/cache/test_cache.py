"""The result cache: what it answers, what it leaves to SQLite, and what it says of itself."""

from __future__ import annotations

import contextlib
import datetime
import gc
import sqlite3
import subprocess
import sys
import threading
import tracemalloc
import weakref
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered
from heliosdb_sqlite.tuning.cache.admission import Account


@pytest.fixture
def path(tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as plain, plain:
        plain.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL)")
        plain.executemany(
            "INSERT INTO products (name, category, price) VALUES (?, ?, ?)",
            [(f"product {n}", f"category {n % 7}", n / 4) for n in range(2000)],
        )
    return tmp_path / "app.db"


@pytest.fixture
def conn(path):
    with closing(heliosdb_sqlite.connect(path, enable_cache=True)) as conn:
        yield conn


QUERY = "SELECT category, count(*), sum(price) FROM products WHERE price > ? GROUP BY category"


def hits(conn) -> int:
    return conn.get_cache_stats().hits


def ask(conn, query=QUERY, parameters=(10,)):
    return conn.execute(query, parameters).fetchall()


def is_kept(conn, query, parameters=()) -> bool:
    before = hits(conn)
    first = ask(conn, query, parameters)
    assert ask(conn, query, parameters) == first
    return hits(conn) > before


@pytest.fixture
def everything_kept(monkeypatch):
    """Keep results whether or not that is worth it."""
    monkeypatch.setattr("heliosdb_sqlite.tuning.cache.admission._WATCHED", 10**9)


# -- answers -------------------------------------------------------------------------------------------------------------
def test_the_second_time_is_a_hit(conn):
    assert ask(conn) == ask(conn)
    stats = conn.get_cache_stats()
    assert (stats.hits, stats.misses, stats.hit_rate, stats.cache_hits, stats.cache_misses) == (
        1,
        1,
        0.5,
        1,
        1,
    )
    assert stats.entries == 1
    assert 0 < stats.bytes < stats.limit == 100 << 20


def test_every_cursor_of_the_connection_has_a_part_in_it(conn):
    class Cursor(sqlite3.Cursor):
        pass

    rows = ask(conn)
    assert conn.cursor().execute(QUERY, [10]).fetchall() == rows
    assert list(conn.cursor(Cursor).execute(QUERY, (10,))) == rows
    assert hits(conn) == 2


@pytest.mark.parametrize(
    "fetch",
    [
        list,
        lambda cursor: cursor.fetchall(),
        lambda cursor: cursor.fetchmany(3) + cursor.fetchmany(100),
        lambda cursor: [cursor.fetchone(), next(cursor), *cursor],
    ],
)
def test_rows_are_fetched_as_ever(conn, path, fetch):
    with closing(sqlite3.connect(path)) as plain:
        expected = plain.execute(QUERY, (10,)).fetchall()
    for _ in range(3):
        cursor = conn.execute(QUERY, (10,))
        assert fetch(cursor) == expected
        assert cursor.fetchone() is None
        assert cursor.fetchall() == []


def test_what_a_program_does_to_a_list_of_rows_stays_with_it(conn):
    first = ask(conn)
    expected = list(first)
    first.clear()
    again = ask(conn)
    again.append("mine")
    assert ask(conn) == expected


def test_row_factories_make_their_rows_anew(conn):
    conn.row_factory = sqlite3.Row
    first, second = (conn.execute(QUERY, (10,)).fetchone() for _ in range(2))
    assert first["category"] == second["category"] == "category 0"
    assert first.keys() == second.keys() == ["category", "count(*)", "sum(price)"]
    conn.row_factory = lambda cursor, row: dict(
        zip([column[0] for column in cursor.description], row, strict=True)
    )
    row = conn.execute(QUERY, (10,)).fetchone()
    row["category"] = "changed"
    assert conn.execute(QUERY, (10,)).fetchone()["category"] == "category 0"
    assert hits(conn) == 3


def test_a_row_factory_may_be_changed_before_the_rows_are_fetched(conn):
    ask(conn)
    cursor = conn.execute(QUERY, (10,))
    cursor.row_factory = sqlite3.Row
    assert cursor.fetchone()["count(*)"] > 0


def test_parameters_by_name(conn):
    query = "SELECT name FROM products WHERE id = :id"
    assert ask(conn, query, {"id": 5}) == ask(conn, query, {"id": 5, "unused": None}) == [("product 4",)]
    assert ask(conn, query, {"id": 5}) == [("product 4",)]
    assert ask(conn, query, {"id": 6}) == [("product 5",)]
    assert hits(conn) == 1


def test_values_that_are_equal_in_python_and_not_in_sqlite_are_told_apart(conn):
    for value, kind in (
        (1, "integer"),
        (1.0, "real"),
        ("1", "text"),
        (b"1", "blob"),
        (True, "integer"),
        (None, "null"),
    ):
        for _ in range(2):
            assert ask(conn, "SELECT typeof(?)", (value,)) == [(kind,)]


def test_an_error_is_sqlites(conn):
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
            ask(conn, "SELECT * FROM missing", ())
        with pytest.raises(sqlite3.ProgrammingError, match="Incorrect number of bindings supplied"):
            ask(conn, QUERY, ())
        with pytest.raises(OverflowError):
            ask(conn, QUERY, (1 << 70,))


def test_closed_cursors_and_connections_and_other_threads_are_refused_as_ever(path):
    conn = heliosdb_sqlite.connect(path, enable_cache=True)
    ask(conn)
    ask(conn)
    caught = []

    def elsewhere():
        try:
            ask(conn)
        except sqlite3.ProgrammingError as error:
            caught.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "created in a thread" in caught[0]
    cursor = conn.cursor()
    cursor.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed cursor"):
        cursor.execute(QUERY, (10,))
    conn.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        ask(conn)


# -- changes -------------------------------------------------------------------------------------------------------------
def test_a_change_of_the_connections_own_is_seen(conn):
    before = ask(conn)
    with conn:
        conn.execute("UPDATE products SET price = price + 1")
    assert ask(conn) != before
    assert conn.get_cache_stats().invalidations == 1


def test_a_change_of_another_process_is_seen(conn, path):
    before = ask(conn, "SELECT count(*) FROM products", ())
    program = (
        f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('DELETE FROM products'); c.commit()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert before == [(2000,)]
    assert ask(conn, "SELECT count(*) FROM products", ()) == [(0,)]


def test_a_temporary_table_that_hides_another_is_seen_whoever_makes_it(conn):
    past_the_hooks = sqlite3.Cursor(conn)
    make, drop = "CREATE TEMP TABLE products (category, price)", "DROP TABLE temp.products"
    for _ in range(2):  # the second time CPython has the texts compiled, and no plugin is asked about them
        for _ in range(3):
            assert len(ask(conn)) == 7
        past_the_hooks.execute(make)
        assert ask(conn) == []
        past_the_hooks.execute(drop)


def test_inside_a_transaction_sqlite_answers(conn):
    rows = ask(conn)
    conn.execute("INSERT INTO products (category, price) VALUES ('new', 1000)")
    assert ask(conn) != rows
    conn.rollback()
    assert ask(conn) == rows
    conn.execute("BEGIN")
    ask(conn)
    ask(conn)
    conn.commit()
    stats = conn.get_cache_stats()
    assert (stats.hits, stats.misses, stats.bypasses) == (0, 2, 3)


def test_the_answer_is_the_one_of_the_snapshot_that_is_being_read(conn, path):
    conn.execute("PRAGMA journal_mode = WAL").fetchall()
    before = ask(conn)
    reading = conn.execute("SELECT id FROM products WHERE random() IS NOT NULL")
    reading.fetchone()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM products")
    assert ask(conn) == before  # as SQLite itself would say, whose snapshot is that of the unfinished query
    reading.close()
    assert ask(conn) == []


def test_a_database_that_is_locked_is_an_error_as_ever(conn, path):
    ask(conn)
    conn.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            ask(conn)


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


# -- its life ------------------------------------------------------------------------------------------------------------
def test_a_query_that_takes_long_runs_once(conn):
    numbers = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
    query = f"{numbers} SELECT sum(i) FROM n"
    ran = []
    conn.set_trace_callback(ran.append)
    assert ask(conn, query, ()) == ask(conn, query, ()) == [(5000050000,)]
    assert sum(numbers in each for each in ran if not each.startswith("EXPLAIN")) == 1


def test_a_connection_without_a_cache_says_so(path):
    with (
        closing(heliosdb_sqlite.connect(path)) as conn,
        pytest.raises(sqlite3.ProgrammingError, match="enable_cache=True"),
    ):
        conn.get_cache_stats()


@pytest.mark.parametrize("size", [0, -1, "large"])
def test_a_size_that_is_none_is_refused(path, size):
    with pytest.raises(sqlite3.ProgrammingError, match="cache_size_mb"):
        heliosdb_sqlite.connect(path, enable_cache=True, cache_size_mb=size)


def test_a_size_without_a_cache_is_refused(path):
    with pytest.raises(sqlite3.ProgrammingError, match="enable_cache=True"):
        heliosdb_sqlite.connect(path, cache_size_mb=5)
    heliosdb_sqlite.connect(path, enable_cache=False, cache_size_mb=5).close()


def test_closing_lets_go_of_the_memory(path):
    conn = heliosdb_sqlite.connect(path, enable_cache=True)
    ask(conn)
    stats = conn.get_cache_stats
    conn.close()
    assert stats().bytes == 0


def test_a_connection_that_is_dropped_goes_at_once(path):
    gc.disable()
    try:
        conn = heliosdb_sqlite.connect(path, enable_cache=True)
        ask(conn)
        ask(conn)
        conn.close()
        gone = weakref.ref(conn)
        del conn
        assert gone() is None
    finally:
        gc.enable()


def test_threads_that_share_a_connection_spoil_nothing_that_is_kept(path):
    with closing(heliosdb_sqlite.connect(path, enable_cache=True, check_same_thread=False)) as conn:
        queries = [QUERY, *(f"{QUERY} LIMIT {limit}" for limit in range(1, 4))]
        expected = [ask(conn, query) for query in queries]

        # What CPython does to threads that share any connection: it mixes up their statements (3.12, 3.13), and its
        # rollback() may fail without an exception (3.11).
        racing = (sqlite3.Error, SystemError)

        def uses():
            for _ in range(50):
                for query in queries:
                    try:
                        ask(conn, query)
                    except racing:
                        pass
                with contextlib.suppress(*racing):
                    conn.execute("UPDATE products SET price = price WHERE id = 1")
                    conn.rollback()

        threads = [threading.Thread(target=uses) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        conn.rollback()
        for _ in range(2):
            assert [ask(conn, query) for query in queries] == expected


def test_scripts_are_noticed(conn):
    before = ask(conn)
    conn.executescript(
        "PRAGMA user_version = 3; UPDATE products SET price = 0 WHERE id < 100; DROP TABLE IF EXISTS x"
    )
    assert ask(conn) != ask(conn, QUERY, (-1,))
    assert before != ask(conn, QUERY, (-1,))


def test_databases_in_memory_have_one_too():
    with closing(heliosdb_sqlite.connect(":memory:", enable_cache=True)) as conn:
        conn.execute("CREATE TABLE t AS SELECT 1 AS a")
        assert is_kept(conn, "SELECT * FROM t")
        with conn:
            conn.execute("UPDATE t SET a = 2")
        assert ask(conn, "SELECT * FROM t", ()) == [(2,)]


def test_a_shared_cache_of_sqlites_has_none_of_ours():
    with closing(
        heliosdb_sqlite.connect("file:shared?mode=memory&cache=shared", uri=True, enable_cache=True)
    ) as conn:
        conn.execute("CREATE TABLE t AS SELECT 1 AS a")
        assert not is_kept(conn, "SELECT * FROM t")


class Minds:
    """A plugin that has something to say about every statement."""

    @hookimpl
    def heliosdb_bind(self, statement):
        return lambda values: [value * 2 if isinstance(value, int) else value for value in values]

    @hookimpl
    def heliosdb_row(self, statement):
        return lambda row: tuple(str(value) for value in row)


def test_plugins_have_their_say_before_and_after(path):
    with registered(Minds(), "minds"), closing(heliosdb_sqlite.connect(path, enable_cache=True)) as conn:
        for _ in range(3):
            assert ask(conn, "SELECT id, name FROM products WHERE id = ?", (5,)) == [("10", "product 9")]
        assert hits(conn) == 2
        with conn:
            conn.execute("CREATE TABLE t (a)")
            conn.execute("UPDATE products SET name = 'new'")
        assert ask(conn, "SELECT id, name FROM products WHERE id = ?", (5,)) == [("10", "new")]
        assert is_kept(conn, QUERY, (5,))
