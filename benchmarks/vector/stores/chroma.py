"""Chroma with its HNSW index, in a folder of files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .contract import Built, Condition, Search, Store, class_of, timed, title

_COSINE = {"hnsw": {"space": "cosine"}}


def _build(folder: Path, vectors: Any) -> Built:
    import chromadb

    collection = chromadb.PersistentClient(str(folder)).create_collection(
        "docs", configuration=_COSINE, embedding_function=None
    )

    def insert() -> None:
        for start in range(0, len(vectors), 5000):
            some = range(start, min(start + 5000, len(vectors)))
            collection.add(
                ids=[str(number + 1) for number in some],
                embeddings=vectors[some.start : some.stop],
                metadatas=[{"title": title(number), "class": class_of(number)} for number in some],
            )

    return Built(timed(insert))


@contextmanager
def _open(folder: Path) -> Iterator[Search]:
    import chromadb

    collection = chromadb.PersistentClient(str(folder)).get_collection("docs", embedding_function=None)

    def search(query: Any, condition: Condition | None) -> list[Any]:
        where = (
            None
            if condition is None
            else {"$and": [{"class": {"$gte": condition[0]}}, {"class": {"$lt": condition[1]}}]}
        )
        found = collection.query(
            query_embeddings=[query], n_results=10, where=where, include=["metadatas", "distances"]
        )
        return [
            (int(number), facts["title"], distance)
            for number, facts, distance in zip(
                found["ids"][0], found["metadatas"][0], found["distances"][0], strict=True
            )
        ]

    yield search


STORES = (Store("Chroma", "chromadb", _build, _open, exact=False),)
