"""Processes that are killed while they make, merge, undo and delete branches: all of a step has happened, or nothing."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import heliosdb_sqlite
from torture_kit.processes import start

BRANCHERS = 3


def await_lines(logs: list[Path], count: int) -> None:
    """Wait until so much has happened, or a minute is over."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if sum(log.read_text().count("\n") for log in logs if log.exists()) >= count:
            return
        time.sleep(0.005)


def read(log: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What was done to each branch, and what was begun with it and maybe not done."""
    done: dict[str, list[str]] = {}
    begun: dict[str, str] = {}
    for line in log.read_text().splitlines():
        *begin, verb, branch = line.split(" ")
        if begin:
            begun[branch] = verb
        else:
            done.setdefault(branch, []).append(verb)
            begun.pop(branch, None)
    return done, begun


def examine(path: Path, logs: list[Path]) -> int:
    """See that the database is what the logs say; return how many merges were."""
    with closing(heliosdb_sqlite.connect(path, timeout=60)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        there = dict(conn.execute("SELECT id, v FROM entry").fetchall())
        tables = {
            name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE name LIKE 'made by %'")
        }
        branches = {each.name: each for each in conn.list_branches()[1:]}
        merges = 0
        for log in logs:
            done, begun = read(log)
            for branch in {**done, **begun}:
                verbs, last = done.get(branch, []), begun.get(branch)
                merged = "merge" in verbs and "undo" not in verbs
                merges += "merge" in verbs
                if last not in ("merge", "undo"):
                    assert (branch in there) == merged, (branch, verbs, last)
                number = int(branch.rpartition("/")[2])
                if branch in there:
                    assert there[branch] == number
                assert (f"made by {branch}" in tables) == (branch in there and number % 3 == 0)
                if last not in ("create", "delete"):
                    assert (branch in branches) == ("create" in verbs and "delete" not in verbs), branch
        for name, branch in branches.items():
            if branch.state == "ready":
                with closing(heliosdb_sqlite.connect(path, branch=name)) as other:
                    assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                conn.merge_branch(name, strategy="theirs", dry_run=True)
            else:
                assert branch.state == "interrupted"
        return merges


def test_branchers_are_killed_at_any_moment(tmp_path, rounds, chance):
    path = tmp_path / "a.db"
    with closing(heliosdb_sqlite.connect(path)) as conn:
        conn.execute(f"PRAGMA journal_mode = {chance.choice(['wal', 'delete'])}")
        conn.execute("CREATE TABLE entry (id TEXT PRIMARY KEY, v)")
        conn.execute("CREATE TABLE tally (who TEXT PRIMARY KEY, n, last)")
        conn.executemany("INSERT INTO tally VALUES (?, 0, NULL)", [(str(each),) for each in range(BRANCHERS)])
        conn.commit()
    merges = 0
    for number in range(rounds):
        names = [f"round{number}-{each}" for each in range(BRANCHERS)]
        branchers = [start("brancher", path, name) for name in names]
        await_lines([tmp_path / f"{name}.log" for name in names], chance.randrange(5, 60))
        time.sleep(chance.uniform(0, 0.1))
        for each in chance.sample(branchers, BRANCHERS):
            assert each.poll() is None, each.communicate()[1]
            each.kill()
            time.sleep(chance.choice([0, 0.02]))
        for each in branchers:
            each.communicate()
        merges += examine(path, [tmp_path / f"{name}.log" for name in names])
        with closing(heliosdb_sqlite.connect(path, timeout=60)) as conn:
            for branch in conn.list_branches()[1:]:
                conn.delete_branch(branch.name)
            folder = Path(f"{path}-branches")
            assert not folder.exists() or os.listdir(folder) == []
    assert merges, "nothing was merged: nothing was tested"
