"""A merge brings a branch's changes row by row and cell by cell, in one transaction."""

from __future__ import annotations

import sqlite3 as standard
import sys
import threading

import pytest

import heliosdb_sqlite
from heliosdb_branching import Conflict, MergeConflict


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


def test_every_conflict_is_listed_and_main_untouched(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9, stock = 0 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, 1)", "UPDATE fruit SET price = 8 WHERE id = 3")
    write(
        main,
        "UPDATE fruit SET price = 5, stock = 5 WHERE id = 1",
        "UPDATE fruit SET name = 'Pear' WHERE id = 2",
    )
    write(main, "INSERT INTO fruit VALUES (7, 'lime', 2, 2)", "DELETE FROM fruit WHERE id = 3")
    before = rows(main)
    with pytest.raises(MergeConflict, match="5 conflicts") as caught:
        main.merge_branch("b")
    found = {(each.table, each.key, each.column): each for each in caught.value.conflicts}
    assert set(found) == {
        ("fruit", (1,), "price"), ("fruit", (1,), "stock"), ("fruit", (2,), None),
        ("fruit", (3,), None), ("fruit", (7,), None),
    }  # fmt: skip
    assert found["fruit", (1,), "price"][3:6] == (1.5, 5.0, 9.0)
    assert found["fruit", (2,), None].theirs is None
    assert found["fruit", (2,), None].ours["name"] == "Pear"
    assert (found["fruit", (7,), None].base, found["fruit", (3,), None].ours) == (None, None)
    assert rows(main) == before
    assert isinstance(caught.value, heliosdb_sqlite.IntegrityError)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("ours", [(1, "apple", 5.0, 99), (2, "Pear", 2.5, 20), (7, "lime", 2.0, 2)]),
        ("theirs", [(1, "apple", 9.0, 99), (3, "fig", 8.0, 30), (7, "kiwi", 1.0, 1)]),
    ],
)
def test_strategies(main, branch, rows, strategy, expected):
    write(branch, "UPDATE fruit SET price = 9, stock = 99 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, 1)", "UPDATE fruit SET price = 8 WHERE id = 3")
    write(main, "UPDATE fruit SET price = 5 WHERE id = 1", "UPDATE fruit SET name = 'Pear' WHERE id = 2")
    write(main, "INSERT INTO fruit VALUES (7, 'lime', 2, 2)", "DELETE FROM fruit WHERE id = 3")
    report = main.merge_branch("b", strategy=strategy)
    assert rows(main) == expected
    assert len(report.conflicts) == 4


def test_a_function_decides(main, branch, rows):
    write(branch, "UPDATE fruit SET stock = stock - 3", "DELETE FROM fruit WHERE id = 2")
    write(main, "UPDATE fruit SET stock = stock - 4")

    def both_sales(conflict: Conflict):
        if conflict.column == "stock":
            return conflict.ours + conflict.theirs - conflict.base
        return conflict.ours | {"name": "kept"}

    main.merge_branch("b", strategy=both_sales)
    assert rows(main) == [(1, "apple", 1.5, 3), (2, "kept", 2.5, 16), (3, "fig", 0.5, 23)]


def test_a_function_that_raises_stops_the_merge(main, branch, rows):
    write(branch, "UPDATE fruit SET stock = 1")
    write(main, "UPDATE fruit SET stock = 2")
    before = rows(main)
    with pytest.raises(ZeroDivisionError):
        main.merge_branch("b", strategy=lambda _: 1 / 0)
    assert rows(main) == before
    with pytest.raises(
        heliosdb_sqlite.ProgrammingError, match="strategy='mine': it is 'abort', 'ours', 'theirs'"
    ):
        main.merge_branch("b", strategy="mine")


def test_a_rehearsal_reports_all_and_changes_nothing(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9", "CREATE TABLE new (x)")
    write(main, "UPDATE fruit SET price = 5 WHERE id = 1")
    before = rows(main)
    report = main.merge_branch("b", dry_run=True)
    assert report.dry_run
    assert [each.key for each in report.conflicts] == [(1,)]
    assert (report.total_row_changes, report.schema) == (2, ("create table new",))
    assert rows(main) == before
    assert main.list_branches()[0].commits == 0


def test_one_and_one_point_zero_differ(main, branch):
    write(branch, "CREATE TABLE n (k INTEGER PRIMARY KEY, v)", "INSERT INTO n VALUES (1, 1)")
    main.merge_branch("b")
    write(branch, "UPDATE n SET v = 1.0")
    main.merge_branch("b")
    assert main.execute("SELECT typeof(v) FROM n").fetchone() == ("real",)


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


def test_what_can_not_be_merged(main, branch):
    with pytest.raises(heliosdb_sqlite.ProgrammingError, match="can't be merged into itself"):
        main.merge_branch("b", into="b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="'main' is the database itself"):
        main.merge_branch("main", into="b")
    with pytest.raises(heliosdb_sqlite.OperationalError, match=r"no such branch: .c."):
        main.merge_branch("c")


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


def test_a_conflict_about_text_that_is_no_utf8_changes_nothing(main, branch, rows):
    write(branch, "UPDATE fruit SET name = CAST(x'ff' AS TEXT) WHERE id = 1")
    write(main, "UPDATE fruit SET name = 'mine' WHERE id = 1")
    before = rows(main)
    with pytest.raises(heliosdb_sqlite.OperationalError, match="Could not decode to UTF-8"):
        main.merge_branch("b")
    assert rows(main) == before


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


def test_an_undo_after_the_table_has_changed_says_so(main, branch, rows):
    write(branch, "UPDATE fruit SET name = 'date' WHERE id = 1")
    main.merge_branch("b")
    main.execute("ALTER TABLE fruit RENAME COLUMN name TO title")
    with pytest.raises(MergeConflict, match="the definition of the table was changed since the merge"):
        main.undo_merge("b")
    main.execute("ALTER TABLE fruit RENAME TO fruits")
    with pytest.raises(MergeConflict, match="there is no such table any more"):
        main.undo_merge("b")


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


def test_an_interrupted_strategy_leaves_no_lock(main, branch, rows, path, connect):
    write(branch, "UPDATE fruit SET stock = 1")
    write(main, "UPDATE fruit SET stock = 2")

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        main.merge_branch("b", strategy=stop)
    write(connect(path, timeout=0), "UPDATE fruit SET stock = 3")
    write(branch, "UPDATE fruit SET stock = 4")


def test_a_function_decides_what_a_row_holds_and_not_which_one_it_is(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 9", "INSERT INTO fruit VALUES (4, 'kiwi', 1, 1)")
    write(main, "UPDATE fruit SET price = 8", "INSERT INTO fruit VALUES (4, 'lime', 2, 2)")
    before = rows(main)
    for wrong, said in (
        (lambda conflict: 5, "returned 5 for a whole row of 'fruit': return a mapping"),
        (
            lambda conflict: conflict.ours if conflict.column else {"nme": 1},
            "of the columns id, name, price, stock",
        ),
        (lambda conflict: conflict.ours if conflict.column else {"id": 5}, "returned the key 5 for the row"),
        (lambda conflict: object(), "for a cell of 'fruit': return None, an int, a float"),
    ):
        with pytest.raises(heliosdb_sqlite.ProgrammingError, match=said):
            main.merge_branch("b", strategy=wrong)
        assert rows(main) == before
    main.merge_branch("b", strategy=lambda conflict: True if conflict.column else {"name": "both"})
    assert rows(main)[0][2] == 1.0
    assert rows(main)[3] == (4, "both", 2.0, 2)
    main.undo_merge("b")
    assert rows(main) == before


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
