"""Taking a connection from a pool, and bringing it back."""

from __future__ import annotations

import os
import sqlite3
import threading

import pytest

import heliosdb_sqlite
from heliosdb_sqlite import connection_pool
from heliosdb_sqlite.testing import Recorder, registered


def test_a_pool_lends_connections_of_heliosdb(create):
    with create().connection() as connection:
        assert isinstance(connection, heliosdb_sqlite.Connection)
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_a_connection_is_opened_once_and_lent_again(create):
    pool = create()
    with pool.connection() as first:
        pass
    with pool.connection() as second:
        assert second is first


def test_who_has_one_has_it_alone(create):
    pool = create()
    with pool.connection() as first, pool.connection() as second:
        assert first is not second


def test_acquire_and_release_do_the_same_without_a_block(create):
    pool = create()
    connection = pool.acquire()
    assert pool.metrics().in_use == 1
    pool.release(connection)
    assert pool.metrics().in_use == 0
    assert pool.acquire() is connection
    pool.release(connection)


def test_what_is_back_already_is_not_taken_back_again(create):
    pool = create()
    connection = pool.acquire()
    pool.release(connection)
    with pytest.raises(sqlite3.ProgrammingError, match="is not out"):
        pool.release(connection)


def test_a_block_does_not_bring_back_what_somebody_else_has_by_now(create):
    pool = create(pool_size=1, max_overflow=0)
    with pytest.raises(sqlite3.ProgrammingError, match="back already"), pool.connection() as connection:
        pool.release(connection)
        assert pool.acquire() is connection
    assert pool.metrics().in_use == 1
    pool.release(connection)


def test_a_strangers_connection_is_not_taken_back(create):
    with create().connection() as stranger, pytest.raises(sqlite3.ProgrammingError, match="another pool's"):
        create().release(stranger)


def test_one_checkout_is_for_one_block_at_a_time(create):
    checkout = create().connection()
    with checkout, pytest.raises(sqlite3.ProgrammingError, match="one of its own"):
        checkout.__enter__()
    with checkout as connection:  # after the first, it may be used again
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_error_in_the_block_brings_the_connection_back(create):
    pool = create()
    with pytest.raises(ZeroDivisionError), pool.connection():
        1 / 0  # noqa: B018
    assert pool.metrics().in_use == 0


def test_a_connection_goes_from_thread_to_thread(create):
    pool = create(pool_size=1, max_overflow=0)
    found = []

    def work():
        with pool.connection() as connection:
            found.append(connection.execute("SELECT a FROM t").fetchall())

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [[(1,)], [(1,)]]
    assert pool.metrics().opened == 1


@pytest.mark.parametrize(
    ("option", "value", "sql", "rows"),
    [
        ("isolation_level", None, "SELECT 1", [(1,)]),
        ("detect_types", sqlite3.PARSE_COLNAMES, "SELECT 1", [(1,)]),
        ("cached_statements", 10, "SELECT 1", [(1,)]),
        ("busy_timeout", 1.25, "PRAGMA busy_timeout", [(1250,)]),
    ],
)
def test_every_option_of_connect_is_one_of_the_pool(create, option, value, sql, rows):
    with create(**{option: value}).connection() as connection:
        assert connection.execute(sql).fetchall() == rows
        assert getattr(connection, option, value) == value


def test_a_factory_makes_the_connections(create):
    class Mine(heliosdb_sqlite.Connection):
        pass

    with create(factory=Mine).connection() as connection:
        assert type(connection) is Mine


def test_a_factory_may_make_bare_connections_of_the_standard_library(create):
    with create(factory=sqlite3.Connection).connection() as connection:
        assert type(connection) is sqlite3.Connection


def test_options_of_plugins_reach_every_connection(create):
    from pydantic import BaseModel, ConfigDict

    from heliosdb_sqlite.plugins import hookimpl, options_of

    class Options(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        flavour: str | None = None

    class Plugin:
        @hookimpl
        def heliosdb_options(self):
            return Options

        @hookimpl
        def heliosdb_active(self, options):
            return options.flavour is not None

        @hookimpl
        def heliosdb_connect(self, connection, options):
            connection.create_function("flavour", 0, lambda: options.flavour)

    with registered(Plugin(), "flavours", always=False):
        pool = create(flavour="mint")
        with pool.connection() as first, pool.connection() as second:
            for each in (first, second):
                assert options_of(each) == {"flavour": "mint"}
                assert each.execute("SELECT flavour()").fetchone() == ("mint",)


def test_plugins_see_the_rollback_of_a_connection_that_comes_back(create):
    with registered(Recorder()) as recorder, create().connection() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
    assert "rollback" in {event.hook for event in recorder.events}


def test_an_option_that_is_wrong_is_found_when_the_pool_is_made(create):
    with pytest.raises(TypeError, match="isolation_levle"):
        create(isolation_levle=None)


def test_a_database_that_cannot_be_opened_is_found_when_the_pool_is_made(create, tmp_path):
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        create(tmp_path / "missing" / "app.db")


def test_warm_up_opens_connections_beforehand(create):
    assert create(pool_size=4, warm_up=3).metrics().idle == 3
    pool = create(pool_size=4, warm_up=0)
    assert pool.metrics().opened == 0
    pool.warm_up()
    assert (pool.metrics().idle, pool.metrics().checkouts) == (4, 0)


@pytest.mark.parametrize("number", [-1, 6])
def test_no_more_is_opened_beforehand_than_is_kept_open(create, number):
    with pytest.raises(sqlite3.ProgrammingError, match="between 0 and pool_size=5"):
        create(pool_size=5, warm_up=number)


def test_a_relative_path_means_the_folder_of_the_time(create, database, tmp_path, monkeypatch):
    monkeypatch.chdir(database.parent)
    plain, uri = create("app.db", warm_up=0), create("file:app.db?mode=ro", uri=True, warm_up=0)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for pool in (plain, uri):
        with pool.connection() as connection:
            assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize("name", ["file:app.db", "app.db?x", "a b%20c#d"])
def test_odd_names_of_files_are_names_of_files(create, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with create(name).connection() as connection:
        connection.execute("CREATE TABLE odd (a)")
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("database", [os.fsencode, str, lambda path: path, lambda path: f"file:{path}"])
def test_a_database_is_named_as_for_connect(create, tmp_path, database):
    path = tmp_path / "named.db"
    uri = str(database(path)).startswith("file:")
    with create(database(path), uri=uri).connection() as connection:
        connection.execute("CREATE TABLE named (a)")
    assert path.stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        (":memory:", False),
        (b":memory:", False),
        ("", False),
        ("file::memory:", True),
        ("file:x?mode=memory", True),
    ],
)
def test_a_database_that_each_connection_would_have_for_itself_is_refused(create, name, uri):
    with pytest.raises(sqlite3.ProgrammingError, match="mode=memory&cache=shared"):
        create(name, uri=uri)


def test_a_database_in_memory_that_all_share_is_fine(create):
    pool = create("file:shared?mode=memory&cache=shared", uri=True, pool_size=2)
    with pool.connection() as connection, connection:
        connection.execute("CREATE TABLE shared (a)")
    with pool.connection() as first, pool.connection() as second:
        assert [each.execute("SELECT count(*) FROM shared").fetchone() for each in (first, second)] == [
            (0,)
        ] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pool_size": 0}, "pool_size=0: should be an integer of at least 1"),
        ({"pool_size": 2.5}, r"pool_size=2\.5"),
        ({"pool_size": True}, "pool_size=True"),
        ({"max_overflow": -2}, "max_overflow=-2: should be an integer of at least -1"),
        ({"timeout": -1}, "timeout=-1: should be a number of at least 0"),
        ({"timeout": "soon"}, "timeout='soon'"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"recycle": -5}, "recycle=-5"),
        ({"check_same_thread": True}, "from one thread to another"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(create, arguments, message):
    with pytest.raises(sqlite3.ProgrammingError, match=message):
        create(**arguments)


def test_the_pools_repr_tells_no_secret(create):
    pool = create(isolation_level="IMMEDIATE")
    assert "IMMEDIATE" not in repr(pool)
    assert "IMMEDIATE" not in repr(pool.settings)
    assert "0 in use, 1 idle, 0 waiting" in repr(pool)


def test_the_module_offers_the_pool_for_threads_without_asyncio():
    import subprocess
    import sys

    program = (
        "import sys; from heliosdb_sqlite import connection_pool\n"
        "assert 'asyncio' not in sys.modules; connection_pool.AsyncPool; assert 'asyncio' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
    assert "AsyncPool" in connection_pool.__all__
