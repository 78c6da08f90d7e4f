"""``heliosdb info FILE`` shows what a database holds."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest


def make(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def shown(result):
    assert result.exit_code == 0, result.output
    return result.output


def test_tables_views_columns_and_rows(heliosdb, tmp_path):
    path = tmp_path / "app.db"
    make(
        path,
        "PRAGMA user_version = 7",
        "PRAGMA application_id = 0x48454c49",
        "CREATE TABLE books (title TEXT, year INTEGER, old AS (year < 1900))",
        "INSERT INTO books VALUES ('Emma', 1815), ('Persuasion', 1817)",
        "CREATE VIEW titles AS SELECT title FROM books",
    )
    output = shown(heliosdb("info", path))

    assert "books" in output and "title TEXT, year INTEGER, old" in output
    assert "│ 2 " in output  # its rows
    assert "titles" in output and "view" in output
    for fact in (
        "user version",
        "│ 7 ",
        "0x48454c49",
        "rollback journal",
        "UTF-8",
        "4,096 bytes",
        sqlite3.sqlite_version,
    ):
        assert fact in output


def test_it_fits_into_80_columns(heliosdb, tmp_path):
    columns = ", ".join(f"column_number_{number} TEXT" for number in range(100))
    path = tmp_path / ("a_long_name_" * 10 + ".db")
    make(path, f"CREATE TABLE {'wide' * 30} ({columns})", "CREATE TABLE narrow (a)")

    for command in (
        ["info", path],
        ["info"],
        ["plugins"],
        ["--help"],
        ["info", "--help"],
        ["demo", "--help"],
    ):
        assert max(map(len, shown(heliosdb(*command)).replace(str(path), "").splitlines())) <= 80
    assert "column_number_99" in shown(heliosdb("info", path))


@pytest.mark.parametrize(
    "name",
    ["with space.db", "100%.db", "a%20b.db", "what?.db", "a#b.db", "mode=ro&x.db", "größe ✓.db", "-.db"],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_odd_file_names(heliosdb, tmp_path, name):
    make(tmp_path / name, "CREATE TABLE inside (a)")
    make(tmp_path / "a b.db", "CREATE TABLE another (a)")
    make(tmp_path / "a", "CREATE TABLE another (a)")

    output = shown(heliosdb("info", "--", tmp_path / name))
    assert "inside" in output and "another" not in output


def test_a_link_to_a_database(heliosdb, tmp_path):
    make(tmp_path / "app.db", "CREATE TABLE inside (a)")
    (tmp_path / "link.db").symlink_to(tmp_path / "app.db")

    assert "inside" in shown(heliosdb("info", tmp_path / "link.db"))


def test_names_are_shown_as_they_are_and_can_not_steer_the_terminal(heliosdb, tmp_path):
    make(tmp_path / "app.db", 'CREATE TABLE "[bold]odd[/] \x1b[31m\ntable" ("[red]" TEXT, "[/nothing]")')

    output = shown(heliosdb("info", tmp_path / "app.db")).replace("│", "")
    assert "[bold]odd[/] \\x1b[31m\\ntable" in output
    assert "[red] TEXT, [/nothing]" in output
    assert "\x1b" not in output


def test_a_name_that_is_no_utf_8(heliosdb, tmp_path):
    make(tmp_path / "app.db", "CREATE TABLE xyz (a)")
    bytes_ = (tmp_path / "app.db").read_bytes()
    (tmp_path / "app.db").write_bytes(bytes_.replace(b"xyz", b"x\xffz"))

    assert "x\ufffdz" in shown(heliosdb("info", tmp_path / "app.db"))


def test_a_virtual_table_whose_module_is_missing(heliosdb, tmp_path):
    make(
        tmp_path / "app.db",
        "CREATE TABLE ordinary (a)",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING no_module(a)')",
    )
    output = shown(heliosdb("info", tmp_path / "app.db"))

    assert "virtual table" in output and "no such module: no_module" in " ".join(
        output.replace("│", " ").split()
    )
    assert "ordinary" in output


def test_a_view_of_a_table_that_is_gone(heliosdb, tmp_path):
    make(tmp_path / "app.db", "CREATE TABLE t (a)", "CREATE VIEW v AS SELECT * FROM t", "DROP TABLE t")

    assert "no such table" in " ".join(shown(heliosdb("info", tmp_path / "app.db")).replace("│", " ").split())


@pytest.mark.parametrize("size", [0, 4096])
def test_an_empty_database(heliosdb, tmp_path, size):
    path = tmp_path / "empty.db"
    if size:
        make(path, "VACUUM")
    else:
        path.touch()

    assert "no tables" in shown(heliosdb("info", path))


def test_the_rows_of_a_huge_file_are_counted_on_demand(heliosdb, tmp_path):
    path = tmp_path / "huge.db"
    make(path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2), (3)")
    os.truncate(path, 2**40)  # a sparse file: SQLite goes by the number of pages in its header

    assert "rows (--count)" in shown(heliosdb("info", path))
    assert "│ 3 " in shown(heliosdb("info", "--count", path))
    assert "1,099,511,627,776 bytes" in shown(heliosdb("info", path))


def test_rows_need_not_be_counted(heliosdb, tmp_path):
    make(tmp_path / "app.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2), (3)")

    assert "│ 3 " not in shown(heliosdb("info", "--no-count", tmp_path / "app.db"))
