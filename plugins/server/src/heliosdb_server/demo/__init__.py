"""The demo's act: a SQLite file served to PostgreSQL's clients."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from heliosdb_sqlite.plugins import DemoAct

_MOONS = (
    ("Moon", "Earth", 1737.4), ("Phobos", "Mars", 11.1), ("Deimos", "Mars", 6.2), ("Io", "Jupiter", 1821.6),
    ("Europa", "Jupiter", 1560.8), ("Ganymede", "Jupiter", 2634.1), ("Callisto", "Jupiter", 2410.3),
    ("Titan", "Saturn", 2574.7), ("Rhea", "Saturn", 763.8), ("Titania", "Uranus", 788.4), ("Triton", "Neptune", 1353.4),
)  # fmt: skip
_QUERY = (
    "SELECT planet, count(*) AS moons, round(max(radius_km)::numeric, 1) AS largest, "
    "string_agg(name, ', ' ORDER BY radius_km DESC) AS names FROM moons GROUP BY planet ORDER BY 3 DESC LIMIT 3"
)


def play(console: Any, folder: Path, queries: tuple[str, ...]) -> None:
    """Serve a file and ask it by PostgreSQL's own client, or by its drivers, as far as they are installed."""
    from ..server import start_server

    file = folder / "moons.db"
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS moons (name TEXT PRIMARY KEY, planet TEXT, radius_km REAL)"
        )
        connection.executemany("INSERT OR REPLACE INTO moons VALUES (?, ?, ?)", _MOONS)
    connection.close()
    with start_server(file, port=0) as server:
        console.print(f"[bold]{file.name}[/] is served at {server.url}")
        if (psql := shutil.which("psql")) is not None:
            console.print(
                f'\n$ psql {server.url} -c "{_QUERY}"', soft_wrap=True, markup=False, highlight=False
            )
            done = subprocess.run(  # noqa: S603
                [psql, "-X", server.url, "-c", _QUERY], capture_output=True, text=True, check=False
            )
            console.print(done.stdout.rstrip() or done.stderr, markup=False, highlight=False)
        elif (rows := _by_driver(server.url)) is not None:
            for row in rows:
                console.print(row)
        else:
            console.print("No client of PostgreSQL's is installed here: try psql, DBeaver, or any driver.")
        status = server.get_status()
        console.print(
            f"\n{status.total_queries} queries by {status.total_connections} clients; the file stays SQLite's."
        )


def _by_driver(url: str) -> list[Any] | None:
    for name in ("psycopg", "psycopg2"):
        try:
            driver = __import__(name)
        except ImportError:
            continue
        connection = driver.connect(url)
        cursor = connection.cursor()
        cursor.execute(_QUERY)
        rows: list[Any] = cursor.fetchall()
        connection.close()
        return rows
    return None


ACT = DemoAct(title="Server: a SQLite file for PostgreSQL's clients", order=60, play=play)
