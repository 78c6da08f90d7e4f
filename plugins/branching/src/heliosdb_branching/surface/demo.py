"""The act of ``heliosdb demo``: a price list changed on two sides, a conflict, a merge, and its undoing."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

import heliosdb_sqlite
from heliosdb_sqlite.plugins import DemoAct

from ..errors import MergeConflict

_ROWS = 200_000
_KINDS = ("apple", "pear", "fig", "plum", "kiwi", "lime", "date", "quince")


def _play(console: Console, folder: Path, queries: tuple[str, ...]) -> None:
    path = folder / "market.db"
    path.unlink(missing_ok=True)  # an earlier run's, in the same folder
    shutil.rmtree(f"{path}-branches", ignore_errors=True)
    connection = heliosdb_sqlite.connect(path)
    try:
        _fill(connection)
        _say(console, f"{_ROWS:,} offers, {path.stat().st_size / 1e6:.0f} MB. A branch of all that:")
        begin = perf_counter()
        connection.create_branch("spring-prices")
        _code(console, 'conn.create_branch("spring-prices")', perf_counter() - begin)
        branch = heliosdb_sqlite.connect(path, branch="spring-prices")
        try:
            _diverge(console, connection, branch)
            _compare(console, connection)
            _merge(console, connection)
        finally:
            branch.close()
    finally:
        connection.close()
    console.print(Text.assemble("\nbranches of your own  ", ("heliosdb branch --help", "bold")))


def _fill(connection: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE offer (id INTEGER PRIMARY KEY, kind TEXT, price REAL, stock INTEGER)")
    chance = random.Random(7)  # noqa: S311 - a demo
    connection.executemany(
        "INSERT INTO offer (kind, price, stock) VALUES (?, ?, ?)",
        (
            (chance.choice(_KINDS), round(chance.uniform(0.5, 9), 2), chance.randrange(500))
            for _ in range(_ROWS)
        ),
    )
    connection.commit()


def _diverge(console: Console, connection: Any, branch: Any) -> None:
    _say(console, "On the branch, prices rise and a column is new; on main, the day's business goes on:")
    for side, name, statement in (
        (branch, "branch", "UPDATE offer SET price = price + 1 WHERE id % 500 = 0"),
        (branch, "branch", "ALTER TABLE offer ADD COLUMN organic INTEGER DEFAULT 0"),
        (connection, "main", "UPDATE offer SET stock = stock - 1 WHERE id % 300 = 0"),
        (connection, "main", "UPDATE offer SET price = 0.99 WHERE id = 500"),
    ):
        side.execute(statement)
        side.commit()
        console.print(Text.assemble((f"{name:>10}  ", "dim"), (statement, "cyan")))


def _compare(console: Console, connection: Any) -> None:
    begin = perf_counter()
    diff = connection.compare_branches("main", "spring-prices")
    took = perf_counter() - begin
    _say(console, "What differs is read off the branch's log:")
    _code(console, 'conn.compare_branches("main", "spring-prices")', took)
    console.print(
        f"    {diff.total_row_changes} rows of {', '.join(diff.tables_modified)}; {'; '.join(diff.schema)}"
    )


def _merge(console: Console, connection: Any) -> None:
    _say(console, "Rows that both sides changed are merged by the cell. Both changed the price of one:")
    try:
        connection.merge_branch("spring-prices")
    except MergeConflict as error:
        table = Table("table", "key", "column", "base", "ours", "theirs", box=SIMPLE_HEAD)
        for each in error.conflicts:
            cells = (
                each.table,
                each.key[0] if each.key else "",
                each.column,
                each.base,
                each.ours,
                each.theirs,
            )
            table.add_row(*(Text(str(cell)) for cell in cells))
        console.print(table)
    begin = perf_counter()
    report = connection.merge_branch("spring-prices", strategy="theirs")
    _code(console, 'conn.merge_branch("spring-prices", strategy="theirs")', perf_counter() - begin)
    console.print(f"    {report.total_row_changes} rows changed; {'; '.join(report.schema)}")
    begin = perf_counter()
    connection.undo_merge("spring-prices")
    _code(console, 'conn.undo_merge("spring-prices")', perf_counter() - begin)


def _say(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text))


def _code(console: Console, text: str, seconds: float) -> None:
    console.print(Text.assemble("    ", (text, "bold"), (f"   {seconds * 1000:.0f} ms", "green")))


ACT = DemoAct(title="Branches: 200,000 rows, changed on two sides and merged", order=30, play=_play)
