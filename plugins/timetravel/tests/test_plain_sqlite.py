"""The file is a plain SQLite file: every program reads, writes, copies and dumps it, and its history goes along."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial

import pytest

import heliosdb_sqlite
import heliosdb_timetravel


@pytest.fixture
def conn(open_travel):
    return open_travel()


@pytest.fixture
def past(conn, moment):
    """A table with a key and one without, each with a past."""
    conn.executescript(
        """CREATE TABLE t (id INTEGER PRIMARY KEY, a, b BLOB); INSERT INTO t VALUES (1, 'one', x'00ff'), (5, 'five', NULL);
           CREATE TABLE names (k TEXT PRIMARY KEY, v); INSERT INTO names VALUES ('x', 1), ('y', 2);
           CREATE TABLE r (a); INSERT INTO r VALUES ('p'), ('q'), ('s')"""
    )
    then = moment()
    conn.executescript(
        "UPDATE t SET a = upper(a); DELETE FROM r WHERE a = 'p'; UPDATE names SET v = v + 1 WHERE k = 'y'"
    )
    moment()
    return then


def rows(conn, sql, *parameters):
    return sorted(conn.execute(sql, parameters).fetchall())


def check(conn, then):
    assert rows(conn, "SELECT * FROM t AS OF ?", then) == [(1, "one", b"\x00\xff"), (5, "five", None)]
    assert rows(conn, "SELECT * FROM names AS OF ?", then) == [("x", 1), ("y", 2)]
    assert rows(conn, "SELECT * FROM r AS OF ?", then) == [("p",), ("q",), ("s",)]
    assert rows(conn, "SELECT * FROM t") == [(1, "ONE", b"\x00\xff"), (5, "FIVE", None)]


def test_a_program_without_the_plugin_is_recorded(file, conn, past, plain, moment):
    conn.close()
    plain.execute("INSERT INTO t VALUES (7, 'seven', 7)")
    plain.commit()
    between = moment()
    plain.execute("INSERT OR REPLACE INTO t VALUES (7, 'SEVEN', 7)")
    plain.execute("DELETE FROM names")
    plain.commit()
    conn = heliosdb_sqlite.connect(file, enable_time_travel=True)
    assert rows(conn, "SELECT id, a FROM t AS OF ?", between) == [(1, "ONE"), (5, "FIVE"), (7, "seven")]
    assert [(v.operation, v.user) for v in conn.history("t", 7)] == [("INSERT", None), ("UPDATE", None)]
    assert rows(conn, "SELECT * FROM names AS OF ?", between) == [("x", 1), ("y", 3)]
    conn.close()


def test_what_it_changes_in_one_statement_has_one_time(file, conn, past, plain):
    plain.execute("UPDATE t SET a = 'x'")
    plain.commit()
    found = rows(conn, "SELECT DISTINCT system_transaction FROM t FOR SYSTEM_TIME AS OF 'now'")
    assert len(found) == 1


def test_a_version_that_it_commits_is_never_lost(file, conn, past, plain):
    for number in range(50):  # many within one millisecond
        plain.execute("UPDATE t SET a = ? WHERE id = 1", (number,))
        plain.commit()
    assert [version.row["a"] for version in conn.history("t", 1)] == ["one", "ONE", *range(50)]


def test_a_process_that_lacks_the_plugin_altogether(file, conn, past):
    conn.close()
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"UPDATE t SET a = 'plain' WHERE id = 1\");"
        " c.execute('INSERT INTO r VALUES (9)'); c.commit(); print(c.execute('PRAGMA integrity_check').fetchone()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "ok\n"
    conn = heliosdb_sqlite.connect(file, enable_time_travel=True)
    assert [version.row["a"] for version in conn.history("t", 1)] == ["one", "ONE", "plain"]
    conn.close()


def test_heliosdb_without_the_option_is_recorded_too(file, conn, past):
    other = heliosdb_sqlite.connect(file)
    other.execute("UPDATE t SET a = 'other' WHERE id = 1")
    other.commit()
    other.close()
    assert [version.row["a"] for version in conn.history("t", 1)] == ["one", "ONE", "other"]


def test_backup(conn, past, tmp_path, open_travel):
    target = sqlite3.connect(tmp_path / "copy.db")
    conn.backup(target)
    target.close()
    check(open_travel(tmp_path / "copy.db"), past)


def test_vacuum_and_vacuum_into(conn, past, tmp_path, open_travel):
    conn.execute("VACUUM")
    check(conn, past)
    assert [version.row["a"] for version in conn.history("r", 2)] == ["q"]
    conn.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    check(open_travel(tmp_path / "copy.db"), past)


def test_a_dump_read_by_plain_sqlite(conn, past, tmp_path, open_travel):
    target = sqlite3.connect(tmp_path / "copy.db")
    target.executescript("\n".join(conn.iterdump()))
    target.close()
    check(open_travel(tmp_path / "copy.db"), past)


def test_a_dump_read_with_time_travel(conn, past, tmp_path, open_travel, moment):
    target = open_travel(tmp_path / "copy.db")
    target.executescript("\n".join(conn.iterdump()))
    check(target, past)
    before = moment()
    target.executescript(
        "UPDATE t SET a = 'again'; UPDATE r SET a = 'again' WHERE a = 'q'; INSERT INTO r VALUES ('t')"
    )
    assert rows(target, "SELECT a FROM t AS OF ?", before) == [("FIVE",), ("ONE",)]
    assert rows(target, "SELECT a FROM r AS OF ?", before) == [("q",), ("s",)]
    assert rows(target, "SELECT a FROM r AS OF ?", past) == [("p",), ("q",), ("s",)]


def test_a_dump_gives_rows_with_a_null_key_other_rowids_and_no_false_past(tmp_path, open_travel):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE n (k TEXT PRIMARY KEY, v); INSERT INTO n VALUES (NULL, 1), (NULL, 2), ('k', 3)"
    )
    conn.tag("then")
    conn.executescript("UPDATE n SET v = v * 10; DELETE FROM n WHERE v = 10")
    target = sqlite3.connect(tmp_path / "copy.db")
    target.executescript("\n".join(conn.iterdump()))
    target.close()
    with pytest.warns(heliosdb_timetravel.HistoryWarning, match="whose key is NULL"):
        copy = open_travel(tmp_path / "copy.db")
    assert copy.execute("SELECT v FROM n AS OF TAG 'then' ORDER BY v").fetchall() == [(1,), (2,), (3,)]


def test_a_dump_line_by_line(conn, past, tmp_path, open_travel):
    target = open_travel(tmp_path / "copy.db")
    for line in conn.iterdump():
        target.execute(line)
    target.commit()
    check(target, past)


def test_the_users_own_work_is_what_cursors_report(conn, past):
    cursor = conn.execute("INSERT INTO t (a) VALUES ('new')")
    assert (cursor.lastrowid, cursor.rowcount) == (6, 1)
    assert conn.execute("SELECT last_insert_rowid(), changes()").fetchone() == (6, 1)
    assert conn.execute("UPDATE t SET a = 'x' WHERE id > 1").rowcount == 2
    assert conn.execute("DELETE FROM t RETURNING id").fetchall() == [(1,), (5,), (6,)]
    assert conn.executemany("INSERT INTO t (a) VALUES (?)", [(1,), (2,)]).rowcount == 2
    assert conn.execute("INSERT OR REPLACE INTO t VALUES (1, 'a', 0)").lastrowid == 1


COUNTS = "SELECT changes(), last_insert_rowid()"


@pytest.mark.parametrize("level", [None, ""], ids=["autocommit", "commit"])
def test_what_time_travel_writes_by_itself_is_not_counted(level):
    found = []
    for connect in (partial(heliosdb_sqlite.connect, enable_time_travel=True), sqlite3.connect):
        with closing(connect(":memory:", isolation_level=level)) as conn:
            counts = []
            found.append(counts)
            for sql in (
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
                "INSERT INTO t (id, a) VALUES (7, 0), (8, 0), (9, 0)",
                "UPDATE t SET a = 1 WHERE id > 7",
                "CREATE TABLE u (a)",
                "UPDATE t SET a = 2 WHERE id > 9",
                "DELETE FROM t",
            ):
                conn.execute(sql)
                conn.commit()
                counts += [conn.execute(COUNTS).fetchone()] * 2
    assert found[0] == found[1]


def test_the_total_of_changes_is_the_users_own_work(conn, past):
    before = conn.total_changes
    conn.execute("INSERT INTO t (a) VALUES ('new'), ('newer')")
    conn.execute("UPDATE t SET a = 'x' WHERE id > 5")
    conn.executemany("DELETE FROM t WHERE id = ?", [(6,), (7,)])
    assert conn.total_changes - before == 6
    assert conn.execute("SELECT total_changes()").fetchone() == (conn.total_changes,)
    assert conn.execute("DELETE FROM t WHERE id < 3 RETURNING id").fetchall() == [(1,)]
    assert conn.total_changes - before == 7
    conn.commit()
    assert conn.total_changes - before == 7


def test_users_tables_are_as_they_were_declared(conn, past):
    assert [row[1:3] for row in conn.execute("PRAGMA table_info(t)")] == [
        ("id", "INTEGER"),
        ("a", ""),
        ("b", "BLOB"),
    ]
    (sql,) = conn.execute("SELECT sql FROM sqlite_master WHERE name = 't'").fetchone()
    assert sql == "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b BLOB)"
