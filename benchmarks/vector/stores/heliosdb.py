"""HeliosDB: exactly, and by each method of approximate indexes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..data import DIMENSIONS
from .contract import Built, Condition, Search, Store, rows_of, timed

TABLE = (
    f"CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, class INTEGER, embedding VECTOR({DIMENSIONS}))"
)
SEARCH = (
    "SELECT id, title, vector_distance(embedding, ?, 'cosine') AS distance "
    "FROM docs {} ORDER BY distance LIMIT 10"
)
INDEXES = {
    "bits": "bits (embedding vector_cosine_ops)",
    "ivf": "ivf (embedding vector_cosine_ops)",
    "hnsw": "hnsw (embedding vector_cosine_ops)",
    "hnsw as faiss": "hnsw (embedding vector_cosine_ops) WITH (m = 32, ef_construction = 100, ef_search = 128)",
}
"""By name: without options an index aims at a recall of 0.99 by itself."""


def _build(folder: Path, vectors: Any, index: str = "", *, conditions: bool = False) -> Built:
    with closing(heliosdb_sqlite.connect(folder / "docs.db", enable_vector_search=True)) as conn:
        conn.execute(TABLE)

        def insert() -> None:
            conn.executemany("INSERT INTO docs VALUES (?, ?, ?, ?)", rows_of(vectors))
            conn.commit()

        took = timed(insert)
        if conditions:
            return Built(took, timed(lambda: conn.execute("CREATE INDEX docs_class ON docs (class)")))
        if not index:
            return Built(took)
        return Built(took, timed(lambda: conn.execute(f"CREATE INDEX near ON docs USING {index}")))


@contextmanager
def _open(folder: Path, **options: Any) -> Iterator[Search]:
    with closing(heliosdb_sqlite.connect(folder / "docs.db", enable_vector_search=True, **options)) as conn:
        everywhere, among = SEARCH.format(""), SEARCH.format("WHERE class >= ? AND class < ?")

        def search(query: Any, condition: Condition | None) -> list[Any]:
            if condition is None:
                return conn.execute(everywhere, (query,)).fetchall()
            return conn.execute(among, (query, *condition)).fetchall()

        yield search


STORES = (
    Store("heliosdb, exact", "heliosdb_vector", _build, _open, ours=True),
    Store("heliosdb, SQL index", "heliosdb_vector", partial(_build, conditions=True), _open, ours=True),
    *(
        Store(
            f"heliosdb, {name}",
            "heliosdb_vector",
            partial(_build, index=index),
            _open,
            exact=False,
            filters=False,
            ours=True,
        )
        for name, index in INDEXES.items()
    ),
)
