"""Many clients, slow ones, and clients that vanish: nothing is lost, nothing leaks."""

from __future__ import annotations

import socket
import threading
import time

import psycopg2
import psycopg2.errors
import pytest

import heliosdb_sqlite


def settled(server, count=0):
    for _ in range(200):
        if server.get_status().active_connections <= count:
            return True
        time.sleep(0.05)
    return False


def test_sixteen_writers_lose_nothing(server):
    def write(number):
        connection = psycopg2.connect(server.url)
        cursor = connection.cursor()
        for at in range(20):
            cursor.execute("SELECT count(*) FROM posts")
            cursor.execute("INSERT INTO posts (title) VALUES (%s)", (f"{number}-{at}",))
            connection.commit()
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    connection = psycopg2.connect(server.url)
    cursor = connection.cursor()
    cursor.execute("SELECT count(*), count(DISTINCT title) FROM posts WHERE title LIKE '%-%'")
    assert cursor.fetchone() == (320, 320)
    connection.close()


def test_a_client_that_vanishes_leaves_no_transaction(server):
    connection = psycopg2.connect(server.url)
    connection.cursor().execute("DELETE FROM posts")
    sock = socket.socket(fileno=connection.fileno())
    sock.shutdown(socket.SHUT_RDWR)
    sock.detach()
    assert settled(server)
    other = psycopg2.connect(server.url)
    cursor = other.cursor()
    cursor.execute("SET lock_timeout TO '5s'; SELECT count(*) FROM posts")
    assert cursor.fetchone() == (3,)
    cursor.execute("INSERT INTO posts (title) VALUES ('free')")
    other.close()


def test_a_slow_reader_holds_up_no_writer(server):
    reader = psycopg2.connect(server.url)
    slow = reader.cursor("slow")
    slow.execute("SELECT n, repeat('x', 100) FROM generate_series(1, 100000) AS n, users LIMIT 100000")
    slow.fetchmany(10)
    writer = psycopg2.connect(server.url)
    writer.cursor().execute("INSERT INTO posts (title) VALUES ('now')")
    writer.commit()
    writer.close()
    reader.close()


def test_a_writer_who_waits_too_long_is_told(server):
    one, two = psycopg2.connect(server.url), psycopg2.connect(server.url)
    one.cursor().execute("DELETE FROM posts")
    cursor = two.cursor()
    cursor.execute("SET lock_timeout TO '200ms'")
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        cursor.execute("DELETE FROM users")
    one.rollback()
    two.rollback()
    cursor.execute("DELETE FROM posts")
    one.close()
    two.close()


def test_stopping_under_load_leaves_no_thread(path):
    server = heliosdb_sqlite.start_server(path, port=0)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            try:
                connection = psycopg2.connect(server.url)
                cursor = connection.cursor()
                cursor.execute("INSERT INTO posts (title) VALUES ('load')")
                connection.commit()
                connection.close()
            except psycopg2.Error:
                time.sleep(0.01)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for each in threads:
        each.start()
    time.sleep(0.5)
    server.stop()
    stop.set()
    for each in threads:
        each.join()
    assert not [each for each in threading.enumerate() if each.name.startswith("heliosdb-s")]
