"""sqlite-vec: its distance function on an ordinary table, and its virtual table ``vec0``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from heliosdb_vector.loading.finding import load_sqlite_vec

from ..data import DIMENSIONS
from .contract import Built, Condition, Search, Store, rows_of, timed

_MAPPED = 1 << 40


def _connected(folder: Path, *, mmap: bool = False) -> sqlite3.Connection:
    conn = sqlite3.connect(folder / "docs.db")
    load_sqlite_vec(conn)  # also where Python was built without extension loading
    conn.execute(f"PRAGMA mmap_size = {_MAPPED if mmap else 0}")
    return conn


def _build_table(folder: Path, vectors: Any) -> Built:
    with closing(_connected(folder)) as conn:
        conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, class INTEGER, embedding BLOB)")

        def insert() -> None:
            conn.executemany("INSERT INTO docs VALUES (?, ?, ?, ?)", rows_of(vectors))
            conn.commit()

        return Built(timed(insert))


@contextmanager
def _open_table(folder: Path, *, mmap: bool) -> Iterator[Search]:
    with closing(_connected(folder, mmap=mmap)) as conn:
        sql = "SELECT id, title, vec_distance_cosine(embedding, ?) AS d FROM docs {} ORDER BY d LIMIT 10"
        everywhere, among = sql.format(""), sql.format("WHERE class >= ? AND class < ?")

        def search(query: Any, condition: Condition | None) -> list[Any]:
            if condition is None:
                return conn.execute(everywhere, (query.tobytes(),)).fetchall()
            return conn.execute(among, (query.tobytes(), *condition)).fetchall()

        yield search


def _build_vec0(folder: Path, vectors: Any) -> Built:
    with closing(_connected(folder)) as conn:
        conn.execute("CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT)")
        conn.execute(
            f"CREATE VIRTUAL TABLE v USING vec0 (e FLOAT[{DIMENSIONS}] distance_metric=cosine, class INTEGER)"
        )

        def insert() -> None:
            for row, words, number, vector in rows_of(vectors):
                conn.execute("INSERT INTO docs VALUES (?, ?)", (row, words))
                conn.execute("INSERT INTO v (rowid, e, class) VALUES (?, ?, ?)", (row, vector, number))
            conn.commit()

        return Built(timed(insert))


@contextmanager
def _open_vec0(folder: Path, *, mmap: bool) -> Iterator[Search]:
    with closing(_connected(folder, mmap=mmap)) as conn:
        sql = (
            "SELECT v.rowid, d.title, v.distance FROM v JOIN docs AS d ON d.id = v.rowid "
            "WHERE e MATCH ? AND k = 10 {} ORDER BY distance"
        )
        everywhere, among = sql.format(""), sql.format("AND class >= ? AND class < ?")

        def search(query: Any, condition: Condition | None) -> list[Any]:
            if condition is None:
                return conn.execute(everywhere, (query.tobytes(),)).fetchall()
            return conn.execute(among, (query.tobytes(), *condition)).fetchall()

        yield search


STORES = (
    Store("sqlite-vec scalar", "sqlite_vec", _build_table, partial(_open_table, mmap=False)),
    Store("sqlite-vec scalar, mmap", "sqlite_vec", _build_table, partial(_open_table, mmap=True)),
    Store("vec0", "sqlite_vec", _build_vec0, partial(_open_vec0, mmap=False)),
    Store("vec0, mmap", "sqlite_vec", _build_vec0, partial(_open_vec0, mmap=True)),
)
