"""What is on disk: files of format 1, made by the first release, are read by every later one."""

from __future__ import annotations

import re
import shutil
import sqlite3 as standard
from pathlib import Path

import pytest

import heliosdb_sqlite

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def golden(tmp_path):
    shutil.copytree(GOLDEN, tmp_path, dirs_exist_ok=True)
    conn = heliosdb_sqlite.connect(tmp_path / "shop.db")
    yield conn
    conn.close()


def test_a_branch_of_the_first_release(golden):
    """Made by make_golden.py: a branch of main and one of that, merged once, with changes since on all sides."""
    assert [(each.name, each.parent, each.commits) for each in golden.list_branches()] == [
        ("main", None, 1), ("spring", "main", 4), ("late spring", "spring", 1),
    ]  # fmt: skip
    diff = golden.compare_branches("main", "spring")
    assert [(each.kind, each.table, each.key) for each in diff.rows()] == [("changed", "fruit", (3,))]
    assert diff.schema == ("rename column fruit.price to cost",)
    golden.undo_merge("spring")
    assert golden.execute("SELECT * FROM fruit").fetchall() == [
        (1, "apple", 1.5), (2, "pear", 2.5), (3, "fig", 0.5), (4, "main's", 4.0),
    ]  # fmt: skip
    golden.merge_branch("spring")
    golden.merge_branch("late spring")
    assert golden.execute("SELECT * FROM fruit").fetchall() == [
        (1, "Apple", 9.0), (3, "fig", b"\x00\xff"), (4, "main's", 4.0), (5, "late", None),
    ]  # fmt: skip
    assert golden.execute("SELECT cost FROM fruit WHERE id = 1").fetchone() == (9.0,)


def test_a_later_format_is_refused(golden):
    golden.execute("UPDATE _heliosdb_branching SET value = 2 WHERE key = 'format'")
    golden.commit()
    for method in (
        golden.list_branches,
        lambda: golden.create_branch("x"),
        lambda: golden.merge_branch("spring"),
    ):
        with pytest.raises(
            heliosdb_sqlite.NotSupportedError, match="of format 2, and this release knows format 1"
        ):
            method()


def test_the_tables_are_those_that_the_documentation_describes(golden, tmp_path):
    page = Path(__file__).parents[3] / "docs" / "formats" / "branching.md"
    if not page.exists():  # the tests of the sdist
        pytest.skip("the documentation is not here")
    described = {
        re.sub(r"_N$", "_1", name): [column.strip() for column in columns.split(",")]
        for name, columns in re.findall(
            r"^\| `(_heliosdb_\w+) \(([^)]*)\)`", page.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    found: dict[str, list[str]] = {}
    for path in [tmp_path / "shop.db", *tmp_path.glob("shop.db-branches/*.db")]:
        plain = standard.connect(path)
        for (name,) in plain.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_heliosdb%' ESCAPE '\\'"
        ):
            found[name] = [row[1] for row in plain.execute(f"PRAGMA table_info({name})")]
        plain.close()
    found = {name: columns for name, columns in found.items() if not re.match("_heliosdb_log_[2-9]", name)}
    assert set(found) == set(described)
    for name, columns in described.items():
        assert found[name][: len(columns) - columns.count("...")] == [
            each for each in columns if each != "..."
        ]
