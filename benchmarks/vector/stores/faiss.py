"""faiss by itself, and the titles from SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ..data import DIMENSIONS
from .contract import Built, Condition, Search, Store, timed, title


def _build(folder: Path, vectors: Any, *, kind: str) -> Built:
    import faiss

    faiss.omp_set_num_threads(1)
    with closing(sqlite3.connect(folder / "docs.db")) as conn:
        conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT)")
        titles = ((number + 1, title(number)) for number in range(len(vectors)))

        def insert() -> None:
            conn.executemany("INSERT INTO docs VALUES (?, ?)", titles)
            conn.commit()

        took = timed(insert)
    index = faiss.index_factory(DIMENSIONS, kind, faiss.METRIC_INNER_PRODUCT)
    if kind.startswith("HNSW"):
        index.hnsw.efConstruction = 100
    added = timed(lambda: index.add(vectors))
    took += timed(lambda: faiss.write_index(index, str(folder / "docs.faiss")))
    return Built(took + added) if kind == "Flat" else Built(took, added)


@contextmanager
def _open(folder: Path) -> Iterator[Search]:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.read_index(str(folder / "docs.faiss"))
    if hasattr(index, "hnsw"):
        index.hnsw.efSearch = 128
    with closing(sqlite3.connect(folder / "docs.db")) as conn:
        sql = f"SELECT id, title FROM docs WHERE id IN ({', '.join('?' * 10)})"

        def search(query: Any, condition: Condition | None) -> list[Any]:
            distances, places = index.search(query[None, :], 10)
            rowids = (places[0] + 1).tolist()
            titles = dict(conn.execute(sql, rowids).fetchall())
            return [(i, titles[i], 1 - d) for i, d in zip(rowids, distances[0].tolist(), strict=True)]

        yield search


STORES = (
    Store("faiss Flat", "faiss", partial(_build, kind="Flat"), _open, filters=False),
    Store("faiss HNSW32", "faiss", partial(_build, kind="HNSW32"), _open, exact=False, filters=False),
)
