"""A database to ask how SQLite reads a text."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def sqlite():
    """A connection of the standard library's, in memory."""
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection
