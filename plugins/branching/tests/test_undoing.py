"""Merges that are taken back."""

from __future__ import annotations

import pytest

import heliosdb_sqlite
from heliosdb_branching import MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


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
