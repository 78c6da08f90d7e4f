"""Bytes that nobody should send: the server answers or hangs up, lives on, and keeps no session of theirs."""

from __future__ import annotations

import socket
import struct
import threading
import time

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heliosdb_sqlite

BOUNDED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WHOLE = settings(
    max_examples=4000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def startup(pairs):
    """Return the packet that begins a session."""
    body = b"".join(key + b"\0" + value + b"\0" for key, value in pairs) + b"\0"
    return struct.pack("!II", len(body) + 8, 196608) + body


HELLO = startup([(b"user", b"helios"), (b"database", b"app")])
SQL = st.sampled_from(
    ["", ";", "SELECT 1", "SELECT $1::int", "BEGIN", "COMMIT", "ROLLBACK", "INSERT INTO users (name) VALUES ('f')",
     "SELECT * FROM generate_series(1, 200)", "COPY posts FROM STDIN", "COPY users TO STDOUT", "DECLARE c CURSOR FOR SELECT 1",
     "FETCH ALL FROM c", "LISTEN x", "SET statement_timeout = 1", "SELECT pg_sleep(0.01)", "SELEC", "SELECT '", "PREPARE p AS SELECT 1",
     "EXECUTE p", "DISCARD ALL", "SAVEPOINT a", "VACUUM", "SELECT 1/0"],
).map(str.encode)  # fmt: skip
NAME = st.sampled_from([b"", b"a", b"b"])


def frame(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


# What a client may say, mostly as it should be.
MESSAGES = st.one_of(
    SQL.map(lambda sql: frame(b"Q", sql + b"\0")),
    st.tuples(NAME, SQL).map(lambda x: frame(b"P", x[0] + b"\0" + x[1] + b"\0\0\0")),
    st.tuples(NAME, NAME, st.binary(max_size=12)).map(
        lambda x: frame(b"B", x[0] + b"\0" + x[1] + b"\0" + (x[2] or b"\0\0\0\0\0\0"))
    ),
    st.tuples(st.sampled_from(b"SPX"), NAME).map(lambda x: frame(b"D", bytes([x[0]]) + x[1] + b"\0")),
    st.tuples(NAME, st.integers(-(2**31), 2**31 - 1)).map(
        lambda x: frame(b"E", x[0] + b"\0" + struct.pack("!i", x[1]))
    ),
    st.tuples(st.sampled_from(b"SP"), NAME).map(lambda x: frame(b"C", bytes([x[0]]) + x[1] + b"\0")),
    st.sampled_from(
        [frame(b"S", b""), frame(b"H", b""), frame(b"c", b""), frame(b"f", b"no\0"), frame(b"X", b"")]
    ),
    st.binary(max_size=30).map(lambda body: frame(b"d", body)),
    st.tuples(st.integers(0, 255), st.binary(max_size=40)).map(lambda x: frame(bytes([x[0]]), x[1])),
    st.binary(max_size=40),
)


@pytest.fixture
def fuzzed(path):
    with heliosdb_sqlite.start_server(path, port=0, connection_timeout=5) as server:
        before = {each.name for each in threading.enumerate()}
        yield server
        for _ in range(200):
            if server.get_status().active_connections == 0:
                break
            time.sleep(0.05)
        assert server.get_status().active_connections == 0
        connection = psycopg2.connect(server.url)  # it lives, and nobody holds a lock
        cursor = connection.cursor()
        cursor.execute("SET lock_timeout TO '5s'; UPDATE users SET active = true")
        connection.commit()
        connection.close()
        for _ in range(100):
            # The watchdog of timeouts and those who answer clients stay until the server stops.
            left = (
                {each.name for each in threading.enumerate()}
                - before
                - {"heliosdb-watchdog", "heliosdb-crew"}
            )
            if not left:
                break
            time.sleep(0.05)
        assert not left
        assert [each.name for each in threading.enumerate()].count("heliosdb-crew") < 20


def send(server, *pieces):
    """Send bytes and read what comes back until the server hangs up, or has nothing to say to what was the end."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except OSError:
            pass  # the server hung up first


STARTUPS = st.one_of(
    st.binary(max_size=80),
    st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=60)).map(
        lambda x: struct.pack("!II", len(x[1]) + 8, x[0]) + x[1]
    ),
    st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=6).map(startup),
    st.tuples(st.integers(0, 200), st.integers(0, len(HELLO))).map(
        lambda x: HELLO[: x[1]] + bytes([x[0]]) + HELLO[x[1] + 1 :]
    ),
)  # fmt: skip


def test_startup_packets(fuzzed):
    @BOUNDED
    @given(STARTUPS)
    def check(data):
        send(fuzzed, data)

    check()


def test_messages_behind_a_login(fuzzed):
    @BOUNDED
    @given(st.lists(MESSAGES, max_size=8))
    def check(sent):
        send(fuzzed, HELLO, *sent)

    check()


@pytest.mark.exhaustive
def test_many_startup_packets(fuzzed):
    @WHOLE
    @given(STARTUPS)
    def check(data):
        send(fuzzed, data)

    check()


@pytest.mark.exhaustive
def test_many_messages_behind_a_login(fuzzed):
    @WHOLE
    @given(st.lists(MESSAGES, max_size=20))
    def check(sent):
        send(fuzzed, HELLO, *sent)

    check()
