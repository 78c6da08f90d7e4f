"""What a client can make the server hold is bounded: results wait in SQLite, data to be stored is taken piece by piece."""

from __future__ import annotations

import select
import time
import tracemalloc
from contextlib import contextmanager

import psycopg
import psycopg.pq
import pytest

import heliosdb_sqlite

ROWS = 25_000
LARGE = f"SELECT n, repeat('x', 600) AS v FROM numbers LIMIT {ROWS}"
LIMIT = 8 * 2**20


@pytest.fixture(params=[True, False], ids=["wal", "no wal"])
def client(request, tmp_path):
    with (
        heliosdb_sqlite.start_server(tmp_path / "app.db", port=0, wal=request.param) as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE numbers (n INTEGER, v TEXT)")
        connection.execute(f"INSERT INTO numbers SELECT n, '' FROM generate_series(1, {ROWS}) AS n")
        yield connection, server


@contextmanager
def held_at_most(size):
    """Python's memory, server and client together, stays below that."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def results(link):
    """Read the results, and let the server work meanwhile: libpq itself waits for them with the interpreter's lock."""
    while True:
        while link.is_busy():
            select.select([link.socket], [], [])
            link.consume_input()
        result = link.get_result()
        if result is None:
            return
        assert result.status != psycopg.pq.ExecStatus.FATAL_ERROR, result.error_message
        yield result


def blocked(server):
    """Wait until nothing more is sent."""
    before, sent = -1, 0
    while sent == 0 or before != sent:
        time.sleep(0.2)
        before, sent = sent, server.get_status().bytes_sent
    return sent


def test_a_client_that_does_not_read_makes_the_server_wait(client):
    connection, server = client
    link = connection.pgconn
    with held_at_most(LIMIT):
        link.send_query(LARGE.encode())
        link.set_single_row_mode()
        while link.flush():
            pass
        sent = blocked(server)
        assert server.get_status().running_queries == 1
        assert sum(result.ntuples for result in results(link)) == ROWS
        assert server.get_status().bytes_sent - sent > LIMIT  # it had not been sent into some buffer


@pytest.mark.parametrize("client", [True], indirect=True)
def test_copying_in_takes_piece_by_piece(client):
    connection, _ = client
    line = "7\t" + "y" * 600 + "\n"
    with held_at_most(LIMIT), connection.cursor().copy("COPY numbers FROM STDIN") as copy:
        for _ in range(ROWS // 100):
            copy.write(line * 100)
    assert connection.execute("SELECT count(*) FROM numbers WHERE n = 7").fetchone() == (ROWS + 1,)


@pytest.mark.parametrize("client", [True, pytest.param(False, marks=pytest.mark.exhaustive)], indirect=True)
def test_copying_out_too(client):
    connection, _ = client
    with held_at_most(LIMIT), connection.cursor().copy(f"COPY ({LARGE}) TO STDOUT") as copy:
        assert sum(1 for _ in copy) == ROWS


@pytest.mark.parametrize("client", [True], indirect=True)
def test_a_client_that_leaves_in_the_middle_leaves_nothing(client):
    connection, server = client
    connection.pgconn.send_query(LARGE.encode())
    blocked(server)
    connection.close()
    while server.get_status().active_connections:
        time.sleep(0.02)
    with psycopg.connect(server.url) as other:
        other.execute("DELETE FROM numbers WHERE n = 1")
