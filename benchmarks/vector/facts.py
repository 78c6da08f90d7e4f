"""``python -m benchmarks.vector.facts [--rows N] [--json FILE]``: recall, latency, build times and sizes."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from contextlib import closing
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..report import machine
from . import contenders
from .data import nearest, queries


def measured(name: str, make: Any, rows: int) -> dict[str, Any]:
    """Return what one contender's searches find, how long they take, and how long it took to be ready."""
    start = time.perf_counter()
    with make(rows) as search:
        search(queries()[0])
        ready = time.perf_counter() - start
        shares, took = [], []
        for query, right in zip(queries(), nearest(rows), strict=True):
            search(query)
            start = time.perf_counter()
            found = search(query)
            took.append(time.perf_counter() - start)
            shares.append(len({row[0] for row in found} & right) / 10)
    return {
        "name": name,
        "rows": rows,
        "recall": statistics.mean(shares),
        "ms": statistics.median(took) * 1e3,
        "ready_s": ready,
    }


def about_ours(rows: int) -> dict[str, Any]:
    """Return the figures of HeliosDB's own that no other has."""
    path = contenders.file(rows)
    size = path.stat().st_size
    start = time.perf_counter()
    with closing(heliosdb_sqlite.connect(path, enable_vector_search=True)) as conn:
        conn.execute(
            "SELECT id FROM docs ORDER BY vector_distance(embedding, ?) LIMIT 10", (queries()[0],)
        ).fetchall()
        first = time.perf_counter() - start
        conn.execute("DROP INDEX IF EXISTS near")
        start = time.perf_counter()
        conn.execute("CREATE INDEX near ON docs USING bits (embedding vector_cosine_ops)")
        built = time.perf_counter() - start
        (stats,) = conn.vector_index_stats("near")
        conn.execute("DROP INDEX near")
    return {
        "rows": rows,
        "file_mb": size / 1e6,
        "first_search_s": first,
        "index_build_s": built,
        "index_mb": stats.bytes / 1e6,
        "index_recall_measured": stats.recall,
    }


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vector.facts")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = arguments.rows
    contenders.file(rows)
    ours = about_ours(rows)
    everyone: list[tuple[str, str, Any]] = [
        ("heliosdb, exact", "heliosdb_vector", contenders.ours),
        ("heliosdb, bits", "heliosdb_vector", partial(contenders.ours, index=True)),
        ("sqlite-vec scalar", "sqlite_vec", contenders.scalar),
        ("vec0", "sqlite_vec", contenders.vec0),
        ("vec0, mmap", "sqlite_vec", partial(contenders.vec0, mmap=True)),
        ("faiss Flat", "faiss", contenders.faiss),
        ("faiss HNSW32", "faiss", partial(contenders.faiss, kind="HNSW32")),
        ("DuckDB", "duckdb", contenders.duckdb),
        ("LanceDB flat", "lancedb", contenders.lancedb),
        ("LanceDB IVF_HNSW_SQ", "lancedb", partial(contenders.lancedb, index=True)),
        ("Chroma", "chromadb", contenders.chroma),
    ]
    results = []
    for name, module, make in everyone:
        if find_spec(module):
            results.append(measured(name, make, rows))
            found = results[-1]
            figures = (
                f"{found['ms']:9.2f} ms   recall {found['recall']:.3f}   ready in {found['ready_s']:7.2f} s"
            )
            print(f"{name:22} {figures}", flush=True)
    print({name: round(value, 3) for name, value in ours.items()})
    if arguments.json is not None:
        document = {"about": machine(), "heliosdb": ours, "results": results}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
