"""``heliosdb demo`` plays the acts of the installed plugins."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack

import pytest

from heliosdb_sqlite.plugins import DemoAct, hookimpl
from heliosdb_sqlite.testing import registered


class Act:
    """A plugin with an act that leaves a database."""

    def __init__(self, title, order):
        self.title, self.order = title, order

    @hookimpl
    def heliosdb_demo(self):
        return DemoAct(self.title, self.order, self.play)

    def play(self, console, folder, queries):
        sqlite3.connect(folder / f"{self.order}.db").close()
        console.print(f"{self.title} of {', '.join(queries) or 'nothing'} in {folder.exists()}")


@pytest.fixture
def acts():
    with ExitStack() as stack:
        for title, order in (("second", 902), ("first", 901)):
            stack.enter_context(registered(Act(title, order), title, always=False))
        yield


@pytest.mark.alone
def test_without_a_plugin_it_says_how_to_get_one(heliosdb):
    result = heliosdb("demo")

    assert result.exit_code == 1
    assert (
        result.output == "Error: no installed plugin has anything to show: pip install 'heliosdb[vector]'\n"
    )


@pytest.mark.alone
def test_the_acts_are_played_in_their_order_with_what_the_user_typed(heliosdb, acts):
    output = heliosdb("demo", "a query", "another").output

    lines = [line for line in output.splitlines() if "of a query" in line]
    assert lines == ["first of a query, another in True", "second of a query, another in True"]


@pytest.mark.alone
def test_the_databases_can_be_kept(heliosdb, acts, tmp_path):
    output = heliosdb("demo", "--keep", tmp_path / "new" / "folder").output

    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["901.db", "902.db"]
    assert f"The databases are in {tmp_path / 'new' / 'folder'}: plain SQLite files.\n" in output
