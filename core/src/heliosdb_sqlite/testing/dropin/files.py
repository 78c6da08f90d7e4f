"""The same program leaves the same file with both modules, byte for byte, and none beside it."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from types import ModuleType

import heliosdb_sqlite

from .configurations import Configuration

JOURNALS = ("DELETE", "WAL", "TRUNCATE")


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


def left(module: ModuleType, folder: Path, journal: str) -> dict[str, bytes]:
    """Return the files that :func:`work` leaves in ``folder``, by name."""
    folder.mkdir(parents=True)
    work(module, folder / "app.db", journal)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def assert_same_files(configuration: Configuration) -> str:
    """Let a program work with both modules; the files it leaves must be the same.

    :return: a line for the end of a report
    """
    with tempfile.TemporaryDirectory() as folder, configuration.active():
        for journal in JOURNALS:
            expected, actual = (
                left(module, Path(folder, journal, module.__name__), journal)
                for module in (sqlite3, heliosdb_sqlite)
            )
            if expected.keys() != actual.keys():
                raise AssertionError(
                    f"with journal_mode = {journal}, sqlite3 leaves {sorted(expected)} and heliosdb {sorted(actual)}"
                )
            if differing := [name for name in expected if expected[name] != actual[name]]:
                raise AssertionError(f"with journal_mode = {journal}, the file {differing[0]} differs")
    return f"files left: heliosdb {configuration.name}: same"
