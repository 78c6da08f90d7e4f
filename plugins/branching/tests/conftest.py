"""What the tests of branches share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["heliosdb_sqlite.testing.fixtures"]

FRUIT = """
    CREATE TABLE fruit (id INTEGER PRIMARY KEY, name TEXT, price REAL, stock INTEGER);
    INSERT INTO fruit VALUES (1, 'apple', 1.5, 10), (2, 'pear', 2.5, 20), (3, 'fig', 0.5, 30);
"""


@pytest.fixture(params=["wal", "delete"])
def journal(request: pytest.FixtureRequest) -> str:
    """The journal mode of main."""
    mode: str = request.param
    return mode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "app.db"


@pytest.fixture
def main(path: Path, connect: Callable[..., Any]) -> Any:
    """A connection to a database with a table of fruit."""
    connection = connect(path)
    connection.executescript(FRUIT)
    return connection


@pytest.fixture
def on(path: Path, connect: Callable[..., Any]) -> Callable[..., Any]:
    """Open a branch of the database."""
    return lambda name, **options: connect(path, branch=name, **options)


@pytest.fixture
def branch(main: Any, on: Callable[..., Any]) -> Any:
    """A connection to a branch of it called ``b``."""
    main.create_branch("b")
    return on("b")


def rows(connection: Any, sql: str = "SELECT * FROM fruit ORDER BY id") -> list[tuple[Any, ...]]:
    """The rows of a query, read to the end."""
    return [tuple(row) for row in connection.execute(sql).fetchall()]


@pytest.fixture(name="rows")
def rows_fixture() -> Callable[..., list[tuple[Any, ...]]]:
    return rows


@pytest.fixture
def files(path: Path) -> Callable[[], list[str]]:
    """The files of the branches, locks left out."""

    def listed() -> list[str]:
        folder = Path(f"{path}-branches")
        return (
            sorted(each for each in os.listdir(folder) if not each.endswith(".lock"))
            if folder.exists()
            else []
        )

    return listed
