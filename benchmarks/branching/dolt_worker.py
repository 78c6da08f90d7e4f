"""The process that runs doltlite. Started by dolt.py; answers each line with seconds."""

import json
import sqlite3
import sys
from pathlib import Path
from time import perf_counter

import doltlite  # noqa: F401 - before sqlite3, whose library it replaces

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.branching.data import edit, fill, keys


def main(path: str, rows: int, changes: int) -> None:
    conn = sqlite3.connect(path, isolation_level=None)
    ask = conn.execute
    fill(conn, rows)
    ask("SELECT dolt_commit('-A', '-m', 'rows')").fetchall()
    (start,) = ask("SELECT commit_hash FROM dolt_log LIMIT 1").fetchone()
    ours, theirs = keys(rows, changes)
    state = {"count": 0}
    print("ready", flush=True)
    for line in sys.stdin:
        (order,) = json.loads(line)
        if order == "diverge":
            state["count"] += 1
            name = f"b{state['count']}"
            ask(f"SELECT dolt_reset('--hard', '{start}')").fetchall()
            ask(f"SELECT dolt_branch('{name}')").fetchall()
            edit(conn, ours, 1)
            ask("SELECT dolt_commit('-A', '-m', 'ours')").fetchall()
            ask(f"SELECT dolt_checkout('{name}')").fetchall()
            edit(conn, theirs, 2)
            ask("SELECT dolt_commit('-A', '-m', 'theirs')").fetchall()
            ask("SELECT dolt_checkout('main')").fetchall()
        begin = perf_counter()
        if order == "branch":
            state["count"] += 1
            ask(f"SELECT dolt_branch('c{state['count']}')").fetchall()
        elif order == "merge":
            ask(f"SELECT dolt_merge('b{state['count']}')").fetchall()
        print(perf_counter() - begin, flush=True)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
