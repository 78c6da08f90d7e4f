"""Tables of every kind: without a key, with odd keys, generated columns, full text, and names that nobody expects."""

from __future__ import annotations

import sqlite3 as standard

import pytest
from pydantic import BaseModel, ConfigDict

import heliosdb_sqlite
from heliosdb_branching import MergeConflict
from heliosdb_sqlite.plugins import hookimpl


@pytest.fixture
def diverge(connect, path):
    """A database and a branch of it, made of one script."""

    def made(script, name="b"):
        main = connect(path)
        main.executescript(script)
        main.create_branch(name)
        return main, connect(path, branch=name)

    return made


def write(connection, *statements):
    for statement in statements:
        connection.execute(statement)
    connection.commit()


def rows(connection, sql):
    return connection.execute(sql).fetchall()


def test_without_a_key_rows_go_by_their_rowid(diverge):
    main, branch = diverge("CREATE TABLE log (a, b); INSERT INTO log VALUES (1, 1), (1, 1), (2, 2)")
    write(branch, "UPDATE log SET b = 9 WHERE rowid = 2", "INSERT INTO log VALUES ('theirs', 0)")
    write(main, "UPDATE log SET a = 8 WHERE rowid = 2", "INSERT INTO log VALUES ('ours', 0)")
    report = main.merge_branch("b")
    assert rows(main, "SELECT a, b FROM log") == [(1, 1), (8, 9), (2, 2), ("ours", 0), ("theirs", 0)]
    assert dict(report.renumbered["log"]) == {4: 5}
    write(branch, "UPDATE log SET b = 7 WHERE a = 'theirs'")
    main.merge_branch("b")
    assert rows(main, "SELECT b FROM log WHERE a IN ('ours', 'theirs')") == [(0,), (7,)]


@pytest.mark.parametrize("who", ["main", "branch"])
def test_vacuum_is_noticed_where_it_renumbers_rows(diverge, who):
    main, branch = diverge(
        "CREATE TABLE log (a); INSERT INTO log VALUES (1), (2), (3); DELETE FROM log WHERE a = 1"
    )
    write(branch, "UPDATE log SET a = 9 WHERE a = 3")
    {"main": main, "branch": branch}[who].execute("VACUUM")
    with pytest.raises(
        heliosdb_sqlite.NotSupportedError, match=r"VACUUM has renumbered the rows of '(main|b)'"
    ):
        main.merge_branch("b")
    assert rows(main, "SELECT a FROM log") == [(2,), (3,)]
    main.create_branch("again")  # from now on they can be told apart
    main.merge_branch("again")


def test_vacuum_is_no_matter_where_rows_have_keys(diverge):
    main, branch = diverge(
        "CREATE TABLE t (a PRIMARY KEY, b); INSERT INTO t VALUES (1, 1), (2, 2); DELETE FROM t WHERE a = 1"
    )
    write(branch, "UPDATE t SET b = 9")
    main.execute("VACUUM")
    branch.execute("VACUUM")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t") == [(2, 9)]


def test_keys_that_are_null_go_by_the_rowid(diverge):
    main, branch = diverge(
        "CREATE TABLE t (k TEXT PRIMARY KEY, v); INSERT INTO t VALUES (NULL, 1), (NULL, 2), ('a', 3)"
    )
    write(branch, "UPDATE t SET v = 9 WHERE v = 2", "UPDATE t SET v = 8 WHERE k = 'a'")
    write(main, "UPDATE t SET v = 7 WHERE v = 1")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t") == [(None, 7), (None, 9), ("a", 8)]


def test_a_key_that_ignores_case(diverge):
    main, branch = diverge(
        "CREATE TABLE t (k TEXT PRIMARY KEY COLLATE NOCASE, v); INSERT INTO t VALUES ('a', 1), ('B', 2)"
    )
    write(branch, "UPDATE t SET k = 'A', v = 5 WHERE k = 'a'", "UPDATE t SET v = 6 WHERE k = 'A'")
    write(branch, "REPLACE INTO t VALUES ('b', 9)")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t ORDER BY k") == [("A", 6), ("b", 9)]


def test_generated_columns_follow(diverge):
    main, branch = diverge(
        "CREATE TABLE t (a PRIMARY KEY, b, c AS (b * 2), d AS (b * 3) STORED); INSERT INTO t VALUES (1, 1), (2, 2)"
    )
    write(branch, "UPDATE t SET b = 5 WHERE a = 1", "INSERT INTO t VALUES (3, 3)")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t") == [(1, 5, 10, 15), (2, 2, 4, 6), (3, 3, 6, 9)]


@pytest.mark.skipif(heliosdb_sqlite.sqlite_version_info < (3, 37), reason="STRICT is new in SQLite 3.37")
def test_strict_tables(diverge):
    main, branch = diverge(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c ANY) STRICT; INSERT INTO t VALUES (1, 'x', 2)"
    )
    write(branch, "UPDATE t SET c = '2'", "INSERT INTO t VALUES (2, 'y', x'00')")
    main.merge_branch("b")
    assert rows(main, "SELECT a, b, c FROM t") == [(1, "x", "2"), (2, "y", b"\x00")]


UNIQUES = {
    "a column": "CREATE TABLE t (k INTEGER PRIMARY KEY, u UNIQUE, v)",
    "two columns": "CREATE TABLE t (k INTEGER PRIMARY KEY, u, v, UNIQUE (u, v))",
    "an index": "CREATE TABLE t (k INTEGER PRIMARY KEY, u, v); CREATE UNIQUE INDEX i ON t (u COLLATE NOCASE)",
    "an expression": "CREATE TABLE t (k INTEGER PRIMARY KEY, u, v); CREATE UNIQUE INDEX i ON t (lower(u) DESC, v + 1)",
    "a part": "CREATE TABLE t (k INTEGER PRIMARY KEY, u, v); CREATE UNIQUE INDEX i ON t (u) WHERE v > 0",
    "without rowid": "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, v) WITHOUT ROWID",
}


@pytest.mark.parametrize("sql", UNIQUES.values(), ids=UNIQUES)
@pytest.mark.parametrize(
    "statement",
    [
        "REPLACE INTO t VALUES (9, 'b', 2)",
        "UPDATE OR REPLACE t SET u = 'b', v = 2 WHERE k = 1",
        "INSERT OR REPLACE INTO t SELECT k + 10, u, v FROM t",
    ],
)
def test_rows_that_replace_removes_are_removed(diverge, sql, statement):
    main, branch = diverge(sql + "; INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
    write(branch, statement)
    write(main, "INSERT INTO t VALUES (50, 'z', 50)")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM t WHERE k <> 50 ORDER BY k") == rows(
        branch, "SELECT * FROM t ORDER BY k"
    )
    assert len(rows(branch, "SELECT * FROM t")) < 6


NAMES = [
    "new",
    "old",
    "rowid",
    "n",
    "t",
    "l",
    "v",
    "seq",
    "op",
    "r",
    "c0",
    "k0",
    "column1",
    'a"b',
    "a b",
    "é",
    "select",
    "_heliosdb_x",
]


@pytest.mark.parametrize("table", ["t", "l", "new", "old", 'ta"ble', "order"])
def test_names_that_nobody_expects(diverge, table):
    quoted = '"' + table.replace('"', '""') + '"'
    columns = ['"' + name.replace('"', '""') + '"' for name in NAMES]
    main, branch = diverge(
        f"CREATE TABLE {quoted} ({', '.join(columns)}, PRIMARY KEY ({columns[3]}, {columns[1]}));"
        f"INSERT INTO {quoted} VALUES ({', '.join(str(number) for number in range(len(columns)))})"
    )
    write(branch, f"UPDATE {quoted} SET {columns[0]} = 'x', {columns[13]} = 'y'")
    write(branch, f"INSERT INTO {quoted} ({columns[3]}, {columns[1]}) VALUES ('k', 1)")
    write(main, f"UPDATE {quoted} SET {columns[2]} = 'z'")
    diff = main.compare_branches("main", "b")
    assert diff.total_row_changes == 2
    main.merge_branch("b")
    found = rows(main, f"SELECT {columns[0]}, {columns[2]}, {columns[13]} FROM {quoted}")
    assert found == [("x", "z", "y"), (None, None, None)]
    main.undo_merge("b")


def test_a_table_whose_rows_can_not_be_told_apart(diverge):
    main, branch = diverge("CREATE TABLE t (rowid, _rowid_, oid); INSERT INTO t VALUES (1, 2, 3)")
    write(branch, "UPDATE t SET oid = 4")
    with pytest.raises(heliosdb_sqlite.NotSupportedError, match="rename one of them"):
        main.merge_branch("b")


FTS = ["fts5", "fts4"]


@pytest.mark.parametrize("module", FTS)
def test_full_text_is_merged_row_by_row(diverge, module):
    main, branch = diverge(
        f"CREATE VIRTUAL TABLE f USING {module} (a, b); INSERT INTO f VALUES ('one', 'x'), ('two', 'y'), ('three', 'z')"
    )
    write(branch, "UPDATE f SET a = 'uno' WHERE rowid = 1", "DELETE FROM f WHERE rowid = 2")
    write(main, "UPDATE f SET b = 'ex' WHERE rowid = 1", "INSERT INTO f (rowid, a) VALUES (9, 'nine')")
    report = main.merge_branch("b")
    assert report.tables["f"].total == 2
    assert rows(main, "SELECT rowid, a, b FROM f") == [(1, "uno", "ex"), (3, "three", "z"), (9, "nine", None)]
    assert rows(main, "SELECT rowid FROM f WHERE f MATCH 'uno'") == [(1,)]
    assert rows(main, "SELECT rowid FROM f WHERE f MATCH 'one'") == []
    write(main, "INSERT INTO f (f) VALUES ('integrity-check')")
    main.undo_merge("b")
    assert rows(main, "SELECT rowid FROM f WHERE f MATCH 'two'") == [(2,)]


def test_full_text_about_another_table_is_built_anew(diverge):
    main, branch = diverge(
        """CREATE TABLE doc (id INTEGER PRIMARY KEY, body);
        CREATE VIRTUAL TABLE f USING fts5 (body, content='doc', content_rowid='id');
        CREATE TRIGGER i AFTER INSERT ON doc BEGIN INSERT INTO f (rowid, body) VALUES (new.id, new.body); END;
        CREATE TRIGGER d AFTER DELETE ON doc BEGIN INSERT INTO f (f, rowid, body) VALUES ('delete', old.id, old.body); END;
        INSERT INTO doc VALUES (1, 'one'), (2, 'two')"""
    )
    write(branch, "DELETE FROM doc WHERE id = 1", "INSERT INTO doc VALUES (3, 'three')")
    write(main, "INSERT INTO doc VALUES (4, 'four')")
    main.merge_branch("b")
    assert [rows(main, f"SELECT rowid FROM f WHERE f MATCH '{word}'") for word in ("one", "three", "four")] == [
        [], [(3,)], [(4,)],
    ]  # fmt: skip
    main.undo_merge("b")
    assert rows(main, "SELECT rowid FROM f WHERE f MATCH 'one'") == [(1,)]


def test_other_virtual_tables_are_merged_as_a_whole(diverge):
    main, branch = diverge(
        "CREATE VIRTUAL TABLE r USING rtree (id, x0, x1); INSERT INTO r VALUES (1, 0, 1), (2, 5, 6); CREATE TABLE t (a)"
    )
    write(branch, "INSERT INTO t VALUES (1)")
    main.merge_branch("b")  # not touched: no conflict, whatever main does
    write(main, "INSERT INTO r VALUES (3, 7, 8)")
    main.merge_branch("b")
    write(branch, "DELETE FROM r WHERE id = 1")
    with pytest.raises(MergeConflict, match="module rtree can't be merged one by one"):
        main.merge_branch("b")
    main.merge_branch("b", strategy="theirs")
    assert rows(main, "SELECT id FROM r") == [(2,)]
    main.undo_merge("b")
    assert rows(main, "SELECT id FROM r ORDER BY id") == [(1,), (2,), (3,)]


def test_values_of_every_size(diverge):
    main, branch = diverge("CREATE TABLE t (k INTEGER PRIMARY KEY, v)")
    values = [
        2**63 - 1,
        -(2**63),
        1e308,
        float("inf"),
        5e-324,
        "a\0b",
        "😀" * 1000,
        b"\xff" * 100_000,
        "",
        b"",
        None,
    ]
    branch.executemany("INSERT INTO t (v) VALUES (?)", [(value,) for value in values])
    branch.commit()
    main.merge_branch("b")
    assert rows(main, "SELECT v FROM t ORDER BY k") == [(value,) for value in values]
    write(branch, "UPDATE t SET v = NULL")
    main.merge_branch("b")
    main.undo_merge("b")
    assert rows(main, "SELECT v FROM t ORDER BY k") == [(value,) for value in values]


def test_views_and_their_triggers(diverge):
    main, branch = diverge(
        """CREATE TABLE t (a PRIMARY KEY, b); INSERT INTO t VALUES (1, 1);
        CREATE VIEW v AS SELECT a, b FROM t;
        CREATE TRIGGER w INSTEAD OF UPDATE ON v BEGIN UPDATE t SET b = new.b WHERE a = old.a; END"""
    )
    write(branch, "UPDATE v SET b = 2")
    main.merge_branch("b")
    assert rows(main, "SELECT * FROM v") == [(1, 2)]
    write(main, "UPDATE v SET b = 3")
    assert rows(main, "SELECT * FROM t") == [(1, 3)]


def test_the_branch_behaves_as_main_would(diverge):
    main, branch = diverge("CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT, v UNIQUE)")
    for connection in (main, branch):
        cursor = connection.execute("INSERT INTO t (v) VALUES ('a'), ('b')")
        assert (cursor.rowcount, cursor.lastrowid) == (2, 2)
        assert rows(connection, "SELECT last_insert_rowid(), changes()") == [(2, 2)]
        assert rows(connection, "UPDATE t SET v = v || '!' RETURNING k, v") == [(1, "a!"), (2, "b!")]
        assert connection.execute("INSERT OR IGNORE INTO t (v) VALUES ('a!')").rowcount == 0
        with pytest.raises(heliosdb_sqlite.IntegrityError):
            connection.execute("INSERT INTO t (v) VALUES ('a!')")
        assert (
            connection.execute("INSERT INTO t (v) VALUES ('a!') ON CONFLICT DO UPDATE SET v = 'c'").rowcount
            == 1
        )
        connection.rollback()
        assert rows(connection, "SELECT * FROM t") == []


class Scrambling:
    """A plugin that shows what stands behind the first four bytes of a value, as an encrypted column does."""

    class Options(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        scramble: bool = False

    @staticmethod
    @hookimpl
    def heliosdb_options():
        return Scrambling.Options

    @staticmethod
    @hookimpl
    def heliosdb_active(options):
        return options.scramble

    @staticmethod
    @hookimpl
    def heliosdb_row(connection, statement):
        return lambda row: tuple(each[4:] if isinstance(each, bytes) else each for each in row)


def test_values_that_are_stored_in_two_ways_and_read_as_one_are_one(path, connect, register_plugin):
    register_plugin(Scrambling)
    main = connect(path, scramble=True)
    main.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, n)")
    main.executemany("INSERT INTO t VALUES (?, ?, 0)", [(1, b"0000old"), (2, b"0000old"), (3, b"0000old")])
    main.commit()
    main.create_branch("b")
    branch = connect(path, branch="b", scramble=True)
    for number, connection in enumerate((branch, main)):
        connection.execute("UPDATE t SET a = ? WHERE id = 1", (b"000%dsame" % number,))
        connection.execute("INSERT INTO t VALUES (9, ?, 0)", (b"000%dsame" % number,))
        connection.execute("UPDATE t SET a = ? WHERE id = 2", (b"000%dold" % (number + 5),))
        connection.execute("UPDATE t SET a = ? WHERE id = 3", (b"000%d%d" % (number, number),))
        connection.commit()
    branch.execute("UPDATE t SET n = 1")
    branch.commit()
    with pytest.raises(MergeConflict) as raised:
        main.merge_branch("b")
    assert [(each.key, each.column) for each in raised.value.conflicts] == [((3,), "a"), ((9,), None)]
    branch.execute("UPDATE t SET n = 0 WHERE id = 9")
    branch.execute("UPDATE t SET a = ? WHERE id = 3", (b"9999old",))
    branch.commit()
    main.merge_branch("b")
    plain = standard.connect(path)
    assert plain.execute("SELECT id, a, n FROM t").fetchall() == [
        (1, b"0001same", 1), (2, b"0006old", 1), (3, b"00011", 1), (9, b"0001same", 0),
    ]  # fmt: skip
    plain.close()


def test_a_comparison_tells_of_full_text_and_other_virtual_tables(main, on, rows, path, connect):
    main.executescript("""
        CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO f VALUES ('one'), ('two'), ('three');
        CREATE VIRTUAL TABLE r USING rtree (id, x0, x1); INSERT INTO r VALUES (1, 0, 1), (2, 0, 1);
        CREATE VIRTUAL TABLE same USING rtree (id, x0, x1); INSERT INTO same VALUES (1, 0, 1);
    """)
    main.create_branch("b")
    branch = on("b")
    write(branch, "UPDATE f SET body = 'Two' WHERE rowid = 2", "DELETE FROM f WHERE rowid = 3")
    write(branch, "UPDATE r SET x1 = 7 WHERE id = 1", "INSERT INTO r VALUES (3, 5, 6)")
    copy = connect(path.with_name("copy.db"))
    main.backup(copy)
    diff = main.compare_branches("main", "b")
    assert {name: (each.total, each.scanned) for name, each in diff.tables.items()} == {
        "f": (2, False), "r": (2, True),
    }  # fmt: skip
    back = main.compare_branches("b", "main")
    assert [(each.kind, each.key) for each in back.rows("f")] == [("changed", (2,)), ("added", (3,))]
    assert main.compare_branches("main", "b", full=True).total_row_changes == 4
    copy.executescript(diff.to_sql())
    for query in ("SELECT rowid, body FROM f", "SELECT * FROM r ORDER BY id", "SELECT rowid FROM f ('two')"):
        assert rows(copy, query) == rows(branch, query)


def test_a_comparison_tells_rows_with_null_in_their_key_by_the_rowid(main, on, rows, path, connect):
    main.executescript(
        "CREATE TABLE t (a, b, v, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, NULL, 1), (1, 1, 1)"
    )
    main.create_branch("b")
    branch = on("b")
    write(branch, "UPDATE t SET v = 2", "INSERT INTO t VALUES (NULL, NULL, 3)")
    copy = connect(path.with_name("copy.db"))
    main.backup(copy)
    copy.executescript(main.compare_branches("main", "b").to_sql())
    assert rows(copy, "SELECT rowid, * FROM t") == rows(branch, "SELECT rowid, * FROM t")
