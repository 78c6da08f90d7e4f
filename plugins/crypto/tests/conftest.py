"""Encrypted connections, closed again, and what the standard library sees of their files."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

import heliosdb_sqlite

sys.path.insert(0, str(Path(__file__).parent))  # crypto_kit, here and in the processes that tests start

pytest_plugins = ["heliosdb_sqlite.testing.fixtures"]

KEY = b"k" * 32


@pytest.fixture
def key():
    return KEY


@pytest.fixture
def file(tmp_path):
    return tmp_path / "secret.db"


@pytest.fixture
def open_encrypted(file):
    """connect() with a key; whatever it opens is closed after the test."""
    opened = []

    def connect(database=file, encryption_key=KEY, **keywords):
        opened.append(heliosdb_sqlite.connect(database, encryption_key=encryption_key, **keywords))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def conn(open_encrypted):
    return open_encrypted()


@pytest.fixture
def open_plain():
    """The standard library's connect(); whatever it opens is closed after the test."""
    opened = []

    def connect(*args, **keywords):
        opened.append(sqlite3.connect(*args, **keywords))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
