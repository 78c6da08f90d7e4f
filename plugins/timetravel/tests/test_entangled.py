"""Tables of which one change leads to others while it is under way: what was is right, whatever comes of the change."""

from __future__ import annotations

import time

import pytest

CASCADES = {
    "its own key": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, boss REFERENCES t ON UPDATE CASCADE);"
            "INSERT INTO t VALUES (1, 1), (2, 1)"
        ),
        [
            "UPDATE t SET id = 5 WHERE id = 1",
            "UPDATE OR IGNORE t SET id = 2 WHERE id = 5",
            "UPDATE t SET id = id + 9",
        ],
    ),
    "its own column": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b REFERENCES t (a) ON UPDATE CASCADE);"
            "INSERT INTO t VALUES (1, 'x', 'x'), (2, 'y', 'x')"
        ),
        ["UPDATE t SET a = 'z' WHERE id = 1", "UPDATE OR REPLACE t SET a = 'y' WHERE id = 1"],
    ),
    "a table whose trigger changes it": (
        (
            "CREATE TABLE t (code TEXT PRIMARY KEY, n); CREATE TABLE c (code REFERENCES t ON UPDATE CASCADE);"
            "CREATE TRIGGER counted AFTER UPDATE ON c BEGIN UPDATE t SET n = n + 1 WHERE code = NEW.code; END;"
            "INSERT INTO t VALUES ('x', 0), ('y', 0); INSERT INTO c VALUES ('x'), ('x')"
        ),
        ["UPDATE t SET code = 'z' WHERE code = 'x'", "UPDATE t SET code = code || 1", "UPDATE t SET n = 9"],
    ),
    "a row that takes the one along that replaces it": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b REFERENCES t ON DELETE CASCADE);"
            "INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 1), (3, 'z', 3)"
        ),
        ["UPDATE OR REPLACE t SET id = 1 WHERE id = 2", "DELETE FROM t"],
    ),
    "two rows that are replaced, of which one changes a third": (
        (
            "CREATE TABLE t (id TEXT PRIMARY KEY, a UNIQUE, b REFERENCES t ON DELETE SET NULL);"
            "INSERT INTO t VALUES ('x', 1, NULL), ('y', 2, NULL), ('z', 3, 'x')"
        ),
        ["INSERT OR REPLACE INTO t VALUES ('x', 2, NULL)", "UPDATE t SET a = a + 9", "DELETE FROM t"],
    ),
    "two tables that delete each other's rows": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b REFERENCES u ON DELETE CASCADE);"
            "CREATE TABLE u (id INTEGER PRIMARY KEY, c REFERENCES t ON DELETE CASCADE);"
            "INSERT INTO t VALUES (1, 'x', NULL), (2, 'y', NULL); INSERT INTO u VALUES (5, 1);"
            "INSERT INTO t VALUES (3, 'z', 5)"
        ),
        ["REPLACE INTO t VALUES (1, 'y', NULL)", "INSERT OR IGNORE INTO t VALUES (9, 'y', 5)"],
    ),
    "a trigger before the row comes": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b);"
            "CREATE TRIGGER early BEFORE INSERT ON t BEGIN UPDATE t SET b = NEW.id WHERE b = 'last'; END;"
            "INSERT INTO t VALUES (1, 'x', 0), (2, 'y', 0), (3, 'z', 'last')"
        ),
        [
            "INSERT OR REPLACE INTO t VALUES (1, 'y', 'last')",
            "INSERT OR IGNORE INTO t VALUES (7, 'z', 'last')",
        ],
    ),
    "a trigger on a view": (
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b);"
            "CREATE VIEW v AS SELECT * FROM t;"
            "CREATE TRIGGER early BEFORE UPDATE OF id ON t BEGIN INSERT INTO v VALUES (NEW.id, 0, 0); END;"
            "CREATE TRIGGER instead INSTEAD OF INSERT ON v BEGIN UPDATE t SET b = b + 1 WHERE id <> NEW.id; END;"
            "INSERT INTO t VALUES (1, 'x', 0), (2, 'y', 0), (3, 'z', 0)"
        ),
        ["UPDATE OR REPLACE t SET id = 1, a = 'z' WHERE id = 2"],
    ),
}


@pytest.mark.parametrize("adopted", [True, False], ids=["adopted", "made"])
@pytest.mark.parametrize("by", ["plain", "travel"])
@pytest.mark.parametrize("through", CASCADES)
def test_a_change_that_comes_back_to_its_table(open_travel, plain, through, by, adopted):
    setup, changes = CASCADES[through]
    if adopted:
        plain.executescript(setup)
    conn = open_travel()
    if not adopted:
        conn.executescript(setup)
    writer = plain if by == "plain" else conn
    writer.execute("PRAGMA foreign_keys = ON")
    states = {}
    for change in ["SELECT 1", *changes]:
        time.sleep(0.002)  # what a plain program changes within a millisecond has one time
        writer.execute(change)
        writer.commit()
        ((last,),) = conn.execute("SELECT max(txn) FROM heliosdb_timetravel_commits")
        states[last] = conn.execute("SELECT * FROM t ORDER BY 1").fetchall()
    for txn, state in states.items():
        assert conn.execute("SELECT * FROM t AS OF TRANSACTION ? ORDER BY 1", (txn,)).fetchall() == state
    assert (
        conn.execute("SELECT * FROM t FOR SYSTEM_TIME ALL WHERE system_time = system_time_end").fetchall()
        == []
    )


def test_a_row_whose_clash_was_ignored_and_that_goes_with_others_later(open_travel):
    conn = open_travel()
    conn.executescript(
        "PRAGMA foreign_keys = ON;"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name UNIQUE, up REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 1)"
    )
    conn.executescript("INSERT OR IGNORE INTO t VALUES (3, 'a', NULL)")
    conn.executescript("INSERT INTO t VALUES (4, 'd', NULL)")
    ((before,),) = conn.execute("SELECT max(txn) FROM heliosdb_timetravel_commits")
    conn.executescript("DELETE FROM t WHERE id = 1")
    for txn in (before - 1, before):
        past = conn.execute("SELECT id FROM t AS OF TRANSACTION ? ORDER BY id", (txn,)).fetchall()
        assert past == [(1,), (2,)] + [(4,)] * (txn == before)


IGNORED = [
    "INSERT OR IGNORE INTO t VALUES (1, 'c', NULL), (9, 'b', NULL)",
    "INSERT INTO t VALUES (1, 'b', NULL) ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES (2, 'b', NULL) ON CONFLICT (id) DO UPDATE SET name = name",
    "UPDATE OR IGNORE t SET id = 1 WHERE id = 2",
    "UPDATE t SET name = name",
]


@pytest.mark.parametrize("by", ["plain", "travel"])
def test_what_is_ignored_makes_no_version(file, open_travel, plain, by):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name UNIQUE, up REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 1)"
    )
    writer = plain if by == "plain" else conn
    for ignored in IGNORED:
        time.sleep(0.002)
        writer.execute(ignored)
        writer.commit()
    conn = open_travel()
    assert conn.execute("SELECT id, name FROM t FOR SYSTEM_TIME ALL ORDER BY id").fetchall() == [
        (1, "a"),
        (2, "b"),
    ]
    assert conn.execute("SELECT count(*) FROM heliosdb_timetravel_1_history").fetchone() == (0,)


def test_what_is_ignored_beside_a_change_in_one_transaction(conn):
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name UNIQUE, up REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 1)"
    )
    conn.execute("INSERT OR IGNORE INTO t VALUES (1, 'b', NULL)")
    conn.execute("INSERT INTO t VALUES (2, 'c', 1) ON CONFLICT (id) DO UPDATE SET name = 'B'")
    conn.commit()
    assert [version.row["name"] for version in conn.history("t", 1)] == ["a"]
    assert [version.row["name"] for version in conn.history("t", 2)] == ["b", "B"]


def test_a_replaced_row_begins_anew_though_it_is_the_same(conn):
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name, up REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES (1, 'a', NULL)"
    )
    conn.execute("REPLACE INTO t VALUES (1, 'a', NULL)")
    conn.commit()
    assert len(conn.history("t", 1)) == 2


def test_a_plain_program_has_changes_of_a_table_come_back_to_it(open_travel, plain):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b); INSERT INTO t VALUES (1, 'x', 0), (2, 'y', 0)"
    )
    plain.execute("CREATE TABLE log (id REFERENCES t ON DELETE CASCADE)")
    plain.execute("CREATE TRIGGER back AFTER DELETE ON log BEGIN UPDATE t SET b = b + 1; END")
    plain.execute("INSERT INTO log VALUES (1)")
    plain.commit()
    conn.close()
    conn = open_travel()
    ((before,),) = conn.execute("SELECT max(txn) FROM heliosdb_timetravel_commits")
    plain.execute("PRAGMA foreign_keys = ON")
    plain.execute("REPLACE INTO t VALUES (1, 'y', 5)")
    plain.commit()
    past = conn.execute("SELECT * FROM t AS OF TRANSACTION ? ORDER BY id", (before,)).fetchall()
    assert past == [(1, "x", 0), (2, "y", 0)]


def test_an_ignored_row_is_a_version_until_the_commit(conn):
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, up REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES (1, 'x', NULL)"
    )
    conn.execute("INSERT OR IGNORE INTO t VALUES (1, 'y', NULL)")
    assert [version.time is None for version in conn.history("t", 1)] == [False, True]
    conn.commit()
    assert [version.time is None for version in conn.history("t", 1)] == [False]


def test_a_trigger_in_temp(open_travel):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b); INSERT INTO t VALUES (1, 'x', 0), (2, 'y', 0), (3, 'z', 0);"
        "CREATE TEMP TRIGGER early BEFORE INSERT ON t BEGIN UPDATE t SET a = 'w' WHERE a = 'z'; END"
    )
    other = open_travel()  # which has no such trigger, and changes the schema
    other.execute("CREATE INDEX t_b ON t (b)")
    ((before,),) = conn.execute("SELECT max(txn) FROM heliosdb_timetravel_commits")
    conn.execute("REPLACE INTO t VALUES (1, 'y', 5)")
    conn.commit()
    past = conn.execute("SELECT * FROM t AS OF TRANSACTION ? ORDER BY id", (before,)).fetchall()
    assert past == [(1, "x", 0), (2, "y", 0), (3, "z", 0)]


def test_columns_of_an_entangled_table_get_other_names(open_travel, plain):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE t (id TEXT PRIMARY KEY, a UNIQUE, b REFERENCES t ON DELETE CASCADE);"
        "INSERT INTO t VALUES ('x', 1, NULL)"
    )
    plain.execute("ALTER TABLE t RENAME COLUMN id TO code")
    plain.execute("ALTER TABLE t RENAME TO u")
    plain.execute("ALTER TABLE u ADD COLUMN c DEFAULT 4")
    plain.execute("REPLACE INTO u VALUES ('y', 1, NULL, 5)")
    plain.commit()
    conn.close()
    conn = open_travel()
    conn.execute("ALTER TABLE u RENAME COLUMN a TO n")
    conn.execute("REPLACE INTO u VALUES ('z', 1, NULL, 6)")
    conn.commit()
    rows = conn.execute("SELECT code, n FROM u FOR SYSTEM_TIME ALL ORDER BY system_time").fetchall()
    assert rows == [("x", 1), ("y", 1), ("z", 1)]
