"""kill -9 at every step: there is a branch, whole, or there is none; a merge has happened, or it has not."""

from __future__ import annotations

import os
import sqlite3 as standard
from pathlib import Path

import pytest

import heliosdb_sqlite
from heliosdb_branching.branches import creating, deleting
from heliosdb_branching.merging import merge as merging
from heliosdb_branching.merging import undo as undoing
from heliosdb_branching.merging.job import Request
from heliosdb_branching.opening import Opener
from heliosdb_sqlite.testing import assert_intact, crash, crash_point, crash_points

pytestmark = pytest.mark.ends

CREATE = ["prepared", "locked", "snapshot", "copied", "made", "registered", "shown"]


EXHAUSTIVE = [pytest.param(step, marks=pytest.mark.exhaustive) for step in ("copied", "made")]


def prepare(path, *, mode="delete", big=False):
    conn = heliosdb_sqlite.connect(path)
    conn.execute(f"PRAGMA journal_mode = {mode}")
    conn.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)"
    )
    if big:
        conn.execute("CREATE TABLE big (data)")
        conn.executemany("INSERT INTO big VALUES (?)", [(os.urandom(4000),) for _ in range(1500)])
        conn.commit()
    return conn


def create(path):
    creating.create(Opener(str(path)), "b", step=crash_point)


@pytest.mark.parametrize(
    ("mode", "step"),
    [
        *(("delete", step) for step in CREATE),
        *(pytest.param("wal", step, marks=pytest.mark.exhaustive) for step in CREATE),
    ],
)
def test_a_killed_create_leaves_no_branch_or_a_whole_one(tmp_path, mode, step):
    path = tmp_path / "a.db"
    conn = prepare(path, mode=mode)
    crash(create, path, point=step)
    assert_intact(path)
    found = [each for each in conn.list_branches() if each.name == "b"]
    if found:
        assert [each.state for each in found] == ["ready"]
        branch = heliosdb_sqlite.connect(path, branch="b")
        assert branch.execute("SELECT * FROM t").fetchall() == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
        branch.execute("UPDATE t SET a = 9 WHERE id = 1")
        branch.commit()
        branch.close()
        assert conn.merge_branch("b").total_row_changes == 1
        conn.delete_branch("b")
    else:
        assert step not in ("registered", "shown")
        conn.create_branch("b")
        conn.delete_branch("b")
    assert os.listdir(f"{path}-branches") == []
    conn.close()


@pytest.mark.parametrize("step", ["registered", "shown", *EXHAUSTIVE])
def test_a_killed_copy_behind_says_what_happened(tmp_path, monkeypatch, step):
    path = tmp_path / "a.db"
    conn = prepare(path, mode="wal", big=True)
    crash(create_without_sharing, path, point=step)
    (found,) = [each for each in conn.list_branches() if each.name == "b"]
    if step == "shown":
        heliosdb_sqlite.connect(path, branch="b").close()
    else:
        assert found.state == "interrupted"
        with pytest.raises(
            heliosdb_sqlite.OperationalError, match=r"was killed: delete_branch.'b'. and create it again"
        ):
            heliosdb_sqlite.connect(path, branch="b")
        with pytest.raises(heliosdb_sqlite.OperationalError, match="was killed"):
            conn.merge_branch("b")
        conn.create_branch("b")
    conn.delete_branch("b")
    assert os.listdir(f"{path}-branches") == []
    conn.close()


def create_without_sharing(path):
    from heliosdb_branching.files import copying

    copying.clone = lambda *_: False
    create(path)
    import threading

    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()


def diverge(path, mode="delete"):
    conn = prepare(path, mode=mode)
    conn.create_branch("b")
    branch = heliosdb_sqlite.connect(path, branch="b")
    branch.execute("UPDATE t SET a = 10 WHERE id = 1")
    branch.execute("DELETE FROM t WHERE id = 2")
    branch.execute("INSERT INTO t VALUES (4, 4, 4)")
    branch.commit()
    branch.execute("ALTER TABLE t ADD COLUMN c DEFAULT 5")
    branch.execute("CREATE TABLE u (x)")
    branch.execute("INSERT INTO u VALUES (1)")
    branch.commit()
    branch.close()
    conn.execute("UPDATE t SET b = 30 WHERE id = 1")
    conn.commit()
    return conn


BEFORE = [(1, 1, 30), (2, 2, 2), (3, 3, 3)]
AFTER = [(1, 10, 30, 5), (3, 3, 3, 5), (4, 4, 4, 5)]


def merge(path):
    request = Request("b", "main", "abort", False, False, crash_point)
    merging.merge(Opener(str(path)), request)


@pytest.mark.parametrize(("point", "done"), [("applied", False), ("committed", True)])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_killed_merge_has_happened_or_not(tmp_path, mode, point, done):
    path = tmp_path / "a.db"
    conn = diverge(path, mode)
    crash(merge, path, point=point)
    assert_intact(path)
    assert conn.execute("SELECT * FROM t").fetchall() == (AFTER if done else BEFORE)
    conn.merge_branch("b")
    assert conn.execute("SELECT * FROM t").fetchall() == AFTER
    conn.undo_merge("b")
    assert conn.execute("SELECT * FROM t").fetchall() == BEFORE
    conn.close()


def undo(path):
    undoing.undo(Opener(str(path)), "b", step=crash_point)


def test_a_killed_undo_has_not_happened(tmp_path):
    path = tmp_path / "a.db"
    conn = diverge(path)
    conn.merge_branch("b")
    crash(undo, path, point="applied")
    assert_intact(path)
    assert conn.execute("SELECT * FROM t").fetchall() == AFTER
    conn.undo_merge("b")
    assert conn.execute("SELECT * FROM t").fetchall() == BEFORE
    conn.close()


def delete(path):
    deleting.delete(Opener(str(path)), "b", step=crash_point)


def before_every_statement(path, action):
    real = Opener._connect

    def connect(self, file, **keywords):
        connection = real(self, file, **keywords)
        connection.set_trace_callback(lambda _: crash_point("statement"))
        return connection

    Opener._connect = connect
    {"create": create_another, "merge": merge, "undo": undo, "delete": delete}[action](path)


def create_another(path):
    creating.create(Opener(str(path)), "another", step=crash_point)


def check_create(conn):
    if [each.name for each in conn.list_branches()] == ["main", "b"]:
        conn.create_branch("another")
    branch = heliosdb_sqlite.connect(
        conn.get_branch_info("another").path.rpartition("-branches")[0], branch="another"
    )
    assert branch.execute("SELECT * FROM t").fetchall() == BEFORE
    branch.execute("UPDATE t SET a = 5 WHERE id = 3")
    branch.commit()
    branch.close()
    assert conn.merge_branch("another").total_row_changes == 1
    assert conn.merge_branch("b").total_row_changes == 4


def check_merge(conn):
    assert conn.execute("SELECT * FROM t").fetchall() in (BEFORE, AFTER)
    conn.merge_branch("b")
    assert conn.execute("SELECT * FROM t").fetchall() == AFTER
    conn.undo_merge("b")
    assert conn.execute("SELECT * FROM t").fetchall() == BEFORE


def check_undo(conn):
    if conn.execute("SELECT * FROM t").fetchall() == AFTER:
        conn.undo_merge("b")
    assert conn.execute("SELECT * FROM t").fetchall() == BEFORE
    conn.merge_branch("b")
    assert conn.execute("SELECT * FROM t").fetchall() == AFTER


def check_delete(conn):
    if [each.name for each in conn.list_branches()] == ["main", "b"]:
        assert conn.merge_branch("b").total_row_changes == 4
        conn.delete_branch("b")
    assert conn.execute("SELECT * FROM t").fetchall() in (BEFORE, AFTER)
    conn.create_branch("b")
    conn.delete_branch("b")


CHECKS = {"create": check_create, "merge": check_merge, "undo": check_undo, "delete": check_delete}


def die_anywhere(folder, action, first, step):
    path = folder / "a.db"
    conn = diverge(path)
    if action == "undo":
        conn.merge_branch("b")
    conn.close()
    originals = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    points = crash_points(before_every_statement, path, action, point="statement")
    assert points > 20
    for after in range(first, points + 1, step):
        restore(folder, originals)
        crash(before_every_statement, path, action, after=after, point="statement")
        assert_intact(path)
        conn = heliosdb_sqlite.connect(path)
        CHECKS[action](conn)
        for each in conn.list_branches()[1:]:
            conn.delete_branch(each.name)
        assert os.listdir(f"{path}-branches") == []
        conn.close()


def restore(folder, originals):
    for each in [each for each in folder.rglob("*") if each.is_file()]:
        each.unlink()
    for each, content in originals.items():
        Path(each).parent.mkdir(exist_ok=True)
        Path(each).write_bytes(content)


@pytest.mark.parametrize("action", ["create", "merge"])
def test_killed_anywhere(tmp_path, action):
    die_anywhere(tmp_path, action, 37, 60)


@pytest.mark.exhaustive
@pytest.mark.parametrize("first", range(1, 13))
@pytest.mark.parametrize("action", CHECKS)
def test_killed_everywhere(tmp_path, action, first):
    die_anywhere(tmp_path, action, first, 12)


@pytest.mark.parametrize("step", ["poisoned", "unregistered", "closed", "removed"])
@pytest.mark.parametrize("mode", ["delete", pytest.param("wal", marks=pytest.mark.exhaustive)])
def test_a_killed_delete_leaves_the_branch_or_none(tmp_path, mode, step):
    path = tmp_path / "a.db"
    conn = diverge(path, mode)
    crash(delete, path, point=step)
    assert_intact(path)
    there = [each.name for each in conn.list_branches()]
    if step == "poisoned":
        assert there == ["main", "b"]
        branch = heliosdb_sqlite.connect(path, branch="b")
        branch.execute("UPDATE t SET a = 0")
        branch.commit()
        branch.close()
    else:
        assert there == ["main"]
        assert os.listdir(f"{path}-branches") == []
    conn.close()


def test_leftovers_that_the_registry_does_not_know_are_kept(tmp_path):
    """They may be branches of the state before a backup was restored."""
    path = tmp_path / "a.db"
    conn = prepare(path)
    conn.close()
    backup = path.read_bytes()
    conn = heliosdb_sqlite.connect(path)
    made = conn.create_branch("b")
    conn.close()
    after = path.read_bytes()
    path.write_bytes(backup)
    conn = heliosdb_sqlite.connect(path)
    assert [each.name for each in conn.list_branches()] == ["main"]
    conn.create_branch("c")
    conn.delete_branch("c")
    assert os.path.exists(made.path)
    conn.close()
    path.write_bytes(after)
    conn = heliosdb_sqlite.connect(path, branch="b")
    assert conn.execute("SELECT count(*) FROM t").fetchone() == (3,)
    conn.close()


def test_a_plain_reader_finds_main_whole_after_a_crash(tmp_path):
    path = tmp_path / "a.db"
    diverge(path).close()
    crash(merge, path, point="applied")
    plain = standard.connect(path)
    assert plain.execute("SELECT * FROM t").fetchall() == BEFORE
    plain.close()
