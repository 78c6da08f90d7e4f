"""Statements that take several of SQLite's: their values, parameters, limits, and that they happen as a whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest

import heliosdb_sqlite


@pytest.fixture
def client(tmp_path):
    with (
        heliosdb_sqlite.start_server(tmp_path / "app.db", port=0) as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, name text)")
        connection.execute("INSERT INTO t VALUES (1, 10, 'one'), (2, 20, 'two'), (3, 30, 'three')")
        connection.execute("CREATE TABLE u (t_id int, name text, data bytea)")
        connection.execute("INSERT INTO u VALUES (1, 'first', '\\x00ff'), (2, 'second', NULL)")
        yield connection


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_returning_another_tables_columns_takes_parameters(client, binary):
    cursor = client.execute(
        "UPDATE t SET n = n + %s FROM u WHERE u.t_id = t.id AND u.name <> %s RETURNING t.n, u.name || %s, u.data",
        (5, "second", "!"),
        binary=binary,
    )
    assert cursor.fetchall() == [(15, "first!", b"\x00\xff")]
    assert cursor.rowcount == 1


@pytest.mark.parametrize("prepare", [False, True])
def test_prepared_again_and_again(client, prepare):
    for n in range(7):
        sql = "UPDATE t SET n = %s FROM u WHERE u.t_id = t.id AND t.id = 1 RETURNING t.n, u.name"
        assert client.execute(sql, (n,), prepare=prepare).fetchall() == [(n, "first")]


def test_set_and_returning_use_the_same_one_of_several_rows(client):
    client.execute("INSERT INTO u SELECT 3, 'n' || g FROM generate_series(1, 50) AS g")
    sql = "UPDATE t SET name = u.name FROM u WHERE u.t_id = t.id AND t.id = 3 RETURNING t.name, u.name"
    ((mine, theirs),) = client.execute(sql).fetchall()
    assert mine == theirs
    assert client.execute("SELECT name FROM t WHERE id = 3").fetchone() == (mine,)


def test_the_rows_of_a_change_in_with_keep_their_values(client):
    client.execute("CREATE TABLE k (b bytea, f float8, big int8)")
    sql = "WITH x AS (INSERT INTO k VALUES ('\\x00ff', 'infinity', 9007199254740993) RETURNING *) SELECT * FROM x"
    assert client.execute(sql).fetchall() == [(b"\x00\xff", float("inf"), 9007199254740993)]


def test_an_update_that_fails_half_way_leaves_nothing(client):
    with pytest.raises(psycopg.errors.NotNullViolation):
        client.execute(
            "UPDATE t SET n = CASE WHEN t.id = 2 THEN NULL ELSE 0 END FROM u WHERE u.t_id = t.id RETURNING u.name"
        )
    assert client.execute("SELECT n FROM t ORDER BY id").fetchall() == [(10,), (20,), (30,)]


def test_it_is_explained(client):
    lines = client.execute(
        "EXPLAIN UPDATE t SET n = 1 FROM u WHERE u.t_id = t.id RETURNING u.name"
    ).fetchall()
    assert len(lines) > 1
    client.execute("EXPLAIN ANALYZE UPDATE t SET n = 1 FROM u WHERE u.t_id = t.id RETURNING u.name")
    assert client.execute("SELECT sum(n) FROM t").fetchone() == (32,)


def test_rows_without_a_rowid_are_told_apart_by_their_key(client, tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as own, own:
        own.execute("CREATE TABLE w (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID")
        own.execute("INSERT INTO w VALUES ('x', 1, 'p'), ('x', 2, 'q')")
        own.execute("CREATE TABLE r (rowid TEXT, n INTEGER)")
        own.execute("INSERT INTO r VALUES ('same', 1), ('same', 2)")
    own.close()
    sql = "UPDATE w SET b = w.b + 1, c = v.c || '!' FROM w v WHERE v.a = w.a AND v.b = w.b RETURNING w.b, w.c, v.c"
    with pytest.raises(psycopg.errors.UniqueViolation):
        client.execute(sql)  # as in PostgreSQL: one after the other
    rows = client.execute(sql.replace("+ 1", "+ 10")).fetchall()
    assert sorted(rows) == [(11, "p!", "p"), (12, "q!", "q")]
    rows = client.execute("UPDATE r SET n = r.n + 10 FROM r s WHERE s.n = r.n RETURNING r.n, s.n").fetchall()
    assert sorted(rows) == [(11, 1), (12, 2)]


def test_a_view_is_refused(client):
    client.execute("CREATE VIEW v AS SELECT * FROM t")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match='the view "v"'):
        client.execute("UPDATE v SET n = 1 FROM u WHERE u.t_id = v.id RETURNING u.name")


# ---- MERGE ----

UPSERT = (
    "MERGE INTO t USING (VALUES (%s::int, %s::text)) AS s(id, name) ON t.id = s.id"
    " WHEN MATCHED THEN UPDATE SET name = s.name, n = t.n + %s"
    " WHEN NOT MATCHED THEN INSERT (id, n, name) VALUES (s.id, %s, s.name)"
)


@pytest.mark.parametrize("prepare", [False, True])
def test_merge_takes_parameters_and_says_how_many_rows_it_changed(client, prepare):
    for given in ((1, "uno", 5, 0), (9, "nine", 5, 90), (9, "neun", 1, 0)):
        cursor = client.execute(UPSERT, given, prepare=prepare)
        assert (cursor.statusmessage, cursor.rowcount) == ("MERGE 1", 1)
    rows = client.execute("SELECT * FROM t WHERE id IN (1, 9) ORDER BY id").fetchall()
    assert rows == [(1, 15, "uno"), (9, 91, "neun")]


def test_a_merge_that_fails_half_way_leaves_nothing(client):
    with pytest.raises(psycopg.errors.UniqueViolation):
        client.execute(
            "MERGE INTO t USING (VALUES (1), (2), (7), (7)) AS s(id) ON t.id = s.id WHEN MATCHED AND s.id = 1 THEN DELETE"
            " WHEN MATCHED THEN UPDATE SET n = 0 WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0)"
        )
    assert client.execute("SELECT id, n FROM t ORDER BY id").fetchall() == [(1, 10), (2, 20), (3, 30)]


def test_triggers_run_for_each_row_that_merge_changes(client):
    client.execute("CREATE TABLE log (what text)")
    for event in ("insert", "update", "delete"):
        row = "old" if event == "delete" else "new"
        client.execute(
            f"CREATE TRIGGER on_{event} AFTER {event} ON t BEGIN INSERT INTO log VALUES ('{event} ' || {row}.id); END"
        )
    client.execute(
        "MERGE INTO t USING generate_series(1, 4) AS s(id) ON t.id = s.id WHEN MATCHED AND s.id = 3 THEN DELETE"
        " WHEN MATCHED THEN UPDATE SET n = n + (SELECT count(*) FROM log)::int WHEN NOT MATCHED THEN INSERT VALUES (4, 4)"
    )
    found = client.execute("SELECT what FROM log ORDER BY 1").fetchall()
    assert found == [("delete 3",), ("insert 4",), ("update 1",), ("update 2",)]
    assert client.execute("SELECT sum(n) FROM t").fetchone() == (34,)  # what the triggers wrote was not seen


def test_merge_of_tables_with_many_columns(client):
    names = [f"c{at}" for at in range(230)]
    client.execute(f"CREATE TABLE wide (id int PRIMARY KEY, {', '.join(f'{name} int' for name in names)})")
    insert = f"INSERT VALUES (s.id, {', '.join(str(at) for at in range(230))})"
    update = f"UPDATE SET {', '.join(f'{name} = wide.{name} + s.id' for name in names)}"
    for _ in range(2):
        client.execute(
            "MERGE INTO wide USING generate_series(1, 3) AS s(id) ON s.id = wide.id"
            f" WHEN MATCHED THEN {update} WHEN NOT MATCHED THEN {insert}"
        )
    assert client.execute("SELECT c0, c99, c100, c229 FROM wide WHERE id = 3").fetchone() == (
        3,
        102,
        103,
        232,
    )


def test_merge_is_explained(client):
    merge = "MERGE INTO t USING u ON u.t_id = t.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING"
    assert client.execute(f"EXPLAIN {merge}").fetchall()
    client.execute(f"EXPLAIN ANALYZE {merge}")
    assert client.execute("SELECT id FROM t").fetchall() == [(3,)]


def test_merge_sees_and_keeps_to_its_transaction(client):
    with client.transaction(force_rollback=True):
        client.execute("DELETE FROM t WHERE id = 1")
        assert client.execute(UPSERT, (1, "x", 0, 7)).statusmessage == "MERGE 1"
        assert client.execute("SELECT n FROM t WHERE id = 1").fetchone() == (7,)
    assert client.execute("SELECT n FROM t WHERE id = 1").fetchone() == (10,)


def test_clients_can_not_reach_what_is_held(client):
    for call in (
        "pg_held(1, 0, 1)",
        "pg_held_at(1, 0, 0)",
        "pg_unpacked(0, 0)",
        "pg_unpacked('\\xff'::bytea, 0)",
    ):
        with pytest.raises(psycopg.Error):
            client.execute(f"SELECT {call}")
    assert client.execute("SELECT 1").fetchone() == (1,)
