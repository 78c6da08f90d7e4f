"""What both sides changed is listed with main left as it was, or decided by a strategy."""

from __future__ import annotations

import pytest

import heliosdb_sqlite
from heliosdb_branching import Conflict, MergeConflict


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


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


def test_a_conflict_about_text_that_is_no_utf8_changes_nothing(main, branch, rows):
    write(branch, "UPDATE fruit SET name = CAST(x'ff' AS TEXT) WHERE id = 1")
    write(main, "UPDATE fruit SET name = 'mine' WHERE id = 1")
    before = rows(main)
    with pytest.raises(heliosdb_sqlite.OperationalError, match="Could not decode to UTF-8"):
        main.merge_branch("b")
    assert rows(main) == before


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


def test_what_a_function_returns_is_stored_as_the_column_would(main, on, rows):
    main.executescript(
        "CREATE TABLE s (id INTEGER PRIMARY KEY, a ANY, n INT, r REAL) STRICT; INSERT INTO s VALUES (1, 'x', 1, 1)"
    )
    main.create_branch("b")
    branch = on("b")
    for connection, number in ((main, 2), (branch, 3)):
        connection.execute("UPDATE s SET a = ?, n = ?, r = ?", (f"x{number}", number, number))
        connection.commit()
    main.merge_branch("b", strategy=lambda conflict: "007" if conflict.column == "a" else 7)
    assert rows(main, "SELECT a, n, r FROM s") == [("007", 7, 7.0)]
