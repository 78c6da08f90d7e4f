"""Rows with a list of 384 numbers, against the same bytes through the standard library."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite
from heliosdb_vector.memory import changes

from ..harness import Contender, Race, Work
from .data import DIMENSIONS, real


@contextmanager
def _inserting(rows: int, way: str) -> Iterator[Work]:
    found = real()
    blobs = way in ("sqlite3", "bytes")
    given: list[tuple[str, Any]] = [
        ("title", found[i % len(found)].tobytes() if blobs else found[i % len(found)].tolist())
        for i in range(rows)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "i.db")
        plain = way == "sqlite3"
        opened = sqlite3.connect(path) if plain else heliosdb_sqlite.connect(path, enable_vector_search=True)
        with closing(opened) as conn:
            declared = "BLOB" if plain else f"VECTOR({DIMENSIONS})"
            conn.execute("PRAGMA synchronous = OFF")
            conn.execute(f"CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, embedding {declared})")
            if way == "logged":
                changes.make_log(conn, "main", "docs", "rowid")

            def work(times: int) -> None:
                for _ in range(times):
                    conn.executemany("INSERT INTO docs (title, embedding) VALUES (?, ?)", given)
                    conn.rollback()

            yield work


def races(quick: bool) -> Iterator[Race]:
    """Lists and bytes, with the table's changes logged and not."""
    rows = 1000 if quick else 5000
    mine = [("a list", "list", 2.0), ("a list, changes logged", "logged", 2.0), ("bytes", "bytes", None)]
    yield Race(
        f"insert {rows:,} rows",
        Contender("sqlite3, bytes", partial(_inserting, rows, "sqlite3")),
        tuple(Contender(name, partial(_inserting, rows, way), target=target) for name, way, target in mine),
        times=1,
        unit="ms",
    )
