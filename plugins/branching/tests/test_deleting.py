"""Branches that are deleted while others use them."""

from __future__ import annotations

import os
import sqlite3 as standard

import pytest

import heliosdb_sqlite


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


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
