"""history(), restore(), tag(), purge_history() and recorded_as()."""

from __future__ import annotations

import sqlite3
import warnings
from datetime import datetime, timedelta, timezone

import pytest

import heliosdb_timetravel
from heliosdb_timetravel import HistoryWarning


@pytest.fixture
def past(conn, moment):
    conn.executescript(
        """CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b); INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', 3);
           CREATE TABLE other (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO other VALUES ('k', 'v')"""
    )
    then = moment()
    conn.executescript(
        """UPDATE t SET a = 'tmp' WHERE id = 1; UPDATE t SET a = 'x' WHERE id = 2; UPDATE t SET a = 'y' WHERE id = 1;
           DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 'new', 4); UPDATE other SET v = 'w'"""
    )
    moment()
    return then


def rows(conn, sql, *parameters):
    return sorted(conn.execute(sql, parameters).fetchall())


THEN = [(1, "x", 1), (2, "y", 2), (3, "z", 3)]


def test_history_tells_who_did_what_when(open_travel, moment):
    conn = open_travel(":memory:", time_travel_user="ann")
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
    before = moment()
    conn.execute("INSERT INTO t VALUES (1, 'x', NULL)")
    conn.commit()
    with conn.recorded_as("bob"):
        conn.execute("UPDATE t SET a = 'y', b = 2")
        conn.commit()
    conn.execute("DELETE FROM t")
    conn.commit()
    conn.execute("INSERT INTO t VALUES (1, 'again', NULL)")
    conn.commit()
    found = conn.history("t", 1)
    assert [(v.operation, v.user) for v in found] == [
        ("INSERT", "ann"),
        ("UPDATE", "bob"),
        ("DELETE", "ann"),
        ("INSERT", "ann"),
    ]
    assert found[1].changes == {"a": ("x", "y"), "b": (None, 2)}
    assert found[2].row is None and found[2].changes == {"id": (1, None), "a": ("y", None), "b": (2, None)}
    assert found[0].row == {"id": 1, "a": "x", "b": None}
    assert before < found[0].time < found[1].time < found[2].time < datetime.now(timezone.utc)
    assert conn.history("t", 99) == []


@pytest.mark.parametrize("key", [("p", 2), ["p", 2], {"a": "p", "b": 2}])
def test_history_by_a_key_of_several_columns(conn, key):
    conn.executescript(
        "CREATE TABLE c (a, b, v, PRIMARY KEY (a, b)); INSERT INTO c VALUES ('p', 2, 1), ('p', NULL, 2)"
    )
    assert [version.row["v"] for version in conn.history("c", key)] == [1]
    assert [version.row["v"] for version in conn.history("c", ("p", None))] == [2]
    with pytest.raises(sqlite3.ProgrammingError, match="give a value for each of a, b"):
        conn.history("c", "p")


def test_warnings_of_converters_name_the_line_that_asks_for_the_history(open_travel, monkeypatch):
    def convert(raw):
        warnings.warn("an old converter", DeprecationWarning, stacklevel=2)
        return raw.decode()

    monkeypatch.setitem(sqlite3.converters, "OLD", convert)
    conn = open_travel(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
    conn.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a OLD); INSERT INTO t VALUES (1, 'x')")
    with pytest.warns(DeprecationWarning, match="an old converter") as caught:
        assert conn.history("t", 1)[0].row == {"id": 1, "a": "x"}
    assert {warning.filename for warning in caught} == {__file__}


def test_history_of_what_has_none(open_travel):
    conn = open_travel(":memory:", time_travel_tables="explicit")
    conn.execute("CREATE TABLE t (a)")
    with pytest.raises(sqlite3.OperationalError, match="'t' keeps no history"):
        conn.history("t", 1)
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        conn.history("nowhere", 1)


def test_restore_a_table(conn, past):
    done = conn.restore("t", at=past)
    assert rows(conn, "SELECT * FROM t") == THEN
    assert rows(conn, "SELECT * FROM other") == [("k", "w")]
    assert done.tables["t"].total >= 4 and not conn.in_transaction


def test_a_restoration_is_a_change_like_any_other(conn, past, moment):
    before = rows(conn, "SELECT * FROM t")
    undo = moment()
    conn.restore("t", at=past)
    conn.restore("t", at=undo)
    assert rows(conn, "SELECT * FROM t") == before
    assert rows(conn, "SELECT * FROM t AS OF ?", past) == THEN


def test_restore_everything(conn, past):
    conn.execute("CREATE TABLE later (a)")
    conn.execute("INSERT INTO later VALUES (1)")
    conn.commit()
    done = conn.restore(at=past)
    assert rows(conn, "SELECT * FROM t") == THEN
    assert rows(conn, "SELECT * FROM other") == [("k", "v")]
    assert done.left_alone == ("later",) and rows(conn, "SELECT * FROM later") == [(1,)]


def test_a_dry_run_changes_nothing(conn, past):
    before = rows(conn, "SELECT * FROM t")
    commits = rows(conn, "SELECT txn FROM heliosdb_timetravel_commits")
    done = conn.restore(at=past.isoformat(), dry_run=True)
    assert done.total >= 5
    assert rows(conn, "SELECT * FROM t") == before
    assert rows(conn, "SELECT txn FROM heliosdb_timetravel_commits") == commits
    assert not conn.in_transaction


def test_restore_inside_a_transaction_is_part_of_it(conn, past):
    before = rows(conn, "SELECT * FROM t")
    conn.execute("INSERT INTO other VALUES ('open', 1)")
    conn.restore("t", at=past)
    conn.rollback()
    assert rows(conn, "SELECT * FROM t") == before


def test_restore_writes_only_what_differs(conn, moment):
    conn.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, a)")
    conn.executemany("INSERT INTO big VALUES (?, 0)", [(number,) for number in range(500)])
    conn.commit()
    then = moment()
    conn.executescript(
        "UPDATE big SET a = 1 WHERE id < 3; DELETE FROM big WHERE id = 7; INSERT INTO big VALUES (900, 9)"
    )
    changes = conn.restore("big", at=then).tables["big"]
    assert (changes.updated, changes.inserted, changes.deleted) == (3, 1, 1)


def test_restore_keeps_foreign_keys_and_leaves_triggers_of_users_out(conn, moment):
    conn.executescript(
        """PRAGMA foreign_keys = ON; CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE log (x);
           CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
           CREATE TRIGGER said AFTER INSERT ON p BEGIN INSERT INTO log VALUES (NEW.id); END;
           CREATE TEMP TABLE here (x);
           CREATE TEMP TRIGGER heard AFTER INSERT ON main.p BEGIN INSERT INTO here VALUES (NEW.id); END;
           INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (10, 1), (20, 2)"""
    )
    then = moment()
    conn.executescript(
        "DELETE FROM p WHERE id = 1; INSERT INTO p VALUES (3); INSERT INTO c VALUES (30, 3); UPDATE c SET p = 3"
    )
    logged = rows(conn, "SELECT * FROM log")
    conn.restore("p", at=then)  # a row of c refers to 3, and goes with it
    conn.restore(at=then)
    assert rows(conn, "SELECT * FROM c") == [(10, 1), (20, 2)]
    assert rows(conn, "PRAGMA foreign_key_check") == []
    conn.execute("INSERT INTO p VALUES (9)")
    assert len(rows(conn, "SELECT * FROM log")) == len(rows(conn, "SELECT * FROM log AS OF ?", then)) + 1
    assert len(logged) == 3
    assert rows(conn, "SELECT * FROM here") == [(1,), (2,), (3,), (9,)]


def test_restore_does_not_go_back_further_than_the_history(conn, past, file, open_travel, plain, moment):
    plain.executescript("CREATE TABLE old (a); INSERT INTO old VALUES (1)")
    before = moment()
    adopting = open_travel()
    with pytest.raises(sqlite3.DataError, match="'old' does not go back to"):
        adopting.restore("old", at=before)
    with pytest.raises(sqlite3.DataError, match="'old' does not go back to"):
        adopting.restore(at=before)
    assert rows(adopting, "SELECT * FROM old") == [(1,)]


def test_restore_wants_to_know_which_state(conn, past):
    for given in ({}, {"at": past, "tag": "x"}):
        with pytest.raises(sqlite3.ProgrammingError, match="one of at=, tag= and transaction="):
            conn.restore("t", **given)


def test_a_tag_names_a_state(conn, past):
    conn.tag("before the change")
    conn.executescript("DELETE FROM t")
    assert len(rows(conn, "SELECT * FROM t AS OF TAG 'before the change'")) == 3
    assert len(rows(conn, "SELECT * FROM t WHERE id < ? AS OF TAG ?", 3, "before the change")) == 2
    conn.restore(tag="before the change")
    assert len(rows(conn, "SELECT * FROM t")) == 3
    with pytest.raises(sqlite3.IntegrityError, match="is there already"):
        conn.tag("before the change")
    with pytest.raises(sqlite3.ProgrammingError, match="not a name"):
        conn.tag("")
    with pytest.raises(sqlite3.DataError, match="no tag 'befor': the latest are 'before the change'"):
        rows(conn, "SELECT * FROM t AS OF TAG 'befor'")


def test_a_tag_inside_a_transaction_is_of_what_it_commits(conn, past):
    conn.execute("UPDATE t SET b = 100")
    conn.tag("changed")
    conn.commit()
    conn.execute("UPDATE t SET b = 200")
    conn.tag("never")
    conn.rollback()
    assert {b for (b,) in conn.execute("SELECT b FROM t AS OF TAG 'changed'")} == {100}
    with pytest.raises(sqlite3.DataError, match="no tag 'never'"):
        rows(conn, "SELECT * FROM t AS OF TAG 'never'")


def test_a_purge_inside_a_transaction_is_undone_with_it(conn, past, moment):
    before = conn.history("t", 1)
    later = moment()
    conn.execute("INSERT INTO t VALUES (9, 'mine', 0)")
    assert conn.purge_history("t", before=later).total
    conn.rollback()
    assert conn.history("t", 1) == before
    assert rows(conn, "SELECT * FROM t AS OF ?", past) == THEN


def test_purge_keeps_the_moment_and_all_after_it(conn, past, moment):
    later = moment()
    conn.executescript("UPDATE t SET b = 0")
    latest = rows(conn, "SELECT * FROM t AS OF ?", later)
    steps = []
    purged = conn.purge_history(
        before=later, step=2, progress=lambda table, rows: steps.append((table, rows))
    )
    assert purged.rows["t"] == purged.total - purged.rows["other"] > 2
    assert steps[0] == ("t", 2)
    assert rows(conn, "SELECT * FROM t AS OF ?", later) == latest
    with pytest.warns(HistoryWarning, match="the first recorded state is shown"):
        assert rows(conn, "SELECT * FROM t AS OF ?", past) == latest
    with pytest.raises(sqlite3.DataError, match="does not go back"):
        conn.restore("t", at=past)
    assert conn.purge_history(before=later).total == 0


def test_a_purge_that_did_not_come_to_its_end_is_gone_on_with(conn, past, moment):
    def stop(*_):
        raise KeyboardInterrupt

    later = moment()
    left = "SELECT count(*) FROM heliosdb_timetravel_1_history"
    ((before,),) = rows(conn, left)
    with pytest.raises(KeyboardInterrupt):
        conn.purge_history("t", before=later, step=1, progress=stop)
    assert rows(conn, left) == [(before - 1,)]
    assert conn.purge_history("t", before=later).total == before - 1


@pytest.mark.parametrize("back", [0, 3600], ids=["now", "the clock has gone back"])
def test_what_comes_after_a_purge_of_all_that_was_is_known(conn, past, monkeypatch, back):
    import time

    now = time.time_ns() // 1000 - back * 10**6
    with monkeypatch.context() as context:
        context.setattr(time, "time_ns", lambda: now * 1000)
        conn.purge_history(before=datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=now))
    conn.executescript("DELETE FROM t")
    conn.tag("empty")
    conn.executescript("INSERT INTO t (id) VALUES (1)")
    assert rows(conn, "SELECT * FROM t AS OF TAG 'empty'") == []
    assert conn.restore("t", tag="empty").total == 1


def test_another_connection_learns_of_a_purge(file, open_travel, moment):
    one, two = open_travel(), open_travel()
    one.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1)")
    then = moment()
    one.executescript("UPDATE t SET a = 2")
    sql = "SELECT a FROM t AS OF ?"
    assert rows(two, sql, then) == [(1,)]
    one.purge_history(before=moment())
    with pytest.warns(HistoryWarning):
        assert rows(two, sql, then) == [(2,)]


def test_purge_by_the_retention_of_each_table(conn, past, monkeypatch):
    with pytest.raises(sqlite3.ProgrammingError, match="Give before=, or the table a retention"):
        conn.purge_history("t")
    assert conn.purge_history().rows == {}
    conn.execute("ALTER TABLE t ADD SYSTEM VERSIONING WITH (history_retention = '2 hours')")
    assert conn.purge_history().rows == {"t": 0}
    import time

    real = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: real + 3 * 3600 * 10**9)
    assert conn.purge_history().rows["t"] > 0
    conn.execute("ALTER TABLE t ADD SYSTEM VERSIONING WITH (history_retention = 'forever')")
    assert conn.purge_history().rows == {}
    with pytest.raises(sqlite3.ProgrammingError, match="in the future"):
        conn.purge_history(before=datetime.now(timezone.utc) + timedelta(days=1))


def test_nothing_is_left_of_a_dropped_table_whose_history_is_purged(conn, past, moment):
    conn.execute("DROP TABLE t")
    conn.purge_history(before=moment())
    assert [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE name GLOB '*_1_*'")] == []
    with pytest.raises(sqlite3.OperationalError, match="no such table: t"):
        rows(conn, "SELECT * FROM t AS OF ?", past)


def test_a_purge_leaves_a_table_alone_that_once_had_the_name(conn, moment):
    conn.executescript(
        "CREATE TABLE a (id INTEGER PRIMARY KEY); INSERT INTO a VALUES (1); DELETE FROM a; ALTER TABLE a RENAME TO b;"
        "CREATE TABLE a (id INTEGER PRIMARY KEY)"
    )
    conn.purge_history("a", before=moment())
    assert [version.operation for version in conn.history("b", 1)] == ["INSERT", "DELETE"]


def test_a_name_with_a_point_in_it(conn, moment):
    conn.executescript('CREATE TABLE "a.b" (id INTEGER PRIMARY KEY); INSERT INTO "a.b" VALUES (1)')
    then = moment()
    conn.executescript('DELETE FROM "a.b"')
    assert conn.restore("a.b", at=then).total == 1
    assert [version.operation for version in conn.history("a.b", 1)] == ["INSERT", "DELETE", "INSERT"]


def test_rows_without_a_key_come_back_beside_others_that_have_their_rowids(conn, moment):
    conn.executescript("CREATE TABLE t (x, y, PRIMARY KEY (x, y))")
    conn.executescript("INSERT INTO t (rowid, x) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    then = moment()
    conn.executescript("DELETE FROM t; INSERT INTO t (rowid, x, y) VALUES (1, 1, 1), (2, 2, 2)")
    both = moment()
    for at, expected in ((then, ["a", "b", "c"]), (both, [1, 2])):
        conn.restore("t", at=at)
        assert [x for (x,) in conn.execute("SELECT x FROM t ORDER BY x")] == expected


def test_a_state_that_breaks_a_foreign_key_is_brought_back_only_with_those_off(
    file, open_travel, plain, moment
):
    conn = open_travel()
    conn.executescript(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p)"
    )
    plain.execute("INSERT INTO c VALUES (1, 7)")  # a program that does not enforce them
    plain.commit()
    then = moment()
    conn.execute("DELETE FROM c")
    conn.commit()
    conn.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(
        sqlite3.IntegrityError, match="FOREIGN KEY constraint failed: rows of then refer to others"
    ):
        conn.restore(at=then)
    assert conn.execute("SELECT * FROM c").fetchall() == []
    conn.execute("PRAGMA foreign_keys = OFF")
    assert conn.restore(at=then).total == 1


def test_whatever_texts_are_made_into(conn, past, moment):
    conn.text_factory = bytes
    versions = conn.history("t", 1)
    assert versions[0].operation == "INSERT" and versions[0].time is not None
    then = moment()
    conn.execute("DELETE FROM t")
    conn.commit()
    assert conn.restore("t", at=then).total > 0


def test_what_the_methods_return_can_be_named_in_annotations():
    for name in heliosdb_timetravel.__all__:
        assert isinstance(getattr(heliosdb_timetravel, name), type)
    assert not hasattr(heliosdb_timetravel, "Versions")
