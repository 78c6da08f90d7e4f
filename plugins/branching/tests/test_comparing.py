"""What differs between two branches, as objects, SQL and JSON."""

from __future__ import annotations

import io
import json


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def test_a_comparison_has_what_the_branch_changed(main, branch):
    write(branch, "UPDATE fruit SET price = 9 WHERE id = 1", "DELETE FROM fruit WHERE id = 2")
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, x'00')")
    write(main, "UPDATE fruit SET price = 3 WHERE id = 3")  # on main alone: not the branch's
    diff = main.compare_branches("main", "b")
    assert (diff.tables_modified, diff.total_row_changes, diff.schema, diff.scanned) == (
        ("fruit",),
        3,
        (),
        False,
    )
    assert (diff.tables["fruit"].added, diff.tables["fruit"].changed, diff.tables["fruit"].removed) == (
        1,
        1,
        1,
    )
    assert [(each.kind, each.key) for each in diff.rows("fruit")] == [
        ("changed", (1,)), ("removed", (2,)), ("added", (7,)),
    ]  # fmt: skip
    (changed, *_) = diff.rows()
    assert (changed.before["price"], changed.after["price"]) == (1.5, 9.0)
    full = main.compare_branches("main", "b", full=True)
    assert (full.total_row_changes, full.scanned) == (4, True)


def test_the_other_way_round(main, branch):
    write(branch, "INSERT INTO fruit (id) VALUES (7)")
    diff = main.compare_branches("b", "main")
    assert [(each.kind, each.key) for each in diff.rows()] == [("removed", (7,))]
    assert not main.compare_branches("b", "b")
    assert not main.compare_branches("main", "main")


def test_siblings(main, branch, on):
    main.create_branch("c")
    other = on("c")
    write(branch, "UPDATE fruit SET price = 9 WHERE id IN (1, 2)")
    write(other, "UPDATE fruit SET price = 9 WHERE id IN (2, 3)")
    diff = main.compare_branches("b", "c")
    assert {each.key for each in diff.rows()} == {(1,), (3,)}


def test_changes_taken_back_are_no_difference(main, branch):
    write(branch, "UPDATE fruit SET price = 9")
    write(branch, "UPDATE fruit SET price = CASE id WHEN 1 THEN 1.5 WHEN 2 THEN 2.5 ELSE 0.5 END")
    assert main.compare_branches("main", "b").total_row_changes == 0


def test_a_comparison_as_sql_makes_one_what_the_other_is(main, branch, connect, path, rows):
    write(
        branch, "UPDATE fruit SET name = 'it''s', price = NULL WHERE id = 1", "DELETE FROM fruit WHERE id = 2"
    )
    write(
        branch, "INSERT INTO fruit VALUES (7, 'a' || char(0) || 'b', 9e999, x'00ff')", "CREATE TABLE t (a, b)"
    )
    write(branch, "INSERT INTO t VALUES (1, 2), (3, 4)", "CREATE INDEX i ON t (a)")
    copy = connect(path.with_name("copy.db"))
    main.backup(copy)
    text = io.StringIO()
    main.compare_branches("main", "b").to_sql(text)
    copy.executescript(text.getvalue())
    for sql in ("SELECT * FROM fruit ORDER BY id", "SELECT rowid, * FROM t"):
        assert rows(copy, sql) == rows(branch, sql)


def test_a_comparison_as_json(main, branch):
    write(branch, "INSERT INTO fruit VALUES (7, 'kiwi', 1, x'00')")
    found = json.loads(main.compare_branches("main", "b").to_json())
    assert found["tables"] == {"fruit": {"added": 1, "changed": 0, "removed": 0, "scanned": False}}
    assert found["rows"][0]["after"] == {"id": 7, "name": "kiwi", "price": 1.0, "stock": {"blob": "00"}}
