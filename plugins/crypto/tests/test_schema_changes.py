"""Another connection makes a column encrypted, or plain again: who had prepared statements before goes on rightly."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing

import pytest

import heliosdb_sqlite

ROWS = "SELECT * FROM people"
SEARCH = "SELECT id FROM people WHERE ssn = ?"
INSERT = "INSERT INTO people VALUES (?, ?, ?)"
UPDATE = "UPDATE people SET ssn = ? WHERE ssn = ?"
ANN = [(1, "Ann", "111")]


@pytest.fixture(params=["encrypted file", "plain file"])
def keywords(request):
    return {"encryption_key": b"k" * 32} if request.param == "encrypted file" else {"column_key": b"c" * 32}


@pytest.fixture(params=["delete", "wal"])
def conn(request, file, keywords):
    """A connection that has run every statement on a table without encrypted columns."""
    with closing(heliosdb_sqlite.connect(file, **keywords)) as conn:
        conn.execute(f"PRAGMA journal_mode = {request.param}")
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, ssn TEXT)")
        conn.execute(INSERT, ANN[0])
        conn.commit()
        conn.execute(ROWS).fetchall()
        conn.execute(SEARCH, ("111",)).fetchall()
        conn.execute(UPDATE, ("111", "111"))
        conn.rollback()
        yield conn


@pytest.fixture
def change(file, keywords):
    """Have another connection make the table anew."""

    def changes(declared):
        with closing(heliosdb_sqlite.connect(file, **keywords)) as other:
            rows = other.execute(ROWS).fetchall()
            other.execute("PRAGMA synchronous = OFF")
            other.execute("BEGIN")
            other.execute("DROP TABLE people")
            other.execute(f"CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, ssn TEXT {declared})")
            other.executemany(INSERT, rows)
            other.commit()

    return changes


def reads(conn):
    assert conn.execute(ROWS).fetchall() == ANN


def searches(conn):
    assert conn.execute(SEARCH, ("111",)).fetchall() == [(1,)]


def updates(conn):
    assert conn.execute(UPDATE, ("333", "111")).rowcount == 1
    assert conn.execute(SEARCH, ("333",)).fetchall() == [(1,)]


def inserts(conn):
    conn.executemany(INSERT, [(2, "Bob", "2"), (3, "Cat", "3")])
    assert conn.execute(SEARCH, ("3",)).fetchall() == [(3,)]


def inserts_from_an_iterator(conn):
    conn.executemany(INSERT, ((number, "x", str(number)) for number in range(5, 9)))
    assert conn.execute("SELECT count(*) FROM people").fetchone() == (5,)
    assert conn.execute(SEARCH, ("5",)).fetchall() == [(5,)]


def runs_a_script(conn):
    conn.executescript("INSERT INTO people VALUES (8, 'x', '8'); DELETE FROM people WHERE ssn = '8'")


def prepares(conn):
    assert conn.execute("SELECT ssn, 1 FROM people").fetchall() == [("111", 1)]


def begins(conn):
    conn.execute("BEGIN")
    assert conn.execute(SEARCH, ("111",)).fetchall() == [(1,)]
    assert conn.in_transaction


def copies(conn):
    with closing(heliosdb_sqlite.connect(":memory:")) as other:
        conn.backup(other)


def opens_a_blob(conn):
    if hasattr(conn, "blobopen"):
        conn.blobopen("people", "name", 1).close()


def dumps(conn):
    assert any("'111'" in line for line in conn.iterdump())


@pytest.mark.parametrize(
    "does",
    [
        *(reads, searches, updates, inserts, inserts_from_an_iterator, runs_a_script),
        *(prepares, begins, copies, opens_a_blob, dumps),
    ],
)
def test_statements_follow_the_schema(conn, change, does):
    for declared in ("ENCRYPTED DETERMINISTIC", ""):
        change(declared)
        does(conn)
        conn.rollback()
        reads(conn)
        searches(conn)


@pytest.mark.parametrize("does", [reads, searches, updates, inserts, begins, copies, opens_a_blob, dumps])
def test_the_first_statement_does_not_rely_on_what_the_process_knew(conn, change, file, keywords, does):
    conn.close()
    with closing(heliosdb_sqlite.connect(file, **keywords)) as fresh:
        change("ENCRYPTED DETERMINISTIC")
        does(fresh)
        fresh.rollback()
        reads(fresh)


@pytest.mark.parametrize("savepoint", [False, True])
@pytest.mark.parametrize("declared", ["TEXT", "TEXT ENCRYPTED"])
def test_a_schema_that_is_rolled_back_is_gone(conn, change, savepoint, declared):
    conn.execute("BEGIN")
    conn.execute(INSERT, (2, "Bob", "222"))
    conn.execute("SAVEPOINT here")
    conn.execute(f"CREATE TABLE more (a {declared})")
    assert conn.execute("SELECT * FROM more").fetchall() == []
    conn.execute("ROLLBACK TO here" if savepoint else "ROLLBACK")
    assert conn.execute("SELECT count(*) FROM people").fetchone() == (2 if savepoint else 1,)
    with pytest.raises(sqlite3.OperationalError, match="no such table: more"):
        conn.execute("SELECT * FROM more")
    conn.execute("DELETE FROM people WHERE id = 2")
    conn.commit()
    change("ENCRYPTED DETERMINISTIC")
    reads(conn)
    searches(conn)
    assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_last_to_close_puts_the_log_away_after_a_change_of_the_schema(file, keywords):
    with closing(heliosdb_sqlite.connect(file, **keywords)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE t (a)")
        conn.execute("INSERT INTO t VALUES (1)")
        conn.commit()
        conn.execute("CREATE TABLE u (a TEXT ENCRYPTED)")
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_copies_of_a_file_go_their_own_ways(file, keywords, tmp_path):
    with closing(heliosdb_sqlite.connect(file, **keywords)) as conn:
        conn.execute("CREATE TABLE t (a)")
        conn.execute("SELECT * FROM t").fetchall()
    plain, sealed = tmp_path / "plain.db", tmp_path / "sealed.db"
    for copy, declared in ((plain, "TEXT"), (sealed, "TEXT ENCRYPTED")):
        shutil.copy(file, copy)
        with closing(heliosdb_sqlite.connect(copy, **keywords)) as conn:
            conn.execute(f"CREATE TABLE u (a {declared})")
            conn.execute("INSERT INTO u VALUES ('value')")
            conn.commit()
    for copy in (plain, sealed, plain):
        with closing(heliosdb_sqlite.connect(copy, **keywords)) as conn:
            assert conn.execute("SELECT * FROM u").fetchall() == [("value",)]
    shutil.copy(sealed, plain)
    with closing(heliosdb_sqlite.connect(plain, **keywords)) as conn:
        assert conn.execute("SELECT * FROM u").fetchall() == [("value",)]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 has deserialize()")
def test_what_is_deserialized_may_have_encrypted_columns(file, tmp_path):
    keys = {"column_key": b"c" * 32}
    with closing(heliosdb_sqlite.connect(tmp_path / "other.db", **keys)) as other:
        other.execute("CREATE TABLE t (a TEXT ENCRYPTED)")
        other.execute("INSERT INTO t VALUES ('sealed')")
        other.commit()
        data = other.serialize()
    with closing(heliosdb_sqlite.connect(file, encryption_key=b"k" * 32, **keys)) as conn:
        conn.execute("CREATE TABLE t (a TEXT)")
        conn.execute("INSERT INTO t VALUES ('plain')")
        conn.commit()
        assert conn.execute("SELECT * FROM t").fetchall() == [("plain",)]
        conn.deserialize(data)
        assert conn.execute("SELECT * FROM t").fetchall() == [("sealed",)]
        conn.execute("INSERT INTO t VALUES ('more')")
        assert conn.execute("SELECT * FROM t").fetchall() == [("sealed",), ("more",)]
        with pytest.raises(sqlite3.ProgrammingError, match="in memory"):
            conn.rollback()
            conn.rekey(b"n" * 32)
