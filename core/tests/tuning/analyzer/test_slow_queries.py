"""The slow-query log."""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing
from operator import methodcaller

import pytest

import heliosdb_sqlite

LOGGER = "heliosdb_sqlite.slow_queries"


def test_what_takes_long_is_logged_and_kept(caplog):
    with closing(heliosdb_sqlite.connect(":memory:", slow_query_seconds=0.02)) as conn:
        conn.create_function("nap", 0, lambda: time.sleep(0.03))
        with caplog.at_level(logging.WARNING, LOGGER):
            conn.execute("SELECT 1")
            conn.execute("SELECT\n  nap(), ?", ("secret",))
        (entry,) = conn.get_slow_queries()
        assert entry.query == "SELECT\n  nap(), ?"
        assert entry.seconds >= 0.02
        assert abs(entry.at - time.time()) < 60
        assert entry.parameters is None
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert record.getMessage().endswith("s: SELECT nap(), ?")


def test_parameters_are_logged_when_asked_for(caplog):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.enable_query_analyzer(slow_query_seconds=0, slow_query_parameters=True)
        conn.execute("SELECT ?", ("known",))
        assert conn.get_slow_queries()[0].parameters == ("known",)
        assert "known" in caplog.text


def test_it_records_nothing_else_and_ends_with_the_analyzer():
    with closing(heliosdb_sqlite.connect(":memory:", slow_query_seconds=0)) as conn:
        logging.getLogger(LOGGER).setLevel(logging.ERROR)
        try:
            conn.execute("SELECT 1")
            assert conn.get_query_report().queries == ()
            conn.disable_query_analyzer()
            conn.execute("SELECT 2")
            assert len(conn.get_slow_queries()) == 1
        finally:
            logging.getLogger(LOGGER).setLevel(logging.NOTSET)


def test_a_long_text_is_shortened_in_the_log_and_a_long_log_forgets(caplog):
    with closing(heliosdb_sqlite.connect(":memory:", slow_query_seconds=0)) as conn:
        conn.execute(f"SELECT '{'x' * 5000}'")
        assert len(caplog.records[0].getMessage()) < 2100
        for _ in range(300):
            conn.execute("SELECT 1")
        assert len(conn.get_slow_queries()) == 200


def test_the_rows_of_a_batch_are_one_in_the_log(caplog):
    with closing(heliosdb_sqlite.connect(":memory:")) as conn:
        conn.execute("CREATE TABLE t (a, b)")
        conn.enable_query_analyzer(slow_query_seconds=0)
        conn.cursor().batch_insert("t", ["a", "b"], [(1, 2)] * 1000)
        logged = {record.getMessage().partition(": ")[2] for record in caplog.records}
        one = 'INSERT INTO "t" ("a","b") VALUES (?,?)'
        assert logged == {one, f"{one}, ..."}  # the table is looked at with the first


def test_a_negative_time_is_refused():
    with pytest.raises(sqlite3.ProgrammingError, match="slow_query_seconds=-1"):
        heliosdb_sqlite.connect(":memory:", slow_query_seconds=-1)
    with (
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
        pytest.raises(sqlite3.ProgrammingError, match="-1"),
    ):
        conn.enable_query_analyzer(slow_query_seconds=-1)


NAP = "SELECT nap() FROM (VALUES (1), (2), (3)) LIMIT 3"
FETCHES = {
    "fetchall": lambda cursor: cursor.fetchall(),
    "one by one": lambda cursor: [row for row in cursor],  # noqa: C416 - not by list(), which asks for a length
    "fetchone": lambda cursor: [cursor.fetchone() for _ in range(4)],
    "fetchmany": lambda cursor: [cursor.fetchmany(2), cursor.fetchmany(2), cursor.fetchmany(2)],
    "and then close": lambda cursor: [cursor.fetchmany(3), cursor.close()],
    "and then another": lambda cursor: [cursor.fetchmany(3), cursor.execute("SELECT 1")],
}


@pytest.fixture
def napping():
    with closing(heliosdb_sqlite.connect(":memory:", slow_query_seconds=0.05)) as conn:
        logging.getLogger(LOGGER).setLevel(logging.ERROR)
        conn.create_function("nap", 0, lambda: time.sleep(0.02))
        yield conn
        logging.getLogger(LOGGER).setLevel(logging.NOTSET)


@pytest.mark.parametrize("fetch", FETCHES.values(), ids=FETCHES)
def test_fetching_the_rows_is_part_of_the_time(napping, fetch):
    cursor = napping.execute(NAP)  # the first row takes 0.02 s
    assert napping.get_slow_queries() == []
    fetch(cursor)
    (entry,) = napping.get_slow_queries()
    assert entry.query == NAP
    assert entry.seconds >= 0.06


def test_a_cursor_that_is_dropped_has_said_how_long_its_rows_took(napping):
    napping.execute(NAP).fetchmany(3)
    assert len(napping.get_slow_queries()) == 1


def test_what_the_program_does_between_two_rows_is_not_part_of_it(napping):
    napping.enable_query_analyzer(slow_query_seconds=0.5)
    for _ in napping.execute("VALUES (1), (2), (3)"):
        time.sleep(0.2)
    assert napping.get_slow_queries() == []


def test_rows_are_what_they_are_without(napping):
    napping.row_factory = sqlite3.Row
    cursor = napping.execute("VALUES (1), (2), (3)")
    assert tuple(next(cursor)) == (1,)
    assert [tuple(row) for row in cursor.fetchmany(1)] == [(2,)]
    assert [tuple(row) for row in cursor] == [(3,)]
    assert cursor.fetchone() is None
    with pytest.raises(StopIteration):
        next(cursor)
    assert isinstance(cursor, heliosdb_sqlite.Cursor)
    assert napping.execute("SELECT nap()").description[0][0] == "nap()"


@pytest.mark.parametrize(
    "leave",
    [methodcaller("close"), methodcaller("execute", "SELECT 1"), methodcaller("executescript", "SELECT 1")],
)
def test_a_cursor_with_an_answer_of_the_cache_can_be_closed_and_used_again(leave):
    with closing(heliosdb_sqlite.connect(":memory:", enable_cache=True, slow_query_seconds=60)) as conn:
        for _ in range(2):  # the second answer comes from memory
            cursor = conn.execute("VALUES (1), (2)")
            assert cursor.fetchone() == (1,)
            leave(cursor)
