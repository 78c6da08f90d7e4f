"""``python -m benchmarks.concurrency``: writers in line against SQLite's own ways, all with equal durability."""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..report import machine
from . import workload
from .workload import Met

CONTENDERS: dict[str, Callable[[Path], Any]] = {
    "sqlite3": sqlite3.connect,
    "sqlite3, WAL": workload.wal,
    "sqlite3, WAL, IMMEDIATE": partial(workload.wal, isolation_level="IMMEDIATE"),
    "heliosdb": heliosdb_sqlite.connect,
    "heliosdb, concurrency='wal'": partial(heliosdb_sqlite.connect, concurrency="wal"),
}


def measure(found: list[Met], seconds: float) -> dict[str, float]:
    """Return throughput, errors, waiting times and fairness of one turn."""
    waits = sorted(second for met in found for second in met.seconds)
    commits = [met.commits for met in found]
    return {
        "per_second": sum(commits) / seconds,
        "errors": sum(met.errors for met in found),
        "p50_ms": waits[len(waits) // 2] * 1e3,
        "p999_ms": waits[min(len(waits) - 1, int(len(waits) * 0.999))] * 1e3,
        "most_to_least": max(commits) / max(1, min(commits)),
    }


def scenarios(quick: bool) -> dict[str, Callable[[Path, Any, float], list[Met]]]:
    """Return the kinds of load by name."""

    def threads(number: int, *, read_first: bool = False, readers: int = 0) -> Any:
        return lambda path, connect, seconds: workload.threads(
            path, connect, number, seconds, read_first=read_first, readers=readers
        )

    some = {
        "8 threads": threads(8),
        "8 threads, read first": threads(8, read_first=True),
        "8 threads and 4 readers": threads(8, readers=4),
        "8 processes": lambda path, connect, seconds: workload.processes(path, connect, 8, seconds),
    }
    return some if quick else {**some, "32 threads": threads(32)}


def turn(connect: Any, load: Any, seconds: float) -> dict[str, float]:
    """Let one contender have its turn on a file of its own, and make sure that nothing was lost."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        workload.prepare(path, connect)
        found = load(path, connect, seconds)
        if workload.total(path) != sum(met.commits for met in found):
            raise SystemExit("commits were lost")
        return measure(found, seconds)


def main() -> int:
    """Run everything, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.concurrency", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: a look, not a measurement")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results to FILE")
    parser.add_argument(
        "--rounds", type=int, help="how many turns everyone takes (default: 3, with --quick 1)"
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="only the loads whose name contains TEXT")
    arguments = parser.parse_args()
    rounds, seconds = arguments.rounds or (1 if arguments.quick else 3), 1.0 if arguments.quick else 4.0
    results = []
    print(f"{'':28}{'':30}{'/s':>8}{'errors':>8}{'p50 ms':>9}{'p99.9 ms':>10}{'most/least':>12}{'times':>8}")
    for name, load in scenarios(arguments.quick).items():
        if arguments.only not in name:
            continue
        turns: dict[str, list[dict[str, float]]] = {contender: [] for contender in CONTENDERS}
        for _ in range(rounds):
            for contender, connect in CONTENDERS.items():
                turns[contender].append(turn(connect, load, seconds))
        for contender, taken in turns.items():
            medians = {key: statistics.median(each[key] for each in taken) for key in taken[0]}
            peers = zip(taken, turns["sqlite3"], strict=True)
            times = statistics.median(
                mine["per_second"] / max(1e-9, peer["per_second"]) for mine, peer in peers
            )
            # As in the other benchmarks, a ratio is one of time: below 1 is faster.
            who = {"load": name, "contender": contender, "peer": "sqlite3"}
            results.append({**who, "ratio": 1 / max(1e-9, times), "times_as_many": times, **medians})
            print(
                f"{name:28}{contender:30}{medians['per_second']:8.0f}{medians['errors']:8.0f}{medians['p50_ms']:9.2f}"
                f"{medians['p999_ms']:10.1f}{medians['most_to_least']:12.2f}{times:8.2f}",
                flush=True,
            )
    if arguments.json is not None:
        document = {
            "title": "writers in line against SQLite's own ways",
            "about": machine(),
            "rounds": rounds,
            "results": results,
        }
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
