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
METHODS = ("bits", "ivf", "hnsw")


def _build(folder: Path, vectors: Any, method: str = "") -> Built:
    with closing(heliosdb_sqlite.connect(folder / "docs.db", enable_vector_search=True)) as conn:
        conn.execute(TABLE)

        def insert() -> None:
            conn.executemany("INSERT INTO docs VALUES (?, ?, ?, ?)", rows_of(vectors))
            conn.commit()

        took = timed(insert)
        if not method:
            return Built(took)
        index = f"CREATE INDEX near ON docs USING {method} (embedding vector_cosine_ops)"
        return Built(took, timed(lambda: conn.execute(index)))


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
    *(
        Store(
            f"heliosdb, {method}",
            "heliosdb_vector",
            partial(_build, method=method),
            _open,
            exact=False,
            filters=False,
            ours=True,
        )
        for method in METHODS
    ),
)
