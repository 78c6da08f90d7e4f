"""What was done to the schema on a branch is done to main's: tables, columns, indexes, views and triggers."""

from __future__ import annotations

import sqlite3 as standard

import pytest

import heliosdb_sqlite
from heliosdb_branching import MergeConflict

FRUIT = "id INTEGER PRIMARY KEY, name TEXT, price REAL CHECK (price > 0), stock INTEGER"


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def schema(connection):
    """Every object of the user's, space and quotes aside."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_heliosdb%' ESCAPE '\\'"
        " AND tbl_name NOT LIKE '\\_heliosdb%' ESCAPE '\\'"
    )
    return {name: "".join(sql.replace('"', "").split()).lower() for name, sql in found}


CHANGES = {
    "a table": ["CREATE TABLE basket (id INTEGER PRIMARY KEY, x)", "INSERT INTO basket VALUES (1, 2)"],
    "a table without rowid": ["CREATE TABLE k (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID", "INSERT INTO k VALUES (1, 2)"],
    "a table as a query": ["CREATE TABLE cheap AS SELECT * FROM fruit WHERE price < 2"],
    "a dropped table": ["DROP TABLE fruit"],
    "a column": ["ALTER TABLE fruit ADD COLUMN kind TEXT DEFAULT 'x'", "UPDATE fruit SET kind = 'y' WHERE id = 1"],
    "a renamed column": ["ALTER TABLE fruit RENAME COLUMN price TO cost", "UPDATE fruit SET cost = 9 WHERE id = 1"],
    "a dropped column": ["UPDATE fruit SET stock = 7", "ALTER TABLE fruit DROP COLUMN price"],
    "a renamed table": ["ALTER TABLE fruit RENAME TO produce", "DELETE FROM produce WHERE id = 2"],
    "renamed, altered, renamed": [
        "ALTER TABLE fruit RENAME TO a", "ALTER TABLE a ADD COLUMN z", "UPDATE a SET z = id", "ALTER TABLE a RENAME TO b",
        "ALTER TABLE b RENAME COLUMN name TO title", "ALTER TABLE b DROP COLUMN stock",
    ],
    "columns that change names": [
        "ALTER TABLE fruit RENAME COLUMN price TO p", "ALTER TABLE fruit RENAME COLUMN stock TO price",
        "ALTER TABLE fruit RENAME COLUMN p TO stock",
    ],
    "an index": ["CREATE INDEX names ON fruit (name COLLATE NOCASE, price DESC) WHERE stock > 0"],
    "an index on a new column": ["ALTER TABLE fruit ADD COLUMN kind", "CREATE UNIQUE INDEX kinds ON fruit (kind)"],
    "a view": ["CREATE VIEW cheap AS SELECT name FROM fruit WHERE price < 2"],
    "a trigger": [
        "CREATE TRIGGER spent AFTER UPDATE OF stock ON fruit WHEN new.stock = 0 BEGIN DELETE FROM fruit; END"
    ],
    "a full-text table": [
        "CREATE VIRTUAL TABLE words USING fts5 (body)", "INSERT INTO words (body) VALUES ('one two'), ('three')",
    ],
    "a table made anew": [
        "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL CHECK (price > 0), stock INTEGER)",
        "INSERT INTO new SELECT * FROM fruit", "DROP TABLE fruit", "ALTER TABLE new RENAME TO fruit",
        "UPDATE fruit SET price = 9 WHERE id = 1",
    ],
}  # fmt: skip


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES)
def test_main_becomes_what_the_branch_is_and_back(main, branch, rows, statements):
    before, content = schema(main), rows(main)
    write(branch, *statements)
    report = main.merge_branch("b")
    assert report.schema
    assert schema(main) == schema(branch)
    for (table,) in branch.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_heli%' ESCAPE '\\'"
        " AND name NOT LIKE 'words\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        assert rows(main, f"SELECT * FROM {table}") == rows(branch, f"SELECT * FROM {table}")
    assert main.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert main.merge_branch("b").schema == ()
    main.undo_merge("b")
    assert schema(main) == before
    assert rows(main) == content
    assert main.merge_branch("b").schema == report.schema


def test_a_table_made_anew_is_told_of_with_both_definitions(main, branch, rows):
    before = rows(main, "SELECT sql FROM sqlite_master WHERE name = 'fruit'")[0][0]
    write(
        branch,
        "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, -- must be known\n price REAL, stock, more)",
        "INSERT INTO new SELECT *, 1 FROM fruit", "DROP TABLE fruit", "ALTER TABLE new RENAME TO fruit",
        "CREATE INDEX names ON fruit (name)",
    )  # fmt: skip
    after = 'CREATE TABLE "fruit" (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, stock, more)'
    definition = f"change the definition of table fruit from {before} to {after}"
    told = ("add column fruit.more", definition, "create index names")
    assert main.compare_branches("main", "b").schema == told
    assert main.merge_branch("b", dry_run=True).schema == told
    assert main.merge_branch("b").schema == told


def test_triggers_and_views_follow_a_rename_and_its_undoing(main, on, rows):
    main.executescript("""
        CREATE TABLE note (text); CREATE VIEW names AS SELECT name FROM fruit;
        CREATE TRIGGER noted AFTER DELETE ON fruit BEGIN INSERT INTO note VALUES (old.name); END;
        CREATE TRIGGER emptied AFTER DELETE ON note BEGIN DELETE FROM fruit WHERE name = old.text; END;
    """)
    main.create_branch("b")
    write(on("b"), "ALTER TABLE fruit RENAME TO produce", "ALTER TABLE produce RENAME COLUMN name TO called")
    main.merge_branch("b")
    main.undo_merge("b")
    write(main, "DELETE FROM fruit WHERE id = 1", "UPDATE note SET text = 'pear'", "DELETE FROM note")
    assert rows(main, "SELECT * FROM names") == [("fig",)]
    assert rows(main, "SELECT * FROM note") == [("pear",)]


def test_what_is_made_otherwise_is_dropped_and_created(main, on):
    main.executescript("CREATE VIEW v AS SELECT 1 AS x; CREATE INDEX i ON fruit (name)")
    main.create_branch("b")
    write(
        on("b"),
        "DROP VIEW v",
        "CREATE VIEW v AS SELECT 2 AS x",
        "DROP INDEX i",
        "CREATE INDEX i ON fruit (price)",
    )
    told = {"drop view v", "create view v", "drop index i", "create index i"}
    assert set(main.merge_branch("b", dry_run=True).schema) == told
    assert set(main.merge_branch("b").schema) == told


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES)
def test_a_comparison_tells_of_it_and_its_sql_does_it(main, branch, rows, path, connect, statements):
    write(branch, *statements)
    diff = main.compare_branches("main", "b")
    assert diff.schema
    copy = connect(path.with_name("copy.db"))
    main.backup(copy)
    copy.executescript(diff.to_sql())
    assert schema(copy) == schema(branch)
    if "fruit" in schema(branch):
        assert rows(copy) == rows(branch)


def test_the_sql_of_a_comparison_makes_a_table_anew_with_all_that_it_has(main, on, rows, path, connect):
    main.executescript("""
        CREATE TABLE note (text, length AS (length(text))); INSERT INTO note VALUES ('a'), ('b'), ('c');
        DELETE FROM note WHERE text = 'a'; CREATE INDEX texts ON note (text);
        CREATE TRIGGER longer BEFORE INSERT ON fruit BEGIN SELECT 1; END; CREATE VIEW v AS SELECT text FROM note;
        CREATE TABLE shelf (fruit REFERENCES fruit (id) ON DELETE CASCADE); INSERT INTO shelf VALUES (1);
    """)
    main.create_branch("b")
    branch = on("b")
    for old, new in (("note", "text NOT NULL, length AS (length(text)), more"), ("fruit", FRUIT)):
        (columns,) = rows(branch, f"SELECT group_concat(name) FROM pragma_table_info('{old}')")[0]
        branch.executescript(f"""
            DROP VIEW IF EXISTS v; CREATE TABLE new ({new}); INSERT INTO new ({columns}) SELECT {columns} FROM {old};
            DROP TABLE {old}; ALTER TABLE new RENAME TO {old}; CREATE VIEW v AS SELECT text FROM note;
        """)
    branch.executescript("CREATE INDEX texts ON note (text)")
    copy = connect(path.with_name("copy.db"))
    main.backup(copy)
    copy.execute("PRAGMA foreign_keys = ON")
    copy.executescript(main.compare_branches("main", "b").to_sql())
    assert schema(copy) == schema(branch)
    for query in (
        "SELECT rowid, * FROM note",
        "SELECT * FROM fruit",
        "SELECT * FROM shelf",
        "SELECT * FROM v",
    ):
        assert rows(copy, query) == rows(branch, query)


def test_tables_that_exchange_their_names(main, branch, rows):
    write(branch, "CREATE TABLE other AS SELECT 1 AS x")
    main.merge_branch("b")
    write(
        branch,
        "ALTER TABLE fruit RENAME TO t",
        "ALTER TABLE other RENAME TO fruit",
        "ALTER TABLE t RENAME TO other",
    )
    report = main.merge_branch("b")
    assert set(report.schema) == {"rename table fruit to other", "rename table other to fruit"}
    assert rows(main, "SELECT * FROM fruit") == [(1,)]
    assert len(rows(main, "SELECT * FROM other")) == 3


def test_a_column_that_main_has_written_to_is_not_dropped_in_silence(main, branch, rows):
    write(branch, "ALTER TABLE fruit DROP COLUMN price")
    write(main, "UPDATE fruit SET price = 7 WHERE id = 2", "INSERT INTO fruit VALUES (9, 'lime', 3, 3)")
    with pytest.raises(MergeConflict, match="its column dropped on the branch") as caught:
        main.merge_branch("b")
    assert [(each.key, each.column, each.base, each.ours) for each in caught.value.conflicts] == [
        ((2,), "price", 2.5, 7.0), ((9,), "price", None, 3.0),
    ]  # fmt: skip
    main.merge_branch("b", strategy="theirs")
    assert rows(main)[1] == (2, "pear", 20)


def test_rows_of_main_get_what_the_branch_did_to_the_table(main, branch, rows):
    write(
        branch,
        "ALTER TABLE fruit ADD COLUMN kind DEFAULT 'x'",
        "ALTER TABLE fruit RENAME COLUMN name TO title",
    )
    write(branch, "UPDATE fruit SET title = 'Fig' WHERE id = 3")
    write(main, "INSERT INTO fruit VALUES (9, 'lime', 1, 1)", "UPDATE fruit SET stock = 0 WHERE id = 3")
    main.merge_branch("b")
    assert rows(main)[2:] == [(3, "Fig", 0.5, 0, "x"), (9, "lime", 1.0, 1, "x")]


def test_both_sides_add_columns(main, branch, rows):
    write(branch, "ALTER TABLE fruit ADD COLUMN theirs", "UPDATE fruit SET theirs = 1")
    write(main, "ALTER TABLE fruit ADD COLUMN ours", "UPDATE fruit SET ours = 2")
    main.merge_branch("b")
    assert main.execute("SELECT DISTINCT ours, theirs FROM fruit").fetchall() == [(2, 1)]
    write(branch, "INSERT INTO fruit (id, theirs) VALUES (9, 3)")
    main.merge_branch("b")
    assert main.execute("SELECT id, ours, theirs FROM fruit WHERE id = 9").fetchall() == [(9, None, 3)]


CLASHES = {
    "a table on both sides": ("CREATE TABLE t (a)", "CREATE TABLE t (b)"),
    "a column on both sides": (
        "ALTER TABLE fruit ADD COLUMN x INTEGER",
        "ALTER TABLE fruit ADD COLUMN x TEXT",
    ),
    "a column renamed twice": (
        "ALTER TABLE fruit RENAME COLUMN name TO a",
        "ALTER TABLE fruit RENAME COLUMN name TO b",
    ),
    "a table gone here": ("UPDATE fruit SET price = 9", "DROP TABLE fruit"),
    "a table renamed here": ("UPDATE fruit SET price = 9", "ALTER TABLE fruit RENAME TO f"),
    "a table gone there": ("DROP TABLE fruit", "UPDATE fruit SET price = 9"),
    "a column gone here": ("UPDATE fruit SET price = 9", "ALTER TABLE fruit DROP COLUMN price"),
    "an index on both sides": ("CREATE INDEX i ON fruit (name)", "CREATE INDEX i ON fruit (price)"),
    "a view on both sides": ("CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 2"),
}


@pytest.mark.parametrize(("theirs", "ours"), CLASHES.values(), ids=CLASHES)
def test_schemas_that_exclude_each_other(main, branch, rows, theirs, ours):
    write(branch, theirs)
    write(main, ours)
    before = schema(main)
    with pytest.raises(MergeConflict):
        main.merge_branch("b")
    assert schema(main) == before
    main.merge_branch("b", strategy="ours")
    assert schema(main) == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a)", "ALTER TABLE fruit ADD COLUMN x INTEGER", "ALTER TABLE fruit RENAME COLUMN name TO a",
        "CREATE INDEX i ON fruit (name)", "ALTER TABLE fruit DROP COLUMN stock", "DROP TABLE fruit",
    ],
)  # fmt: skip
def test_the_same_change_on_both_sides_is_none(main, branch, statement):
    write(branch, statement)
    write(main, statement)
    before = schema(main)
    main.merge_branch("b")
    assert schema(main) == before


def test_a_column_can_be_dropped_on_a_branch_whatever_it_takes(branch, rows):
    branch.execute("CREATE INDEX prices ON fruit (price)")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="price"):
        branch.execute("ALTER TABLE fruit DROP COLUMN price")  # SQLite's own error
    with pytest.raises(heliosdb_sqlite.OperationalError, match='no such column: "nope"'):
        branch.execute("ALTER TABLE fruit DROP COLUMN nope")
    branch.execute("DROP INDEX prices")
    branch.execute("ALTER TABLE fruit DROP COLUMN price")
    assert not branch.in_transaction
    branch.execute("BEGIN")
    branch.execute("ALTER TABLE fruit DROP COLUMN stock")
    branch.execute("DROP TABLE fruit")
    branch.rollback()
    assert rows(branch)[0] == (1, "apple", 10)


def test_renames_by_plain_sqlite3_are_renames(main, branch, rows):
    plain = standard.connect(main.get_branch_info("b").path)
    plain.execute("ALTER TABLE fruit RENAME COLUMN price TO cost")
    plain.execute("ALTER TABLE fruit RENAME TO produce")
    plain.execute("ALTER TABLE produce ADD COLUMN kind")
    plain.execute("UPDATE produce SET kind = 'k', cost = 3 WHERE id = 2")
    plain.execute("CREATE TABLE more (x)")
    plain.execute("INSERT INTO more VALUES (1)")
    plain.commit()
    plain.close()
    write(main, "UPDATE fruit SET stock = 99 WHERE id = 2")
    report = main.merge_branch("b")
    assert set(report.schema) >= {"rename table fruit to produce", "rename column fruit.price to cost"}
    assert rows(main, "SELECT * FROM produce WHERE id = 2") == [(2, "pear", 3.0, 99, "k")]
    assert rows(main, "SELECT * FROM more") == [(1,)]


def test_a_table_dropped_by_plain_sqlite3_is_a_conflict(main, branch):
    plain = standard.connect(main.get_branch_info("b").path)
    plain.execute("DROP TABLE fruit")
    plain.close()
    with pytest.raises(MergeConflict, match="by a program that HeliosDB did not see"):
        main.merge_branch("b")
    main.merge_branch("b", strategy="theirs")
    assert "fruit" not in schema(main)


def test_rows_and_schema_in_one_transaction_of_the_branch(main, branch, rows):
    with branch:
        branch.execute("CREATE TABLE a (x INTEGER PRIMARY KEY, y)")
        branch.execute("INSERT INTO a VALUES (1, 1)")
        branch.execute("ALTER TABLE a ADD COLUMN z DEFAULT 5")
        branch.execute("UPDATE a SET z = 6")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM a") == [(1, 1, 6)]
    write(branch, "UPDATE a SET y = 2")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM a") == [(1, 2, 6)]


def test_a_column_that_got_another_type_by_way_of_a_new_table(main, on, rows):
    main.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b); INSERT INTO t VALUES (1, '1', 1), (2, '2', 2)"
    )
    main.create_branch("b")
    branch = on("b")
    branch.executescript("""
        CREATE TABLE new (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, c DEFAULT 5);
        INSERT INTO new (id, a) SELECT id, a FROM t;
        DROP TABLE t;
        ALTER TABLE new RENAME TO t;
        UPDATE t SET c = 6 WHERE id = 1;
    """)
    branch.commit()
    main.execute("UPDATE t SET a = '7' WHERE id = 2")
    main.commit()
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t") == [(1, 1, 6), (2, 7, 5)]
    main.undo_merge("b")
    assert rows(main, "SELECT * FROM t") == [(1, "1", 1), (2, "7", 2)]
