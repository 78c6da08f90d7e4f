"""What the server's tests share: a served file, and ways to talk to it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import heliosdb_sqlite

sys.path.insert(0, str(Path(__file__).parent))  # for server_kit


def pytest_terminal_summary(terminalreporter):
    """Say which of the programs that these tests talk to are not on this machine."""
    for report in terminalreporter.getreports("passed"):
        for name, said in report.user_properties:
            if name in ("oracle", "client"):
                terminalreporter.write_line(f"NOTE {said}", yellow=True, bold=True)


@pytest.fixture
def path(tmp_path):
    """A database file with two small tables."""
    file = tmp_path / "app.db"
    connection = sqlite3.connect(file)
    connection.executescript(
        """CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, active BOOLEAN DEFAULT 1);
           INSERT INTO users VALUES (1, 'ann', 'ann@x', 1), (2, 'bob', 'bob@x', 0), (3, 'cat', NULL, 1);
           CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), title VARCHAR(40));
           INSERT INTO posts VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three');"""
    )
    connection.close()
    return file


@pytest.fixture
def server(path) -> Iterator:
    """The file, served on a free port."""
    with heliosdb_sqlite.start_server(path, port=0) as running:
        yield running


@pytest.fixture
def connect(server):
    """Opens connections of psycopg2 to the server, and closes them at the end."""
    import psycopg2

    opened = []

    def open_one(**keywords):
        connection = psycopg2.connect(server.url, **keywords)
        opened.append(connection)
        return connection

    yield open_one
    for each in opened:
        each.close()
