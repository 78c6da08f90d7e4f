"""AS OF wherever a table can stand: the state of that moment, and nothing else of the statement changes."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_timetravel import HistoryWarning


@pytest.fixture
def past(conn, moment):
    """Two tables with a past, and the moment in it."""
    conn.executescript(
        """CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER);
           CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total REAL);
           CREATE VIEW rich AS SELECT u.name, o.total FROM users AS u JOIN orders AS o ON o.user_id = u.id;
           CREATE VIEW buyers AS WITH x AS (SELECT user_id FROM orders) SELECT * FROM x;
           INSERT INTO users VALUES (1, 'ann', NULL), (2, 'bob', 1);
           INSERT INTO orders VALUES (10, 1, 5.0), (11, 2, 7.0);"""
    )
    then = moment()
    conn.executescript(
        """UPDATE users SET name = upper(name); INSERT INTO users VALUES (3, 'EVE', 2);
           UPDATE orders SET total = total * 10; DELETE FROM orders WHERE id = 10;"""
    )
    return then


def rows(conn, sql, *parameters):
    return conn.execute(sql, parameters).fetchall()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT name FROM users AS OF TIMESTAMP ?", [("ann",), ("bob",)]),
        ("SELECT name FROM users AS OF ?", [("ann",), ("bob",)]),
        ("SELECT name FROM users FOR SYSTEM_TIME AS OF ?", [("ann",), ("bob",)]),
        ("SELECT name FROM users FOR SYSTEM_TIME AS OF TIMESTAMP ? WHERE id = 1", [("ann",)]),
        ("SELECT name FROM users WHERE id = 1 AS OF TIMESTAMP ?", [("ann",)]),
        ("SELECT name FROM users WHERE id = 1 FOR SYSTEM_TIME AS OF ?", [("ann",)]),
        ("SELECT name FROM users\nWHERE id = 1\nAS\n  OF TIMESTAMP ?", [("ann",)]),
        ("SELECT u.name FROM users FOR SYSTEM_TIME AS OF ? AS u WHERE u.id = 2", [("bob",)]),
        ("SELECT u.name FROM users FOR SYSTEM_TIME AS OF ? u WHERE u.id = 2", [("bob",)]),
        ("SELECT u.name FROM users u FOR SYSTEM_TIME AS OF ? WHERE u.id = 2", [("bob",)]),
        ("SELECT u.name FROM users AS u AS OF TIMESTAMP ? WHERE u.id = 2", [("bob",)]),
        ("SELECT users.name FROM main.users AS OF ? WHERE users.id = 2", [("bob",)]),
        ('SELECT name FROM "users" AS OF ? ORDER BY name DESC LIMIT 1', [("bob",)]),
        ("SELECT name FROM users ORDER BY name DESC LIMIT 1 AS OF ?", [("bob",)]),
        ("SELECT count(*), max(name) FROM users AS OF ?", [(2, "bob")]),
        ("SELECT boss, count(*) FROM users GROUP BY boss HAVING count(*) = 1 AS OF ?", [(None, 1), (1, 1)]),
        ("SELECT name FROM (SELECT * FROM users AS OF ?) ORDER BY id", [("ann",), ("bob",)]),
        ("SELECT name FROM (SELECT * FROM users) AS x WHERE id = 1 AS OF ?", [("ann",)]),
        ("SELECT x.name FROM (SELECT * FROM users) AS x FOR SYSTEM_TIME AS OF ? WHERE id = 1", [("ann",)]),
        ("WITH x AS (SELECT * FROM users AS OF ?) SELECT name FROM x", [("ann",), ("bob",)]),
        ("WITH RECURSIVE b(id, name) AS (SELECT id, name FROM users AS OF ? WHERE boss = 1) SELECT name FROM b",
         [("bob",)]),
        ("SELECT (SELECT name FROM users AS OF ? WHERE id = 1), name FROM users WHERE id = 1", [("ann", "ANN")]),
        ("SELECT name FROM users WHERE id IN (SELECT user_id FROM orders AS OF ?) ORDER BY 1", [("ANN",), ("BOB",)]),
        ("SELECT name FROM users WHERE id IN (SELECT user_id FROM orders) AS OF ? ORDER BY 1", [("ann",), ("bob",)]),
        ("SELECT name FROM users WHERE EXISTS (SELECT 1 FROM orders AS OF ? WHERE user_id = users.id AND total = 5)",
         [("ANN",)]),
        ("SELECT name FROM users AS OF ? UNION SELECT name FROM users ORDER BY 1",
         [("ANN",), ("BOB",), ("EVE",), ("ann",), ("bob",)]),
        ("SELECT name FROM users WHERE id = 3 UNION ALL SELECT name FROM users WHERE id = 1 AS OF ?",
         [("EVE",), ("ann",)]),
        ("SELECT * FROM rich AS OF ? ORDER BY name", [("ann", 5.0), ("bob", 7.0)]),
        ("SELECT name FROM rich WHERE total > 6 AS OF ?", [("bob",)]),
        ("SELECT name FROM users, json_each('[1, 2]') AS j WHERE users.id = j.value AS OF ?", [("ann",), ("bob",)]),
        ("SELECT name FROM (WITH x AS (SELECT * FROM users) SELECT * FROM x) WHERE 1 AS OF ?", [("ann",), ("bob",)]),
        ("SELECT name FROM (WITH x AS (SELECT * FROM users) SELECT * FROM x) AS OF ?", [("ann",), ("bob",)]),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n, users WHERE id = i AS OF ?",
         [(1,), (2,)]),
        ("WITH x AS (SELECT * FROM users) SELECT name FROM x WHERE 1 AS OF ?", [("ann",), ("bob",)]),
        ("WITH x AS (SELECT id FROM users WHERE name = 'ann') SELECT name FROM users WHERE id IN (SELECT id FROM x) AS OF ?",
         [("ann",)]),
        ("WITH x AS (SELECT * FROM users), y AS (SELECT * FROM x) SELECT name FROM y ORDER BY id AS OF ?",
         [("ann",), ("bob",)]),
        ("WITH RECURSIVE b(i, n) AS (SELECT 0, '' UNION SELECT id, name FROM users, b WHERE id = i + 1) SELECT n FROM b LIMIT 2 OFFSET 1 AS OF ?",
         [("ann",), ("bob",)]),
        ("SELECT name FROM users WHERE id = 3 UNION SELECT name FROM users ORDER BY 1 AS OF ?", [("ann",), ("bob",)]),
        ("SELECT id FROM users WHERE id IN buyers AS OF ?", [(1,), (2,)]),
        ("SELECT id FROM users WHERE (NOT id NOT IN main.buyers) AS OF ?", [(1,), (2,)]),
        ("SELECT id FROM users AS OF ? WHERE id IN buyers", [(2,)]),
        ("SELECT main.users.name FROM main.users AS OF ? WHERE main.users.id = 1", [("ann",)]),
        ("SELECT rowid, oid, users._rowid_ FROM users AS OF ?", [(1, 1, 1), (2, 2, 2)]),
        ("SELECT row_number() OVER (ORDER BY id) FROM users AS OF ?", [(1,), (2,)]),
        ("SELECT name FROM users AS OF ? WHERE name IS NOT DISTINCT FROM 'ann'", [("ann",)]),
    ],
)  # fmt: skip
def test_one_moment(conn, past, sql, expected):
    if "DISTINCT FROM" in sql and sqlite3.sqlite_version_info < (3, 39):
        sql = sql.replace("IS NOT DISTINCT FROM", "=")
    assert rows(conn, sql, past) == expected


def test_each_table_of_a_join_has_its_own_time(conn, past, moment):
    now = moment()
    sql = (
        "SELECT u.name, o.total FROM users FOR SYSTEM_TIME AS OF ? AS u "
        "JOIN orders FOR SYSTEM_TIME AS OF ? AS o ON o.user_id = u.id WHERE o.id = ?"
    )
    assert rows(conn, sql, past, now, 11) == [("bob", 70.0)]
    assert rows(conn, sql, now, past, 11) == [("BOB", 7.0)]


def test_a_clause_behind_where_is_about_every_table_of_the_select(conn, past):
    sql = "SELECT u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE o.id = 10 AS OF ?"
    assert rows(conn, sql, past) == [("ann", 5.0)]


def test_a_table_with_its_own_clause_keeps_it(conn, past, moment):
    now = moment()
    sql = "SELECT a.name, b.name FROM users AS a, users AS OF ? AS b WHERE a.id = b.id AND a.id = 1 AS OF ?"
    assert rows(conn, sql, now, past) == [("ann", "ANN")]


def test_outer_joins(conn, past):
    sql = "SELECT u.id, o.id FROM users u LEFT JOIN orders AS OF ? AS o ON o.user_id = u.id ORDER BY u.id"
    assert rows(conn, sql, past) == [(1, 10), (2, 11), (3, None)]
    sql = "SELECT u.id, o.id FROM users AS OF ? AS u LEFT JOIN orders AS o USING (id) ORDER BY u.id"
    assert rows(conn, sql, past) == [(1, None), (2, None)]
    sql = "SELECT u.id, o.total FROM (users AS OF ? AS u JOIN orders AS o ON o.user_id = u.id) ORDER BY u.id"
    assert rows(conn, sql, past) == [(2, 70.0)]


def test_what_is_selected_can_be_inserted(conn, past):
    conn.execute("CREATE TABLE copy AS SELECT * FROM users AS OF TIMESTAMP '2999-01-01'")
    conn.execute("DELETE FROM copy")
    conn.execute("INSERT INTO copy SELECT * FROM users WHERE id < ? AS OF ?", (2, past))
    assert rows(conn, "SELECT * FROM copy") == [(1, "ann", None)]
    conn.execute("UPDATE copy SET name = (SELECT name FROM users AS OF ? WHERE id = 2)", (past,))
    conn.execute("UPDATE copy SET boss = u.id FROM users AS OF ? AS u WHERE u.name = 'bob'", (past,))
    assert rows(conn, "SELECT * FROM copy") == [(1, "bob", 2)]
    conn.execute("DELETE FROM copy WHERE name IN (SELECT name FROM users AS OF ?)", (past,))
    assert rows(conn, "SELECT * FROM copy") == []


def test_a_view_may_name_a_moment_and_plain_sqlite_reads_it(file, open_travel, plain, moment):
    conn = open_travel()
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'old')")
    then = moment()
    conn.execute("UPDATE t SET a = 'new'")
    conn.commit()
    conn.execute(f"CREATE VIEW before AS SELECT * FROM t AS OF TIMESTAMP '{then.isoformat()}'")
    conn.execute("CREATE VIEW ago AS SELECT a FROM t AS OF datetime('now', '-1 hour')")
    assert rows(conn, "SELECT * FROM before") == [(1, "old")]
    assert rows(plain, "SELECT * FROM before") == [(1, "old")]
    assert rows(plain, "SELECT * FROM ago") == []


def test_columns_keep_their_names_and_declared_types(conn, past):
    cursor = conn.execute("SELECT *, u.name FROM users AS OF ? AS u", (past,))
    assert [column[0] for column in cursor.description] == ["id", "name", "boss", "name"]


def test_it_reads_what_this_transaction_found(conn, past):
    conn.execute("UPDATE users SET name = 'mine'")
    assert rows(conn, "SELECT name FROM users WHERE id = 1 AS OF ?", past) == [("ann",)]
    assert rows(conn, "SELECT name FROM users WHERE id = 1 AS OF TIMESTAMP '2999-01-01'") == [("mine",)]
    assert rows(conn, "SELECT name FROM users WHERE id = 1 AS OF 'now'") == [("mine",)]


def test_a_text_is_followed_through_changes_of_the_schema(conn, past):
    sql = "SELECT * FROM users WHERE id = 1 AS OF ?"
    assert rows(conn, sql, past) == [(1, "ann", None)]
    conn.execute("ALTER TABLE users ADD COLUMN mail TEXT DEFAULT '-'")
    assert rows(conn, sql, past) == [(1, "ann", None, "-")]
    conn.execute("ALTER TABLE users DROP COLUMN boss")
    assert rows(conn, sql, past) == [(1, "ann", "-")]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS OF",
        "SELECT name AS OF FROM users WHERE id = 1",
        "SELECT OF.name FROM users AS OF WHERE OF.id = 1",
        "SELECT OF.name FROM users AS OF JOIN orders ON 1",
        "SELECT 'AS OF TIMESTAMP', \"name\" FROM users",
        "SELECT CAST(1 AS OF)",
        "WITH of AS (SELECT 1) SELECT * FROM of",
    ],
)
def test_what_sqlite_means_by_as_of_it_goes_on_to_mean(conn, past, sql):
    conn.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM nowhere AS OF 'now'", "no such table: nowhere"),
        ("SELECT * FROM users FOR SYSTEM_TIME", r"FOR SYSTEM_TIME goes on with .* \(line 1, column 21\)"),
        ("SELECT * FROM users FOR SYSTEM_TIME BETWEEN 'now'", "expected 'AND'"),
        ("SELECT * FROM users FOR SYSTEM_TIME AS OF WHERE 1", "a time must follow AS OF"),
        ("SELECT * FROM users AS OF 'now' FOR SYSTEM_TIME ALL", "has a clause about time already"),
        ("DELETE FROM users WHERE id = 1 AS OF 'now'", "the past can't be changed"),
        ("DELETE FROM users AS OF 'now'", "the past can't be changed"),
        ("UPDATE users SET name = 'x' WHERE id = 1 AS OF 'now'", "the past can't be changed"),
        ("UPDATE users FOR SYSTEM_TIME AS OF 'now' SET name = 'x'", "the past can't be changed"),
        ("INSERT INTO users FOR SYSTEM_TIME ALL VALUES (1)", "stands behind a table, or behind the WHERE"),
        ("SELECT FOR SYSTEM_TIME ALL", "stands behind a table, or behind the WHERE|reads no table|several tables"),
        ("SELECT 1 WHERE 1 AS OF 'now'", "reads no table"),
        ("SELECT * FROM users u, orders o WHERE 1 FOR SYSTEM_TIME ALL", "behind the table that it is about"),
        ("SELECT (SELECT 1) WHERE 1 AS OF 'now'", "reads no table"),
        ("SELECT 1 FROM users AS OF 'now' WHERE 1 AS OF 'now'", r"reads no table .* \(line 1, column 41\)"),
        ("INSERT INTO users VALUES (1, 2, 3) AS OF 'now'", "VALUES takes no clause about time"),
        ("SELECT * FROM sqlite_master AS OF 'now'", "'sqlite_master' keeps no history"),
        ("SELECT * FROM other.users AS OF 'now'", "no such table: other.users"),
        ("SELECT * FROM json_each('[]') AS OF 'now'", "is a function"),
        ("WITH x AS (SELECT * FROM users) SELECT 1 FROM x UNION SELECT 2 FROM x WHERE 1 AS OF 'now'", "is a common table"),
        ("WITH x AS (SELECT * FROM users) SELECT 1 FROM x WHERE 1 FOR SYSTEM_TIME ALL", "is a common table expression"),
        ("SELECT 1 FROM users WHERE 1 AS OF 'now' UNION SELECT 2 FROM users ORDER BY 1 AS OF 'now'", "time already"),
        ("WITH x AS (SELECT 1) SELECT * FROM x AS OF 'now'", "is a common table expression"),
        ("SELECT * FROM users INDEXED BY i AS OF 'now'", "leave the choice of an index to SQLite"),
        ("SELECT * FROM users AS OF 'yesterday'", "not a time: 'yesterday'"),
        ("SELECT * FROM users AS OF '2024-13-01'", "not a time: '2024-13-01'"),
        ("SELECT * FROM users AS OF TRANSACTION 99999", "no transaction 99999 yet"),
        ("SELECT * FROM users AS OF TAG 'never'", "no tag 'never'"),
        ("SELECT * FROM users AS OF datetime('nonsense')", "not a time: None"),
    ],
)  # fmt: skip
def test_a_clause_that_cant_be_honoured_is_an_error(conn, past, sql, said):
    with pytest.raises(sqlite3.Error, match=said):
        conn.execute(sql).fetchall()


def test_a_table_without_history_is_named(open_travel):
    conn = open_travel(":memory:", time_travel_tables="explicit")
    conn.execute("CREATE TABLE t (a)")
    conn.execute("CREATE TEMP TABLE x (a)")
    with pytest.raises(
        sqlite3.OperationalError, match="'t' keeps no history: ALTER TABLE \"t\" ADD SYSTEM VERSIONING"
    ):
        conn.execute("SELECT * FROM t AS OF 'now'")
    with pytest.raises(sqlite3.OperationalError, match="'x' keeps no history: it is in TEMP"):
        conn.execute("SELECT * FROM x AS OF 'now'")


def test_the_rowid_of_a_table_with_another_key_is_not_made_up(conn, moment):
    conn.executescript("CREATE TABLE t (k TEXT PRIMARY KEY); INSERT INTO t VALUES ('a'); CREATE TABLE o (id)")
    for sql in ("SELECT rowid FROM t AS OF 'now'", "SELECT t.oid FROM t, o WHERE 1 AS OF 'now'"):
        with pytest.raises(sqlite3.OperationalError, match="rowid of 't' is not part of its history"):
            conn.execute(sql)
    assert rows(conn, "SELECT k, (SELECT max(rowid) FROM o) FROM t AS OF 'now'") == [("a", None)]


def test_a_view_that_names_a_moment_itself_keeps_to_it(conn, past):
    conn.tag("now")
    conn.execute("CREATE VIEW v AS SELECT name FROM users AS OF TAG 'now'")
    assert rows(conn, "SELECT * FROM v") == [("ANN",), ("BOB",), ("EVE",)]
    with pytest.raises(sqlite3.OperationalError, match="view 'v' names a time itself"):
        conn.execute("SELECT * FROM v AS OF ?", (past,))


def test_a_view_that_names_a_moment_goes_on_when_that_is_purged(conn, past, moment):
    conn.execute("CREATE VIEW v AS SELECT name FROM users AS OF TRANSACTION 0")
    assert rows(conn, "SELECT * FROM v") == []
    conn.purge_history("users", before=moment())
    assert rows(conn, "SELECT * FROM v") == [("ANN",), ("BOB",), ("EVE",)]


def test_a_warning_names_the_line_that_asked_and_is_said_once(conn, past):
    for time in ("'2000-01-01'", "datetime('2000-01-01')"):
        with pytest.warns(HistoryWarning) as caught:
            conn.execute(f"SELECT * FROM users AS OF {time}")
        assert [warning.filename for warning in caught] == [__file__]
