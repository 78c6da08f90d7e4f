"""A merge keeps what the target's tables ask of their rows: keys, references, uniqueness, sequences, triggers."""

from __future__ import annotations

import pytest

import heliosdb_sqlite
from heliosdb_branching import MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def test_triggers_of_main_are_not_fired_again(main, on, rows):
    main.executescript(
        "CREATE TABLE log (what); CREATE TRIGGER noted AFTER UPDATE ON fruit BEGIN INSERT INTO log VALUES (new.name); END"
    )
    main.create_branch("b")
    branch = on("b")
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1")
    main.merge_branch("b")
    assert main.execute("SELECT * FROM log").fetchall() == [("apple",)]
    write(main, "UPDATE fruit SET price = 7 WHERE id = 2")
    assert len(main.execute("SELECT * FROM log").fetchall()) == 2  # the trigger is back


def test_foreign_keys_are_checked_whichever_side_broke_them(main, on):
    main.executescript(
        """CREATE TABLE shelf (id INTEGER PRIMARY KEY, fruit REFERENCES fruit (id) ON DELETE CASCADE);
        INSERT INTO shelf VALUES (1, 1)"""
    )
    main.create_branch("b")
    branch = on("b")
    branch.execute("PRAGMA foreign_keys = ON")
    write(branch, "DELETE FROM fruit WHERE id = 2")
    write(main, "INSERT INTO shelf VALUES (2, 2)")
    with pytest.raises(MergeConflict, match="rows of shelf still refer to it"):
        main.merge_branch("b")
    write(main, "DELETE FROM shelf WHERE id = 2")
    write(branch, "INSERT INTO shelf VALUES (3, 3)")
    write(main, "DELETE FROM fruit WHERE id = 3")
    with pytest.raises(MergeConflict, match="refers to a row that fruit does not have"):
        main.merge_branch("b")
    write(branch, "DELETE FROM shelf WHERE id = 3", "DELETE FROM fruit WHERE id = 1")  # cascades
    main.merge_branch("b")
    assert main.execute("SELECT count(*) FROM shelf").fetchone() == (0,)


def test_a_part_of_a_key_that_others_refer_to(main, on):
    main.executescript(
        """CREATE TABLE p (a, b, UNIQUE (a, b)); INSERT INTO p VALUES (1, 1);
        CREATE TABLE c (a, b, FOREIGN KEY (a, b) REFERENCES p (a, b))"""
    )
    main.create_branch("b")
    write(on("b"), "UPDATE p SET b = 2")
    write(main, "INSERT INTO c VALUES (1, 1)")
    with pytest.raises(MergeConflict, match="rows of c still refer to it"):
        main.merge_branch("b")


def test_a_unique_value_given_on_both_sides_is_a_conflict(main, on, rows):
    main.execute("CREATE UNIQUE INDEX names ON fruit (name)")
    main.create_branch("b")
    branch = on("b")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, 1)")
    write(main, "INSERT INTO fruit VALUES (8, 'kiwi', 2, 2)")
    with pytest.raises(MergeConflict, match=r"UNIQUE constraint failed: fruit\.name"):
        main.merge_branch("b")
    assert main.merge_branch("b", strategy="ours").total_row_changes == 0
    assert [row[0] for row in rows(main)] == [1, 2, 3, 8]


def test_unique_values_that_change_places(main, on, rows):
    main.execute("CREATE UNIQUE INDEX names ON fruit (name)")
    main.create_branch("b")
    branch = on("b")
    write(
        branch,
        "UPDATE fruit SET name = 'x' WHERE id = 1",
        "UPDATE fruit SET name = 'apple' WHERE id = 2",
        "UPDATE fruit SET name = 'pear' WHERE id = 1",
    )
    write(main, "UPDATE fruit SET stock = 77 WHERE id = 1")
    main.merge_branch("b")
    assert rows(main) == [(1, "pear", 1.5, 77), (2, "apple", 2.5, 20), (3, "fig", 0.5, 30)]


def test_autoincrement_gives_no_number_twice(main, on):
    main.executescript(
        "CREATE TABLE ticket (n INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO ticket (x) VALUES (1)"
    )
    main.create_branch("b")
    branch = on("b")
    write(branch, *["INSERT INTO ticket (x) VALUES (2)"] * 5, "DELETE FROM ticket WHERE n > 2")
    main.merge_branch("b")
    write(main, "INSERT INTO ticket (x) VALUES (3)")
    assert main.execute("SELECT max(n) FROM ticket").fetchone() == (7,)


def test_new_rows_under_the_same_number_are_renumbered_if_wanted(main, branch, rows):
    write(branch, "INSERT INTO fruit (name) VALUES ('kiwi'), ('lime')")
    write(main, "INSERT INTO fruit (name) VALUES ('plum')")
    with pytest.raises(MergeConflict, match="both sides added it"):
        main.merge_branch("b")
    report = main.merge_branch("b", renumber=True)
    assert dict(report.renumbered["fruit"]) == {4: 6}
    assert [row[:2] for row in rows(main)][3:] == [(4, "plum"), (5, "lime"), (6, "kiwi")]
    write(branch, "UPDATE fruit SET price = 3 WHERE name = 'kiwi'")  # followed under its new number
    main.merge_branch("b", renumber=True)
    assert rows(main)[5] == (6, "kiwi", 3.0, None)


def test_rows_that_others_refer_to_are_not_renumbered(main, on):
    main.execute("CREATE TABLE shelf (fruit REFERENCES fruit (id))")
    main.create_branch("b")
    branch = on("b")
    write(branch, "INSERT INTO fruit (name) VALUES ('kiwi')", "INSERT INTO shelf VALUES (4)")
    write(main, "INSERT INTO fruit (name) VALUES ('plum')")
    with pytest.raises(MergeConflict):
        main.merge_branch("b", renumber=True)


@pytest.mark.parametrize("clause", ["REPLACE", "IGNORE", "FAIL", "ROLLBACK"])
def test_what_a_table_does_about_clashes_is_not_done_by_a_merge(main, on, clause):
    main.execute(f"CREATE TABLE t (k INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT {clause})")
    write(main, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    main.create_branch("b")
    branch = on("b")
    write(branch, "INSERT INTO t VALUES (3, 'x')", "UPDATE t SET u = 'y' WHERE k = 1")
    write(main, "INSERT INTO t VALUES (4, 'x')", "UPDATE t SET u = 'y' WHERE k = 2")
    before = main.execute("SELECT * FROM t").fetchall()
    with pytest.raises(MergeConflict) as raised:
        main.merge_branch("b")
    assert [each.key for each in raised.value.conflicts] == [(1,), (3,)]
    assert main.execute("SELECT * FROM t").fetchall() == before


def test_collations_of_ones_own_are_missed_by_name(main, on, rows):
    def backwards(one, other):
        return (one < other) - (one > other)

    main.create_collation("backwards", backwards)
    main.execute("CREATE TABLE t (k TEXT PRIMARY KEY COLLATE backwards, v)")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="no such collation sequence: backwards"):
        main.create_branch("b")
        branch = on("b")
        branch.create_collation("backwards", backwards)
        branch.execute("INSERT INTO t VALUES ('a', 1)")
        branch.commit()
        main.merge_branch("b")


def test_rows_with_null_in_their_key_are_all_kept(main, on, rows):
    main.executescript(
        "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 3)"
    )
    main.create_branch("b")
    write(on("b"), "UPDATE t SET v = v + 10", "INSERT INTO t VALUES (NULL, 9)", "DELETE FROM t WHERE v = 13")
    write(main, "INSERT INTO t VALUES (NULL, 7), ('z', 8)")
    main.merge_branch("b")
    found = rows(main, "SELECT * FROM t ORDER BY k, v")
    assert found == [(None, 7), (None, 9), (None, 12), ("a", 11), ("z", 8)]
    main.undo_merge("b")
    found = rows(main, "SELECT * FROM t ORDER BY k, v")
    assert found == [(None, 2), (None, 3), (None, 7), ("a", 1), ("z", 8)]


def test_wide_tables(main, on, rows):
    columns = [f"c{number}" for number in range(600)]
    main.execute(f"CREATE TABLE wide (id INTEGER PRIMARY KEY, {', '.join(columns)})")
    write(main, "INSERT INTO wide (id, c0) VALUES (1, 0)")
    main.create_branch("b")
    write(on("b"), "UPDATE wide SET c599 = 9", "INSERT INTO wide (id, c3) VALUES (2, 3)")
    write(main, "UPDATE wide SET c1 = 1")
    main.merge_branch("b")
    assert rows(main, "SELECT c0, c1, c3, c599 FROM wide") == [(0, 1, None, 9), (None, None, 3, None)]
    main.undo_merge("b")
    assert rows(main, "SELECT c0, c1, c3, c599 FROM wide") == [(0, 1, None, None)]
    main.execute(f"CREATE TABLE wider (id INTEGER PRIMARY KEY, {', '.join(columns)}, d{', d'.join(columns)})")
    main.create_branch("d")
    write(on("d"), "INSERT INTO wider (id) VALUES (1)")
    with pytest.raises(
        heliosdb_sqlite.NotSupportedError, match="1201 columns, too many to be merged: at most"
    ):
        main.merge_branch("d")
