"""``python -m benchmarks.vector``: HeliosDB's vector search against sqlite-vec, faiss, DuckDB, LanceDB and others."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..harness import Result, run
from ..report import machine, show
from . import batches, inserting
from .comparing import AT, EXACT, Measured, compared
from .stores import STORES
from .table import as_json, line, table

_PACKAGES = (
    "numpy",
    "numkong",
    "usearch",
    "sqlite-vec",
    "sqliteai-vector",
    "faiss-cpu",
    "duckdb",
    "lancedb",
    "chromadb",
)


def main() -> int:
    """Parse the command line, compare, show, write. Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vector", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", metavar="N", help="sizes (default: 3000 10000 100000)")
    parser.add_argument("--quick", action="store_true", help="3,000 and 10,000 rows, few rounds: a look")
    parser.add_argument(
        "--queries", type=int, metavar="N", help="how many queries the recall is measured with (default: 30)"
    )
    parser.add_argument(
        "--patience", type=float, metavar="SECONDS", help="give up a store that builds for longer"
    )
    parser.add_argument(
        "--rounds", type=int, help="how many turns everybody takes (default: 9, with --quick 3)"
    )
    parser.add_argument(
        "--only", metavar="TEXT", nargs="+", default=[""], help="only stores whose name contains one of these"
    )
    parser.add_argument(
        "--index", metavar="METHOD", default="hnsw", help="what peers' indexes are compared with"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures to FILE")
    parser.add_argument(
        "--folder", type=Path, help="where to build (default: the system's for temporary files)"
    )
    arguments = parser.parse_args()
    rounds = arguments.rounds or (3 if arguments.quick else 9)
    sizes = arguments.rows or ([3000, 10_000] if arguments.quick else [3000, 10_000, AT])
    absent = sorted({store.module for store in STORES if not store.installed})
    print(f"not installed, and left out: {', '.join(absent)}" if absent else "all peers are installed")
    everything: list[Measured] = []
    races: list[Result] = []
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="heliosdb-vector-", dir=arguments.folder) as name:
            folder = Path(name)
            found = compared(
                rows,
                folder,
                rounds,
                lambda peer: any(text.lower() in peer.lower() for text in arguments.only),
                arguments.index,
                _tell,
                count=arguments.queries,
                patience=arguments.patience,
            )
            everything += found
            print(f"\n{rows:,} rows\n\n{table(found)}\n", flush=True)
            _write(arguments.json, absent, everything, races)
            if arguments.only == [""]:
                path = folder / EXACT.replace(", ", "-") / "docs.db"
                races += run(batches.race(path, rows, 0.25 if rows == AT else None), rounds)
    if arguments.only == [""]:
        for race in inserting.races(arguments.quick):
            races += run(race, rounds)
        show("batches and inserts", races)
    _write(arguments.json, absent, everything, races)
    return 0


def _tell(measured: Measured) -> None:
    print(line(measured), file=sys.stderr, flush=True)


def _write(path: Path | None, absent: list[str], everything: list[Measured], races: list[Result]) -> None:
    if path is not None:
        document = {
            "title": "vector search against other stores",
            "about": machine(),
            "packages": _versions(),
            "absent": absent,
            "stores": as_json(everything),
            "results": [result.as_json() for result in races],
        }
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _versions() -> dict[str, Any]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
