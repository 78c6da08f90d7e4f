"""An index as an earlier version of this format has stored it is read by this one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden" / "index-1.sql"
QUERY = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
NEAREST = "SELECT id FROM points ORDER BY vector_distance(place, ?) LIMIT 2"


@pytest.fixture
def golden(file):
    with sqlite3.connect(file) as plain:
        plain.executescript(GOLDEN.read_text(encoding="utf-8"))
    plain.close()


def test_it_is_read(golden, open_vector, file):
    conn = open_vector(file)
    (stats,) = conn.vector_index_stats("near")
    assert (stats.rows, stats.changed_rows, stats.stale, stats.rescore) == (60, 1, False, 20)
    assert conn.explain_vector(NEAREST, (QUERY,)).path == "index"
    assert conn.execute(NEAREST, (QUERY,)).fetchone() == (99,)


def test_another_version_is_built_anew(golden, open_vector, file):
    conn = open_vector(file)
    conn.execute("UPDATE heliosdb_vector_index SET format = 2")
    conn.commit()
    assert conn.vector_index_stats("near")[0].stale
    conn.execute("REINDEX near")
    assert conn.vector_index_stats("near")[0].rows == 60
    assert conn.execute("SELECT format FROM heliosdb_vector_index").fetchone() == (1,)
