"""A program that uses no feature leaves what it left with sqlite3: the same file, byte for byte, and none beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.testing.dropin.files import JOURNALS, left, work
from heliosdb_sqlite.testing.dropin.observe import assert_same

pytestmark = pytest.mark.usefixtures("configuration")


@pytest.mark.parametrize("journal", JOURNALS)
def test_the_same_program_leaves_the_same_files(journal: str, tmp_path: Path) -> None:
    expected, actual = (
        left(module, tmp_path / module.__name__, journal) for module in (sqlite3, heliosdb_sqlite)
    )
    assert actual == expected
    assert set(actual) == {"app.db", *(["app.db-journal"] if journal == "TRUNCATE" else [])}


def test_the_schema_holds_nothing_but_the_programs_own(tmp_path: Path) -> None:
    def schema(module: ModuleType) -> object:
        path = tmp_path / f"{module.__name__}.db"
        work(module, path, "DELETE")
        with closing(module.connect(path)) as connection:
            return connection.execute(
                "SELECT type, name, sql FROM sqlite_master UNION ALL SELECT type, name, sql FROM sqlite_temp_master"
            ).fetchall()

    assert_same(schema)


def test_the_session_holds_nothing_but_the_programs_own() -> None:
    def session(module: ModuleType) -> object:
        with closing(module.connect(":memory:")) as connection:
            functions = connection.execute(
                "SELECT name, narg FROM pragma_function_list ORDER BY 1, 2"
            ).fetchall()
            databases = connection.execute("PRAGMA database_list").fetchall()
            settings = [
                connection.execute(f"PRAGMA {name}").fetchone()
                for name in (
                    "user_version",
                    "application_id",
                    "foreign_keys",
                    "journal_mode",
                    "synchronous",
                    "busy_timeout",
                    "cache_size",
                    "temp_store",
                )
            ]
            return functions, databases, settings, connection.total_changes, connection.in_transaction

    assert_same(session)


def test_merely_connecting_creates_and_changes_nothing(tmp_path: Path) -> None:
    for module in (sqlite3, heliosdb_sqlite):
        folder = tmp_path / module.__name__
        folder.mkdir()
        with closing(module.connect(folder / "new.db")) as connection:
            connection.execute("SELECT 1").fetchone()
        assert [(path.name, path.stat().st_size) for path in folder.iterdir()] == [("new.db", 0)]
