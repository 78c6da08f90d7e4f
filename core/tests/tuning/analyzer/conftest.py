"""A table of people, big enough for an index to show, and what is suggested for a statement."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

import heliosdb_sqlite
from heliosdb_sqlite.tuning.analyzer import methods

ROWS = 12_000
PEOPLE = """
    CREATE TABLE people (
        id INTEGER PRIMARY KEY, name TEXT, email TEXT COLLATE NOCASE, country TEXT, born TEXT, active INTEGER, note TEXT);
    CREATE TABLE visits (id INTEGER PRIMARY KEY, person INTEGER, page TEXT, day TEXT, seconds REAL);
"""


def fill(connection, rows=ROWS):
    connection.executescript(PEOPLE)
    connection.executemany(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                n,
                f"n{n * 7919 % rows}",
                f"E{n}@x.org",
                ("DE", "FR", "US")[n % 3],
                f"{1930 + n * 31 % 80}",
                n % 4 > 0,
                "x" * 40,
            )
            for n in range(rows)
        ),
    )
    connection.executemany(
        "INSERT INTO visits (person, page, day, seconds) VALUES (?, ?, ?, ?)",
        ((n * 7919 % rows, f"/{n % 50}", f"2024-{1 + n % 12:02}", n % 1000) for n in range(rows)),
    )
    connection.commit()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """What is found is no matter of time, on a machine that is busy with something else."""
    for method in (methods.get_query_report, methods.get_query_suggestions):
        monkeypatch.setitem(method.__kwdefaults__, "seconds", 120.0)


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A database file with the tables, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        fill(connection)
    return path


@pytest.fixture
def conn(tmp_path, filled):
    """A recording connection to a file with the tables."""
    shutil.copy(filled, tmp_path / "app.db")
    with closing(heliosdb_sqlite.connect(tmp_path / "app.db", query_analyzer=True)) as connection:
        yield connection


@pytest.fixture
def load(conn):
    """Runs a script and inserts rows past the recording: ``load(script, insert, rows)``."""

    def run(script, insert="", rows=()):
        conn.disable_query_analyzer()
        conn.executescript(script)
        if insert:
            conn.executemany(insert, rows)
        conn.commit()
        conn.enable_query_analyzer()

    return run


@pytest.fixture
def suggested(conn):
    """Runs statements and returns the SQL that is suggested: ``suggested("SELECT ...", parameters)``."""

    def ask(sql, parameters=(), **limits):
        conn.execute(sql, parameters).fetchall()
        if conn.in_transaction:
            conn.commit()
        return [each.suggested_index for each in conn.get_query_suggestions(**limits)]

    return ask
