"""Branches of branches, siblings and merges to and fro: nothing is brought twice, and nothing back."""

from __future__ import annotations

import pytest

import heliosdb_sqlite
from heliosdb_branching import MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def test_a_branch_of_a_branch_brings_what_it_was_made_from(main, branch, on, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.create_branch("c", from_branch="b")
    third = on("c")
    write(third, "UPDATE fruit SET stock = 9 WHERE id = 1", "DELETE FROM fruit WHERE id = 3")
    write(branch, "UPDATE fruit SET price = 8 WHERE id = 2")
    main.merge_branch("c", into="b")
    assert rows(branch) == [(1, "apple", 9.0, 9), (2, "pear", 8.0, 20)]
    main.merge_branch("c")
    assert rows(main) == [(1, "apple", 9.0, 9), (2, "pear", 2.5, 20)]
    assert main.merge_branch("b").total_row_changes == 1
    assert rows(main) == rows(branch)
    write(branch, "UPDATE fruit SET price = 7 WHERE id = 1")
    main.merge_branch("b")
    assert rows(main)[0] == (1, "apple", 7.0, 9)


def test_siblings_meet_on_one_of_them_and_then_on_main(main, branch, on, rows):
    main.create_branch("c")
    other = on("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    write(other, "UPDATE fruit SET stock = 9 WHERE id = 1")
    main.merge_branch("b", into="c")
    assert rows(other)[0] == (1, "apple", 9.0, 9)
    main.merge_branch("c")
    assert rows(main)[0] == (1, "apple", 9.0, 9)
    write(branch, "UPDATE fruit SET price = 10 WHERE id = 1")  # main has b's changes by way of c
    main.merge_branch("b")
    assert rows(main)[0] == (1, "apple", 10.0, 9)


def test_a_branch_has_merges_of_its_own(main, branch, on, rows):
    write(branch, "CREATE TABLE extra (x)")
    write(main, "CREATE TABLE old (x)", "INSERT INTO old VALUES (1)")
    main.create_branch("c")
    write(on("c"), "DROP TABLE old")
    main.merge_branch("c")  # main keeps what it takes to undo this
    main.create_branch("d")
    fourth = on("d")
    write(fourth, "CREATE TABLE old (y)", "INSERT INTO old VALUES (2)")
    main.create_branch("e", from_branch="d")
    write(on("e"), "DROP TABLE old")
    main.merge_branch("e", into="d")
    main.undo_merge("e", into="d")
    assert rows(fourth, "SELECT * FROM old") == [(2,)]
    main.undo_merge("c")
    assert rows(main, "SELECT * FROM old") == [(1,)]


def test_a_branch_brings_its_changes_to_one_that_was_made_from_it(main, branch, on, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.create_branch("c", from_branch="b")
    third = on("c")
    write(third, "UPDATE fruit SET stock = 5 WHERE id = 2")
    write(branch, "UPDATE fruit SET price = 7 WHERE id = 2", "ALTER TABLE fruit ADD COLUMN x DEFAULT 1")
    report = main.merge_branch("b", into="c")
    assert (report.total_row_changes, report.schema) == (1, ("add column fruit.x",))
    assert rows(third)[:2] == [(1, "apple", 9.0, 10, 1), (2, "pear", 7.0, 5, 1)]
    assert main.merge_branch("b", into="c").total_row_changes == 0
    write(branch, "UPDATE fruit SET price = 6 WHERE id = 2")
    main.merge_branch("b", into="c")
    main.undo_merge("b", into="c")
    assert rows(third)[1] == (2, "pear", 7.0, 5, 1)
    main.merge_branch("c")
    assert rows(main) == rows(third)


def test_what_came_from_a_branch_is_not_brought_back_to_it(main, branch, on, rows):
    main.create_branch("c", from_branch="b")
    third = on("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "INSERT INTO fruit VALUES (4, 'kiwi', 1, 1)")
    main.merge_branch("b", into="c")
    write(branch, "UPDATE fruit SET price = 1.5 WHERE id = 1", "DELETE FROM fruit WHERE id = 4")  # taken back
    write(third, "UPDATE fruit SET stock = 5 WHERE id = 1", "UPDATE fruit SET stock = 6 WHERE id = 2")
    assert main.merge_branch("c", into="b").total_row_changes == 2
    assert rows(branch)[:2] == [(1, "apple", 1.5, 5), (2, "pear", 2.5, 6)]
    assert len(rows(branch)) == 3
    main.merge_branch("b", into="c")
    assert rows(third) == rows(branch)


def test_two_branches_keep_each_other_up_to_date(main, branch, on, rows):
    main.create_branch("c")
    other = on("c")
    for turn in range(1, 5):
        write(branch, f"UPDATE fruit SET price = {turn} WHERE id = 1")
        main.merge_branch("b", into="c")
        write(other, f"UPDATE fruit SET price = {turn + 10} WHERE id = 1", f"UPDATE fruit SET stock = {turn}")
        main.merge_branch("c", into="b")
        assert rows(branch) == rows(other)
    main.merge_branch("b")
    main.merge_branch("c")
    assert rows(main) == rows(branch)
    main.create_branch("d", from_branch="c")
    write(branch, "UPDATE fruit SET stock = 0 WHERE id = 2")
    main.merge_branch("d", into="b")
    assert rows(branch)[1][3] == 0


def test_an_undone_merge_from_another_branch_leaves_nothing_behind(main, branch, on, rows):
    main.create_branch("c", from_branch="b")
    third = on("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.merge_branch("b", into="c")
    main.undo_merge("b", into="c")
    assert main.merge_branch("c", into="b").total_row_changes == 0
    assert rows(branch)[0] == (1, "apple", 9.0, 10)
    write(third, "UPDATE fruit SET price = 9 WHERE id = 1", "UPDATE fruit SET price = 3 WHERE id = 1")
    with pytest.raises(MergeConflict):
        main.merge_branch("c", into="b")


def test_what_both_sides_have_in_part_is_told_by_the_branches_themselves(main, branch, on, rows):
    """Main has a part of b, and c has more of it: what c brings begins where b was merged into main."""
    main.create_branch("c")
    third = on("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "UPDATE fruit SET stock = 9 WHERE id = 2")
    main.merge_branch("b")
    write(main, "UPDATE fruit SET price = 1.5 WHERE id = 1")  # taken back
    write(branch, "UPDATE fruit SET stock = 20 WHERE id = 2", "UPDATE fruit SET stock = 7 WHERE id = 3")
    main.merge_branch("b", into="c")
    write(third, "UPDATE fruit SET name = 'Fig' WHERE id = 3")
    assert main.merge_branch("c").total_row_changes == 2
    assert rows(main) == [(1, "apple", 1.5, 10), (2, "pear", 2.5, 20), (3, "Fig", 0.5, 7)]


def test_what_a_deleted_branch_has_brought_in_part_is_refused(main, branch, on, rows):
    main.create_branch("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.merge_branch("b")
    write(branch, "UPDATE fruit SET price = 8 WHERE id = 1")
    main.merge_branch("b", into="c")
    main.delete_branch("b")
    with pytest.raises(
        heliosdb_sqlite.NotSupportedError,
        match=r"has a part of what that brought.* is deleted .*: make a new branch from 'main'",
    ):
        main.merge_branch("c")
    assert rows(main)[0][2] == 9.0


def test_full_text_that_both_sides_have_changed_is_decided_once(main, on, rows):
    main.executescript(
        "CREATE VIRTUAL TABLE f USING fts5(text); INSERT INTO f (rowid, text) VALUES (1, 'one')"
    )
    main.create_branch("b")
    main.create_branch("c")
    write(on("b"), "UPDATE f SET text = 'b'")
    write(on("c"), "UPDATE f SET text = 'c'")
    main.merge_branch("b", into="c", strategy="ours")
    main.merge_branch("c", into="b")
    assert rows(on("b"), "SELECT text FROM f") == [("c",)]


def test_rows_that_got_other_numbers_are_followed_both_ways(main, on, rows):
    main.execute("CREATE TABLE note (text)")
    main.commit()
    main.create_branch("b")
    main.create_branch("c")
    one, other = on("b"), on("c")
    write(one, "INSERT INTO note VALUES ('b')")
    write(other, "INSERT INTO note VALUES ('c')")
    main.merge_branch("b", into="c")
    main.merge_branch("c", into="b")
    write(other, "UPDATE note SET text = 'B' WHERE text = 'b'")
    main.merge_branch("c", into="b")
    for connection in (one, other):
        assert sorted(rows(connection, "SELECT text FROM note")) == [("B",), ("c",)]


def test_a_later_sibling_brings_what_their_parent_had_changed_in_between(main, branch, on, rows):
    main.create_branch("earlier", from_branch="b")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "ALTER TABLE fruit ADD COLUMN x")
    main.create_branch("later", from_branch="b")
    assert main.merge_branch("later", into="earlier").total_row_changes == 1
    assert rows(on("earlier")) == rows(branch)
    write(branch, "UPDATE fruit SET price = 1.5 WHERE id = 1", "ALTER TABLE fruit DROP COLUMN x")
    main.merge_branch("b", into="earlier")
    assert rows(on("earlier")) == rows(main)


@pytest.mark.parametrize("by_a_child", [False, True])
def test_a_column_that_came_before_is_gone_when_its_branch_took_it_back(main, branch, on, by_a_child):
    main.create_branch("c")
    write(branch, "ALTER TABLE fruit ADD COLUMN x")
    main.merge_branch("b")
    write(branch, "ALTER TABLE fruit DROP COLUMN x")
    if by_a_child:
        main.create_branch("child", from_branch="b")
    main.merge_branch("child" if by_a_child else "b", into="c")  # which never had it
    main.merge_branch("c")
    assert [each[0] for each in main.execute("SELECT * FROM fruit").description][-1] == "stock"


def test_a_merge_into_a_branch_is_undone_with_its_columns_and_tables(main, branch, on, rows):
    main.create_branch("c")
    other = on("c")
    before = rows(other, "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%heliosdb%'")
    write(branch, "ALTER TABLE fruit ADD COLUMN more DEFAULT 1", "CREATE TABLE t (x PRIMARY KEY)")
    main.merge_branch("b", into="c")
    main.undo_merge("b", into="c")
    assert rows(other, "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%heliosdb%'") == before
    write(other, "UPDATE fruit SET price = 9 WHERE id = 1")
    assert main.merge_branch("c").total_row_changes == 1
    assert set(main.merge_branch("b", into="c").schema) == {"add column fruit.more", "create table t"}
    assert set(main.merge_branch("c").schema) == {"add column fruit.more", "create table t"}
    assert rows(main) == rows(other)
