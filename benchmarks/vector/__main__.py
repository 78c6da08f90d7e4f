"""``python -m benchmarks.vector``: vector search against sqlite-vec, faiss, DuckDB, LanceDB and Chroma.

``python -m benchmarks.vector.facts`` shows what is no ratio: recall, build times, sizes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from ..harness import Contender, Race
from ..report import main
from . import batches, contenders, inserting
from .contenders import searching
from .data import SHARES


def _race(name: str, rows: int, peer: Any, mine: Any, target: float | None) -> Race:
    return Race(
        name,
        Contender("peer", searching(peer, rows)),
        (Contender("heliosdb", searching(mine, rows), target=target),),
        unit="ms",
    )


def races(quick: bool) -> Iterator[Race]:
    """All races; those of peers that are not installed are left out."""
    for rows in (3000, 10_000) if quick else (3000, 10_000, 100_000):
        whole = rows == 100_000
        exact: list[tuple[str, str, Any, float]] = [
            ("sqlite-vec scalar", "sqlite_vec", contenders.scalar, 20),
            ("vec0", "sqlite_vec", contenders.vec0, 20),
            ("vec0, mmap", "sqlite_vec", partial(contenders.vec0, mmap=True), 10),
            ("faiss Flat", "faiss", contenders.faiss, 0),
            ("DuckDB", "duckdb", contenders.duckdb, 15),
            ("LanceDB flat", "lancedb", contenders.lancedb, 40),
        ]
        for peer, module, make, times in exact:
            if find_spec(module):
                target = 1 / times if whole and times else None
                yield _race(f"top 10 of {rows:,}, exact: {peer}", rows, make, contenders.ours, target)
        for share, number in SHARES.items():
            filtered = partial(contenders.ours, where=f"WHERE share < {number}")
            others: list[tuple[str, str, Any, float]] = [
                ("vec0", "sqlite_vec", partial(contenders.vec0, where=f"AND share < {number}"), 3),
                ("DuckDB", "duckdb", partial(contenders.duckdb, where=f"WHERE share < {number}"), 2),
                ("LanceDB", "lancedb", partial(contenders.lancedb, where=f"share < {number}"), 0),
            ]
            for peer, module, make, times in others:
                if find_spec(module) and rows > 3000:
                    target = 1 / times if whole and times else None
                    yield _race(f"top 10 of {share} of {rows:,}: {peer}", rows, make, filtered, target)
        indexed = partial(contenders.ours, index=True)
        approximate: list[tuple[str, str, Any, float]] = [
            ("faiss HNSW32", "faiss", partial(contenders.faiss, kind="HNSW32"), 1 / 1.5),
            ("LanceDB IVF_HNSW_SQ", "lancedb", partial(contenders.lancedb, index=True), 10),
            ("Chroma", "chromadb", contenders.chroma, 5),
        ]
        for peer, module, make, times in approximate:
            if find_spec(module) and rows > 3000:
                target = 1 / times if whole else None
                yield _race(f"top 10 of {rows:,}, approximate: {peer}", rows, make, indexed, target)
        yield from batches.races(rows)
    yield from inserting.races(quick)


if __name__ == "__main__":
    sys.exit(main("vector search", races, "benchmarks.vector"))
