"""Branches of tables with encrypted columns: what is the same to who has the key is no conflict, and nothing gets out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import heliosdb_sqlite
from heliosdb_branching import Conflict

COLUMN_KEY, KEY = b"c" * 32, b"k" * 32
WITH_KEY: dict[str, dict[str, Any]] = {
    "column key": {"column_key": COLUMN_KEY},
    "whole file, and histories": {"encryption_key": KEY, "enable_time_travel": True},
}
SIDES = ("main", "b")


@pytest.fixture(params=WITH_KEY.values(), ids=WITH_KEY)
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


@pytest.fixture
def sides(tmp_path: Path, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Two connections: to main and to a branch of it."""
    path = tmp_path / "app.db"
    with closing(heliosdb_sqlite.connect(path, branch="main", **options)) as main:
        main.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, pin TEXT ENCRYPTED,"
            " code TEXT ENCRYPTED DETERMINISTIC UNIQUE)"
        )
        main.executemany(
            "INSERT INTO t VALUES (?, 'n', ?, ?)",
            [(each, f"secret pin {each}", f"secret code {each}") for each in range(1, 5)],
        )
        main.commit()
        main.create_branch("b")
        with closing(heliosdb_sqlite.connect(path, **{**options, "branch": "b"})) as branch:
            yield {"main": main, "b": branch}


@pytest.fixture(autouse=True)
def nothing_gets_out(tmp_path: Path) -> Iterator[None]:
    yield
    found = [each.name for each in tmp_path.rglob("*") if each.is_file() and b"secret" in each.read_bytes()]
    assert found == []


def write(conn: Any, sql: str, *parameters: Any) -> None:
    conn.execute(sql, parameters)
    conn.commit()


def row(conn: Any, key: int) -> Any:
    return conn.execute("SELECT pin, code FROM t WHERE id = ?", (key,)).fetchone()


def test_the_same_value_is_no_conflict_though_it_is_sealed_in_two_ways(sides: dict[str, Any]) -> None:
    for conn in sides.values():
        write(conn, "UPDATE t SET pin = 'secret same', code = 'secret too' WHERE id = 1")
        write(conn, "INSERT INTO t VALUES (9, 'n', 'secret new', 'secret new')")
    write(sides["b"], "UPDATE t SET pin = 'secret pin 2' WHERE id = 2")  # sealed anew
    write(sides["main"], "UPDATE t SET pin = 'secret change' WHERE id = 2")
    write(sides["b"], "UPDATE t SET pin = 'secret change' WHERE id = 3")
    assert sides["main"].merge_branch("b").conflicts == ()
    found = [row(sides["main"], key)[0] for key in (1, 2, 3, 9)]
    assert found == ["secret same", "secret change", "secret change", "secret new"]
    sides["main"].undo_merge("b")
    assert [row(sides["main"], key)[0] for key in (2, 3)] == ["secret change", "secret pin 3"]


@pytest.fixture
def apart(sides: dict[str, Any]) -> dict[str, Any]:
    """Both have changed a pin and a code, and the branch a row that main has removed."""
    for name, conn in sides.items():
        write(conn, "UPDATE t SET pin = ?, code = ? WHERE id = 1", f"secret {name}", f"secret code {name}")
    write(sides["main"], "DELETE FROM t WHERE id = 2")
    write(sides["b"], "UPDATE t SET pin = 'secret kept' WHERE id = 2")
    return sides


def test_conflicts_show_values_to_who_has_the_key_and_texts_to_nobody(apart: dict[str, Any]) -> None:
    with pytest.raises(sqlite3.IntegrityError) as caught:
        apart["main"].merge_branch("b")
    pin, code, gone = caught.value.conflicts  # type: ignore[attr-defined]
    assert pin[4:6] == ("secret main", "secret b")
    assert code[3:6] == ("secret code 1", "secret code main", "secret code b")
    assert gone.theirs["pin"] == "secret kept"
    assert "secret" not in str(caught.value)
    assert apart["main"].merge_branch("b", dry_run=True).conflicts == (pin, code, gone)
    with pytest.raises(sqlite3.OperationalError) as said:
        apart["main"].execute("MERGE BRANCH b")
    assert "secret" not in str(said.value)


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [
        ("ours", [("secret main", "secret code main"), None]),
        ("theirs", [("secret b", "secret code b"), ("secret kept", "secret code 2")]),
        (lambda each: each.theirs, [("secret b", "secret code b"), ("secret kept", "secret code 2")]),
        (
            lambda each: (
                {**each.theirs, "pin": "secret 7"} if each.column is None else f"secret {each.column}"
            ),
            [("secret pin", "secret code"), ("secret 7", "secret code 2")],
        ),
    ],
    ids=["ours", "theirs", "a function that chooses", "a function that makes new values"],
)
def test_a_strategy_decides_what_is_sealed(
    apart: dict[str, Any], strategy: str | Callable[[Conflict], Any], wanted: list[Any]
) -> None:
    before = apart["main"].execute("SELECT * FROM t").fetchall()
    apart["main"].merge_branch("b", strategy=strategy)
    assert [row(apart["main"], key) for key in (1, 2)] == wanted
    assert apart["main"].execute("SELECT id FROM t WHERE code = ?", (wanted[0][1],)).fetchall() == [(1,)]
    if strategy != "ours":
        apart["main"].undo_merge("b")
    assert apart["main"].execute("SELECT * FROM t").fetchall() == before


def test_comparing_writes_ciphertexts(apart: dict[str, Any]) -> None:
    diff = apart["main"].compare_branches("main", "b")
    assert diff.total_row_changes == 2
    assert "secret" not in diff.to_sql() + diff.to_json()


@pytest.mark.parametrize("options", [WITH_KEY["column key"]], ids=["column key"])
def test_without_the_key_ciphertexts_are_merged(apart: dict[str, Any], tmp_path: Path) -> None:
    write(apart["b"], "UPDATE t SET pin = 'secret alone' WHERE id = 3")
    with closing(heliosdb_sqlite.connect(tmp_path / "app.db")) as conn:
        with pytest.raises(sqlite3.IntegrityError) as caught:
            conn.merge_branch("b")
        assert all(isinstance(each.theirs, bytes | dict) for each in caught.value.conflicts)  # type: ignore[attr-defined]
        with pytest.raises(sqlite3.ProgrammingError, match="or merge on a connection with the column's key"):
            conn.merge_branch("b", strategy=lambda each: "open" if each.column else each.theirs)
        conn.merge_branch("b", strategy=lambda each: each.theirs)
    assert [row(apart["main"], key)[0] for key in (1, 2, 3)] == ["secret b", "secret kept", "secret alone"]
