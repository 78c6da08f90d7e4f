"""Tables and columns that get the names of others: dropped ones, renamed ones, each other's."""

from __future__ import annotations

import sqlite3

import pytest

from heliosdb_branching import MergeConflict

SETUP = """
    CREATE TABLE a (id INTEGER PRIMARY KEY, x, y); INSERT INTO a VALUES (1, 'ax', 'ay'), (2, 'ax2', 'ay2');
    CREATE TABLE b (id INTEGER PRIMARY KEY, z); INSERT INTO b VALUES (7, 'bz');
"""
EXCHANGES = {
    "a dropped table's name": ["DROP TABLE b", "ALTER TABLE a RENAME TO b"],
    "each other's name": [
        "ALTER TABLE a RENAME TO t", "ALTER TABLE b RENAME TO a", "ALTER TABLE t RENAME TO b",
        "ALTER TABLE a ADD COLUMN more DEFAULT 4",
    ],
    "a renamed table's name, made anew": [
        "ALTER TABLE a RENAME TO c", "CREATE TABLE a (id INTEGER PRIMARY KEY, v)", "INSERT INTO a VALUES (1, 5)",
    ],
    "each other's name, one made anew": [
        "ALTER TABLE a RENAME TO t", "ALTER TABLE b RENAME TO a", "ALTER TABLE t RENAME TO b",
        "ALTER TABLE b DROP COLUMN y", "UPDATE b SET x = 'new' WHERE id = 1",
    ],
    "their own in capitals": [
        "ALTER TABLE a RENAME TO t", "ALTER TABLE t RENAME TO A", "ALTER TABLE A ADD COLUMN more",
    ],
    "a dropped column's name": ["ALTER TABLE a DROP COLUMN y", "ALTER TABLE a RENAME COLUMN x TO y"],
    "each other's column's name": [
        "ALTER TABLE a RENAME COLUMN x TO t", "ALTER TABLE a RENAME COLUMN y TO x", "ALTER TABLE a RENAME COLUMN t TO y",
    ],
}  # fmt: skip


def state(connection):
    """Everything that a program can see of the tables: their definitions, but for quotes, and their rows."""
    tables = connection.execute(
        "SELECT name, replace(sql, '\"', '') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%heliosdb%' ORDER BY 1"
    ).fetchall()
    return [
        (name, sql.replace(" (", "("), connection.execute(f'SELECT * FROM "{name}"').fetchall())
        for name, sql in tables
    ]


@pytest.fixture(params=EXCHANGES)
def sides(request, path, connect, on):
    """Main, and a branch on which names were exchanged."""
    main = connect(path)
    main.executescript(SETUP)
    main.create_branch("exchanged")
    branch = on("exchanged")
    for statement in EXCHANGES[request.param]:
        branch.execute(statement)
    branch.commit()
    return main, branch


def test_a_comparison_has_statements_that_exchange_them(sides):
    main, branch = sides
    copy = sqlite3.connect(":memory:")
    copy.executescript(SETUP)
    copy.executescript(main.compare_branches("main", "exchanged").to_sql())
    assert state(copy) == state(branch)
    copy.close()


def test_a_merge_exchanges_them_and_an_undo_takes_that_back(sides):
    main, branch = sides
    before = state(main)
    main.merge_branch("exchanged")
    assert state(main) == state(branch)
    told = main.undo_merge("exchanged").schema
    assert state(main) == before
    assert not any("_heliosdb" in each for each in told)


@pytest.mark.parametrize("column", ["called", "price"])
def test_an_undo_keeps_what_was_written_to_a_table_that_lost_a_column(main, branch, column):
    branch.execute("ALTER TABLE fruit DROP COLUMN stock")
    branch.execute("ALTER TABLE fruit RENAME COLUMN name TO called")
    branch.commit()
    main.merge_branch("b")
    main.execute(f"UPDATE fruit SET {column} = 8 WHERE id = 2")
    main.commit()
    with pytest.raises(MergeConflict, match="it was written to since"):
        main.undo_merge("b")
