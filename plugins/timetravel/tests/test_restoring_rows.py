"""restore() of rows that can't simply be written: values that change places, excluded columns, foreign keys."""

from __future__ import annotations

import sqlite3

import pytest

SWAP = "UPDATE u SET name = 'z' WHERE id = 1; UPDATE u SET name = 'a' WHERE id = 2; UPDATE u SET name = 'b' WHERE id = 1"
BEFORE = [(1, "a", "x"), (2, "b", "y")]


def rows(conn, sql):
    return conn.execute(sql).fetchall()


@pytest.mark.parametrize(
    "unique",
    [
        "name TEXT UNIQUE, seen",
        "name TEXT NOT NULL UNIQUE ON CONFLICT REPLACE, seen NOT NULL",
        "name TEXT UNIQUE ON CONFLICT IGNORE, seen",
        "name TEXT, seen); CREATE UNIQUE INDEX i ON u (lower(name)",
        "name TEXT, seen, folded AS (lower(name)) UNIQUE",
        "name TEXT, seen, UNIQUE (seen, name)",
    ],
)
def test_values_that_must_be_unique_change_places_and_columns_without_history_stay(
    open_travel, moment, unique
):
    conn = open_travel(time_travel_tables="explicit")
    conn.executescript(
        f"CREATE TABLE u (id INTEGER PRIMARY KEY, {unique}); INSERT INTO u VALUES (1, 'a', 'x'), (2, 'b', 'y');"
        "ALTER TABLE u ADD SYSTEM VERSIONING WITH (exclude = 'seen')"
    )
    then = moment()
    conn.executescript(SWAP)
    changes = conn.restore("u", at=then).tables["u"]
    assert (changes.deleted, changes.updated, changes.inserted) == (0, 2, 0)
    assert rows(conn, "SELECT id, name, seen FROM u ORDER BY id") == BEFORE


def test_rows_that_refer_to_values_that_change_places_stay(open_travel, moment):
    conn = open_travel(time_travel_tables="explicit")
    conn.executescript(
        "PRAGMA foreign_keys = ON;"
        "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT UNIQUE, seen) WITH SYSTEM VERSIONING;"
        "CREATE TABLE c (u REFERENCES u ON DELETE CASCADE); CREATE TABLE n (u REFERENCES u ON DELETE SET NULL);"
        "INSERT INTO u VALUES (1, 'a', 'x'), (2, 'b', 'y'); INSERT INTO c VALUES (1), (2); INSERT INTO n VALUES (1), (2)"
    )
    then = moment()
    conn.executescript(SWAP)
    conn.restore("u", at=then)
    assert rows(conn, "SELECT * FROM u ORDER BY id") == BEFORE
    assert rows(conn, "SELECT * FROM c") == rows(conn, "SELECT * FROM n") == [(1,), (2,)]


def test_what_would_be_lost_in_changing_places_is_refused(open_travel, moment):
    conn = open_travel(time_travel_tables="explicit")
    conn.executescript(
        "PRAGMA foreign_keys = ON;"
        "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT UNIQUE CHECK (length(name) = 1)) WITH SYSTEM VERSIONING;"
        "INSERT INTO u VALUES (1, 'a'), (2, 'b')"
    )
    then = moment()
    conn.executescript(SWAP)
    later = moment()
    assert conn.restore("u", at=then).total > 0  # nothing hangs on the rows
    assert rows(conn, "SELECT * FROM u ORDER BY id") == [(1, "a"), (2, "b")]
    conn.executescript("CREATE TABLE c (u REFERENCES u ON DELETE CASCADE); INSERT INTO c VALUES (1), (2)")
    with pytest.raises(sqlite3.IntegrityError, match=r"change places, .* would lose rows of table 'c'"):
        conn.restore("u", at=later)
    assert rows(conn, "SELECT * FROM u ORDER BY id") == [(1, "a"), (2, "b")]
    assert rows(conn, "SELECT * FROM c") == [(1,), (2,)]


def test_a_row_that_refers_to_another_one_now_does_not_go_with_that(conn, moment):
    conn.executescript(
        "PRAGMA foreign_keys = ON; CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE, seen NOT NULL)"
        " WITH SYSTEM VERSIONING WITH (exclude = 'seen');"
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (5, 1, 'x')"
    )
    then = moment()
    conn.executescript("INSERT INTO p VALUES (9); UPDATE c SET p = 9")
    conn.restore(at=then)
    assert rows(conn, "SELECT * FROM c") == [(5, 1, "x")]


def test_a_row_that_is_gone_gets_the_defaults_of_columns_without_history(conn, moment):
    conn.executescript(
        "CREATE TABLE u (id INTEGER PRIMARY KEY, name, seen NOT NULL DEFAULT 'never')"
        " WITH SYSTEM VERSIONING WITH (exclude = 'seen'); INSERT INTO u VALUES (1, 'a', 'x'), (2, 'b', 'y')"
    )
    then = moment()
    conn.executescript("DELETE FROM u WHERE id = 1; UPDATE u SET name = 'c'")
    conn.restore(at=then)
    assert rows(conn, "SELECT * FROM u") == [(1, "a", "never"), (2, "b", "y")]


def test_a_row_that_needs_what_has_no_history_does_not_come_back_by_itself(conn, moment):
    conn.executescript(
        "CREATE TABLE u (id INTEGER PRIMARY KEY, name, seen NOT NULL)"
        " WITH SYSTEM VERSIONING WITH (exclude = 'seen'); INSERT INTO u VALUES (1, 'a', 'x'), (2, 'b', 'y')"
    )
    then = moment()
    conn.executescript("DELETE FROM u WHERE id = 1; UPDATE u SET name = 'c'")
    for dry_run in (True, False):
        with pytest.raises(
            sqlite3.IntegrityError, match=r"left out of its history \('seen'\): INSERT them with values"
        ):
            conn.restore(at=then, dry_run=dry_run)
    assert rows(conn, "SELECT * FROM u") == [(2, "c", "y")]
    conn.execute(
        "INSERT INTO u SELECT id, name, '' FROM u AS OF ? AS p WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = p.id)",
        (then,),
    )
    conn.restore(at=then)
    assert rows(conn, "SELECT * FROM u") == [(1, "a", ""), (2, "b", "y")]


@pytest.mark.parametrize("name", ["h", "c", "o"])
def test_a_table_of_any_name(conn, moment, name):
    conn.executescript(
        f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {name}); INSERT INTO {name} VALUES (1, 1), (2, 2)"
    )
    then = moment()
    conn.executescript(
        f"UPDATE {name} SET {name} = 0; DELETE FROM {name} WHERE id = 1; INSERT INTO {name} VALUES (3, 3)"
    )
    assert conn.restore(name, at=then).total == 3
    assert rows(conn, f"SELECT * FROM {name}") == [(1, 1), (2, 2)]


def test_what_triggers_of_other_tables_undo_is_no_success(open_travel, moment):
    conn = open_travel(time_travel_tables="explicit")
    conn.executescript(
        "PRAGMA foreign_keys = ON; CREATE TABLE u (id INTEGER PRIMARY KEY, name UNIQUE) WITH SYSTEM VERSIONING;"
        "CREATE TABLE c (name REFERENCES u (name) ON UPDATE CASCADE); INSERT INTO u VALUES (1, 'a');"
        "INSERT INTO c VALUES ('a'); CREATE TRIGGER spoil AFTER UPDATE ON c BEGIN UPDATE u SET name = 'spoilt'; END"
    )
    then = moment()
    conn.execute("UPDATE u SET name = 'b'")
    conn.commit()
    with pytest.raises(sqlite3.IntegrityError, match="changed again, by triggers of other tables"):
        conn.restore("u", at=then)


def test_what_clashes_with_what_triggers_of_other_tables_write(open_travel):
    conn = open_travel()
    conn.executescript(
        "PRAGMA foreign_keys = ON; CREATE TABLE t (id INTEGER PRIMARY KEY, b UNIQUE);"
        "CREATE TABLE c (t REFERENCES t ON DELETE CASCADE); INSERT INTO t VALUES (1, 'x')"
    )
    conn.tag("then")
    conn.executescript(
        "DELETE FROM t; INSERT INTO t VALUES (2, 'y'); INSERT INTO c VALUES (2);"
        "CREATE TRIGGER back AFTER DELETE ON c BEGIN INSERT INTO t VALUES (9, 'x'); END"
    )
    with pytest.raises(
        sqlite3.IntegrityError, match="triggers of other tables write \\('back'\\): drop them, or"
    ):
        conn.restore("t", tag="then")
    conn.restore(tag="then")
    assert rows(conn, "SELECT * FROM t") == [(1, "x")]
