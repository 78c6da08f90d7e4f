"""Opening, listing, comparing, undoing and deleting branches."""

from __future__ import annotations

import gc
import io
import json
import os
import sqlite3 as standard
import subprocess
import sys
import threading

import pytest

import heliosdb_sqlite
from heliosdb_branching import MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


# ---- opening and listing ----


def test_a_branch_that_is_not_there(main, on, path):
    main.create_branch("experiment")
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match="no such branch: 'experimnt': did you mean 'experiment'"
    ):
        on("experimnt")
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match=r"there is no .*nothing.db', and so no branch of it"
    ):
        heliosdb_sqlite.connect(path.with_name("nothing.db"), branch="b")
    assert not path.with_name("nothing.db").exists()


def test_main_by_its_name(main, on, rows, connect):
    assert rows(on("main")) == rows(main)
    conn = connect(":memory:", branch="main")
    with pytest.raises(heliosdb_sqlite.NotSupportedError, match="in memory"):
        conn.list_branches()


def test_a_branch_by_a_uri(main, branch, path, connect, rows):
    assert rows(connect(f"{path.as_uri()}?cache=private", uri=True, branch="b")) == rows(branch)
    reader = connect(f"{path.as_uri()}?mode=ro", uri=True, branch="main")
    assert rows(reader) == rows(main)


def test_a_connection_that_only_reads_can_call_every_method(main, path, connect, rows):
    reader = connect(f"{path.as_uri()}?mode=ro", uri=True)
    reader.create_branch("b")
    branch = connect(path, branch="b")
    branch.execute("DELETE FROM fruit WHERE id > 1")
    branch.commit()
    assert reader.compare_branches("main", "b").total_row_changes == 2
    assert reader.merge_branch("b").total_row_changes == 2
    assert len(rows(reader)) == 1
    reader.undo_merge("b")
    reader.delete_branch("b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="attempt to write a readonly database"):
        reader.execute("DELETE FROM fruit")
    assert len(rows(main)) == 3


def test_the_file_of_a_branch_is_no_database_of_its_own(main, branch, connect):
    conn = connect(main.get_branch_info("b").path)
    with pytest.raises(heliosdb_sqlite.ProgrammingError, match="is the file of a branch: open its database"):
        conn.create_branch("c")


def test_a_missing_file_is_told(main, branch, on):
    branch.close()
    info = main.get_branch_info("b")
    os.rename(info.path, info.path + ".away")
    assert main.get_branch_info("b").state == "missing"
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match=r"the file of branch 'b' is missing: put '.*' back"
    ):
        on("b")
    os.rename(info.path + ".away", info.path)
    on("b")


@pytest.mark.parametrize("file", ["../other.db", "/other.db", "other.txt", ""])
def test_a_registry_can_t_name_files_elsewhere(main, branch, on, path, file):
    branch.close()
    other = path.with_name("other.db")
    other.write_bytes(b"somebody's")
    write(main, f"UPDATE _heliosdb_branches SET file = '{file}'")
    for use in (lambda: on("b"), lambda: main.merge_branch("b"), lambda: main.delete_branch("b")):
        with pytest.raises(heliosdb_sqlite.DatabaseError, match=f"names '{file}', which is no branch's file"):
            use()
    assert other.read_bytes() == b"somebody's"


def test_a_branch_is_active_while_any_process_has_it_open(main, on, path):
    main.create_branch("b")
    assert not main.get_branch_info("b").is_active
    code = (
        "import heliosdb_sqlite, sys; c = heliosdb_sqlite.connect(sys.argv[1], branch='b');"
        " print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        assert main.get_branch_info("b").is_active
        other.kill()
    assert not main.get_branch_info("b").is_active
    conn = on("b")
    assert main.get_branch_info("b").is_active
    conn.close()
    assert not main.get_branch_info("b").is_active
    assert main.get_branch_info("main").is_active


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_connection_that_is_forgotten_is_not_open(main, path):
    main.create_branch("b")
    heliosdb_sqlite.connect(path, branch="b")
    gc.collect()
    assert not main.get_branch_info("b").is_active


def test_commits_are_counted(main, branch):
    write(branch, "UPDATE fruit SET price = 1", "UPDATE fruit SET price = 2")
    with branch:
        branch.execute("DELETE FROM fruit")
    branch.execute("CREATE TABLE t (x)")
    branch.execute("SELECT 1")
    branch.commit()
    branch.execute("DELETE FROM t")
    branch.rollback()
    branch.executescript("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
    assert main.get_branch_info("b").commits == 5
    assert main.get_branch_info("main").commits == 0
    main.create_branch("c", from_branch="b")
    assert main.get_branch_info("c").commits == 0


def test_branches_are_listed_as_they_were_made(main, branch):
    main.create_branch("a")
    found = main.list_branches()
    assert [(each.name, each.parent) for each in found] == [("main", None), ("b", "main"), ("a", "main")]
    assert all(each.size_mb > 0 and each.age_days >= 0 for each in found)
    assert found[1].created_at <= found[2].created_at


# ---- comparing ----


def test_a_comparison_has_what_the_branch_changed(main, branch):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, x'00')")
    write(main, "UPDATE fruit SET price = 3 WHERE id = 3")  # on main alone: not the branch's
    diff = main.compare_branches("main", "b")
    assert (diff.tables_modified, diff.total_row_changes, diff.schema, diff.scanned) == (
        ("fruit",),
        3,
        (),
        False,
    )
    assert (diff.tables["fruit"].added, diff.tables["fruit"].changed, diff.tables["fruit"].removed) == (
        1,
        1,
        1,
    )
    assert [(each.kind, each.key) for each in diff.rows("fruit")] == [
        ("changed", (1,)), ("removed", (2,)), ("added", (7,)),
    ]  # fmt: skip
    (changed, *_) = diff.rows()
    assert (changed.before["price"], changed.after["price"]) == (1.5, 9.0)
    full = main.compare_branches("main", "b", full=True)
    assert (full.total_row_changes, full.scanned) == (4, True)


def test_the_other_way_round(main, branch):
    write(branch, "INSERT INTO fruit (id) VALUES (7)")
    diff = main.compare_branches("b", "main")
    assert [(each.kind, each.key) for each in diff.rows()] == [("removed", (7,))]
    assert not main.compare_branches("b", "b")
    assert not main.compare_branches("main", "main")


def test_siblings(main, branch, on):
    main.create_branch("c")
    other = on("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id IN (1, 2)")
    write(other, "UPDATE fruit SET price = 9 WHERE id IN (2, 3)")
    diff = main.compare_branches("b", "c")
    assert {each.key for each in diff.rows()} == {(1,), (3,)}


def test_changes_taken_back_are_no_difference(main, branch):
    write(branch, "UPDATE fruit SET price = 9")
    write(branch, "UPDATE fruit SET price = CASE id WHEN 1 THEN 1.5 WHEN 2 THEN 2.5 ELSE 0.5 END")
    assert main.compare_branches("main", "b").total_row_changes == 0


def test_a_comparison_as_sql_makes_one_what_the_other_is(main, branch, connect, path, rows):
    write(
        branch, "UPDATE fruit SET name = 'it''s', price = NULL WHERE id = 1", "DELETE FROM fruit WHERE id = 2"
    )
    write(
        branch, "INSERT INTO fruit VALUES (7, 'a' || char(0) || 'b', 9e999, x'00ff')", "CREATE TABLE t (a, b)"
    )
    write(branch, "INSERT INTO t VALUES (1, 2), (3, 4)", "CREATE INDEX i ON t (a)")
    copy = connect(path.with_name("copy.db"))
    main.backup(copy)
    text = io.StringIO()
    main.compare_branches("main", "b").to_sql(text)
    copy.executescript(text.getvalue())
    for sql in ("SELECT * FROM fruit ORDER BY id", "SELECT rowid, * FROM t"):
        assert rows(copy, sql) == rows(branch, sql)


def test_a_comparison_as_json(main, branch):
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, x'00')")
    found = json.loads(main.compare_branches("main", "b").to_json())
    assert found["tables"] == {"fruit": {"added": 1, "changed": 0, "removed": 0, "scanned": False}}
    assert found["rows"][0]["after"] == {"id": 7, "name": "kiwi", "price": 1.0, "stock": {"blob": "00"}}


# ---- undoing ----


def test_an_undone_merge_can_be_merged_again(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, x'00')")
    before = rows(main)
    main.merge_branch("b")
    after = rows(main)
    write(main, "INSERT INTO fruit VALUES (8, 'lime', 1, 1)")  # beside what was merged
    report = main.undo_merge("b")
    assert report.tables["fruit"].total == 3
    assert rows(main) == [*before, (8, "lime", 1.0, 1)]
    main.merge_branch("b")
    assert rows(main) == [*after, (8, "lime", 1.0, 1)]


def test_what_was_changed_since_is_not_overwritten(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9")
    main.merge_branch("b")
    write(main, "UPDATE fruit SET price = 10 WHERE id = 1")
    before = rows(main)
    with pytest.raises(MergeConflict, match="changed since the merge") as caught:
        main.undo_merge("b")
    assert [(each.key, each.base["price"], each.ours["price"]) for each in caught.value.conflicts] == [
        ((1,), 9.0, 10.0)
    ]
    assert rows(main) == before
    write(main, "UPDATE fruit SET stock = 0, price = 9 WHERE id = 1")  # another cell is no matter
    main.undo_merge("b")
    assert rows(main)[0] == (1, "apple", 1.5, 0)


def test_only_the_last_merge_can_be_undone_and_only_once(main, branch, rows):
    with pytest.raises(heliosdb_sqlite.OperationalError, match="has not been merged into 'main'"):
        main.undo_merge("b")
    write(branch, "UPDATE fruit SET price = 8")
    main.merge_branch("b")
    write(branch, "UPDATE fruit SET price = 9")
    main.merge_branch("b")
    main.merge_branch("b")  # of nothing: the one before stays the last
    main.undo_merge("b")
    assert {row[2] for row in rows(main)} == {8.0}
    with pytest.raises(heliosdb_sqlite.OperationalError, match="undone already"):
        main.undo_merge("b")
    branch.close()
    main.delete_branch("b")
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match="no such branch: 'b': a merge can be undone as long as"
    ):
        main.undo_merge("b")


def test_a_new_table_that_was_written_to_is_not_dropped(main, branch):
    write(branch, "CREATE TABLE t (x)", "ALTER TABLE fruit ADD COLUMN kind")
    main.merge_branch("b")
    write(main, "INSERT INTO t VALUES (1)", "UPDATE fruit SET kind = 1")
    with pytest.raises(MergeConflict, match="it was written to since"):
        main.undo_merge("b")
    assert main.execute("SELECT * FROM t").fetchall() == [(1,)]


def test_a_merge_into_a_branch_is_undone_there(main, branch, on, rows):
    main.create_branch("c", from_branch="b")
    third = on("c")
    write(third, "UPDATE fruit SET price = 9")
    main.merge_branch("c", into="b")
    main.undo_merge("c", into="b")
    assert rows(branch) == rows(main)


# ---- deleting ----


def test_a_deleted_branch_is_gone(main, branch, files):
    branch.close()
    main.delete_branch("b")
    assert (files(), [each.name for each in main.list_branches()]) == ([], ["main"])
    with pytest.raises(heliosdb_sqlite.OperationalError, match="no such branch"):
        main.delete_branch("b")
    with pytest.raises(heliosdb_sqlite.ProgrammingError, match="main is the database itself"):
        main.delete_branch("main")
    main.create_branch("b")


def test_whoever_has_it_open_can_read_and_not_write(main, branch, rows):
    plain = standard.connect(main.get_branch_info("b").path)
    rows(plain)
    reading = branch.execute("SELECT * FROM fruit")
    reading.fetchone()
    main.delete_branch("b")
    assert len(reading.fetchall()) == 2
    for connection, error in ((branch, heliosdb_sqlite.Error), (plain, standard.Error)):
        with pytest.raises(error, match="branch 'b' was deleted"):
            connection.execute("UPDATE fruit SET price = 9")
        connection.rollback()
        assert len(rows(connection)) == 3
    with pytest.raises(heliosdb_sqlite.OperationalError, match="branch 'b' was deleted"):
        branch.execute("CREATE TABLE t (x)")
    plain.close()


def test_uncommitted_work_goes_with_the_branch_and_is_told(main, branch, files):
    branch.execute("DELETE FROM fruit")
    main.delete_branch("b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="branch 'b' was deleted"):
        branch.commit()
    branch.rollback()
    assert files() == []


def test_a_child_outlives_its_parent(main, branch, on, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.create_branch("c", from_branch="b")
    branch.close()
    main.delete_branch("b")
    child = on("c")
    write(child, "UPDATE fruit SET stock = 9 WHERE id = 1")
    assert [(each.name, each.parent) for each in main.list_branches()] == [("main", None), ("c", "b")]
    main.merge_branch("c")
    assert rows(main)[0] == (1, "apple", 9.0, 9)


def test_files_that_can_not_be_removed_are_removed_later(main, branch, files, monkeypatch):
    from heliosdb_branching.files import state

    def busy(path):
        if path.endswith(".db"):
            raise PermissionError(13, "in use", path)
        real(path)

    real = os.unlink
    monkeypatch.setattr(state.os, "unlink", busy)
    branch.close()
    main.delete_branch("b")
    assert [each.name for each in main.list_branches()] == ["main"]
    assert [name for name in files() if name.endswith(".db")] != []
    monkeypatch.undo()
    main.list_branches()
    assert files() == []


# ---- many at once ----

BUSY = """
import sys, heliosdb_sqlite
path, who = sys.argv[1:]
conn = heliosdb_sqlite.connect(path, timeout=60)
for turn in range(6):
    name = f"{who}-{turn}"
    conn.create_branch(name)
    branch = heliosdb_sqlite.connect(path, branch=name, timeout=60)
    branch.execute("INSERT INTO done VALUES (?, ?)", (who, turn))
    branch.execute("UPDATE fruit SET stock = stock + 1 WHERE id = ?", (int(who),))
    branch.commit()
    conn.merge_branch(name)
    if turn % 2:
        branch.close()
    conn.delete_branch(name)
    branch.close()
    conn.list_branches()
conn.close()
"""


@pytest.mark.parametrize("processes", [2])
def test_processes_make_merge_and_delete_at_once(main, path, rows, files, processes, journal):
    main.execute(f"PRAGMA journal_mode = {journal}")
    main.execute("CREATE TABLE done (who, turn, PRIMARY KEY (who, turn))")
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", BUSY, str(path), str(number)], stderr=subprocess.PIPE
        )
        for number in range(1, processes + 1)
    ]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said.decode()) == (0, "")
    assert rows(main, "SELECT count(*) FROM done") == [(6 * processes,)]
    assert [row[3] for row in rows(main)][:processes] == [16, 26][:processes]
    assert files() == []
    assert main.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_threads_share_a_branch(main, path):
    main.create_branch("b")

    def work(number):
        conn = heliosdb_sqlite.connect(path, branch="b", timeout=60)
        for each in range(10):
            with conn:
                conn.execute("INSERT INTO fruit (id) VALUES (?)", (100 * number + each,))
        conn.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert main.merge_branch("b").total_row_changes == 30
    assert main.get_branch_info("b").commits == 30
