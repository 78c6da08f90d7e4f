"""start_server(): what it gives, and what it says of itself."""

from __future__ import annotations

import sqlite3
import threading

import psycopg2
import pytest

import heliosdb_sqlite


def test_a_client_reads_and_writes_the_file(connect, path):
    cursor = connect().cursor()
    cursor.execute("SELECT name FROM users WHERE id = %s", (2,))
    assert cursor.fetchall() == [("bob",)]
    cursor.execute("INSERT INTO users (name) VALUES ('dan') RETURNING id")
    assert cursor.fetchall() == [(4,)]
    cursor.connection.commit()
    beside = sqlite3.connect(path)
    assert beside.execute("SELECT name FROM users WHERE id = 4").fetchall() == [("dan",)]
    beside.close()


def test_the_status_counts(server, connect):
    assert server.get_status().active_connections == 0
    cursor = connect().cursor()
    cursor.execute("SELECT 1")
    status = server.get_status()
    assert (status.active_connections, status.total_queries >= 1) == (1, True)


def test_a_stopped_server_takes_no_clients_and_ends_those_it_has(path):
    server = heliosdb_sqlite.start_server(path, port=0)
    connection = psycopg2.connect(server.url)
    server.stop()
    with pytest.raises(psycopg2.OperationalError):
        connection.cursor().execute("SELECT 1")
    connection.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.url)
    server.stop()


def test_a_port_that_is_in_use_is_an_error_with_the_way_out(server, path):
    with pytest.raises(sqlite3.OperationalError, match="give another port="):
        heliosdb_sqlite.start_server(path, port=server.port)


def test_a_database_in_memory_is_refused():
    with pytest.raises(sqlite3.NotSupportedError, match="takes the path of a file"):
        heliosdb_sqlite.start_server(":memory:", port=0)
    with pytest.raises(sqlite3.NotSupportedError, match="hybrid"):
        heliosdb_sqlite.connect(":memory:", heliosdb_mode="hybrid")


def test_hybrid_mode_serves_while_the_connection_is_open(path):
    connection = heliosdb_sqlite.connect(path, heliosdb_mode="hybrid")
    connection.execute("UPDATE users SET name = 'eve' WHERE id = 1")
    connection.commit()
    info = connection.get_server_info()
    client = psycopg2.connect(info.url)
    cursor = client.cursor()
    cursor.execute("SELECT name FROM users WHERE id = 1")
    assert cursor.fetchall() == [("eve",)]
    client.close()
    connection.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(info.url)


def test_server_info_is_for_hybrid_connections():
    connection = heliosdb_sqlite.connect(":memory:")
    with pytest.raises(sqlite3.ProgrammingError, match="heliosdb_mode='hybrid'"):
        connection.get_server_info()
    connection.close()


def test_connections_to_one_file_share_one_server(path):
    one, two = (heliosdb_sqlite.connect(path, heliosdb_mode="hybrid") for _ in range(2))
    assert one.get_server_info() == two.get_server_info()
    one.close()
    psycopg2.connect(two.get_server_info().url).close()
    url = two.get_server_info().url
    two.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)


@pytest.mark.parametrize("refused", ["heliosdb-watchdog", "heliosdb-server"])
def test_without_threads_it_does_not_start(path, monkeypatch, refused):
    real = threading.Thread.start

    def start(thread):
        if thread.name == refused:
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(sqlite3.OperationalError, match="can't serve: can't start new thread"):
        heliosdb_sqlite.start_server(path, port=0)
    assert not [each for each in threading.enumerate() if each.name.startswith("heliosdb-")]
