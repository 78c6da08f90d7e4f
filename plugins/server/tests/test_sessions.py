"""What a session promises about its transaction and its settings, where SQLite by itself would do otherwise."""

from __future__ import annotations

import os
import socket
import struct

import psycopg
import pytest


@pytest.fixture
def client(server):
    with psycopg.connect(server.url) as connection:
        yield connection
        if not connection.broken:
            connection.rollback()


def test_a_savepoint_in_a_transaction_that_sqlite_has_undone_is_gone(client):
    client.execute("CREATE TABLE t (v TEXT)")
    client.commit()
    client.autocommit = True
    client.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON t WHEN NEW.v = 'x' BEGIN SELECT RAISE(ROLLBACK, 'no'); END"
    )
    client.autocommit = False
    client.execute("INSERT INTO t VALUES ('before')")
    client.execute("SAVEPOINT s")
    with pytest.raises(psycopg.errors.RaiseException):
        client.execute("INSERT INTO t VALUES ('x')")
    with pytest.raises(psycopg.errors.InvalidSavepointSpecification):
        client.execute("ROLLBACK TO s")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        client.execute("INSERT INTO t VALUES ('after')")
    assert client.execute("COMMIT").statusmessage == "ROLLBACK"
    assert client.execute("SELECT * FROM t").fetchall() == []


def test_a_savepoint_before_anything_was_written_can_be_gone_back_to(client):
    client.execute("SAVEPOINT s")
    with pytest.raises(psycopg.errors.UndefinedTable):
        client.execute("SELECT * FROM nothing")
    client.execute("ROLLBACK TO s")
    client.execute("INSERT INTO posts VALUES (9, 1, 'nine')")
    client.commit()
    assert client.execute("SELECT title FROM posts WHERE id = 9").fetchall() == [("nine",)]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SET DateStyle TO 'ISO, DMY'", psycopg.errors.FeatureNotSupported),
        ("SET DateStyle TO 'German'", psycopg.errors.FeatureNotSupported),
        ("SET extra_float_digits TO 0", psycopg.errors.FeatureNotSupported),
        ("SET ROLE nobody", psycopg.errors.InvalidParameterValue),
    ],
)
def test_a_setting_that_would_have_no_effect_is_refused(client, statement, error):
    with pytest.raises(error):
        client.execute(statement)


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT '\"\\ud800\"'::jsonb", "22P02"),
        ("SELECT '\"\\u0000\"'::jsonb", "22P05"),
        ("SELECT '[\"\\ud800\"]'::json->>0", None),
    ],
)
def test_text_that_is_no_text_does_not_end_the_session(client, sql, code):
    with pytest.raises(psycopg.Error) as error:
        client.execute(sql)
    assert code is None or error.value.sqlstate == code
    client.rollback()
    assert client.execute("SELECT '\"\\\\u0000\"'::jsonb ->> 0, '\"\\ud83d\\ude00\"'::jsonb").fetchone() == (
        "\\u0000",
        "😀",
    )


def test_the_time_zone_that_the_session_began_with_comes_back(client):
    before = client.execute("SHOW timezone").fetchone()
    client.execute("SET TIME ZONE 'Asia/Tokyo'")
    client.execute("SET TIME ZONE LOCAL")
    assert client.execute("SHOW timezone").fetchone() == before


def test_a_client_that_is_still_sending_is_told_why_its_session_ends(server, client):
    with psycopg.connect(server.url, autocommit=True) as other:
        process = client.info.backend_pid
        sock = socket.socket(fileno=os.dup(client.pgconn.socket))
        sock.setblocking(True)
        with sock:
            sock.settimeout(10)
            sock.sendall(_query("SELECT pg_sleep(0.2)") + _query("SELECT '" + "x" * 1000 + "'") * 200)
            while not other.execute(
                "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'", [process]
            ).fetchone():
                pass
            other.execute("SELECT pg_terminate_backend(%s)", [process])
            said = b""
            while part := sock.recv(65536):
                said += part
        assert b"C57P01\0" in said


def test_a_session_that_is_ended_answers_no_more(server, client):
    for _ in range(20):
        with psycopg.connect(server.url) as victim:
            client.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
            with pytest.raises(psycopg.OperationalError):
                victim.execute("SELECT 1")


def _query(sql):
    body = sql.encode() + b"\0"
    return b"Q" + struct.pack("!i", len(body) + 4) + body


def test_a_defect_of_the_translation_fails_the_statement_and_not_the_session(client, monkeypatch, caplog):
    from heliosdb_server.session import engine

    good = engine.translate

    def broken(text, *more):
        return {}["defect"] if "defect" in text else good(text, *more)

    monkeypatch.setattr(engine, "translate", broken)
    client.execute("CREATE TABLE kept (a int)")
    with pytest.raises(psycopg.errors.InternalError_, match="internal error: KeyError"), client.transaction():
        client.execute("SELECT 1 AS defect")
    assert client.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert "a statement could not be translated" in caplog.text


def test_a_query_in_one_packet_with_the_login_is_answered(server):
    names = b"user\0helios\0database\0app\0\0"
    login = struct.pack("!II", len(names) + 8, 196608) + names
    query = b"SELECT 'glued' AS word\0"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(login + b"Q" + struct.pack("!I", len(query) + 4) + query)
        heard = b""
        while b"SELECT 1\0" not in heard:
            heard += sock.recv(65536)
        assert b"glued" in heard
