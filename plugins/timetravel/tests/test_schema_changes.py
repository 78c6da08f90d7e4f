"""The history survives every change of the schema, and is shown in the shape that the table has now."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_timetravel import HistoryWarning


@pytest.fixture
def past(conn, moment):
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b)")
    conn.execute("INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)")
    conn.commit()
    then = moment()
    conn.execute("UPDATE t SET a = upper(a) WHERE id = 1")
    conn.commit()
    return then


def rows(conn, sql, *parameters):
    return conn.execute(sql, parameters).fetchall()


def test_add_column(conn, past, moment):
    conn.execute("ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'x'")
    before = moment()
    conn.execute("UPDATE t SET c = 'y' WHERE id = 2")
    conn.commit()
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", past)) == [(1, "one", 1, "x"), (2, "two", 2, "x")]
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", before)) == [(1, "ONE", 1, "x"), (2, "two", 2, "x")]
    assert sorted(rows(conn, "SELECT * FROM t")) == [(1, "ONE", 1, "x"), (2, "two", 2, "y")]


def test_add_column_and_update_it_in_one_transaction(conn, past):
    conn.execute("BEGIN")
    conn.execute("ALTER TABLE t ADD COLUMN c INT DEFAULT 0")
    conn.execute("UPDATE t SET c = 5")
    conn.commit()
    assert sorted(rows(conn, "SELECT id, c FROM t AS OF ?", past)) == [(1, 0), (2, 0)]


def test_rename_column(conn, past):
    conn.execute("ALTER TABLE t RENAME COLUMN a TO name")
    conn.execute("UPDATE t SET name = 'x' WHERE id = 2")
    conn.commit()
    assert sorted(rows(conn, "SELECT id, name FROM t AS OF ?", past)) == [(1, "one"), (2, "two")]
    assert [v.row and v.row["name"] for v in conn.history("t", 2)] == ["two", "x"]


def test_rename_the_key(conn, past):
    conn.execute("ALTER TABLE t RENAME COLUMN id TO number")
    conn.execute("DELETE FROM t WHERE number = 2")
    conn.commit()
    assert sorted(rows(conn, "SELECT number, a FROM t AS OF ?", past)) == [(1, "one"), (2, "two")]
    assert [version.operation for version in conn.history("t", 2)] == ["INSERT", "DELETE"]


def test_drop_column_keeps_what_it_held(conn, past, moment):
    before = moment()
    conn.execute("ALTER TABLE t DROP COLUMN a")
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", past)) == [(1, 1), (2, 2)]
    assert sorted(rows(conn, "SELECT id, a FROM t AS OF ?", past)) == [(1, "one"), (2, "two")]
    assert sorted(rows(conn, "SELECT id, a FROM t AS OF ?", before)) == [(1, "ONE"), (2, "two")]
    assert sorted(rows(conn, "SELECT id, a FROM t AS OF 'now'")) == [(1, None), (2, None)]
    versions = conn.history("t", 1, dropped=True)
    assert [version.row["a"] for version in versions] == ["one", "ONE", None]
    conn.execute("UPDATE t SET b = 7 WHERE id = 1")
    conn.commit()
    assert rows(conn, "SELECT * FROM t WHERE id = 1") == [(1, 7)]


def test_drop_column_that_sqlite_refuses_changes_nothing(conn, past):
    conn.execute("CREATE INDEX t_a ON t (a)")
    with pytest.raises(sqlite3.OperationalError, match="a"):
        conn.execute("ALTER TABLE t DROP COLUMN a")
    conn.execute("UPDATE t SET a = 'new' WHERE id = 2")
    conn.commit()
    assert [version.row["a"] for version in conn.history("t", 2)] == ["two", "new"]
    conn.execute("BEGIN")
    with pytest.raises(sqlite3.OperationalError, match="a"):
        conn.execute("ALTER TABLE t DROP COLUMN a")
    conn.execute("UPDATE t SET a = 'newer' WHERE id = 2")
    conn.commit()
    assert [version.row["a"] for version in conn.history("t", 2)] == ["two", "new", "newer"]


def test_a_column_that_comes_again_is_another_one(conn, past, moment):
    conn.execute("ALTER TABLE t DROP COLUMN a")
    conn.execute("ALTER TABLE t ADD COLUMN a DEFAULT 'again'")
    assert sorted(rows(conn, "SELECT id, a FROM t AS OF ?", past)) == [(1, "again"), (2, "again")]
    assert sorted(rows(conn, "SELECT id, a FROM t")) == [(1, "again"), (2, "again")]


def test_rename_table(conn, past, moment):
    conn.execute("ALTER TABLE t RENAME TO people")
    conn.execute("UPDATE people SET a = 'x' WHERE id = 2")
    conn.commit()
    assert sorted(rows(conn, "SELECT id, a FROM people AS OF ?", past)) == [(1, "one"), (2, "two")]
    # As it was called then.
    assert sorted(rows(conn, "SELECT id, a FROM t AS OF ?", past)) == [(1, "one"), (2, "two")]
    assert [version.row["a"] for version in conn.history("people", 2)] == ["two", "x"]


def test_tables_that_change_names_are_each_found_under_the_name_of_the_time(conn, moment):
    conn.executescript(
        """CREATE TABLE a (id INTEGER PRIMARY KEY, v); INSERT INTO a VALUES (1, 'first');
           CREATE TABLE b (id INTEGER PRIMARY KEY, v); INSERT INTO b VALUES (1, 'second')"""
    )
    then = moment()
    for sql in ("a RENAME TO c", "b RENAME TO a", "c RENAME TO b"):
        conn.execute(f"ALTER TABLE {sql}")
    assert rows(conn, "SELECT v FROM a AS OF ?", then) == [("first",)]
    assert rows(conn, "SELECT v FROM b AS OF ?", then) == [("second",)]
    assert rows(conn, "SELECT v FROM a AS OF 'now'") == [("second",)]
    assert [row for _, row in rows(conn, "SELECT * FROM a FOR SYSTEM_TIME ALL")] == [
        (1, "first"),
        (1, "second"),
    ]
    with pytest.raises(sqlite3.OperationalError, match="the table is named 'b' since"):
        conn.execute("SELECT * FROM c AS OF 'now'")


def test_a_table_that_takes_the_place_of_another_does_not_mix_with_it(conn, past, moment):
    """It was made some time before it got the name."""
    conn.executescript(
        "CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT, b); INSERT INTO new_t SELECT * FROM t"
    )
    both = moment()
    conn.executescript(
        "BEGIN; DROP TABLE t; ALTER TABLE new_t RENAME TO t; COMMIT; UPDATE t SET a = 'new' WHERE id = 2"
    )
    assert rows(conn, "SELECT a FROM t AS OF ? ORDER BY id", past) == [("one",), ("two",)]
    assert rows(conn, "SELECT a FROM t AS OF ? ORDER BY id", both) == [("ONE",), ("two",)]
    assert rows(conn, "SELECT a FROM t AS OF 'now' ORDER BY id") == [("ONE",), ("new",)]
    assert [version.row["a"] for version in conn.history("t", 2)] == ["two", "new"]


def test_a_dropped_table_is_reached_by_its_name_and_a_time(conn, past, moment):
    before = moment()
    conn.execute("DROP TABLE t")
    after = moment()
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", past)) == [(1, "one", 1), (2, "two", 2)]
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", before)) == [(1, "ONE", 1), (2, "two", 2)]
    assert [version.operation for version in conn.history("t", 1)] == ["INSERT", "UPDATE", "DELETE"]
    with pytest.raises(sqlite3.OperationalError, match="'t' ended"):
        conn.execute("SELECT * FROM t AS OF ?", (after,))
    with pytest.raises(sqlite3.OperationalError, match="no such table: t"):
        conn.execute("SELECT * FROM t")


def test_a_table_that_is_made_again_has_both_pasts(conn, past, moment):
    conn.execute("DROP TABLE t")
    between = moment()
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, c, a)")
    conn.execute("INSERT INTO t VALUES (1, 'c', 'again')")
    conn.commit()
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", past)) == [(1, None, "one"), (2, None, "two")]
    with pytest.warns(HistoryWarning, match="it had no rows"):
        assert rows(conn, "SELECT * FROM t AS OF ?", between) == []
    assert rows(conn, "SELECT * FROM t") == [(1, "c", "again")]


def test_dropping_is_undone_by_rollback(conn, past):
    conn.execute("BEGIN")
    conn.execute("DROP TABLE t")
    conn.rollback()
    conn.execute("UPDATE t SET a = 'x' WHERE id = 2")
    conn.commit()
    assert [version.row["a"] for version in conn.history("t", 2)] == ["two", "x"]


def test_a_table_that_is_rebuilt_as_sqlite_recommends(conn, past):
    """How Django and Alembic change what ALTER TABLE can't."""
    conn.executescript(
        """BEGIN; CREATE TABLE new_t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b INT, c);
           INSERT INTO new_t (id, a, b) SELECT id, a, b FROM t; DROP TABLE t; ALTER TABLE new_t RENAME TO t; COMMIT"""
    )
    assert sorted(rows(conn, "SELECT id, a FROM t AS OF ?", past)) == [(1, "one"), (2, "two")]
    conn.execute("UPDATE t SET a = 'x' WHERE id = 2")
    conn.commit()
    assert [version.row["a"] for version in conn.history("t", 2)][-2:] == ["two", "x"]


def test_a_rebuilt_table_stays_versioned_where_only_named_ones_are(open_travel, moment):
    conn = open_travel(":memory:", time_travel_tables="explicit")
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a) WITH SYSTEM VERSIONING; INSERT INTO t VALUES (1, 1)"
    )
    then = moment()
    conn.executescript(
        """BEGIN; CREATE TABLE new_t (id INTEGER PRIMARY KEY, a INT); INSERT INTO new_t SELECT * FROM t;
           DROP TABLE t; ALTER TABLE new_t RENAME TO t; COMMIT; UPDATE t SET a = 2"""
    )
    assert rows(conn, "SELECT a FROM t AS OF ?", then) == [(1,)]
    assert [version.row["a"] for version in conn.history("t", 1)][-2:] == [1, 2]


def test_the_index_of_a_table_serves_its_past(conn, past):
    conn.execute("CREATE INDEX t_a ON t (a)")
    plan = " ".join(
        row[3] for row in conn.execute("EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 'x' AS OF 'now'")
    )
    assert "SEARCH c USING INDEX t_a (a=?)" in plan
    assert "USING INDEX heliosdb_timetravel_1_i_t_a (a=?" in plan
    conn.execute("DROP INDEX t_a")
    assert rows(conn, "SELECT name FROM sqlite_master WHERE name GLOB '*t_a'") == []


def test_a_point_query_uses_the_key_of_both_halves(conn, past):
    plan = [row[3] for row in conn.execute("EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = 1 AS OF 'now'")]
    assert any("SEARCH c USING INTEGER PRIMARY KEY (rowid=?)" in line for line in plan)
    assert any("SEARCH h USING INDEX heliosdb_timetravel_1_key (id=?" in line for line in plan)
    assert not any("SCAN" in line for line in plan)


def test_what_another_connection_changes_is_followed(file, open_travel, moment):
    one, other = open_travel(), open_travel()
    one.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    one.execute("INSERT INTO t VALUES (1, 1)")
    one.commit()
    then = moment()
    assert rows(other, "SELECT * FROM t AS OF ?", then) == [(1, 1)]
    one.execute("ALTER TABLE t ADD COLUMN b DEFAULT 2")
    assert rows(other, "SELECT * FROM t AS OF ?", then) == [(1, 1, 2)]
    other.execute("UPDATE t SET b = 3")
    other.commit()
    assert rows(one, "SELECT * FROM t AS OF ?", then) == [(1, 1, 2)]


def test_what_a_program_without_time_travel_changes_is_followed(file, open_travel, plain, moment):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)"
    )
    then = moment()
    conn.close()
    plain.execute("ALTER TABLE t RENAME COLUMN a TO c")
    plain.execute("ALTER TABLE t ADD COLUMN d DEFAULT 4")
    plain.execute("ALTER TABLE t RENAME TO u")
    plain.execute("UPDATE u SET c = 7, d = 8 WHERE id = 1")
    plain.commit()
    conn = open_travel()
    assert sorted(rows(conn, "SELECT * FROM u AS OF ?", then)) == [(1, 1, 1, 4), (2, 2, 2, 4)]
    conn.execute("UPDATE u SET d = 9 WHERE id = 2")
    conn.commit()
    assert [version.row["d"] for version in conn.history("u", 2)] == [4, 9]


def test_a_table_dropped_by_a_program_without_time_travel(file, open_travel, plain, moment):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2"
    )
    then = moment()
    conn.executescript("UPDATE t SET a = 3")
    conn.close()
    plain.execute("DROP TABLE t")
    conn = open_travel()
    with pytest.warns(
        HistoryWarning, match="dropped by a program without time travel: what it held then is not"
    ):
        assert rows(conn, "SELECT a FROM t AS OF ?", then) == [(2,)]
    with pytest.warns(HistoryWarning, match="dropped by a program"):  # with every query
        assert rows(conn, "SELECT a FROM t AS OF ?", then) == [(2,)]
    strict = open_travel(time_travel_strict=True)
    with pytest.raises(sqlite3.DataError, match="dropped by a program without time travel"):
        strict.execute("SELECT a FROM t AS OF ?", (then,))


def test_a_program_that_drops_one_of_the_triggers_ends_the_recording(file, open_travel, plain, moment):
    conn = open_travel()
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)")
    then = moment()
    with plain:
        plain.execute("DROP TRIGGER heliosdb_timetravel_1_update")
        plain.execute("UPDATE t SET a = 2")
    for _ in range(2):
        with pytest.warns(HistoryWarning, match="what it held then is not in its history"):
            assert rows(conn, "SELECT a FROM t AS OF ?", then) == []
        conn.executescript("UPDATE t SET a = 3")
    now = moment()
    conn.executescript("UPDATE t SET a = 4")
    assert rows(conn, "SELECT a FROM t AS OF 'now'") == [(4,)]
    assert rows(conn, "SELECT a FROM t AS OF ?", now) == [(3,)]


@pytest.mark.parametrize("begun", [False, True], ids=["between transactions", "in a transaction"])
def test_what_a_program_without_time_travel_changes_is_read_at_once(file, open_travel, plain, moment, begun):
    conn = open_travel()
    conn.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
    conn.executescript("INSERT INTO t VALUES (1, 'one', 'b')")
    then = moment()
    conn.executescript("UPDATE t SET a = 'two'")
    plain.executescript("ALTER TABLE t RENAME COLUMN a TO c; ALTER TABLE t ADD COLUMN d DEFAULT 9")
    plain.executescript("CREATE TABLE u (id INTEGER PRIMARY KEY)")
    if begun:
        conn.execute("BEGIN")
    assert rows(conn, "SELECT * FROM t AS OF ?", then) == [(1, "one", "b", 9)]
    assert rows(conn, "SELECT c, d FROM t FOR SYSTEM_TIME ALL") == [("one", 9), ("two", 9)]
    conn.commit()
    assert rows(conn, "SELECT * FROM u AS OF 'now'") == []


def test_a_reader_does_not_wait_to_follow(file, open_travel, plain, moment):
    conn = open_travel(timeout=60)
    conn.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    conn.executescript("INSERT INTO t VALUES (1, 'one')")
    then = moment()
    conn.executescript("UPDATE t SET a = 'two'")
    plain.executescript("ALTER TABLE t RENAME COLUMN a TO c; BEGIN IMMEDIATE")
    assert rows(conn, "SELECT c FROM t AS OF ?", then) == [("one",)]
    assert conn.execute("PRAGMA busy_timeout").fetchone() == (60_000,)


def test_a_column_that_is_dropped_twice_in_one_transaction(conn, past):
    conn.executescript(
        "BEGIN; ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN b DEFAULT 'new'; ALTER TABLE t DROP COLUMN b; COMMIT"
    )
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", past)) == [(1, "one"), (2, "two")]
    assert sorted(rows(conn, "SELECT id, b FROM t AS OF ?", past)) == [(1, 1), (2, 2)]
