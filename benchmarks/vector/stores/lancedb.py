"""LanceDB, without an index and with its HNSW index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ..data import DIMENSIONS
from .contract import Built, Condition, Search, Store, class_of, timed, title


def _build(folder: Path, vectors: Any, *, indexed: bool) -> Built:
    import lancedb
    import pyarrow

    db = lancedb.connect(folder)
    held: list[Any] = []

    def insert() -> None:
        for start in range(0, len(vectors), 100_000):
            some = range(start, min(start + 100_000, len(vectors)))
            rows = pyarrow.table({
                "id": [number + 1 for number in some],
                "title": [title(number) for number in some],
                "class": [class_of(number) for number in some],
                "vector": pyarrow.FixedSizeListArray.from_arrays(vectors[some.start : some.stop].ravel(), DIMENSIONS),
            })  # fmt: skip
            if held:
                held[0].add(rows)
            else:
                held.append(db.create_table("docs", rows))

    took = timed(insert)
    if not indexed:
        return Built(took)
    index = {"metric": "cosine", "index_type": "IVF_HNSW_SQ", "num_partitions": 1}
    return Built(took, timed(lambda: held[0].create_index(**index)))


@contextmanager
def _open(folder: Path) -> Iterator[Search]:
    import lancedb

    table = lancedb.connect(folder).open_table("docs")

    def search(query: Any, condition: Condition | None) -> list[Any]:
        asked = table.search(query).distance_type("cosine").limit(10).select(["id", "title", "_distance"])
        if condition is not None:
            asked = asked.where("class >= {} AND class < {}".format(*condition), prefilter=True)
        return [(row["id"], row["title"], row["_distance"]) for row in asked.to_list()]

    yield search


STORES = (
    Store("LanceDB flat", "lancedb", partial(_build, indexed=False), _open),
    Store("LanceDB IVF_HNSW_SQ", "lancedb", partial(_build, indexed=True), _open, exact=False),
)
