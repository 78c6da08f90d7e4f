"""DuckDB with one thread, its rows in memory: a search of its file takes longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..data import DIMENSIONS
from .contract import Built, Condition, Search, Store, class_of, timed, title


def _table(vectors: Any, start: int, stop: int) -> Any:
    import pyarrow

    return pyarrow.table({
        "id": range(start + 1, stop + 1),
        "title": [title(number) for number in range(start, stop)],
        "class": [class_of(number) for number in range(start, stop)],
        "e": pyarrow.FixedSizeListArray.from_arrays(vectors[start:stop].ravel(), DIMENSIONS),
    })  # fmt: skip


def _build(folder: Path, vectors: Any) -> Built:
    import duckdb

    with closing(duckdb.connect(str(folder / "docs.duckdb"), config={"threads": 1})) as conn:
        conn.execute(f"CREATE TABLE docs (id INTEGER, title VARCHAR, class INTEGER, e FLOAT[{DIMENSIONS}])")

        def insert() -> None:
            for start in range(0, len(vectors), 100_000):
                some = _table(vectors, start, min(start + 100_000, len(vectors)))
                conn.register("given", some)
                conn.execute("INSERT INTO docs SELECT * FROM given")
                conn.unregister("given")
            conn.execute("CHECKPOINT")

        return Built(timed(insert))


@contextmanager
def _open(folder: Path) -> Iterator[Search]:
    import duckdb

    with closing(duckdb.connect(config={"threads": 1})) as conn:
        conn.execute(f"ATTACH '{folder / 'docs.duckdb'}' AS stored (READ_ONLY)")
        conn.execute("CREATE TABLE docs AS SELECT * FROM stored.docs")
        conn.execute("DETACH stored")
        sql = (
            f"SELECT id, title, array_cosine_distance(e, ?::FLOAT[{DIMENSIONS}]) AS d FROM docs {{}} "
            "ORDER BY d LIMIT 10"
        )
        everywhere, among = sql.format(""), sql.format("WHERE class >= ? AND class < ?")

        def search(query: Any, condition: Condition | None) -> list[Any]:
            if condition is None:
                return conn.execute(everywhere, (query.tolist(),)).fetchall()
            return conn.execute(among, (query.tolist(), *condition)).fetchall()

        yield search


STORES = (Store("DuckDB", "duckdb", _build, _open),)
