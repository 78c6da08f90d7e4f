"""The slow-query log."""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import closing

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


def test_a_negative_time_is_refused():
    with pytest.raises(sqlite3.ProgrammingError, match="slow_query_seconds=-1"):
        heliosdb_sqlite.connect(":memory:", slow_query_seconds=-1)
    with (
        closing(heliosdb_sqlite.connect(":memory:")) as conn,
        pytest.raises(sqlite3.ProgrammingError, match="-1"),
    ):
        conn.enable_query_analyzer(slow_query_seconds=-1)
