"""A merge brings a branch's changes row by row and cell by cell, in one transaction."""

from __future__ import annotations

import sqlite3 as standard

import pytest

import heliosdb_sqlite
from heliosdb_branching import MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def test_both_sides_keep_their_work(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, 1)")
    write(main, "UPDATE fruit SET name = 'Apple' WHERE id = 1", "INSERT INTO fruit VALUES (8, 'lime', 2, 2)")
    report = main.merge_branch("b")
    assert rows(main) == [
        (1, "Apple", 9.0, 10),
        (3, "fig", 0.5, 30),
        (7, "kiwi", 1.0, 1),
        (8, "lime", 2.0, 2),
    ]
    assert report.tables["fruit"] == (counts := report.tables["fruit"])
    assert (counts.added, counts.changed, counts.removed) == (1, 1, 1)
    assert (report.tables_modified, report.total_row_changes, report.conflicts) == (("fruit",), 3, ())


def test_a_merge_of_nothing(main, branch, rows):
    before = rows(main)
    assert main.merge_branch("b").total_row_changes == 0
    assert rows(main) == before


def test_repeated_merges_bring_only_what_is_new(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.merge_branch("b")
    write(main, "UPDATE fruit SET price = 10 WHERE id = 1")
    assert main.merge_branch("b").total_row_changes == 0
    write(branch, "UPDATE fruit SET stock = 11 WHERE id = 1")
    assert main.merge_branch("b").total_row_changes == 1
    assert rows(main)[0] == (1, "apple", 10.0, 11)


def test_a_value_put_back_between_merges_is_a_change(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.merge_branch("b")
    write(branch, "UPDATE fruit SET price = 1.5 WHERE id = 1")
    main.merge_branch("b")
    assert rows(main)[0][2] == 1.5


def test_one_and_one_point_zero_differ(main, branch):
    write(branch, "CREATE TABLE n (k INTEGER PRIMARY KEY, v)", "INSERT INTO n VALUES (1, 1)")
    main.merge_branch("b")
    write(branch, "UPDATE n SET v = 1.0")
    main.merge_branch("b")
    assert main.execute("SELECT typeof(v) FROM n").fetchone() == ("real",)


def test_what_can_not_be_merged(main, branch):
    with pytest.raises(heliosdb_sqlite.ProgrammingError, match="can't be merged into itself"):
        main.merge_branch("b", into="b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="'main' is the database itself"):
        main.merge_branch("main", into="b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match=r"no such branch: .c."):
        main.merge_branch("c")


def test_changes_by_plain_sqlite3_are_merged_too(main, branch, rows):
    plain = standard.connect(main.get_branch_info("b").path)
    plain.execute("REPLACE INTO fruit VALUES (1, 'date', 1, 1)")
    plain.execute("INSERT INTO fruit (name) VALUES ('kiwi') ON CONFLICT DO NOTHING")
    plain.commit()
    plain.close()
    main.merge_branch("b")
    assert [row[1] for row in rows(main)] == ["date", "pear", "fig", "kiwi"]


def test_a_replaced_database_is_never_merged_with_the_others_branch(main, branch, path, connect):
    other = path.with_name("other.db")
    connect(other).executescript("CREATE TABLE fruit (id INTEGER PRIMARY KEY); INSERT INTO fruit VALUES (1)")
    connect(other).create_branch("b")
    mine, theirs = (connect(each).get_branch_info("b").path for each in (path, other))
    with open(theirs, "rb") as file:
        content = file.read()
    branch.close()
    with open(mine, "wb") as file:
        file.write(content)
    with pytest.raises(heliosdb_sqlite.DatabaseError, match="one of the two files was"):
        main.merge_branch("b")
    with pytest.raises(heliosdb_sqlite.DatabaseError, match="one of the two files was"):
        connect(path, branch="b")


def test_text_that_is_no_utf8_is_merged_and_undone(main, branch, rows):
    write(branch, "UPDATE fruit SET name = CAST(x'ff' AS TEXT) WHERE id = 1")
    write(
        branch,
        "INSERT INTO fruit (id, name) VALUES (4, CAST(x'fe' AS TEXT))",
        "DELETE FROM fruit WHERE id = 3",
    )
    before = rows(main)
    main.merge_branch("b")
    assert rows(main, "SELECT id, hex(name), typeof(name) FROM fruit WHERE id <> 2") == [
        (1, "FF", "text"),
        (4, "FE", "text"),
    ]
    main.undo_merge("b")
    assert rows(main) == before


def test_an_undo_after_the_table_has_changed_says_so(main, branch, rows):
    write(branch, "UPDATE fruit SET name = 'date' WHERE id = 1")
    main.merge_branch("b")
    main.execute("ALTER TABLE fruit RENAME COLUMN name TO title")
    with pytest.raises(MergeConflict, match="the definition of the table was changed since the merge"):
        main.undo_merge("b")
    main.execute("ALTER TABLE fruit RENAME TO fruits")
    with pytest.raises(MergeConflict, match="there is no such table any more"):
        main.undo_merge("b")


def test_what_is_kept_does_not_grow_with_the_number_of_merges(main, branch, rows):
    def kept():
        tables = ("_heliosdb_merge_rows", "_heliosdb_merge_undo")
        counts = [rows(main, f"SELECT count(*) FROM {table}")[0][0] for table in tables]
        return [*counts, rows(main, "SELECT count(*) FROM _heliosdb_merges WHERE before <> '{}'")[0][0]]

    for price in range(1, 6):
        write(branch, f"UPDATE fruit SET price = {price} + 10")
        main.merge_branch("b")
        assert kept() == [3, 1, 1]
        if price == 3:
            main.undo_merge("b")
            assert kept() == [0, 0, 0]
    main.undo_merge("b")
    assert kept() == [0, 0, 0]
