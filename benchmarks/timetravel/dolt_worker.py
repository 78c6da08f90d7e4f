"""The process that runs doltlite. Started by dolt.py; answers each line with seconds of CPU time."""

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import process_time
from typing import Any

import doltlite  # noqa: F401 - before sqlite3, whose library it replaces

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.timetravel.table import SCHEMA, rows

UPDATE, DELETE = "UPDATE t SET v = v + 1 WHERE id = ?", "DELETE FROM t WHERE id = ?"


class Table:
    """The table in a file of its own; with history, each commit is one of doltlite's."""

    def __init__(self, folder: Path, number: int, *, versioned: bool) -> None:
        self.conn = sqlite3.connect(folder / f"{number}.db")
        self.versioned = versioned
        self.conn.executescript(SCHEMA)
        self.commit()

    def commit(self) -> None:
        self.conn.commit()
        if self.versioned:
            with suppress(sqlite3.OperationalError):  # nothing to commit
                self.conn.execute("SELECT dolt_commit('-A', '-m', 'x')").fetchall()
            self.conn.commit()

    def fill(self, count: int) -> None:
        self.conn.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows(count))
        self.commit()

    def each(self, sql: str, count: int) -> None:
        self.conn.executemany(sql, [(number,) for number in range(count)])
        self.commit()

    def at_once(self) -> None:
        self.conn.execute("UPDATE t SET v = v + 1")
        self.commit()

    def small(self, sql: str, values: list[Any]) -> None:
        for each in values:
            self.conn.execute(sql, each)
            self.commit()

    def read(self, sql: str, values: list[Any]) -> None:
        for each in values:
            self.conn.execute(sql, each).fetchall()


def writes(table: Table, name: str, count: int) -> Callable[[], None]:
    """Prepare the work of that name, and return it."""
    if "insert" not in name:
        table.fill(count)
    keys = [(number,) for number in range(count // 20)]
    works: dict[str, Callable[[], None]] = {
        "insert": lambda: table.fill(count),
        "update by key": lambda: table.each(UPDATE, count),
        "update in one statement": table.at_once,
        "delete by key": lambda: table.each(DELETE, count),
        "1-row commits, insert": lambda: table.small("INSERT INTO t VALUES (?, ?, ?, ?)", rows(count // 20)),
        "1-row commits, update": lambda: table.small(UPDATE, keys),
    }
    return works[name]


def reads(table: Table, name: str, count: int) -> Callable[[], None]:
    """Prepare a table of which half has changed, and return the query of what was before."""
    table.fill(count)
    source = "t"
    if table.versioned:
        (commit,) = table.conn.execute("SELECT commit_hash FROM dolt_log LIMIT 1").fetchone()
        source = f"dolt_at_t('{commit}')"
    table.conn.execute("UPDATE t SET v = v + 1 WHERE id % 2")
    table.commit()
    scan = name.endswith("scan")
    where = "v % 10 = 3" if scan else ("id = ?" if name.endswith("key") else "name = ?")
    listed = "sum(v)" if scan else "*"
    values: list[Any] = (
        [()] * 5 if scan else [(n,) if name.endswith("key") else (f"n{n}",) for n in range(50)]
    )
    return lambda: table.read(f"SELECT {listed} FROM {source} WHERE {where}", values)


def main(folder: str) -> None:
    print("ready", flush=True)
    for number, line in enumerate(sys.stdin):
        name, count, versioned = json.loads(line)
        table = Table(Path(folder), number, versioned=versioned)
        work = (reads if name.startswith("as of") else writes)(table, name, count)
        begin = process_time()
        work()
        print(process_time() - begin, flush=True)
        table.conn.close()


main(sys.argv[1])
