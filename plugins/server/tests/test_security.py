"""What must not be possible, tried."""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
import sqlite3
import ssl
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from pathlib import Path

import psycopg2
import psycopg2.errors
import pytest

import heliosdb_sqlite
from heliosdb_server.auth import peers, scram
from heliosdb_server.auth.users import Users

PASSWORD = "correct horse"


@pytest.fixture
def guarded(path):
    """A server that asks for a password."""
    with heliosdb_sqlite.start_server(path, port=0, users={"ann": PASSWORD}, connection_timeout=3) as running:
        yield running


def login(server, user="ann", password=PASSWORD, **more):
    connection = psycopg2.connect(
        host="127.0.0.1", port=server.port, dbname="app", user=user, password=password, **more
    )
    connection.close()


def raw(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def packet(code, body=b""):
    return struct.pack("!II", len(body) + 8, code) + body


def read_all(sock):
    data = b""
    while piece := sock.recv(4096):
        data += piece
    return data


# ---- logins ----


def test_the_right_password_and_no_other(guarded):
    login(guarded)
    for user, password in (("ann", "wrong"), ("ann", ""), ("bob", PASSWORD), ("helios", "")):
        with pytest.raises(psycopg2.OperationalError):
            login(guarded, user, password)


def test_the_password_never_travels(guarded):
    with raw(guarded) as sock:
        sock.sendall(packet(196608, b"user\0ann\0database\0app\0\0"))
        answer = sock.recv(4096)
    kind, _, method = struct.unpack_from("!cII", answer)
    assert (kind, method) == (b"R", 10)
    assert b"SCRAM-SHA-256\0" in answer


def test_an_unknown_user_gets_the_same_conversation(guarded):
    salts = set()
    for _ in range(2):
        with raw(guarded) as sock:
            sock.sendall(packet(196608, b"user\0nobody\0database\0app\0\0"))
            sock.recv(4096)
            first = b"n,,n=,r=abcdefgh"
            body = b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first
            sock.sendall(b"p" + struct.pack("!I", len(body) + 4) + body)
            salts.add(sock.recv(4096).split(b",s=")[1].split(b",")[0])
    assert len(salts) == 1


def test_failed_logins_wait_longer_each_time():
    failures = peers.Failures()
    delays = [failures.delay("10.0.0.1") for _ in range(8)]
    assert delays == sorted(delays)
    assert delays[0] < 1 < delays[-1] <= 4
    failures.forget("10.0.0.1")
    assert failures.delay("10.0.0.1") == delays[0]


def test_verifiers_are_kept_and_not_passwords(path):
    Users(f"{path}-users").add("ann", PASSWORD)
    text = Path(f"{path}-users").read_text()
    assert PASSWORD not in text
    assert "SCRAM-SHA-256$4096:" in text
    with heliosdb_sqlite.start_server(path, port=0) as server:
        assert server.auth_method == "password"
        login(server)


def test_the_file_of_users_is_its_owners_alone(path):
    import os

    Users(f"{path}-users").add("ann", PASSWORD)
    assert os.stat(f"{path}-users").st_mode & 0o077 == 0


def test_a_users_file_of_a_newer_version_is_refused(path):
    Path(f"{path}-users").write_text('{"version": 2, "users": {}}')
    with pytest.raises(sqlite3.NotSupportedError, match="version 2"):
        heliosdb_sqlite.start_server(path, port=0)


def test_postgresqls_verifier_fits():
    text = (
        "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$"
        + str(scram.verifier("pw", salt=b"saltsaltsaltsalt")).split("$")[2]
    )
    assert str(scram.parsed(text)) == text
    assert base64.b64encode(b"saltsaltsaltsalt").decode() in text


def test_secrets_are_in_no_repr_and_no_log(path, caplog):
    with (
        caplog.at_level(logging.DEBUG),
        heliosdb_sqlite.start_server(path, port=0, users={"ann": PASSWORD}) as server,
    ):
        with pytest.raises(psycopg2.OperationalError):
            login(server, password="guessed")
        shown = (
            repr(server)
            + repr(server._users)
            + repr(server._context.database)
            + repr(scram.verifier(PASSWORD))
        )
    assert PASSWORD not in shown + caplog.text
    assert "guessed" not in caplog.text


def test_beyond_this_machine_only_with_users():
    assert (
        peers.is_loopback("127.0.0.1") and peers.is_loopback("::1") and peers.is_loopback("::ffff:127.0.0.1")
    )
    assert not peers.is_loopback("10.1.2.3") and not peers.is_loopback("::ffff:10.1.2.3")


def test_without_users_a_peer_elsewhere_is_refused(server, monkeypatch):
    monkeypatch.setattr(peers, "is_loopback", lambda peer: False)
    with raw(server) as sock:
        assert b"talks to its own machine alone" in read_all(sock)  # before a byte was sent


def test_a_peer_that_is_not_allowed_hears_no_and_is_not_read(path):
    with (
        heliosdb_sqlite.start_server(path, port=0, allowed_ips=["10.0.0.0/8"]) as server,
        raw(server) as sock,
    ):
        assert b"28000" in read_all(sock)  # before a byte was sent
        assert server.get_status().refused_connections == 1


@pytest.mark.parametrize(
    ("peer", "fits"), [("10.2.3.4", True), ("::ffff:10.2.3.4", True), ("11.0.0.1", False), ("::1", False)]
)
def test_networks(peer, fits):
    assert peers.is_allowed(peer, peers.networks(["10.0.0.0/8"])) is fits


# ---- before the login ----


def test_a_client_that_says_nothing_is_sent_away(path):
    with heliosdb_sqlite.start_server(path, port=0, connection_timeout=0.5) as server, raw(server) as sock:
        start = time.monotonic()
        read_all(sock)
        assert time.monotonic() - start < 8


@pytest.mark.parametrize(
    "data",
    [b"\0\0\0\0", b"\xff\xff\xff\xff", struct.pack("!I", 20_000), b"GET / HTTP/1.1\r\n\r\n", packet(196608, b"user\0ann"),
     packet(196608, b"\xff\xfe\0x\0\0"), packet(131072, b"user\0a\0\0"), packet(80877103) + packet(80877103)],
)  # fmt: skip
def test_bytes_that_are_no_login(guarded, data):
    with raw(guarded) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        read_all(sock)
    login(guarded)
    assert guarded.get_status().active_connections in (0, 1)


def test_a_long_message_before_the_login_is_not_read(guarded):
    with raw(guarded) as sock:
        sock.sendall(packet(196608, b"user\0ann\0database\0app\0\0"))
        sock.recv(4096)
        sock.sendall(b"p" + struct.pack("!I", 100_000_000))
        assert b"08P01" in read_all(sock)


def test_no_more_clients_than_may_be(path):
    with heliosdb_sqlite.start_server(path, port=0, max_connections=2) as server:
        held = [psycopg2.connect(server.url) for _ in range(2)]
        with pytest.raises(psycopg2.OperationalError, match="too many clients"):
            psycopg2.connect(server.url)
        held.pop().close()
        for _ in range(100):
            if server.get_status().active_connections < 2:
                break
            time.sleep(0.02)
        psycopg2.connect(server.url).close()
        held.pop().close()


def test_a_wrong_secret_cancels_nothing(server, connect):
    holder, waiting = connect(), connect()
    holder.cursor().execute("INSERT INTO users (name) VALUES ('dan')")
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(waiting.cursor().execute, "INSERT INTO users (name) VALUES ('eve')")
        while not server.get_status().waiting_writers and not written.done():
            time.sleep(0.01)
        with raw(server) as sock:
            sock.sendall(packet(80877102, struct.pack("!I", waiting.info.backend_pid) + b"\0\0\0\0"))
            assert read_all(sock) == b""  # it has been dealt with
        with pytest.raises(StillWaiting):
            written.result(timeout=0.3)
        holder.commit()
        written.result()
    waiting.commit()


# ---- encryption ----


@pytest.fixture
def tls(path, certificates):
    with heliosdb_sqlite.start_server(
        path, port=0, users={"ann": PASSWORD}, enable_ssl=True,
        ssl_cert=str(certificates / "localhost.crt"), ssl_key=str(certificates / "localhost.key"),
    ) as running:  # fmt: skip
        yield running


def test_with_tls_nothing_else_is_taken(tls):
    login(tls, sslmode="require")
    with pytest.raises(psycopg2.OperationalError, match="encrypted connections only"):
        login(tls, sslmode="disable")


def test_the_login_is_bound_to_the_channel(tls):
    login(tls, sslmode="require", channel_binding="require")


def test_old_tls_is_not_spoken(tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):  # noqa: PT030, PT031
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.TLSv1
    with raw(tls) as sock:
        sock.sendall(packet(80877103))
        assert sock.recv(1) == b"S"
        with pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(sock)


def test_bytes_smuggled_behind_the_request_for_tls(tls):
    with raw(tls) as sock:
        sock.sendall(packet(80877103) + packet(196608, b"user\0ann\0database\0app\0\0"))
        assert b"08P01" in read_all(sock)


def test_certificates_say_who_it_is(path, certificates):
    def connect(user, name):
        return psycopg2.connect(
            host="127.0.0.1", port=server.port, dbname="app", user=user, sslmode="require",
            sslcert=str(certificates / f"{name}.crt"), sslkey=str(certificates / f"{name}.key"),
        )  # fmt: skip

    with heliosdb_sqlite.start_server(
        path, port=0, enable_ssl=True, auth_method="certificate", ssl_ca=str(certificates / "authority.crt"),
        ssl_cert=str(certificates / "localhost.crt"), ssl_key=str(certificates / "localhost.key"),
    ) as server:  # fmt: skip
        connect("ann", "ann").close()
        for user, name in (("ann", "bob"), ("stranger", "stranger")):
            with pytest.raises(psycopg2.OperationalError):
                connect(user, name)
        with pytest.raises(psycopg2.OperationalError):
            login(server, sslmode="require")


@pytest.mark.parametrize(
    "options",
    [{"enable_ssl": True}, {"ssl_cert": "x"}, {"auth_method": "certificate"}, {"enable_ssl": True, "ssl_cert": "nowhere.crt"},
     {"auth_method": "md5"}, {"allowed_ips": ["nonsense"]}, {"max_connections": 0}, {"users": {"ann": ""}}],
)  # fmt: skip
def test_options_that_can_not_be(path, options):
    with pytest.raises(sqlite3.ProgrammingError):
        heliosdb_sqlite.start_server(path, port=0, **options)


# ---- SQL that would reach beyond the database ----

BEYOND = [
    "ATTACH DATABASE '{other}' AS x", "ATTACH '{other}' AS x", "DETACH pg_catalog", "VACUUM INTO '{other}'",
    "SELECT load_extension('x')", "PRAGMA writable_schema = ON", "PRAGMA journal_mode = DELETE",
    "PRAGMA temp_store_directory = '/tmp'", "PRAGMA key = 'x'", "DELETE FROM sqlite_master",
    "UPDATE sqlite_master SET sql = 'x'", "COPY users TO '{other}'", "COPY users FROM '/etc/passwd'",
    "COPY users FROM PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')",
    "INSERT INTO pg_catalog.pg_class (relname) VALUES ('x')", "DELETE FROM pg_class", "DROP TABLE pg_catalog.pg_class",
    "CREATE TABLE pg_catalog.mine (a int)", "EXPLAIN ATTACH DATABASE '{other}' AS x", "SELECT writefile('{other}', 'x')",
    "/* x */ ATTACH DATABASE '{other}' AS x", "PRAGMA main.writable_schema(1)", "SELECT fts3_tokenizer('x')",
    "CREATE TEMP VIEW v AS SELECT load_extension('x'); SELECT * FROM v", "PRAGMA trusted_schema = OFF; ATTACH '{other}' AS y",
    "DO $$ BEGIN PERFORM pg_read_file('x'); END $$", "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '{other}'",
    "CREATE EXTENSION file_fdw", "SELECT * FROM pg_ls_dir('.')", "PREPARE p AS SELECT 1; ATTACH '{other}' AS z",
    "WITH x AS (SELECT 1) ATTACH '{other}' AS w", "CREATE VIRTUAL TABLE v USING csv(filename='{other}')",
    "CREATE TABLESPACE t LOCATION '/tmp'", "COPY (SELECT 1) TO PROGRAM 'cat > {other}'", "EXPLAIN VACUUM INTO '{other}'",
    "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT load_extension('x'); END; INSERT INTO users (name) VALUES ('x')",
    "CREATE DATABASE other", "SELECT edit('x')", "PRAGMA database_list('x'); ATTACH '{other}' AS q",
    "SELECT * FROM pragma_key", "ALTER SYSTEM SET data_directory = '/tmp'", "LOAD 'x'", "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
]  # fmt: skip


@pytest.mark.parametrize("sql", BEYOND)
def test_sql_reaches_nothing_but_the_database(server, connect, tmp_path, sql):
    other = tmp_path / "other.db"
    connection = connect()
    connection.autocommit = True
    with pytest.raises(psycopg2.Error):
        connection.cursor().execute(sql.format(other=other))
    assert not other.exists()
    cursor = connection.cursor()
    cursor.execute("SELECT count(*) FROM users")
    assert cursor.fetchone() == (3,)


# ---- the file of users ----


def test_the_first_format_of_the_users_file_is_read(path):
    golden = Path(__file__).parent / "golden" / "users-1.json"
    Path(f"{path}-users").write_bytes(golden.read_bytes())
    with heliosdb_sqlite.start_server(path, port=0) as server:
        login(server)
        with pytest.raises(psycopg2.OperationalError):
            login(server, password="correct hors")


def test_the_users_file_is_written_as_ever(path):
    Users(f"{path}-users").add("ann", PASSWORD)
    written = json.loads(Path(f"{path}-users").read_text())
    golden = json.loads((Path(__file__).parent / "golden" / "users-1.json").read_text())
    assert written.keys() == golden.keys()
    assert written["version"] == golden["version"]
    shape = r"SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}="
    for kept in (written, golden):
        assert list(kept["users"]) == ["ann"]
        assert re.fullmatch(shape, kept["users"]["ann"])


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"version": 1}', '{"version": 1, "users": {"ann": "plain"}}']
)
def test_a_damaged_users_file_opens_nothing(path, text):
    Path(f"{path}-users").write_text(text)
    with pytest.raises(sqlite3.Error, match="users"):
        heliosdb_sqlite.start_server(path, port=0)
