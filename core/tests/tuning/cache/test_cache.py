"""The result cache: what it answers, whether that still holds, and how it begins and ends."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import subprocess
import sys
import threading
import weakref
from contextlib import closing

import pytest

import heliosdb_sqlite
from cache_kit.asking import QUERY, ask, hits, is_kept
from heliosdb_sqlite.plugins import hookimpl
from heliosdb_sqlite.testing import registered


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
