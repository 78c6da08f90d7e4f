"""Do the suggestions hold? Each is made for real, in a file of its own, and the query is timed without and with it.

The last contenders are indexes that the planner uses as soon as they are there, and that the analyzer doesn't suggest.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import heliosdb_sqlite

from ..harness import Contender, Race, Work

WORTH = 1 / 1.2  # the ratio that a suggestion may not exceed
QUERIES: tuple[tuple[str, str, Sequence[Any]], ...] = (
    ("one person", "SELECT * FROM people WHERE name = ?", ("n4711",)),
    ("a range", "SELECT * FROM people WHERE born > ?", ("2008",)),
    ("two columns", "SELECT name FROM people WHERE country = ? AND born = ?", ("FR", "1950")),
    ("the newest ten", "SELECT * FROM people WHERE country = ? ORDER BY born DESC LIMIT 10", ("DE",)),
    (
        "a join",
        "SELECT p.name, sum(v.seconds) FROM people p JOIN visits v ON v.person = p.id WHERE p.name = ?",
        ("n7",),
    ),
    ("groups", "SELECT country, sum(active) FROM people GROUP BY country", ()),
    ("either", "SELECT * FROM people WHERE name = ? OR email = ?", ("n7", "E99@x.org")),
    ("an expression", "SELECT * FROM people WHERE lower(name) = ?", ("n7",)),
    ("a prefix", "SELECT * FROM people WHERE name LIKE 'n471%'", ()),
)
HARMFUL = (
    ("three rows of four", "SELECT sum(length(note)) FROM people WHERE active = ?", (1,), "people (active)"),
    ("half of the rows", "SELECT sum(length(note)) FROM people WHERE born > ?", ("1970",), "people (born)"),
)  # fmt: skip


def _make(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE people (
                id INTEGER PRIMARY KEY, name TEXT, email TEXT, country TEXT, born TEXT, active INTEGER, note TEXT);
            CREATE TABLE visits (id INTEGER PRIMARY KEY, person INTEGER, page TEXT, seconds REAL);
        """)
        connection.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    n,
                    f"n{n * 7919 % rows}",
                    f"E{n}@x.org",
                    ("DE", "FR", "US")[n % 3],
                    f"{1930 + n * 31 % 80}",
                    n * 7919 % 4 > 0,
                    "x" * 60,
                )
                for n in range(rows)
            ),
        )
        connection.executemany(
            "INSERT INTO visits (person, page, seconds) VALUES (?, ?, ?)",
            ((n * 7919 % rows, f"/{n % 50}", n % 1000) for n in range(rows)),
        )
        connection.commit()


@contextmanager
def _running(original: Path, sql: str, parameters: Sequence[Any], script: str = "") -> Iterator[Work]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(original, folder))
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)

            def work(times: int) -> None:
                for _ in range(times):
                    connection.execute(sql, parameters).fetchall()

            yield work


def _suggested(path: Path, sql: str, parameters: Sequence[Any]) -> tuple[str, float]:
    with closing(heliosdb_sqlite.connect(path, query_analyzer=True)) as connection:
        connection.execute(sql, parameters).fetchall()
        found = connection.get_query_suggestions(seconds=30)
        return (found[0].suggested_index, found[0].speedup_factor) if found else ("", 1.0)


def races(quick: bool) -> Iterator[Race]:
    """Yield a race for each query: without the index that is suggested for it, and with it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.db"
        _make(path, 20_000 if quick else 200_000)
        for name, sql, parameters in QUERIES:
            script, factor = _suggested(path, sql, parameters)
            contender = Contender(
                f"suggested: 1/{factor:.3g} = {1 / factor:.2g}",
                partial(_running, path, sql, parameters, script),
                target=WORTH,
            )
            yield Race(
                name, Contender("no index", partial(_running, path, sql, parameters)), (contender,), unit="ms"
            )
        for name, sql, parameters, index in HARMFUL:
            script, _ = _suggested(path, sql, parameters)
            said = (
                "nothing suggested"
                if f"({index.partition('(')[2]}" not in script.replace('"', "")
                else "suggested"
            )
            made = partial(_running, path, sql, parameters, f"CREATE INDEX made ON {index}")
            yield Race(
                name,
                Contender("no index", partial(_running, path, sql, parameters)),
                (Contender(f"{index}: {said}", made),),
                unit="ms",
            )
