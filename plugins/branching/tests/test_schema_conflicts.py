"""Schema changes of both sides: joined where they can be, decided by the strategy where not, and never lost in silence."""

from __future__ import annotations

import sqlite3

import pytest

import heliosdb_sqlite
from heliosdb_branching import Conflict, MergeConflict

COLUMNS = "id INTEGER PRIMARY KEY, name TEXT, price REAL, stock INTEGER"


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def anew(connection, columns):
    """Make the table anew with other columns, as SQLite's documentation says."""
    write(
        connection,
        f"CREATE TABLE new ({columns})",
        "INSERT INTO new (id, name, price, stock) SELECT id, name, price, stock FROM fruit",
        "DROP TABLE fruit",
        "ALTER TABLE new RENAME TO fruit",
    )


def definition(connection, table="fruit"):
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return " ".join(sql.replace('"', "").split())


def content(connection):
    """The definitions and the rows of the user's."""
    found = connection.execute(
        "SELECT name, type FROM sqlite_master WHERE name NOT LIKE '\\_heliosdb%' ESCAPE '\\'"
        " AND name NOT LIKE 'sqlite%' AND type IN ('table', 'view')"
    ).fetchall()
    return {
        name: (definition(connection, name), connection.execute(f"SELECT * FROM {name}").fetchall())
        for name, _ in found
    }


def their_side(conflict: Conflict):
    return conflict.theirs


def our_side(conflict: Conflict):
    return conflict.ours


def test_a_table_made_anew_on_the_branch_keeps_the_columns_that_main_added(main, branch, rows):
    anew(branch, f"{COLUMNS}, kind TEXT, CHECK (price < 100)")
    write(branch, "UPDATE fruit SET kind = 'k' WHERE id = 2")
    write(main, "ALTER TABLE fruit ADD COLUMN mine DEFAULT 5", "UPDATE fruit SET price = 7 WHERE id = 2")
    main.merge_branch("b")
    assert (
        definition(main) == f"CREATE TABLE fruit ({COLUMNS}, kind TEXT, mine DEFAULT 5, CHECK (price < 100))"
    )
    assert rows(main)[1] == (2, "pear", 7.0, 20, "k", 5)
    main.undo_merge("b")
    assert definition(main) == f"CREATE TABLE fruit ({COLUMNS}, mine DEFAULT 5)"


def test_two_definitions_made_anew_are_a_conflict_whatever_columns_came_with_them(main, branch):
    anew(branch, f"{COLUMNS}, kind TEXT, CHECK (price < 100)")
    anew(main, f"{COLUMNS}, CHECK (price < 10)")
    with pytest.raises(MergeConflict, match="both sides changed the definition"):
        main.merge_branch("b")


def test_a_table_that_others_refer_to_is_renamed_where_they_got_columns(main, on):
    main.executescript("CREATE TABLE shelf (id INTEGER PRIMARY KEY, fruit REFERENCES fruit (id))")
    main.create_branch("b")
    write(on("b"), "ALTER TABLE fruit RENAME TO produce", "ALTER TABLE produce RENAME COLUMN id TO n")
    write(main, "ALTER TABLE shelf ADD COLUMN mine")
    main.merge_branch("b")
    assert definition(main, "shelf") == (
        "CREATE TABLE shelf (id INTEGER PRIMARY KEY, fruit REFERENCES produce (n), mine)"
    )


def test_a_table_renamed_to_the_same_on_both_sides(main, branch, rows):
    write(branch, "ALTER TABLE fruit RENAME TO f", "UPDATE f SET price = 8 WHERE id = 1")
    write(main, "ALTER TABLE fruit RENAME TO f", "UPDATE f SET price = 7 WHERE id = 2")
    assert main.merge_branch("b").total_row_changes == 1
    assert [row[2] for row in rows(main, "SELECT * FROM f")] == [8.0, 7.0, 0.5]


@pytest.mark.parametrize("ours", ["DROP TABLE fruit", "ALTER TABLE fruit RENAME TO g"])
@pytest.mark.parametrize("theirs", ["ALTER TABLE fruit RENAME TO f", "ALTER TABLE fruit ADD COLUMN x"])
def test_what_was_done_to_a_table_that_is_gone_here_is_a_conflict(main, branch, theirs, ours):
    write(branch, theirs)
    write(main, ours)
    for strategy in ("abort", their_side):
        with pytest.raises(MergeConflict, match="altered on the branch, dropped or renamed here"):
            main.merge_branch("b", strategy=strategy)
    assert len(main.merge_branch("b", strategy="ours").conflicts) == 1


BOTH = {
    "a table": (
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)", "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)"],
        ["CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t VALUES (1, 9), (3, 3)"],
        "t", [(1, 1, 1), (2, 2, 2), (3, 3, None)], [(1, 9), (2, 2), (3, 3)],
    ),
    "a column": (
        ["ALTER TABLE fruit ADD COLUMN x INTEGER", "UPDATE fruit SET x = 1 WHERE id < 3"],
        ["ALTER TABLE fruit ADD COLUMN x TEXT", "UPDATE fruit SET x = 2 WHERE id > 1"],
        "(SELECT x FROM fruit)", [(1,), (1,), (2,)], [("1",), ("2",), ("2",)],
    ),
    "a renamed column": (
        ["ALTER TABLE fruit RENAME COLUMN name TO a", "UPDATE fruit SET price = 9"],
        ["ALTER TABLE fruit RENAME COLUMN name TO b", "UPDATE fruit SET b = 'y' WHERE id = 2"],
        "fruit", [(1, "apple", 9, 10), (2, "y", 9, 20), (3, "fig", 9, 30)],
        [(1, "apple", 9, 10), (2, "y", 9, 20), (3, "fig", 9, 30)],
    ),
    "a view": (["CREATE VIEW v AS SELECT 1"], ["CREATE VIEW v AS SELECT 2"], "v", [(1,)], [(2,)]),
    "a dropped table": (["DROP TABLE fruit"], ["UPDATE fruit SET price = 9 WHERE id = 1"], "fruit", None, 3),
    "a dropped table with another column": (
        ["DROP TABLE fruit"], ["ALTER TABLE fruit ADD COLUMN x"], "fruit", None, 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("strategy", ["theirs", our_side])
def test_a_strategy_decides_between_definitions(main, branch, rows, case, strategy):
    theirs, ours, table, as_theirs, as_ours = case
    write(branch, *theirs)
    write(main, *ours)
    before = content(main)
    report = main.merge_branch("b", strategy=strategy)
    assert report.conflicts
    wanted = as_theirs if strategy == "theirs" else as_ours
    if wanted is None:
        with pytest.raises(heliosdb_sqlite.OperationalError, match="no such table"):
            rows(main, f"SELECT * FROM {table}")
    elif isinstance(wanted, int):
        assert len(rows(main, f"SELECT * FROM {table}")) == wanted
    else:
        assert rows(main, f"SELECT * FROM {table}") == wanted
    assert main.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert main.merge_branch("b", strategy=strategy).schema == ()
    if report.schema or report.tables:
        main.undo_merge("b")
        assert content(main) == before


def test_definitions_exclude_each_other_until_they_are_decided(main, branch, rows):
    anew(branch, f"{COLUMNS}, CHECK (price < 100)")
    write(branch, "UPDATE fruit SET price = 50 WHERE id = 1")
    anew(main, f"{COLUMNS}, CHECK (price < 10)")
    with pytest.raises(heliosdb_sqlite.ProgrammingError, match=r"return conflict\.ours or conflict\.theirs"):
        main.merge_branch("b", strategy=lambda conflict: f"CREATE TABLE {conflict.table} (x)")
    main.merge_branch("b", strategy=their_side)
    assert definition(main) == f"CREATE TABLE fruit ({COLUMNS}, CHECK (price < 100))"
    assert rows(main)[0][2] == 50.0


def test_a_definition_that_knows_not_all_columns_of_ours_is_not_taken(main, branch):
    anew(branch, f"{COLUMNS}, CHECK (price < 100)")
    anew(main, f"{COLUMNS}, mine, CHECK (price < 10)")
    before = definition(main)
    with pytest.raises(MergeConflict, match="both sides changed the definition"):
        main.merge_branch("b", strategy="theirs")
    assert definition(main) == before


def test_a_function_decides_for_one_side_what_becomes_of_a_dropped_table(main, branch, rows):
    write(branch, "DROP TABLE fruit")
    write(main, "UPDATE fruit SET price = 9")
    with pytest.raises(MergeConflict, match="3 conflicts"):
        main.merge_branch("b", strategy=lambda conflict: conflict.ours if conflict.key == (1,) else None)
    assert len(rows(main)) == 3


REFUSED = {
    "a name that is taken": (
        ["ALTER TABLE fruit RENAME TO f"], ["CREATE TABLE f (x)"], "already another table or index with this name: f",
    ),
    "a table and a view": (["CREATE TABLE f (x)"], ["CREATE VIEW f AS SELECT 1"], "view f already exists"),
    "an index on a column that is gone": (
        ["CREATE INDEX i ON fruit (price)"], ["ALTER TABLE fruit DROP COLUMN price"], "price",
    ),
    "an index that rows of main break": (
        ["CREATE UNIQUE INDEX i ON fruit (name)"], ["INSERT INTO fruit VALUES (4, 'fig', 1, 1)"], "UNIQUE .* fruit.name",
    ),
    "a constraint that rows of main break": (
        [
            "CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'x'), price REAL, stock INTEGER)",
            "INSERT INTO n SELECT * FROM fruit", "DROP TABLE fruit", "ALTER TABLE n RENAME TO fruit",
        ],
        ["INSERT INTO fruit VALUES (4, 'x', 1, 1)"], "CHECK constraint failed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_sqlite_refuses_to_make_here_is_a_conflict(main, branch, case):
    theirs, ours, said = case
    write(branch, *theirs)
    write(main, *ours)
    before = content(main)
    with pytest.raises(MergeConflict, match=said) as raised:
        main.merge_branch("b")
    assert "_heliosdb" not in str(raised.value)
    report = main.merge_branch("b", dry_run=True)
    assert [each.theirs is not None for each in report.conflicts] == [True]
    assert content(main) == before


def test_columns_of_another_type_here_store_what_comes_and_give_it_back(main, branch, rows):
    write(branch, "UPDATE fruit SET price = 7 WHERE id = 1", "INSERT INTO fruit VALUES (4, 'kiwi', 4, 4)")
    anew(main, COLUMNS.replace("price REAL", "price TEXT"))
    before = rows(main)
    main.merge_branch("b")
    assert [row[2] for row in rows(main)] == ["7.0", "2.5", "0.5", "4.0"]
    main.undo_merge("b")
    assert rows(main) == before


VIEW = "CREATE VIEW v AS SELECT price FROM fruit"
BROKEN = {
    "a column of a view of main": (["ALTER TABLE fruit DROP COLUMN price"], [VIEW]),
    "the table of a view of main": (["DROP TABLE fruit"], [VIEW]),
    "a column of a view of the branch": ([VIEW], ["ALTER TABLE fruit DROP COLUMN price"]),
    "the table of a view of the branch": ([VIEW], ["DROP TABLE fruit"]),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_view_is_not_left_without_what_it_reads(main, branch, case):
    theirs, ours = case
    write(branch, *theirs)
    write(main, *ours)
    with pytest.raises(MergeConflict, match=r"v: .*the view could not be read any more: no such"):
        main.merge_branch("b")
    assert [each.table for each in main.merge_branch("b", strategy="theirs").conflicts] == ["v"]


def test_a_view_that_was_broken_before_is_nobodys_conflict(main, on):
    main.executescript(f"{VIEW}; CREATE VIEW own AS SELECT of_the_program(price) FROM fruit")
    main.create_branch("b")
    write(on("b"), "DROP TABLE fruit")
    assert main.merge_branch("b").conflicts == ()


def with_a_required_column(connection, value="length(name)"):
    """Make the table anew with a column that needs a value, as frameworks do for a default of their own."""
    connection.executescript(f"""
        BEGIN;
        CREATE TABLE passing ({COLUMNS}, kind INTEGER NOT NULL CHECK (kind > 0));
        INSERT INTO passing SELECT *, {value} FROM fruit;
        DROP TABLE fruit;
        ALTER TABLE passing RENAME TO fruit;
        COMMIT;
    """)


def test_a_column_that_needs_a_value_comes_with_the_values_of_the_branch(main, branch, rows):
    with_a_required_column(branch)
    branch.execute("DELETE FROM fruit WHERE id = 3")
    branch.execute("INSERT INTO fruit VALUES (4, 'new', 1, 1, 9)")
    branch.commit()
    main.execute("UPDATE fruit SET stock = 11 WHERE id = 1")
    main.commit()
    before = rows(main)
    assert main.merge_branch("b", dry_run=True).conflicts == ()
    assert main.merge_branch("b").schema == ("add column fruit.kind",)
    merged = [(1, "apple", 1.5, 11, 5), (2, "pear", 2.5, 20, 4), (4, "new", 1.0, 1, 9)]
    assert rows(main) == merged
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        main.execute("INSERT INTO fruit (name) VALUES ('nothing more')")
    main.rollback()
    main.undo_merge("b")
    assert rows(main) == before
    main.merge_branch("b")
    assert rows(main) == merged


def test_a_row_that_has_no_value_for_a_column_that_needs_one_is_a_conflict(main, branch, rows):
    with_a_required_column(branch)
    main.execute("INSERT INTO fruit VALUES (5, 'late', 1, 1)")
    main.commit()
    before = rows(main)
    with pytest.raises(MergeConflict, match=r"NOT NULL constraint failed: fruit\.kind"):
        main.merge_branch("b")
    assert rows(main) == before
    main.execute("DELETE FROM fruit WHERE id = 5")
    main.commit()
    main.merge_branch("b")
    assert [row[-1] for row in rows(main)] == [5, 4, 3]


@pytest.mark.parametrize(
    ("change", "since"),
    [
        ("CREATE TABLE t (x)", "DROP TABLE t"),
        ("DROP TABLE fruit", "CREATE TABLE fruit (x)"),
        ("ALTER TABLE fruit RENAME TO food", "ALTER TABLE food RENAME TO eaten"),
        ("ALTER TABLE fruit RENAME COLUMN name TO called", "ALTER TABLE fruit DROP COLUMN called"),
        (
            "ALTER TABLE fruit ADD COLUMN more",
            "CREATE TRIGGER r AFTER DELETE ON fruit BEGIN SELECT old.more; END",
        ),
    ],
)
def test_a_definition_that_was_changed_since_the_merge_keeps_it_from_being_undone(
    main, branch, change, since
):
    branch.execute(change)
    branch.commit()
    main.merge_branch("b")
    main.execute("SELECT * FROM sqlite_master").fetchall()  # without which SQLite knows the old names
    main.execute(since)
    main.commit()
    before = main.execute("SELECT name, sql FROM sqlite_master").fetchall()
    with pytest.raises(MergeConflict, match="can't be undone, and 'main' was left as it is"):
        main.undo_merge("b")
    assert main.execute("SELECT name, sql FROM sqlite_master").fetchall() == before
