"""Results for a person, as a table, and for a program, as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .harness import Race, Result, run

SCALE = {"us": 1e6, "ms": 1e3}
HEADINGS = ("work", "contender", "peer", "heliosdb", "ratio", "spread", "target", "")


def machine() -> dict[str, Any]:
    """Return what the figures depend on: machine, Python and SQLite; and the command that makes them."""
    return {
        "command": _command(sys.orig_argv),
        "machine": platform.machine(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "sqlite": sqlite3.sqlite_version,
        "date": time.strftime("%Y-%m-%d"),
    }


def _command(words: list[str]) -> str:
    """Return the command line as a user writes it: without the Python's path, and without the file for the results."""
    at = words.index("-m") if "-m" in words else 0
    kept = " ".join(["python", *words[max(at, 1) :]])
    return re.sub(r" --json[ =]\S+", "", kept)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # no Linux
        pass
    return platform.processor()


def row(result: Result) -> tuple[str, ...]:
    """Return the table's row for a result."""
    scale = SCALE[result.unit]
    return (
        result.race,
        result.contender,
        f"{result.peer_seconds * scale:.2f} {result.unit}",
        f"{result.seconds * scale:.2f} {result.unit}",
        f"{result.ratio:.2f}",
        f"{result.low:.2f}-{result.high:.2f}",
        _target(result),
        {None: "", True: "met", False: "MISSED"}[result.met],
    )


def _target(result: Result) -> str:
    if result.extra is not None:
        return f"<= +{result.extra * SCALE[result.unit]:.2f} {result.unit}"
    return "" if result.target is None else f"<= {result.target:.2f}"


def show(title: str, results: Iterable[Result]) -> None:
    """Print the table; with rich where that is installed."""
    rows = [row(result) for result in results]
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        _show_plainly(title, rows)
        return
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="left" if number in (0, 1, 7) else "right")
    previous = ""
    for cells in rows:
        if previous and cells[0] != previous:
            table.add_section()
        table.add_row(
            "" if cells[0] == previous else cells[0], *cells[1:], style="red" if cells[-1] == "MISSED" else ""
        )
        previous = cells[0]
    console = Console()
    if not console.is_terminal:
        console.width = 150  # a file has no width to fit into
    console.print(table)


def _show_plainly(title: str, rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(cells[number]) for cells in [HEADINGS, *rows]) for number in range(len(HEADINGS))]
    print(title)
    for cells in [HEADINGS, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def main(
    title: str, races: Callable[[bool], Iterable[Race]], program: str, *, clock: str = "CPU time"
) -> int:
    """Parse the command line, run the races, show the table, write the JSON. Return the exit code.

    :param races: makes the races; its argument says whether they should be quick
    :param clock: what the times are of, for the table's title
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=title)
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds, less data: a look, not a measurement"
    )
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the results to FILE, with machine and versions"
    )
    parser.add_argument(
        "--rounds", type=int, help="how many turns everyone takes (default: 15, with --quick 5)"
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="only the work whose name contains TEXT")
    arguments = parser.parse_args()
    rounds = arguments.rounds or (5 if arguments.quick else 15)
    results: list[Result] = []
    for race in races(arguments.quick):
        if arguments.only in race.name:
            print(f"{race.name} ...", file=sys.stderr, flush=True)
            results += run(race, rounds)
    about = machine()
    show(f"{title} (Python {about['python']}, SQLite {about['sqlite']}, {rounds} rounds, {clock})", results)
    if arguments.json is not None:
        document = {"title": title, "about": about, "results": [result.as_json() for result in results]}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0
