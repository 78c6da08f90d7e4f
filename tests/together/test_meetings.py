"""What two features make of each other: how they meet, and the errors where they can't."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import heliosdb_sqlite
from heliosdb_sqlite import connection_pool

KEY, COLUMN_KEY = b"k" * 32, b"c" * 32
ALL: dict[str, Any] = {
    "encryption_key": KEY,
    "column_key": COLUMN_KEY,
    "enable_time_travel": True,
    "enable_vector_search": True,
    "enable_cache": True,
    "concurrency": "wal",
    "branch": "main",
}
TABLE = """CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE, pin TEXT ENCRYPTED,
           code TEXT ENCRYPTED DETERMINISTIC, v VECTOR(2))"""
INSERT = "INSERT INTO note VALUES (?, ?, ?, ?, ?)"
ONE, TWO = (1, "one", "p1", "c1", [1.0, 0.0]), (2, "two", "p2", "c2", [0.0, 1.0])
NEAREST = "SELECT id FROM note {} ORDER BY vector_distance(v, ?, 'l2') LIMIT 1"


def test_a_file_may_have_a_name_that_is_no_text(tmp_path: Path) -> None:
    if sys.platform in ("darwin", "win32"):
        return  # where there is no such name
    path = os.fsencode(tmp_path) + b"/n\xefme.db"
    for options in (ALL, {**ALL, "query_analyzer": True}):
        with closing(heliosdb_sqlite.connect(path, **options)) as conn:
            conn.execute(TABLE.replace("TABLE", "TABLE IF NOT EXISTS"))
            conn.execute(INSERT.replace("INSERT", "INSERT OR REPLACE"), ONE)
            conn.commit()
            assert conn.execute("SELECT pin FROM note FOR SYSTEM_TIME ALL").fetchone() == ("p1",)
            assert conn.execute(NEAREST.format(""), ([1.0, 0.0],)).fetchone() == (1,)
            conn.create_branch("b")
            assert conn.merge_branch("b").total_row_changes == 0
            conn.delete_branch("b")
    with closing(connection_pool.create(path, 1, 0, timeout=5, **ALL)) as pool, pool.connection() as pooled:
        assert pooled.execute("SELECT pin FROM note").fetchall() == [("p1",)]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 has deserialize()")
def test_a_database_is_deserialized_under_every_feature(conn: Any) -> None:
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE TABLE other (a)")
        other.execute("INSERT INTO other VALUES (7)")
        other.commit()
        data = other.serialize()
    conn.execute(NEAREST.format(""), ([1.0, 0.0],)).fetchall()
    for _ in range(2):
        conn.deserialize(data)
        assert conn.execute("SELECT a FROM other").fetchall() == [(7,)]
        conn.execute("CREATE TABLE more (v VECTOR(2))")
        conn.execute("INSERT INTO more VALUES (?)", ([1, 2],))
        conn.rollback()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@pytest.fixture
def conn(path: Path) -> Iterator[Any]:
    """A connection with every feature, to two notes."""
    with closing(heliosdb_sqlite.connect(path, **ALL)) as conn:
        conn.execute(TABLE)
        conn.executemany(INSERT, [ONE, TWO])
        conn.commit()
        yield conn


def rows(conn: Any, when: str = "", *parameters: Any) -> list[Any]:
    found = conn.execute(f"SELECT id, body, pin, code, v FROM note {when} ORDER BY id", parameters)
    return [(*row[:4], list(row[4])) for row in found]


def moment() -> datetime:
    time.sleep(0.005)
    now = datetime.now(timezone.utc)
    time.sleep(0.005)
    return now


# ---- errors leave everything as it was ----


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO note (id, body) VALUES (3, 'one')", sqlite3.IntegrityError),
        ("UPDATE note SET body = NULL", sqlite3.IntegrityError),
        ("UPDATE note SET v = 'no vector'", sqlite3.Error),
        ("UPDATE note SET body = pin", sqlite3.NotSupportedError),
        ("UPDATE note AS OF TIMESTAMP '2001-01-01' SET body = 'x'", sqlite3.OperationalError),
        ("UPDATE nowhere SET body = 'x'", sqlite3.OperationalError),
    ],
)
def test_a_statement_that_fails_leaves_nothing_behind(
    conn: Any, statement: str, error: type[Exception]
) -> None:
    versions = [len(conn.history("note", number)) for number in (1, 2)]
    with pytest.raises(error), conn:
        conn.execute("DELETE FROM note WHERE id = 2")
        conn.execute(statement)
    assert not conn.in_transaction
    assert rows(conn) == [ONE, TWO]
    assert [len(conn.history("note", number)) for number in (1, 2)] == versions
    assert conn.execute(NEAREST.format(""), ([0, 1],)).fetchall() == [(2,)]


def test_a_conflict_leaves_nothing_behind_and_a_strategy_decides_it(conn: Any, path: Path) -> None:
    conn.create_branch("trial")
    with closing(heliosdb_sqlite.connect(path, **{**ALL, "branch": "trial"})) as branch, branch:
        branch.execute("UPDATE note SET body = 'theirs', pin = 'their pin' WHERE id = 1")
        branch.execute(INSERT, (3, "three", "p3", "c3", [5.0, 5.0]))
    with conn:
        conn.execute("UPDATE note SET body = 'ours', v = ? WHERE id = 1", ([2.0, 2.0],))
    before, versions = rows(conn), len(conn.history("note", 1))
    with pytest.raises(sqlite3.IntegrityError) as caught:
        conn.merge_branch("trial")
    (conflict,) = caught.value.conflicts  # type: ignore[attr-defined]
    assert (conflict.key, conflict.column, conflict.ours, conflict.theirs) == ((1,), "body", "ours", "theirs")
    assert (rows(conn), len(conn.history("note", 1))) == (before, versions)
    assert conn.execute(NEAREST.format(""), ([5, 5],)).fetchall() == [(1,)]
    conn.merge_branch("trial", strategy="theirs")
    merged = [(1, "theirs", "their pin", "c1", [2.0, 2.0]), TWO, (3, "three", "p3", "c3", [5.0, 5.0])]
    assert rows(conn) == merged
    assert conn.execute(NEAREST.format(""), ([5, 5],)).fetchall() == [(3,)]
    written = {
        version.transaction for number in (1, 3) for version in list(conn.history("note", number))[-1:]
    }
    assert len(written) == 1, "a merge is one change of the history"


# ---- the past ----


def test_the_past_has_its_vectors_and_its_sealed_values(conn: Any) -> None:
    then = moment()
    with conn:
        conn.execute("UPDATE note SET v = ?, pin = 'new', code = 'new' WHERE id = 1", ([0.0, 2.0],))
        conn.execute("DELETE FROM note WHERE id = 2")
    for _ in range(2):  # the second time from the result cache
        assert rows(conn, "AS OF ?", then) == [ONE, TWO]
        assert rows(conn) == [(1, "one", "new", "new", [0.0, 2.0])]
        assert conn.execute(NEAREST.format("AS OF ?"), (then, [0, 1])).fetchall() == [(2,)]
        assert conn.execute(NEAREST.format(""), ([0, 1],)).fetchall() == [(1,)]


def test_a_history_has_no_vector_index(conn: Any) -> None:
    conn.execute("CREATE INDEX near ON note USING ivf (v vector_l2_ops) WITH (lists = 1, probes = 1)")
    assert [(each.name, each.table, each.rows) for each in conn.vector_index_stats()] == [("near", "note", 2)]
    conn.execute("DROP INDEX near")
    assert conn.vector_index_stats() == []
    conn.execute("CREATE INDEX far ON note USING bits (v)")
    assert conn.execute("SELECT count(*) FROM heliosdb_vector_index").fetchone() == (1,)


def test_a_column_that_a_table_made_anew_brings_is_not_in_its_past(conn: Any, path: Path) -> None:
    conn.tag("before")
    conn.create_branch("trial")
    columns = TABLE[TABLE.index("(") + 1 : TABLE.rindex(")")]
    with closing(heliosdb_sqlite.connect(path, **{**ALL, "branch": "trial"})) as branch:
        branch.executescript(f"""
            BEGIN;
            CREATE TABLE passing ({columns}, stars INTEGER NOT NULL);
            INSERT INTO passing SELECT *, 3 FROM note;
            DROP TABLE note;
            ALTER TABLE passing RENAME TO note;
            COMMIT;
        """)
    conn.merge_branch("trial")
    assert rows(conn) == [ONE, TWO]
    assert conn.execute("SELECT stars FROM note").fetchall() == [(3,), (3,)]
    assert conn.execute("SELECT stars FROM note AS OF TAG 'before'").fetchall() == [(None,), (None,)]
    assert conn.execute("SELECT id FROM note WHERE code = 'c2'").fetchall() == [(2,)]


def test_the_past_does_not_compare_ciphertexts(conn: Any) -> None:
    conn.tag("then")
    assert conn.execute("SELECT id FROM note WHERE code = 'c2'").fetchall() == [(2,)]
    with pytest.raises(sqlite3.NotSupportedError, match="heliosdb_decrypt"):
        conn.execute("SELECT id FROM note WHERE code = 'c2' AS OF TAG 'then'")
    past = "SELECT id FROM note WHERE heliosdb_decrypt(code) = 'c2' AS OF TAG 'then'"
    assert conn.execute(past).fetchall() == [(2,)]


def test_a_branch_from_the_past_is_a_database_of_its_own(conn: Any, path: Path) -> None:
    then = moment()
    with conn:
        conn.execute("DELETE FROM note WHERE id = 2")
        conn.execute("UPDATE note SET v = ? WHERE id = 1", ([9.0, 9.0],))
    conn.create_branch("before", as_of=then)
    with closing(heliosdb_sqlite.connect(path, **{**ALL, "branch": "before"})) as branch:
        assert rows(branch) == [ONE, TWO]
        assert branch.execute(NEAREST.format(""), ([0, 1],)).fetchall() == [(2,)]
        with branch:
            branch.execute("UPDATE note SET body = 'kept' WHERE id = 2")
        told = [version.row and version.row["body"] for version in branch.history("note", 2)]
        assert told == ["two", None, "two", "kept"]  # gone for a while, when the branch was made
    with pytest.raises(sqlite3.IntegrityError):  # main has deleted it
        conn.merge_branch("before")
    conn.merge_branch("before", strategy="theirs")
    assert rows(conn) == [(*ONE[:4], [9.0, 9.0]), (2, "kept", *TWO[2:])]


# ---- keys ----


def test_a_wrong_key_opens_nothing(conn: Any, path: Path) -> None:
    conn.create_branch("trial")
    conn.close()
    wrong = {**ALL, "encryption_key": b"w" * 32}
    before = path.read_bytes()
    for opens in (
        lambda: heliosdb_sqlite.connect(path, **wrong),
        lambda: heliosdb_sqlite.connect(path, **{**wrong, "branch": "trial"}),
        lambda: heliosdb_sqlite.connect(path, **wrong, heliosdb_mode="hybrid"),
        lambda: connection_pool.create(path, 2, 0, timeout=5, **wrong).get_connection(),
        lambda: heliosdb_sqlite.start_server(path, port=0, **{**wrong, "concurrency": "wal"}),
    ):
        with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key"):
            opens()
    assert path.read_bytes() == before


def test_another_key_waits_for_branches_to_be_gone(conn: Any, path: Path) -> None:
    conn.create_branch("trial")
    branched = {**ALL, "branch": "trial"}
    with closing(heliosdb_sqlite.connect(path, **branched)) as branch:
        with pytest.raises(sqlite3.OperationalError, match="a branch has the key of its database"):
            branch.rekey(b"n" * 32)
        with pytest.raises(sqlite3.OperationalError, match="'trial' and delete them first"):
            conn.rekey(b"n" * 32)
        with branch:
            branch.execute("DELETE FROM note WHERE id = 2")
    conn.merge_branch("trial")
    conn.delete_branch("trial")
    conn.rekey(b"n" * 32)
    with pytest.raises(sqlite3.DatabaseError, match="wrong encryption key"):
        heliosdb_sqlite.connect(path, **ALL)
    conn.create_branch("trial")  # with the key of now
    with closing(heliosdb_sqlite.connect(path, **{**branched, "encryption_key": b"n" * 32})) as branch:
        assert rows(branch) == [ONE]


def test_what_opens_the_file_anew_needs_the_key_of_now(path: Path) -> None:
    options = {"encryption_key": KEY}
    with closing(heliosdb_sqlite.connect(path, **options, heliosdb_mode="hybrid")) as conn:
        conn.execute("CREATE TABLE t (a)")
        with closing(heliosdb_sqlite.connect(path, **options)) as other:
            conn.rekey(b"n" * 32)
            assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)  # it was open before
        with pytest.raises(psycopg2.OperationalError, match="wrong encryption key"):
            psycopg2.connect(conn.get_server_info().url)
    with closing(heliosdb_sqlite.connect(path, encryption_key=b"n" * 32, heliosdb_mode="hybrid")) as conn:
        psycopg2.connect(conn.get_server_info().url).close()


def test_a_vector_is_not_encrypted_by_itself(conn: Any) -> None:
    for kind in ("VECTOR(2) ENCRYPTED", "HALFVEC(2) ENCRYPTED DETERMINISTIC"):
        with pytest.raises(sqlite3.NotSupportedError, match="encrypt the whole file"):
            conn.execute(f"CREATE TABLE other (v {kind})")
        with pytest.raises(sqlite3.NotSupportedError, match="encrypt the whole file"):
            conn.execute(f"ALTER TABLE note ADD COLUMN w {kind}")


def test_a_dump_of_a_branch_has_its_sealed_values(conn: Any, path: Path, tmp_path: Path) -> None:
    conn.create_branch("trial")
    plain = {"column_key": COLUMN_KEY, "enable_vector_search": True}
    with (
        closing(heliosdb_sqlite.connect(path, **{**ALL, "branch": "trial"})) as branch,
        closing(heliosdb_sqlite.connect(tmp_path / "copy.db", **plain)) as copy,
    ):
        copy.executescript("\n".join(branch.iterdump()))
        assert rows(copy) == [ONE, TWO]
        assert copy.execute("SELECT id FROM note WHERE code = 'c2'").fetchall() == [(2,)]


# ---- who else is there ----


def test_what_a_client_writes_is_seen_by_cache_search_and_history(path: Path) -> None:
    with closing(heliosdb_sqlite.connect(path, **ALL, heliosdb_mode="hybrid")) as conn:
        conn.execute(TABLE)
        conn.executemany(INSERT, [ONE, TWO])
        conn.commit()
        count = "SELECT count(*), max(body) FROM note"
        assert [conn.execute(count).fetchone() for _ in range(3)] == [(2, "two")] * 3
        with closing(psycopg2.connect(conn.get_server_info().url)) as client, client.cursor() as cursor:
            cursor.execute("UPDATE note SET body = 'zwei', pin = 'new', v = '[7,7]' WHERE id = 2")
            client.commit()
            with pytest.raises(psycopg2.IntegrityError):
                cursor.execute("UPDATE note SET body = 'one' WHERE id = 2")
            client.rollback()
        assert conn.execute(count).fetchone() == (2, "zwei")
        assert rows(conn) == [ONE, (2, "zwei", "new", "c2", [7.0, 7.0])]
        assert conn.execute(NEAREST.format(""), ([7, 7],)).fetchall() == [(2,)]
        assert [version.row["body"] for version in conn.history("note", 2)] == ["two", "zwei"]


def test_a_pool_and_clients_of_a_branch(conn: Any, path: Path) -> None:
    conn.create_branch("trial")
    options = {**ALL, "branch": "trial"}
    with connection_pool.create(path, 2, 0, timeout=5, **options) as pool:
        with pool.connection() as one, pool.connection() as other:
            with one:
                one.execute("UPDATE note SET body = 'branched' WHERE id = 2")
            assert rows(other)[1][1] == "branched"
        with pytest.raises(sqlite3.IntegrityError), pool.connection() as one:
            one.execute("INSERT INTO note (id, body) VALUES (9, 'one')")
        with pool.connection() as one:
            assert not one.in_transaction
    with (
        closing(heliosdb_sqlite.connect(path, **options, heliosdb_mode="hybrid")) as branch,
        closing(psycopg2.connect(branch.get_server_info().url)) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("SELECT body FROM note WHERE id = 2")
        assert cursor.fetchone() == ("branched",)
    assert rows(conn) == [ONE, TWO]


def test_a_branch_has_a_line_of_writers_of_its_own(conn: Any, path: Path) -> None:
    conn.create_branch("trial")
    conn.execute("BEGIN IMMEDIATE")
    conn.execute("UPDATE note SET body = 'main' WHERE id = 1")
    with closing(heliosdb_sqlite.connect(path, timeout=0, **{**ALL, "branch": "trial"})) as branch, branch:
        branch.execute("UPDATE note SET body = 'branched' WHERE id = 2")
    conn.commit()
    conn.merge_branch("trial")
    assert [row[1] for row in rows(conn)] == ["main", "branched"]


@pytest.mark.parametrize(
    ("error", "uses"),
    [
        (sqlite3.NotSupportedError, lambda: heliosdb_sqlite.connect(":memory:", branch="b")),
        (sqlite3.NotSupportedError, lambda: heliosdb_sqlite.connect(":memory:", heliosdb_mode="hybrid")),
        (sqlite3.NotSupportedError, lambda: heliosdb_sqlite.start_server(":memory:", port=0)),
        (sqlite3.ProgrammingError, lambda: connection_pool.create(":memory:", 2, 0)),
    ],
)
def test_what_needs_a_file_says_so(error: type[Exception], uses: Any) -> None:
    with pytest.raises(error, match="memory"):
        uses()


def test_a_database_in_memory_has_no_branches_and_no_key() -> None:
    with closing(heliosdb_sqlite.connect(":memory:", encryption_key=KEY)) as conn:
        for uses in (lambda: conn.create_branch("b"), lambda: conn.rekey(b"n" * 32)):
            with pytest.raises(sqlite3.Error, match="memory"):
                uses()
