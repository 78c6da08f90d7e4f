"""sqliteai-vector: its scan of the whole table, and that of its quantised copy, held in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from heliosdb_vector.loading.entry_point import caller

from ..data import DIMENSIONS
from .contract import Built, Condition, Search, Store, rows_of, timed


def _connected(folder: Path) -> sqlite3.Connection:
    found = find_spec("sqlite_vector")
    assert found is not None
    library = Path(str(found.origin)).parent / "binaries" / "vector"
    conn = sqlite3.connect(folder / "docs.db")
    caller(str(library), "sqlite3_vector_init")(conn)
    return conn


def _init(conn: sqlite3.Connection) -> None:
    conn.execute(
        "SELECT vector_init('docs', 'embedding', ?)",
        (f"type=FLOAT32,dimension={DIMENSIONS},distance=COSINE",),
    )


def _build(folder: Path, vectors: Any, *, quantised: bool) -> Built:
    with closing(_connected(folder)) as conn:
        conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, class INTEGER, embedding BLOB)")

        def insert() -> None:
            conn.executemany("INSERT INTO docs VALUES (?, ?, ?, ?)", rows_of(vectors))
            conn.commit()

        def quantise() -> None:
            conn.execute("SELECT vector_quantize('docs', 'embedding')").fetchall()
            conn.commit()

        took = timed(insert)
        _init(conn)
        return Built(took, timed(quantise) if quantised else 0.0)


@contextmanager
def _open(folder: Path, *, quantised: bool) -> Iterator[Search]:
    with closing(_connected(folder)) as conn:
        _init(conn)
        if quantised:
            conn.execute("SELECT vector_quantize_preload('docs', 'embedding')").fetchall()
        scan = "vector_quantize_scan" if quantised else "vector_full_scan"
        sql = (
            f"SELECT d.id, d.title, v.distance FROM {scan}('docs', 'embedding', ?, 10) AS v "
            "JOIN docs AS d ON d.id = v.rowid"
        )

        def search(query: Any, condition: Condition | None) -> list[Any]:
            return conn.execute(sql, (query.tobytes(),)).fetchall()

        yield search


STORES = (
    Store("sqliteai full scan", "sqlite_vector", partial(_build, quantised=False), partial(_open, quantised=False),
          filters=False),
    Store("sqliteai quantised", "sqlite_vector", partial(_build, quantised=True), partial(_open, quantised=True),
          exact=False, filters=False),
)  # fmt: skip
