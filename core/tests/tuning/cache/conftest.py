"""A database of products, and connections to it that have a cache."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

import heliosdb_sqlite

sys.path.insert(0, str(Path(__file__).parent))  # for cache_kit


@pytest.fixture
def path(tmp_path):
    with closing(sqlite3.connect(tmp_path / "app.db")) as plain, plain:
        plain.execute("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price REAL)")
        plain.executemany(
            "INSERT INTO products (name, category, price) VALUES (?, ?, ?)",
            [(f"product {n}", f"category {n % 7}", n / 4) for n in range(2000)],
        )
    return tmp_path / "app.db"


@pytest.fixture
def conn(path):
    with closing(heliosdb_sqlite.connect(path, enable_cache=True)) as conn:
        yield conn


@pytest.fixture
def everything_kept(monkeypatch):
    """Keep results whether or not that is worth it."""
    monkeypatch.setattr("heliosdb_sqlite.tuning.cache.admission._WATCHED", 10**9)
