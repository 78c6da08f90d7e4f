"""Branches that are opened and listed."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

import heliosdb_sqlite


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


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


@pytest.mark.parametrize("query", ["mode=ro", "immutable=1", "pragma"])
def test_a_connection_that_only_reads_changes_no_branches(main, branch, path, connect, query):
    branch.execute("UPDATE fruit SET price = 9")
    branch.commit()
    reading = connect(path) if query == "pragma" else connect(f"{path.as_uri()}?{query}", uri=True)
    if query == "pragma":
        reading.execute("PRAGMA query_only = 1")
    for call in (
        lambda: reading.create_branch("c"),
        lambda: reading.merge_branch("b"),
        lambda: reading.delete_branch("b"),
        lambda: reading.undo_merge("b"),
    ):
        with pytest.raises(heliosdb_sqlite.OperationalError, match="attempt to write a readonly database"):
            call()
    assert [each.name for each in reading.list_branches()] == ["main", "b"]
    assert reading.compare_branches("main", "b").tables_modified == ("fruit",)
    assert reading.merge_branch("b", dry_run=True).total_row_changes == 3
    assert main.execute("SELECT count(*) FROM fruit WHERE price = 9").fetchone() == (0,)


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


@pytest.mark.parametrize("file", ["'../other.db'", "'/other.db'", "'other.txt'", "''", "x'00'"])
def test_a_registry_can_t_name_files_elsewhere(main, branch, on, path, file):
    branch.close()
    other = path.with_name("other.db")
    other.write_bytes(b"somebody's")
    write(main, f"UPDATE _heliosdb_branches SET file = {file}")
    for use in (lambda: on("b"), lambda: main.merge_branch("b"), lambda: main.delete_branch("b")):
        with pytest.raises(heliosdb_sqlite.DatabaseError, match=r"names b?'.*', which is no branch's file"):
            use()
    assert other.read_bytes() == b"somebody's"


@pytest.mark.parametrize("junk", ["'7'", "'no JSON'", "x'00'"])
def test_a_log_that_somebody_wrote_to_is_said_to_be_damaged(main, branch, junk):
    write(branch, f"UPDATE _heliosdb_log_versions SET columns = {junk}")
    with pytest.raises(heliosdb_sqlite.DatabaseError, match="written to _heliosdb_log_versions"):
        main.merge_branch("b")


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
