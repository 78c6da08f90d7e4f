"""A merge goes on beside open connections, unfinished queries and writers, or says what it can't wait for."""

from __future__ import annotations

import sqlite3 as standard
import sys
import threading

import pytest

import heliosdb_sqlite


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def test_uncommitted_work_on_the_branch_is_refused_at_once(main, branch):
    branch.execute("UPDATE fruit SET price = 9")
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match="branch 'b' has uncommitted changes: commit them"
    ):
        main.merge_branch("b")
    branch.commit()
    assert main.merge_branch("b").total_row_changes == 3


def test_uncommitted_work_of_a_plain_program_is_refused_within_the_timeout(main, branch, path, connect):
    plain = standard.connect(main.get_branch_info("b").path)
    plain.execute("UPDATE fruit SET price = 9")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="uncommitted changes"):
        connect(path, timeout=0.1).merge_branch("b")
    plain.rollback()
    plain.close()


def test_unfinished_queries_on_both_sides_are_in_nobodys_way(main, branch, journal, rows):
    main.execute(f"PRAGMA journal_mode = {journal}")
    write(branch, "UPDATE fruit SET price = 9", "CREATE INDEX prices ON fruit (price)")
    there = branch.execute("SELECT * FROM fruit")
    there.fetchone()
    here = main.execute("SELECT * FROM fruit")
    here.fetchone()
    main.merge_branch("b")
    assert len(there.fetchall()) == len(here.fetchall()) == 2
    assert rows(main)[0][2] == 9.0


def test_a_merge_that_changes_nothing_ends_no_query(main, branch, journal, rows):
    main.execute(f"PRAGMA journal_mode = {journal}")
    for connection, price in ((main, 8), (branch, 9)):
        write(connection, f"UPDATE fruit SET price = {price}")
    here = main.execute("SELECT * FROM fruit")
    here.fetchone()
    assert len(main.merge_branch("b", dry_run=True).conflicts) == 3
    with pytest.raises(heliosdb_sqlite.IntegrityError, match="3 conflicts"):
        main.merge_branch("b")
    assert len(here.fetchall()) == 2
    assert rows(main)[0][2] == 8.0


def test_what_can_not_be_dropped_beside_a_query_says_so(main, on, rows):
    main.execute("CREATE INDEX prices ON fruit (price)")
    main.create_branch("b")
    write(on("b"), "DROP INDEX prices")
    here = main.execute("SELECT * FROM fruit")
    here.fetchone()
    with pytest.raises(heliosdb_sqlite.OperationalError, match="an unfinished query of the same connection"):
        main.merge_branch("b")
    here.close()
    assert main.merge_branch("b").schema == ("drop index prices",)


def test_a_busy_main_is_waited_for(main, branch, path):
    write(branch, "UPDATE fruit SET price = 9")
    other = standard.connect(path, check_same_thread=False)
    other.execute("UPDATE fruit SET stock = 0")
    timer = threading.Timer(0.3, other.commit)
    timer.start()
    main.merge_branch("b")
    timer.join()
    other.close()
    assert main.execute("SELECT DISTINCT price, stock FROM fruit").fetchall() == [(9.0, 0)]


def test_a_main_that_stays_busy_is_an_error_that_says_so(main, branch, path, connect):
    write(branch, "UPDATE fruit SET price = 9")
    other = standard.connect(path)
    other.execute("UPDATE fruit SET stock = 0")
    with pytest.raises(
        heliosdb_sqlite.OperationalError, match=r"database is locked: .main. .* nothing was merged"
    ):
        connect(path, timeout=0.1).merge_branch("b")
    other.close()


def test_the_callers_settings_play_no_part(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9")
    main.row_factory = heliosdb_sqlite.Row
    main.text_factory = bytes
    main.isolation_level = None
    assert main.merge_branch("b").total_row_changes == 3
    assert main.create_branch("c").name == "c"


def test_a_merge_from_a_connection_to_the_branch(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9")
    branch.merge_branch("b")
    assert rows(main) == rows(branch)


def test_connections_that_are_always_in_a_transaction(path, connect, rows):
    if sys.version_info < (3, 12):
        pytest.skip("autocommit= came with Python 3.12")
    main = connect(path, autocommit=False)
    write(main, "CREATE TABLE t (x)")
    main.create_branch("b")
    branch = connect(path, branch="b", autocommit=False)
    write(branch, "INSERT INTO t VALUES (1)")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t") == [(1,)]
    branch.execute("INSERT INTO t VALUES (2)")
    main.commit()
    with pytest.raises(heliosdb_sqlite.OperationalError, match="branch 'b' has uncommitted changes"):
        main.merge_branch("b")
