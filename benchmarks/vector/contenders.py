"""Those who search: each set up once, then asked for the ten nearest rows with their titles."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..harness import Work
from .data import DIMENSIONS, queries, vectors

Search = Callable[[Any], list[Any]]
"""From a query vector to rows of (id, title, distance)."""

_files: dict[int, Path] = {}
_folder = tempfile.TemporaryDirectory(prefix="heliosdb-vector-benchmark-")


def file(rows: int) -> Path:
    """Return a database with a table of so many rows, made by plain sqlite3."""
    if rows not in _files:
        path = Path(_folder.name, f"{rows}.db")
        with closing(heliosdb_sqlite.connect(path, enable_vector_search=True)) as conn:
            conn.execute(
                "CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, share INTEGER, "
                f"embedding VECTOR({DIMENSIONS}))"
            )
            found = vectors(rows)
            conn.executemany(
                "INSERT INTO docs VALUES (?, ?, ?, ?)",
                ((i + 1, f"title {i}", i % 1000, memoryview(found[i])) for i in range(rows)),
            )
            conn.commit()
        _files[rows] = path
    return _files[rows]


def searching(make: Callable[[int], Any], rows: int) -> Callable[[], Any]:
    """Return what prepares the work of searching with one contender."""

    @contextmanager
    def prepared() -> Iterator[Work]:
        with make(rows) as search:
            asked = cycle(queries())
            for _ in range(5):
                search(next(asked))

            def work(times: int) -> None:
                for _ in range(times):
                    search(next(asked))

            yield work

    return prepared


@contextmanager
def ours(rows: int, *, where: str = "", index: bool = False) -> Iterator[Search]:
    """HeliosDB, exactly; or by an approximate index."""
    with closing(heliosdb_sqlite.connect(file(rows), enable_vector_search=True)) as conn:
        conn.execute("DROP INDEX IF EXISTS near")
        if index:
            conn.execute("CREATE INDEX near ON docs USING bits (embedding vector_cosine_ops)")
        sql = (
            "SELECT id, title, vector_distance(embedding, ?, 'cosine') AS distance "
            f"FROM docs {where} ORDER BY distance LIMIT 10"
        )
        yield lambda query: conn.execute(sql, (query,)).fetchall()


@contextmanager
def scalar(rows: int) -> Iterator[Search]:
    """sqlite-vec's function on the same table."""
    with closing(heliosdb_sqlite.connect(file(rows), enable_vector_search=True)) as conn:
        sql = "SELECT id, title, vec_distance_cosine(embedding, ?) AS d FROM docs ORDER BY d LIMIT 10"
        yield lambda query: conn.execute(sql, (query.tobytes(),)).fetchall()


@contextmanager
def vec0(rows: int, *, where: str = "", mmap: bool = False) -> Iterator[Search]:
    """sqlite-vec's virtual table, joined with the titles."""
    path = Path(_folder.name, f"{rows}-vec0.db")
    fresh = not path.exists()
    with closing(heliosdb_sqlite.connect(path, enable_vector_search=True, vector_cache_mb=0)) as conn:
        if fresh:
            conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT)")
            conn.executemany("INSERT INTO docs VALUES (?, ?)", ((i + 1, f"title {i}") for i in range(rows)))
            conn.execute(
                f"CREATE VIRTUAL TABLE v USING vec0 (e FLOAT[{DIMENSIONS}] distance_metric=cosine, share INTEGER)"
            )
            found = vectors(rows)
            conn.executemany(
                "INSERT INTO v (rowid, e, share) VALUES (?, ?, ?)",
                ((i + 1, memoryview(found[i]), i % 1000) for i in range(rows)),
            )
            conn.commit()
        conn.execute(f"PRAGMA mmap_size = {1 << 32 if mmap else 0}")
        sql = (
            "SELECT v.rowid, d.title, v.distance FROM v JOIN docs AS d ON d.id = v.rowid "
            f"WHERE e MATCH ? AND k = 10 {where} ORDER BY distance"
        )
        yield lambda query: conn.execute(sql, (query.tobytes(),)).fetchall()


@contextmanager
def duckdb(rows: int, *, where: str = "") -> Iterator[Search]:
    """DuckDB in memory, one thread."""
    import duckdb as module
    import pyarrow

    with closing(module.connect(config={"threads": 1})) as conn:
        found = vectors(rows)
        table = pyarrow.table({
            "id": range(1, rows + 1),
            "title": [f"title {i}" for i in range(rows)],
            "share": [i % 1000 for i in range(rows)],
            "e": pyarrow.FixedSizeListArray.from_arrays(found.ravel(), DIMENSIONS),
        })  # fmt: skip
        conn.register("given", table)
        conn.execute("CREATE TABLE docs AS SELECT id, title, share, e FROM given")
        sql = (
            f"SELECT id, title, array_cosine_distance(e, ?::FLOAT[{DIMENSIONS}]) AS d FROM docs {where} "
            "ORDER BY d LIMIT 10"
        )
        yield lambda query: conn.execute(sql, (query.tolist(),)).fetchall()


@contextmanager
def faiss(rows: int, *, kind: str = "Flat") -> Iterator[Search]:
    """Faiss by itself, one thread, and the titles from SQLite."""
    import faiss as module

    module.omp_set_num_threads(1)
    index = module.index_factory(DIMENSIONS, kind, module.METRIC_INNER_PRODUCT)
    if kind.startswith("HNSW"):
        index.hnsw.efConstruction, index.hnsw.efSearch = 100, 128
    index.train(vectors(rows))
    index.add(vectors(rows))
    with closing(sqlite3.connect(file(rows))) as conn:
        sql = f"SELECT id, title FROM docs WHERE id IN ({', '.join('?' * 10)})"

        def search(query: Any) -> list[Any]:
            distances, places = index.search(query[None, :], 10)
            rowids = (places[0] + 1).tolist()
            titles = dict(conn.execute(sql, rowids).fetchall())
            return [(i, titles[i], 1 - d) for i, d in zip(rowids, distances[0].tolist(), strict=True)]

        yield search


@contextmanager
def lancedb(rows: int, *, index: bool = False, where: str = "") -> Iterator[Search]:
    """LanceDB, flat or with its HNSW index."""
    import lancedb as module
    import pyarrow

    found = vectors(rows)
    table = module.connect(Path(_folder.name, f"{rows}-{index}.lance")).create_table(
        "docs",
        pyarrow.table({
            "id": range(1, rows + 1),
            "title": [f"title {i}" for i in range(rows)],
            "share": [i % 1000 for i in range(rows)],
            "vector": pyarrow.FixedSizeListArray.from_arrays(found.ravel(), DIMENSIONS),
        }),
        mode="overwrite",
    )  # fmt: skip
    if index:
        table.create_index(metric="cosine", index_type="IVF_HNSW_SQ", num_partitions=1)

    def search(query: Any) -> list[Any]:
        asked = table.search(query).distance_type("cosine").limit(10)
        asked = asked.where(where, prefilter=True) if where else asked
        return [(row["id"], row["title"], row["_distance"]) for row in asked.to_list()]

    yield search


@contextmanager
def chroma(rows: int) -> Iterator[Search]:
    """Chroma, with its HNSW index in memory."""
    import chromadb

    collection = chromadb.EphemeralClient().get_or_create_collection(
        f"docs{rows}", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    found = vectors(rows)
    for start in range(0, rows, 5000):
        many = range(start, min(start + 5000, rows))
        collection.add(
            ids=[str(i + 1) for i in many],
            embeddings=found[start : start + 5000],
            metadatas=[{"title": f"title {i}"} for i in many],
        )

    def search(query: Any) -> list[Any]:
        answer = collection.query(query_embeddings=[query], n_results=10, include=["metadatas", "distances"])
        return list(
            zip(map(int, answer["ids"][0]), answer["metadatas"][0], answer["distances"][0], strict=True)
        )

    yield search
