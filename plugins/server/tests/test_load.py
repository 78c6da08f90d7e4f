"""Many clients, slow ones, and clients that vanish: nothing is lost, nothing leaks."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import psycopg2
import psycopg2.errors
import pytest

import heliosdb_sqlite

pytestmark = pytest.mark.ends


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
    assert not [each for each in threading.enumerate() if each.name.startswith("heliosdb-")]


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.exhaustive)])
def test_many_clients_at_a_time(path, count):
    with heliosdb_sqlite.start_server(path, port=0, max_connections=count) as server:
        clients = [psycopg2.connect(server.url) for _ in range(count)]
        assert server.get_status().active_connections == count
        with pytest.raises(psycopg2.OperationalError, match="too many clients"):
            psycopg2.connect(server.url)
        for number, each in enumerate(clients):
            cursor = each.cursor()
            cursor.execute("SELECT %s, count(*) FROM users", (number,))
            assert cursor.fetchone() == (number, 3)
        for each in clients:
            each.close()
        assert settled(server)


# ---- clients that vanish, in a process of their own ----

VANISHING = """
import os, psycopg2, signal, sys, threading, time
connection = psycopg2.connect(sys.argv[1])
cursor = connection.cursor()
if sys.argv[2] == "query":
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start()
    cursor.execute("DELETE FROM posts; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
else:
    class Rows:
        sent = 0
        def read(self, size=-1):
            self.sent += 1
            if self.sent > 50:
                os.kill(os.getpid(), signal.SIGKILL)
            return "99\\tlost\\n" * 1000
    cursor.copy_expert("COPY posts (user_id, title) FROM STDIN", Rows())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process can't be killed so on Windows")
@pytest.mark.parametrize("how", ["query", "copy"])
def test_a_client_that_is_killed_leaves_nothing(server, how):
    done = subprocess.run([sys.executable, "-c", VANISHING, server.url, how], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert settled(server)
    other = psycopg2.connect(server.url)
    cursor = other.cursor()
    cursor.execute("SET lock_timeout TO '5s'; SELECT count(*) FROM posts")
    assert cursor.fetchone() == (3,)
    cursor.execute("DELETE FROM posts")
    other.close()


# ---- what a slow client costs ----

SERVER = """
import heliosdb_sqlite, sys
with heliosdb_sqlite.start_server(sys.argv[1], port=0) as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""
HELLO = struct.pack("!II", 34, 196608) + b"user\0helios\0database\0app\0\0"


def resident(process):
    """Return the megabytes that a process has in memory."""
    with open(f"/proc/{process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="the memory of a process is read from /proc"
)
@pytest.mark.exhaustive
@pytest.mark.parametrize("rows", [200_000, 1_000_000])
def test_a_client_that_does_not_read_costs_no_memory(path, rows):
    query = f"SELECT n, repeat('x', 100) FROM generate_series(1, {rows}) AS n".encode()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
            sock.sendall(HELLO)
            time.sleep(0.5)
            sock.recv(65536)
            sock.sendall(b"Q" + struct.pack("!I", 13) + b"SELECT 1" + b"\0")
            time.sleep(0.5)
            sock.recv(65536)
            before = resident(process)
            sock.sendall(b"Q" + struct.pack("!I", len(query) + 5) + query + b"\0")
            highest = before
            for _ in range(10):  # it could have all rows ready by then
                time.sleep(0.1)
                highest = max(highest, resident(process))
            size, tail = 0, b""
            while b"Z\0\0\0\x05I" not in tail:
                piece = sock.recv(1 << 20)
                size += len(piece)
                tail = (tail + piece)[-32:]
            highest = max(highest, resident(process))
        assert size > rows * 100
        assert f"SELECT {rows}".encode() in tail
        assert highest - before < 24
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are listed in /proc")
def test_stopping_under_load_leaves_no_file_open(path):
    before = sorted(os.listdir("/proc/self/fd"))
    server = heliosdb_sqlite.start_server(path, port=0)
    stop, done = threading.Event(), []

    def work(number):
        while not stop.is_set():
            try:
                connection = psycopg2.connect(server.url)
                try:
                    cursor = connection.cursor()
                    cursor.execute("INSERT INTO posts (title) VALUES (%s)", (f"{number}-{len(done)}",))
                    connection.commit()
                    done.append(1)  # only what the server has confirmed
                finally:
                    connection.close()
            except psycopg2.Error:
                time.sleep(0.01)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    while len(done) < 30:
        time.sleep(0.01)
    server.stop()
    stop.set()
    for each in threads:
        each.join()
    assert sorted(os.listdir("/proc/self/fd")) == before
    with heliosdb_sqlite.start_server(path, port=0) as again:
        connection = psycopg2.connect(again.url)
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM posts WHERE title LIKE '%-%'")
        assert cursor.fetchone()[0] >= len(done)
        connection.close()
