"""A program that uses no feature leaves what it left with sqlite3: the same file, byte for byte, and none beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

import heliosdb_sqlite
from dropin_kit.observe import assert_same

pytestmark = pytest.mark.usefixtures("configuration")


def work(module: ModuleType, path: Path, journal: str) -> None:
    """A program's ordinary day."""
    with closing(module.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.executescript("CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t(b);")
        connection.executemany("INSERT INTO t(b) VALUES (?)", [(str(number),) for number in range(100)])
        connection.commit()
        with connection:
            connection.execute("UPDATE t SET b = 'x' WHERE a % 7 = 0")
        connection.execute("DELETE FROM t WHERE a = 3")
        connection.rollback()
        connection.execute("SELECT count(*) FROM t").fetchall()


@pytest.mark.parametrize("journal", ["DELETE", "WAL", "TRUNCATE"])
def test_the_same_program_leaves_the_same_files(journal: str, tmp_path: Path) -> None:
    left = []
    for module in (sqlite3, heliosdb_sqlite):
        folder = tmp_path / module.__name__
        folder.mkdir()
        work(module, folder / "app.db", journal)
        left.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert left[1] == left[0]
    assert set(left[1]) == {"app.db", *(["app.db-journal"] if journal == "TRUNCATE" else [])}


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
