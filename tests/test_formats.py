"""What a later release has written is refused by its format's number, left as it is, and no plain work is in its way."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import psycopg2
import pytest

import heliosdb_sqlite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "app.db"


def by_hand(path, *statements):
    """Write to the file as a later release might have."""
    with closing(sqlite3.connect(path)) as plain:
        for sql in statements:
            assert plain.execute(sql).rowcount == 1, f"{sql} found nothing to change"
        plain.commit()


def refuses(path, said, work=lambda conn: None, **options):
    before = path.read_bytes()
    with pytest.raises(sqlite3.Error, match=said), closing(heliosdb_sqlite.connect(path, **options)) as conn:
        work(conn)
    assert path.read_bytes() == before, "a file of a later release was written to"


def plain_work(path):
    with closing(heliosdb_sqlite.connect(path)) as conn, conn:
        conn.execute("INSERT INTO t (a) VALUES (2)")
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_the_history_of_a_later_release(path):
    with closing(heliosdb_sqlite.connect(path, enable_time_travel=True)) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
        conn.execute("INSERT INTO t (a) VALUES (1)")
        conn.commit()
        settings = [name for (name,) in conn.execute("SELECT name FROM sqlite_schema") if "settings" in name]
    by_hand(path, f"UPDATE {settings[0]} SET value = 999 WHERE name = 'format'")
    refuses(path, "format 999.*knows format", enable_time_travel=True)
    plain_work(path)


def test_the_branches_of_a_later_release(path):
    with closing(heliosdb_sqlite.connect(path)) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
        conn.execute("INSERT INTO t (a) VALUES (1)")
        conn.commit()
        conn.create_branch("b")
        conn.delete_branch("b")
        key, content = (row[1] for row in conn.execute("PRAGMA table_info(_heliosdb_branching)"))
    by_hand(path, f"UPDATE _heliosdb_branching SET {content} = 999 WHERE {key} = 'format'")
    refuses(path, "format 999.*update heliosdb-branching", lambda conn: conn.create_branch("c"))
    refuses(path, "format 999.*update heliosdb-branching", branch="b")
    plain_work(path)


def test_a_file_that_a_later_release_has_encrypted(path):
    with closing(heliosdb_sqlite.connect(path, encryption_key=b"k" * 32)) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
        conn.commit()
    data = bytearray(path.read_bytes())
    assert data[8] == 1, "docs/formats/crypto.md says where the version stands"
    data[8] = 99
    path.write_bytes(data)
    refuses(
        path,
        "version 99 of the encrypted format",
        lambda conn: conn.execute("SELECT * FROM t"),
        encryption_key=b"k" * 32,
    )


def test_a_vector_index_of_a_later_release_is_passed_by(path):
    nearest = "SELECT rowid FROM t ORDER BY vector_distance(v, '[1, 0, 0]') LIMIT 1"
    with closing(heliosdb_sqlite.connect(path, enable_vector_search=True)) as conn:
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, v VECTOR(3))")
        conn.execute("INSERT INTO t (a, v) VALUES (1, ?)", ([1, 0, 0],))
        conn.execute("CREATE INDEX near ON t USING bits (v)")
        conn.commit()
    by_hand(path, "UPDATE heliosdb_vector_index SET format = 999")
    with closing(heliosdb_sqlite.connect(path, enable_vector_search=True)) as conn:
        assert conn.execute(nearest).fetchall() == [(1,)]
        assert "format 999, and this release knows format 1" in conn.explain_vector(nearest).reason
        assert conn.execute("SELECT format FROM heliosdb_vector_index").fetchone() == (999,)
    plain_work(path)


def test_users_that_a_later_release_wrote_down(path, tmp_path):
    heliosdb_sqlite.connect(path).close()
    with heliosdb_sqlite.start_server(path, port=0, auth_method="password", users={"a": "b" * 12}) as server:
        server.create_user("ann", "a long password")
    files = [file for file in tmp_path.iterdir() if "users" in file.name]
    content = json.loads(files[0].read_text())
    files[0].write_text(json.dumps({**content, "version": 99}))
    with pytest.raises(sqlite3.Error, match="99"):
        heliosdb_sqlite.start_server(path, port=0, auth_method="password")
    assert json.loads(files[0].read_text())["version"] == 99


@pytest.fixture
def served(path):
    """What a server of the first release made of a client's definitions."""
    golden = Path(__file__).with_name("golden") / "served-1.sql"
    with closing(sqlite3.connect(path)) as plain:
        plain.executescript(golden.read_text(encoding="utf-8"))
    return path


def test_sequences_and_types_of_the_first_server_go_on(served):
    with (
        heliosdb_sqlite.start_server(served, port=0) as server,
        closing(psycopg2.connect(server.url)) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("INSERT INTO item (price, tags) VALUES (2.5, '{c}') RETURNING id, n, price, tags")
        assert cursor.fetchone() == (2, 20, Decimal("2.50"), ["c"])
        cursor.execute("SELECT made FROM item WHERE id = 1")
        assert cursor.fetchone() == (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc),)
        cursor.execute("SELECT * FROM dear ORDER BY id")
        assert cursor.fetchall() == [(1, Decimal("1.50")), (2, Decimal("2.50"))]
        with pytest.raises(psycopg2.errors.GeneratedAlways):
            cursor.execute("INSERT INTO item (id) VALUES (7)")


def test_a_sequence_of_a_later_release(served):
    with closing(sqlite3.connect(served)) as plain:
        plain.execute("PRAGMA writable_schema = ON")
        later = "UPDATE sqlite_schema SET sql = replace(sql, '/* sequence 1 */', '/* sequence 99 */')"
        assert plain.execute(f"{later} WHERE name = 'numbers'").rowcount == 1
        plain.commit()
    with (
        heliosdb_sqlite.start_server(served, port=0) as server,
        closing(psycopg2.connect(server.url)) as client,
        client.cursor() as cursor,
        pytest.raises(psycopg2.Error, match="99"),
    ):
        cursor.execute("SELECT nextval('numbers')")


def test_an_encrypted_value_of_a_later_release(path):
    with closing(heliosdb_sqlite.connect(path, column_key=b"k" * 32)) as conn:
        conn.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
        conn.execute("INSERT INTO t VALUES ('sealed')")
        conn.commit()
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA ignore_check_constraints = ON")
        (value,) = plain.execute("SELECT a FROM t").fetchone()
        assert value[3] == 1, "docs/formats/crypto.md says where the version stands"
        plain.execute("UPDATE t SET a = ?", (value[:3] + bytes([99]) + value[4:],))
        plain.commit()
    refuses(path, "version", lambda conn: conn.execute("SELECT a FROM t").fetchall(), column_key=b"k" * 32)
