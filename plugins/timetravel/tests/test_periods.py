"""Versions of a period: which ones, in which form, and what is known of each."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

import pytest


@pytest.fixture
def times(conn, moment):
    """A row with three versions and a deletion, and the five moments around those."""
    found = []
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    conn.executescript("INSERT INTO t VALUES (2, 'stays')")
    for statement in (
        "INSERT INTO t VALUES (1, 'one')",
        "UPDATE t SET a = 'two' WHERE id = 1",
        "UPDATE t SET a = 'three' WHERE id = 1",
        "DELETE FROM t WHERE id = 1",
    ):
        found.append(moment())
        with conn.recorded_as(statement.split()[0].lower()):
            conn.execute(statement)
            conn.commit()
    return [*found, moment()]


def values(conn, clause, *parameters):
    sql = f"SELECT a FROM t FOR SYSTEM_TIME {clause} WHERE id = 1 ORDER BY system_time"
    return [a for (a,) in conn.execute(sql, parameters)]


def test_between_has_the_versions_that_were_valid_in_the_period(conn, times):
    t0, t1, t2, _, t4 = times
    assert values(conn, "BETWEEN ? AND ?", t0, t4) == ["one", "two", "three"]
    assert values(conn, "BETWEEN ? AND ?", t1, t2) == ["one", "two"]
    assert values(conn, "BETWEEN ? AND ?", t1, t1) == ["one"]
    assert values(conn, "BETWEEN ? AND ?", t4, t4) == []
    assert values(conn, "BETWEEN ? AND ?", t4, t0) == []


def test_a_bound_that_is_the_very_time_of_a_commit(conn, times):
    start, end = conn.execute(
        "SELECT system_time, system_time_end FROM t FOR SYSTEM_TIME ALL WHERE a = 'two'"
    ).fetchone()
    assert values(conn, "AS OF ?", start) == ["two"]
    assert values(conn, "AS OF ?", end) == ["three"]
    assert values(conn, "BETWEEN ? AND ?", start, end) == ["two", "three"]  # the end belongs to it
    assert values(conn, "FROM ? TO ?", start, end) == ["two"]  # here it does not
    assert values(conn, "CONTAINED IN (?, ?)", start, end) == ["two"]


def test_contained_in_has_those_that_began_and_ended_in_it(conn, times):
    t0, t1, t2, t3, t4 = times
    assert values(conn, "CONTAINED IN (?, ?)", t0, t4) == ["one", "two", "three"]
    assert values(conn, "CONTAINED IN (?, ?)", t1, t3) == ["two"]
    assert values(conn, "CONTAINED IN (?, ?)", t1, t2) == []


def test_all(conn, times):
    assert values(conn, "ALL") == ["one", "two", "three"]


def test_by_transaction_and_by_tag(conn, times):
    numbers = [
        n
        for (n,) in conn.execute(
            "SELECT system_transaction FROM t FOR SYSTEM_TIME ALL WHERE id = 1 ORDER BY 1"
        )
    ]
    assert values(conn, "AS OF TRANSACTION ?", numbers[1]) == ["two"]
    assert values(conn, f"BETWEEN TRANSACTION {numbers[0]} AND TRANSACTION {numbers[1]}") == ["one", "two"]
    assert conn.execute(
        "SELECT a FROM t AS OF TRANSACTION (SELECT ?) WHERE id = 1", (numbers[2],)
    ).fetchall() == [("three",)]


def test_what_is_known_of_a_version(conn, times):
    t0, t1, *_ = times
    found = conn.execute(
        "SELECT a, system_operation, system_user, system_time, system_time_end, system_transaction, "
        "system_transaction_end FROM t WHERE id = 1 FOR SYSTEM_TIME ALL ORDER BY system_time"
    ).fetchall()
    assert [row[:3] for row in found] == [
        ("one", "INSERT", "insert"),
        ("two", "UPDATE", "update"),
        ("three", "UPDATE", "update"),
    ]
    assert t0 < datetime.fromisoformat(found[0][3]) < t1
    assert found[0][4] == found[1][3] and found[0][6] == found[1][5]
    current = conn.execute(
        "SELECT system_time_end, system_transaction_end FROM t FOR SYSTEM_TIME ALL WHERE id = 2"
    )
    assert current.fetchall() == [(None, None)]


def test_a_bare_star_gives_pairs_in_order(conn, times):
    cursor = conn.execute("SELECT * FROM t WHERE id = 1 FOR SYSTEM_TIME ALL")
    found = cursor.fetchall()
    assert [row for _, row in found] == [(1, "one"), (1, "two"), (1, "three")]
    assert [time for time, _ in found] == sorted(time for time, _ in found)
    assert [column[0] for column in cursor.description] == ["system_time", "row"]


def test_the_row_factory_makes_the_row_inside_the_pair(conn, times):
    conn.row_factory = sqlite3.Row
    time, row = conn.execute("SELECT * FROM t WHERE id = 2 FOR SYSTEM_TIME ALL").fetchone()
    assert (row["id"], row["a"]) == (2, "stays") and isinstance(time, str)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT t.* FROM t FOR SYSTEM_TIME ALL WHERE id = 2",
        "SELECT id, a FROM t FOR SYSTEM_TIME ALL WHERE id = 2",
        "SELECT * FROM (SELECT * FROM t FOR SYSTEM_TIME ALL WHERE id = 2)",
        "SELECT * FROM t WHERE id = 2 AS OF 'now'",
        "SELECT * FROM t FOR SYSTEM_TIME ALL WHERE id = 2 UNION SELECT * FROM t WHERE id = 2",
    ],
)
def test_everything_else_gives_flat_rows(conn, times, sql):
    assert conn.execute(sql).fetchall() == [(2, "stays")]


def test_flat_rows_for_those_who_ask(open_travel):
    conn = open_travel(":memory:", system_versions="flat")
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (2, 'x')")
    assert conn.execute("SELECT * FROM t FOR SYSTEM_TIME ALL").fetchall() == [(2, "x")]


def test_a_star_beside_a_pseudo_column_means_the_tables_own_columns(conn, times):
    cursor = conn.execute("SELECT *, system_operation FROM t WHERE id = 2 FOR SYSTEM_TIME ALL")
    assert cursor.fetchall() == [(2, "stays", "INSERT")]
    found = conn.execute(
        "SELECT v.*, o.*, v.system_user FROM t FOR SYSTEM_TIME ALL AS v JOIN t AS o ON o.id = 2 WHERE v.a = 'two'"
    )
    assert found.fetchall() == [(1, "two", 2, "stays", "update")]


def test_a_join_of_versions(conn, times):
    conn.execute("CREATE TABLE names (id INTEGER PRIMARY KEY, name)")
    conn.execute("INSERT INTO names VALUES (1, 'first')")
    conn.commit()
    sql = "SELECT n.name, v.a FROM names n JOIN t FOR SYSTEM_TIME ALL AS v ON v.id = n.id ORDER BY v.system_time"
    assert conn.execute(sql).fetchall() == [("first", "one"), ("first", "two"), ("first", "three")]
    pairs = conn.execute("SELECT * FROM names n JOIN t FOR SYSTEM_TIME ALL AS v ON v.id = n.id").fetchall()
    assert [row for _, row in pairs] == [
        (1, "first", 1, "one"),
        (1, "first", 1, "two"),
        (1, "first", 1, "three"),
    ]


def test_a_table_with_a_column_of_that_name_keeps_it(conn):
    conn.executescript(
        "CREATE TABLE s (id INTEGER PRIMARY KEY, system_user); INSERT INTO s VALUES (1, 'mine')"
    )
    assert conn.execute("SELECT system_user, system_operation FROM s FOR SYSTEM_TIME ALL").fetchall() == [
        ("mine", "INSERT")
    ]


def test_an_open_transaction_has_no_time_yet(conn, times):
    conn.execute("UPDATE t SET a = 'open'")
    found = conn.execute(
        "SELECT system_time, a FROM t WHERE id = 2 FOR SYSTEM_TIME ALL ORDER BY system_transaction"
    )
    assert found.fetchall()[1] == (None, "open")


def test_the_rowid_of_a_table_without_a_key(conn, moment):
    conn.executescript("CREATE TABLE r (a); INSERT INTO r VALUES ('x'), ('y')")
    then = moment()
    conn.executescript("DELETE FROM r WHERE a = 'x'; UPDATE r SET a = 'z'")
    assert sorted(conn.execute("SELECT rowid, a FROM r AS OF ?", (then,))) == [(1, "x"), (2, "y")]
    assert [version.row and version.row["a"] for version in conn.history("r", 2)] == ["y", "z"]


def test_changes_inside_one_transaction_are_one(conn, times):
    conn.executescript(
        "BEGIN; UPDATE t SET a = 'x'; UPDATE t SET a = 'y'; DELETE FROM t; INSERT INTO t VALUES (2, 'z'); COMMIT"
    )
    assert [version.row["a"] for version in conn.history("t", 2)] == ["stays", "z"]


def test_an_update_that_changes_nothing_is_no_version(conn, times):
    conn.execute("UPDATE t SET a = a")
    conn.commit()
    assert len(conn.history("t", 2)) == 1


def test_days(conn, times):
    day = timedelta(days=1)
    today = datetime.now().date()  # noqa: DTZ005 - local, as users write it
    # The last day is in.
    assert values(conn, "BETWEEN ? AND ?", today - day, today) == ["one", "two", "three"]
    assert values(conn, "BETWEEN ? AND ?", str(today), str(today)) == ["one", "two", "three"]
    assert values(conn, "FROM ? TO ?", str(today - day), str(today)) == ["one", "two", "three"]
    assert values(conn, "BETWEEN ? AND ?", today - day, today - day) == []


def test_a_period_with_its_ends_the_wrong_way_round_is_empty(conn, times):
    assert (
        conn.execute("SELECT * FROM t FOR SYSTEM_TIME BETWEEN ? AND ?", (times[4], times[0])).fetchall() == []
    )


def test_only_the_statements_own_star_gives_pairs(conn, times):
    inside = "WITH v AS (SELECT * FROM t FOR SYSTEM_TIME ALL) SELECT * FROM v WHERE id = 2"
    assert conn.execute(inside).fetchall() == [(2, "stays")]
    beside = "WITH v AS (SELECT * FROM t) SELECT * FROM t WHERE id = 2 FOR SYSTEM_TIME ALL"
    assert [row for _, row in conn.execute(beside)] == [(2, "stays")]


def test_a_view_of_one_table_has_its_versions(conn, times):
    conn.execute("CREATE VIEW v (n, what) AS SELECT id, a FROM t AS x WHERE a <> 'two'")
    conn.execute("CREATE VIEW w AS SELECT * FROM v")
    for view in ("v", "w"):
        found = conn.execute(f"SELECT * FROM {view} WHERE n = 1 FOR SYSTEM_TIME ALL").fetchall()
        assert [row for _, row in found] == [(1, "one"), (1, "three")]
        asked = f"SELECT what, system_user, system_operation FROM {view} FOR SYSTEM_TIME BETWEEN ? AND ? WHERE n = 1"
        assert conn.execute(asked, (times[3], times[4])).fetchall() == [("three", "update", "UPDATE")]


@pytest.mark.parametrize(
    "body",
    [
        "SELECT t.id FROM t JOIN t AS u USING (id)",
        "SELECT id FROM t UNION SELECT 1",
        "SELECT id FROM t GROUP BY id",
        "SELECT DISTINCT id FROM t",
        "SELECT max(id) FROM t",
        "WITH x AS (SELECT * FROM t) SELECT * FROM x",
        "SELECT id FROM t WHERE id IN (SELECT 1)",
        "SELECT 1",
    ],
)
def test_other_views_have_no_versions(conn, times, body):
    conn.execute(f"CREATE VIEW v AS {body}")
    with pytest.raises(sqlite3.OperationalError, match=r"'v' is more than the rows of one table.*\(line 1"):
        conn.execute("SELECT * FROM v FOR SYSTEM_TIME ALL")


@pytest.mark.parametrize("name", ["rowid", "_ROWID_", "oid"])
def test_a_row_that_is_replaced_through_a_name_of_the_rowid_is_recorded(conn, times, name):
    conn.execute("INSERT INTO t VALUES (3, 'moves')")
    conn.commit()
    conn.execute(f"UPDATE OR REPLACE t SET {name} = 2 WHERE id = 3")
    conn.commit()
    found = conn.execute(
        "SELECT id, a, system_transaction_end IS NULL FROM t FOR SYSTEM_TIME ALL WHERE id > 1"
    )
    assert found.fetchall() == [(2, "stays", 0), (3, "moves", 0), (2, "moves", 1)]


def test_explain_explains_the_query_of_the_pairs(conn, times):
    plan = conn.execute("EXPLAIN QUERY PLAN SELECT * FROM t WHERE id = 1 FOR SYSTEM_TIME ALL").fetchall()
    assert all(len(row) == 4 for row in plan) and any("SEARCH c" in row[3] for row in plan)
