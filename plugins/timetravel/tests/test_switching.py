"""Which tables keep a history: all, or those that say so; tables that were there before; tables that can't."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from heliosdb_timetravel import HistoryWarning


def rows(conn, sql, *parameters):
    return conn.execute(sql, parameters).fetchall()


def versioned(conn):
    sql = "SELECT name FROM heliosdb_timetravel_tables WHERE ended IS NULL ORDER BY number"
    return [name for (name,) in conn.execute(sql)]


def test_by_default_every_table_does_those_to_come_included(conn):
    conn.execute("CREATE TABLE a (x)")
    conn.execute("CREATE TABLE IF NOT EXISTS a (y)")
    conn.execute("CREATE TABLE b AS SELECT 1 AS x")
    conn.execute("CREATE TEMP TABLE c (x)")
    conn.execute("CREATE VIRTUAL TABLE d USING fts5(x)")
    conn.execute("CREATE VIEW e AS SELECT * FROM a")
    assert versioned(conn) == ["a", "b"]


def test_explicit_means_those_alone_that_are_named(open_travel):
    conn = open_travel(":memory:", time_travel_tables="explicit")
    conn.execute("CREATE TABLE a (x)")
    conn.execute("CREATE TABLE b (x) WITH SYSTEM VERSIONING")
    conn.execute("CREATE TABLE IF NOT EXISTS c (x PRIMARY KEY) WITHOUT ROWID WITH SYSTEM VERSIONING;")
    conn.execute("ALTER TABLE main.a ADD SYSTEM VERSIONING")
    assert versioned(conn) == ["b", "c", "a"]


def test_adding_twice_is_no_error_and_dropping_what_is_not_there_is(conn):
    conn.execute("CREATE TABLE a (x)")
    conn.execute("ALTER TABLE a ADD SYSTEM VERSIONING")
    conn.execute("alter table a\n  drop system versioning;")
    with pytest.raises(sqlite3.OperationalError, match="table a has no system versioning"):
        conn.execute("ALTER TABLE a DROP SYSTEM VERSIONING")
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        conn.execute("ALTER TABLE nowhere ADD SYSTEM VERSIONING")


def test_a_table_whose_versioning_was_dropped_stays_out(file, open_travel, moment):
    conn = open_travel()
    conn.executescript("CREATE TABLE a (x); INSERT INTO a VALUES (1)")
    then = moment()
    conn.execute("ALTER TABLE a DROP SYSTEM VERSIONING")
    conn.executescript("UPDATE a SET x = 2")
    conn.close()
    conn = open_travel()
    assert versioned(conn) == []
    assert rows(conn, "SELECT * FROM a AS OF ?", then) == [(1,)]  # its past stays
    with pytest.raises(sqlite3.OperationalError, match="the history of table 'a' ended"):
        rows(conn, "SELECT * FROM a AS OF 'now'")
    conn.execute("ALTER TABLE a ADD SYSTEM VERSIONING")
    assert rows(conn, "SELECT * FROM a AS OF 'now'") == [(2,)]
    assert rows(conn, "SELECT * FROM a AS OF ?", then) == [(1,)]


def test_versioning_of_a_view_or_virtual_table_is_refused(conn):
    conn.execute("CREATE VIRTUAL TABLE d USING fts5(x)")
    conn.execute("CREATE VIEW e AS SELECT 1")
    conn.execute("CREATE TEMP TABLE f (x)")
    for name, said in (("d", "is a virtual table"), ("e", "is a view"), ("f", "is in TEMP")):
        with pytest.raises(sqlite3.NotSupportedError, match=said):
            conn.execute(f"ALTER TABLE {name} ADD SYSTEM VERSIONING")
    with pytest.raises(sqlite3.NotSupportedError, match="is in TEMP"):
        conn.execute("CREATE TEMP TABLE g (x) WITH SYSTEM VERSIONING")


def test_a_table_whose_rows_nothing_identifies_is_left_out_with_a_warning(open_travel):
    conn = open_travel(":memory:")
    with pytest.warns(HistoryWarning, match="nothing identifies its rows"):
        conn.execute("CREATE TABLE odd (rowid, _rowid_, oid)")
    conn.execute("INSERT INTO odd VALUES (1, 2, 3)")
    with pytest.raises(sqlite3.NotSupportedError, match="give it a primary key"):
        conn.execute("ALTER TABLE odd ADD SYSTEM VERSIONING")


def test_a_column_whose_name_the_history_needs_is_refused(open_travel):
    conn = open_travel(":memory:", time_travel_tables="explicit")
    conn.execute("CREATE TABLE t (heliosdb_id)")
    with pytest.raises(sqlite3.NotSupportedError, match="rename it"):
        conn.execute("ALTER TABLE t ADD SYSTEM VERSIONING")
    assert rows(conn, "SELECT name FROM sqlite_master") == [("t",)]


def test_a_column_that_is_named_system_can_still_be_added(conn):
    conn.execute("CREATE TABLE t (a)")
    conn.execute("ALTER TABLE t ADD COLUMN system versioning")
    assert [row[1] for row in conn.execute("PRAGMA table_info(t)")] == ["a", "system"]


def test_tables_that_were_there_before_begin_with_what_they_hold(file, plain, open_travel, moment):
    plain.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'old'), (2, 'old')"
    )
    before = moment()
    conn = open_travel()
    then = moment()
    conn.executescript("UPDATE t SET a = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2")
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", then)) == [(1, "old"), (2, "old")]
    with pytest.warns(HistoryWarning, match="'t' begins .*: the first recorded state is shown"):
        assert sorted(rows(conn, "SELECT * FROM t AS OF ?", before)) == [(1, "old"), (2, "old")]
    with pytest.warns(HistoryWarning):
        assert len(rows(conn, "SELECT * FROM t AS OF datetime('now', '-1 hour')")) == 2
    assert [version.operation for version in conn.history("t", 1)] == ["ADOPT", "UPDATE"]


def test_a_table_that_was_made_under_time_travel_had_no_rows_before(conn, moment):
    before = moment()
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    with pytest.warns(HistoryWarning, match="it had no rows"):
        assert rows(conn, "SELECT * FROM t AS OF ?", before) == []


def test_strictly_a_time_before_the_history_is_an_error(open_travel, moment):
    conn = open_travel(":memory:", time_travel_strict=True)
    before = moment()
    conn.executescript("CREATE TABLE t (a)")
    with pytest.raises(sqlite3.DataError, match=r"'t' begins .* ask for a later time"):
        rows(conn, "SELECT * FROM t AS OF ?", before)
    with pytest.raises(sqlite3.OperationalError, match=r"'t' begins .* ask for a later time"):
        rows(conn, "SELECT * FROM t AS OF datetime('now', '-1 hour')")


def test_columns_can_be_left_out(conn, moment):
    conn.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, noise) WITH SYSTEM VERSIONING WITH (exclude = 'noise')"
    )
    conn.executescript("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)")
    then = moment()
    conn.executescript("UPDATE t SET noise = 7 WHERE id = 1; UPDATE t SET a = 'x' WHERE id = 2")
    assert len(conn.history("t", 1)) == 1
    assert [version.changes for version in conn.history("t", 2)] == [{}, {"a": ("b", "x")}]
    assert sorted(rows(conn, "SELECT * FROM t AS OF ?", then)) == [(1, "a", 7), (2, "b", None)]
    with pytest.raises(sqlite3.OperationalError, match="no such column to leave out"):
        conn.execute("CREATE TABLE u (a) WITH SYSTEM VERSIONING WITH (exclude = 'b')")
    with pytest.raises(sqlite3.NotSupportedError, match="part of the primary key"):
        conn.execute("CREATE TABLE u (a PRIMARY KEY) WITH SYSTEM VERSIONING WITH (exclude = 'a')")
    assert rows(conn, "SELECT 1 FROM sqlite_master WHERE name = 'u'") == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("(x = '1')", "no such option: 'x'"),
        ("(history_retention = 90)", "the form is WITH"),
        ("(history_retention = 'long')", "not a time span: 'long'"),
        ("(history_retention = '99999999 years')", "not a time span: '99999999 years'"),
        ("history_retention", "the form is WITH"),
    ],
)
def test_options_that_are_none_are_refused(conn, options, said):
    with pytest.raises(sqlite3.OperationalError, match=said):
        conn.execute(f"CREATE TABLE t (a) WITH SYSTEM VERSIONING WITH {options}")


def test_an_attached_database_keeps_the_history_it_has(tmp_path, open_travel, moment):
    other = tmp_path / "other.db"
    first = open_travel(other)
    first.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)")
    first.close()
    conn = open_travel(":memory:")
    conn.execute("ATTACH ? AS other", (str(other),))
    then = moment()
    conn.execute("UPDATE other.t SET a = 2")
    conn.commit()
    assert rows(conn, "SELECT a FROM other.t AS OF ?", then) == [(1,)]
    assert rows(conn, "SELECT a FROM t AS OF ?", then) == [(1,)]
    conn.execute("CREATE TABLE other.u (a)")
    with pytest.raises(sqlite3.OperationalError, match="keeps no history"):
        rows(conn, "SELECT a FROM other.u AS OF 'now'")
    conn.execute("ALTER TABLE other.u ADD SYSTEM VERSIONING")
    conn.execute("INSERT INTO other.u VALUES (1)")
    conn.commit()
    assert rows(conn, "SELECT a FROM other.u AS OF 'now'") == [(1,)]


def test_another_file_that_is_attached_under_the_same_name_has_times_of_its_own(
    tmp_path, open_travel, moment
):
    for name, count in (("one", 1), ("two", 4)):
        each = open_travel(tmp_path / name)
        each.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        for _ in range(count):
            each.execute("INSERT INTO t DEFAULT VALUES")
            each.commit()
    then = moment()
    conn = open_travel(":memory:")
    for name, count in (("one", 1), ("two", 4), ("one", 1)):
        with sqlite3.connect(tmp_path / name) as plain:  # so that the moment has passed in this file
            plain.execute("DELETE FROM t WHERE id = 1")
        plain.close()
        conn.execute("ATTACH ? AS other", (str(tmp_path / name),))
        assert rows(conn, "SELECT count(*) FROM other.t AS OF ?", then) == [(count,)]
        conn.execute("DETACH other")


def test_a_file_that_can_only_be_read_is_read(file, open_travel):
    conn = open_travel()
    conn.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    conn.close()
    plain = sqlite3.connect(file)
    plain.executescript("CREATE TABLE u (a)")
    plain.close()
    conn = open_travel(f"file:{file}?mode=ro", uri=True)
    assert rows(conn, "SELECT * FROM t AS OF 'now'") == [(1,)]


def test_a_format_of_the_future_is_refused(file, open_travel, plain):
    conn = open_travel()
    conn.execute("CREATE TABLE t (a)")
    conn.close()
    with plain:
        plain.execute("UPDATE heliosdb_timetravel_settings SET value = 99 WHERE name = 'format'")
    with pytest.raises(
        sqlite3.NotSupportedError, match="has format 99, and this heliosdb-timetravel knows format 1"
    ):
        open_travel()


def test_without_the_option_the_methods_say_so():
    conn = heliosdb_sqlite.connect(":memory:")
    for call in (lambda: conn.history("t", 1), lambda: conn.restore(at="2024-01-01"), lambda: conn.tag("x")):
        with pytest.raises(sqlite3.ProgrammingError, match="enable_time_travel=True"):
            call()
    conn.close()


def test_its_options_are_checked_and_listed():
    with pytest.raises(TypeError, match="did you mean 'enable_time_travel'"):
        heliosdb_sqlite.connect(":memory:", enable_timetravel=1)
    conn = heliosdb_sqlite.connect(":memory:", enable_time_travel=False)
    assert type(conn) is heliosdb_sqlite.Connection
    conn.close()


def test_a_table_of_many_columns_keeps_its_history(conn, moment):
    columns = [f"c{number}" for number in range(700)]
    conn.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(columns)})")
    conn.execute("INSERT INTO t (id, c699) VALUES (1, 'old')")
    conn.commit()
    then = moment()
    conn.execute("UPDATE t SET c699 = 'new'")
    conn.commit()
    assert conn.execute("SELECT c699 FROM t AS OF ?", (then,)).fetchall() == [("old",)]
    assert conn.restore("t", at=then).total == 1


def test_a_table_of_too_many_columns_is_left_out_with_a_warning(open_travel):
    columns = ", ".join(f"c{number}" for number in range(1999))
    conn = open_travel(":memory:")
    with pytest.warns(HistoryWarning, match="'t' has 2000 columns, and its history needs 3 more"):
        conn.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})")
    conn.execute("INSERT INTO t (id) VALUES (1)")
    conn.commit()
    assert conn.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_a_connection_takes_part_in_a_history_that_is_loaded_into_it(conn, open_travel, moment):
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'one')")
    then = moment()
    copy = open_travel(":memory:", time_travel_user="ann")
    conn.backup(copy)
    copy.executescript("UPDATE t SET a = 'two'; UPDATE t SET a = 'three'")
    assert copy.execute("SELECT a FROM t AS OF ?", (then,)).fetchall() == [("one",)]
    users = copy.execute(
        "SELECT a, system_user FROM t FOR SYSTEM_TIME ALL ORDER BY system_transaction"
    ).fetchall()
    assert [a for a, _ in users] == ["one", "two", "three"] and users[-1] == ("three", "ann")
