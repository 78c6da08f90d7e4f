"""Constraints by name, in files of this server's and of any other program's."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

NAMES = "SELECT conname FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname"


def names(client):
    return [name for (name,) in client.execute(NAMES)]


def intact(path):
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return plain.execute(
            "SELECT name FROM sqlite_master WHERE tbl_name = 't' AND type = 'index'"
        ).fetchall()


@pytest.fixture
def client(server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def made_by_sqlite(path, server):
    """A table as people write it, with constraints of all kinds and no names."""
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.execute(
            "CREATE TABLE t (k TEXT PRIMARY KEY, [Two Words] INT UNIQUE CHECK ([Two Words] > 0) DEFAULT (1), -- CHECK (\n"
            " c COLLATE NOCASE REFERENCES t UNIQUE, d, UNIQUE (d DESC, c), UNIQUE (k, d) ON CONFLICT REPLACE"
            ' CHECK (d <> \'CONSTRAINT x UNIQUE\') CONSTRAINT "a ""name" CHECK (length(c) < 9), FOREIGN KEY (d) REFERENCES t (c))'
        )
        plain.execute("INSERT INTO t VALUES ('a', 1, NULL, NULL), ('b', 2, 'a', 'a')")
    return path


def test_a_name_is_found_for_each_and_each_can_go(made_by_sqlite, client):
    everything = ["t_Two Words_check", "t_Two Words_key", 'a "name', "t_c_fkey", "t_c_key", "t_d_c_key", "t_d_check",
                  "t_d_fkey", "t_k_d_key", "t_pkey"]  # fmt: skip
    assert sorted(names(client)) == sorted(everything)
    for name in ["t_d_fkey", *everything]:
        there = names(client)
        if name in there:
            client.execute(
                psycopg.sql.SQL("ALTER TABLE t DROP CONSTRAINT {}").format(psycopg.sql.Identifier(name))
            )
            there.remove(name)
        assert names(client) == there
        intact(made_by_sqlite)
    assert intact(made_by_sqlite) == []
    client.execute("INSERT INTO t SELECT * FROM t")
    assert client.execute("SELECT count(*) FROM t").fetchone() == (4,)


def test_what_is_left_still_holds(made_by_sqlite, client):
    client.execute('ALTER TABLE t DROP CONSTRAINT "t_Two Words_key", DROP CONSTRAINT t_d_c_key')
    assert intact(made_by_sqlite) == [
        ("sqlite_autoindex_t_1",),
        ("sqlite_autoindex_t_2",),
        ("sqlite_autoindex_t_3",),
    ]
    client.execute("INSERT INTO t VALUES ('c', 2, NULL, NULL)")
    for row, name in (("'a', 9, NULL, 'x'", "t_pkey"), ("'e', 9, 'A', NULL", "t_c_key")):
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            client.execute(f"INSERT INTO t VALUES ({row})")
        assert caught.value.diag.constraint_name == name
    for row, name in (("'e', -1, NULL, NULL", "t_Two Words_check"), ("'e', 9, '123456789', NULL", 'a "name')):
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            client.execute(f"INSERT INTO t VALUES ({row})")
        assert (caught.value.diag.constraint_name, caught.value.diag.table_name) == (name, "t")


def test_another_keeps_its_name_when_one_goes(client):
    client.execute("CREATE TABLE t (a int, CHECK (a > 0), CHECK (a > 1), CHECK (a > 2))")
    client.execute("ALTER TABLE t DROP CONSTRAINT t_a_check")
    assert names(client) == ["t_a_check1", "t_a_check2"]
    client.execute("ALTER TABLE t RENAME CONSTRAINT t_a_check1 TO t_a_check")
    client.execute("ALTER TABLE t ADD CHECK (a > 3)")
    assert names(client) == ["t_a_check", "t_a_check1", "t_a_check2"]
    query = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY 1"
    assert client.execute(query).fetchall() == [
        ("t_a_check", "CHECK ((a > 1))"), ("t_a_check1", "CHECK ((a > 3))"), ("t_a_check2", "CHECK ((a > 2))"),
    ]  # fmt: skip


def test_a_key_that_others_refer_to_goes_with_cascade(client, path):
    client.execute("CREATE TABLE t (a int UNIQUE, b int REFERENCES t (a))")
    client.execute(
        "CREATE TABLE u (a int, FOREIGN KEY (a) REFERENCES t (a), CONSTRAINT v FOREIGN KEY (a) REFERENCES t (a))"
    )
    with pytest.raises(psycopg.errors.DependentObjectsStillExist) as caught:
        client.execute("ALTER TABLE t DROP CONSTRAINT t_a_key")
    assert "CASCADE" in caught.value.diag.message_hint
    client.execute("ALTER TABLE t DROP CONSTRAINT t_a_key CASCADE")
    assert (
        client.execute("SELECT conname FROM pg_constraint WHERE confrelid = 't'::regclass").fetchall() == []
    )
    client.execute("INSERT INTO u VALUES (9)")
    client.execute("INSERT INTO t VALUES (1, 7), (1, 8)")
    assert intact(path) == []


def test_a_constraint_dropped_in_a_block_that_fails_is_there(client, path):
    client.execute("CREATE TABLE t (a int UNIQUE, b int UNIQUE)")
    with pytest.raises(psycopg.errors.UndefinedObject), client.transaction():
        client.execute("ALTER TABLE t DROP CONSTRAINT t_a_key")
        client.execute("INSERT INTO t VALUES (1, 1), (1, 2)")
        client.execute("ALTER TABLE t DROP CONSTRAINT nosuch")
    assert names(client) == ["t_a_key", "t_b_key"]
    assert client.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert intact(path) == [("sqlite_autoindex_t_1",), ("sqlite_autoindex_t_2",)]


def test_the_rowid_is_no_constraint_that_can_go(client):
    client.execute("CREATE TABLE t (id serial PRIMARY KEY)")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="the rows are kept by this key"):
        client.execute("ALTER TABLE t DROP CONSTRAINT t_pkey")


def test_a_second_key_over_a_column_has_a_name_of_its_own(client, path):
    client.execute("CREATE TABLE t (a int UNIQUE)")
    client.execute("ALTER TABLE t ADD UNIQUE (a)")
    client.execute("ALTER TABLE t ADD UNIQUE (a)")
    assert names(client) == ["t_a_key", "t_a_key1", "t_a_key2"]
    with pytest.raises(psycopg.errors.DuplicateTable):
        client.execute("ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE (a)")
    client.execute("ALTER TABLE t DROP CONSTRAINT t_a_key1")
    client.execute("ALTER TABLE t DROP CONSTRAINT t_a_key")
    assert names(client) == ["t_a_key2"]
    assert intact(path) == [("t_a_key2",)]


def test_an_index_is_no_constraint(client):
    client.execute(
        "CREATE TABLE t (a int); CREATE TABLE u (a int); CREATE INDEX i ON u (a); CREATE UNIQUE INDEX j ON t (a)"
    )
    for name in "ij":
        with pytest.raises(psycopg.errors.UndefinedObject):
            client.execute(f"ALTER TABLE t DROP CONSTRAINT {name}")


def test_a_primary_key_that_came_later_has_its_name_and_stays_with_its_table(client):
    client.execute("CREATE TABLE t0 (a int, b int)")
    client.execute("ALTER TABLE t0 ADD CONSTRAINT the_key PRIMARY KEY (a)")
    client.execute("ALTER TABLE t0 RENAME TO t")
    assert names(client) == ["the_key"]
    client.execute("INSERT INTO t VALUES (1, 1) ON CONFLICT ON CONSTRAINT the_key DO NOTHING")
    client.execute("ALTER TABLE t DROP CONSTRAINT the_key")
    client.execute("INSERT INTO t VALUES (1, 1)")
    with pytest.raises(psycopg.errors.NotNullViolation):
        client.execute("INSERT INTO t VALUES (NULL, 1)")


def test_only_a_foreign_key_can_be_deferred(client):
    for constraint in ("UNIQUE", "PRIMARY KEY"):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="deferred"):
            client.execute(f"CREATE TABLE t (a int {constraint} DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="deferred"):
            client.execute(f"CREATE TABLE t (a int, {constraint} (a) DEFERRABLE)")
    client.execute(
        "CREATE TABLE t (a int UNIQUE NOT DEFERRABLE INITIALLY IMMEDIATE, PRIMARY KEY (a) NOT DEFERRABLE)"
    )


def test_a_table_that_others_refer_to_goes_with_cascade_or_with_them(client, path):
    client.execute(
        "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int REFERENCES t, b int REFERENCES t, c int)"
    )
    client.execute("CREATE TABLE v (a int REFERENCES t, b int UNIQUE, c int REFERENCES v (b))")
    client.execute("INSERT INTO t VALUES (1); INSERT INTO u VALUES (1, 1, 1); INSERT INTO v VALUES (1, 2, 2)")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        client.execute("DROP TABLE t")
    with client.transaction(force_rollback=True):
        client.execute("DROP TABLE t, v, u")
    client.execute("DROP TABLE t CASCADE")
    left = client.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid IN ('u'::regclass, 'v'::regclass) ORDER BY 1"
    )
    assert left.fetchall() == [("v_b_key",), ("v_c_fkey",)]
    client.execute("INSERT INTO u VALUES (5, 6, 7)")
    assert client.execute("SELECT a, b, c FROM u ORDER BY a").fetchall() == [(1, 1, 1), (5, 6, 7)]
    intact(path)
