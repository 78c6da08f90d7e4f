"""Columns and indexes as an earlier version of their formats has stored them are read by this one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
FILES = {
    "bits-1": (60, 1, {"rescore": 20}),
    "ivf-1": (60, 2, {"lists": 6, "probes": 3}),
    "hnsw-1": (60, 2, {"m": 4, "ef_construction": 20, "ef_search": 20}),
}
QUERY = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
NEAREST = "SELECT id FROM points {} ORDER BY vector_distance(place, ?) LIMIT 2"


@pytest.fixture(params=FILES)
def golden(request, file):
    with sqlite3.connect(file) as plain:
        plain.executescript((GOLDEN / f"{request.param}.sql").read_text(encoding="utf-8"))
    plain.close()
    return FILES[request.param]


def test_it_is_read(golden, open_vector, file):
    conn = open_vector(file)
    (stats,) = conn.vector_index_stats("near")
    assert (stats.rows, stats.changed_rows, stats.options) == golden
    assert not stats.stale
    assert conn.explain_vector(NEAREST.format(""), (QUERY,)).path == "index"
    found = conn.execute(NEAREST.format(""), (QUERY,)).fetchall()
    assert found[0] == (99,)
    assert found == conn.execute(NEAREST.format("NOT INDEXED"), (QUERY,)).fetchall()


def test_what_a_later_release_has_stored_is_left_to_it(golden, open_vector, file):
    conn = open_vector(file)
    conn.execute("UPDATE heliosdb_vector_index SET format = 2")
    conn.commit()
    assert conn.vector_index_stats("near")[0].stale
    told = conn.explain_vector(NEAREST.format(""), (QUERY,))
    assert (told.path, told.searches[0].path) == ("matrix", "matrix")
    assert "'near' is stored in format 2, and this release knows format 1: update" in told.reason
    found = conn.execute(NEAREST.format(""), (QUERY,)).fetchall()
    assert found == conn.execute(NEAREST.format("NOT INDEXED"), (QUERY,)).fetchall()
    assert conn.execute("SELECT format FROM heliosdb_vector_index").fetchone() == (2,)
    conn.execute("REINDEX near")
    assert conn.vector_index_stats("near")[0].rows == golden[0]
    assert conn.execute("SELECT format FROM heliosdb_vector_index").fetchone() == (1,)


DAMAGE = [
    "UPDATE heliosdb_vector_index SET seq = 'x'",
    "UPDATE heliosdb_vector_index SET nonce = x'00', count = 'many'",
    "UPDATE heliosdb_vector_index SET facts = '1', odd = '{'",
    "UPDATE heliosdb_vector_index SET format = 'one'",
    "UPDATE heliosdb_vector_index SET dimensions = 3",
    "UPDATE heliosdb_vector_index_part SET codes = substr(codes, 2)",
    "UPDATE heliosdb_vector_index_part SET rowids = 7",
    "DELETE FROM heliosdb_vector_index_part",
    "DROP TABLE heliosdb_vector_log",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_index_that_somebody_wrote_to_is_built_again(golden, open_vector, file, damage):
    with sqlite3.connect(file) as plain:
        plain.execute(damage)
    plain.close()
    conn = open_vector(file)
    found = conn.execute(NEAREST.format(""), (QUERY,)).fetchall()
    assert found == conn.execute(NEAREST.format("NOT INDEXED"), (QUERY,)).fetchall()
    conn.execute("REINDEX near")
    assert conn.vector_index_stats("near")[0].rows == golden[0]
    conn.execute("DELETE FROM points WHERE id = 99")
    assert conn.execute(NEAREST.format(""), (QUERY,)).fetchone() != (99,)


def test_a_log_that_somebody_wrote_to_is_said_to_be_damaged(golden, open_vector, file):
    conn = open_vector(file)
    conn.execute(
        "UPDATE heliosdb_vector_log SET row = '' WHERE seq = (SELECT max(seq) FROM heliosdb_vector_log)"
    )
    conn.commit()
    with pytest.raises(sqlite3.DatabaseError, match=r"written to heliosdb_vector_log: REINDEX"):
        conn.vector_index_stats("near")
    conn.execute("REINDEX near")
    conn.execute("INSERT INTO points SELECT 100, place FROM points WHERE id = 5")
    found = conn.execute(NEAREST.format(""), (QUERY,)).fetchall()
    assert found == conn.execute(NEAREST.format("NOT INDEXED"), (QUERY,)).fetchall()


def test_tables_of_a_later_release_are_not_written_to(golden, open_vector, file):
    conn = open_vector(file)
    conn.execute("ALTER TABLE heliosdb_vector_index ADD COLUMN more")
    conn.commit()
    with pytest.raises(
        sqlite3.NotSupportedError, match=r"'heliosdb_vector_index' is not as format 1 .* update"
    ):
        conn.execute("CREATE INDEX other ON points USING bits (place)")
    assert [each.name for each in conn.vector_index_stats()] == ["near"]


def test_columns_are_read_and_written(open_vector, file):
    with sqlite3.connect(file) as plain:
        plain.executescript((GOLDEN / "columns-1.sql").read_text(encoding="utf-8"))
    plain.close()
    conn = open_vector(file)
    rows = conn.execute("SELECT id, place, small FROM points WHERE place IS NOT NULL").fetchall()
    numbers = [(1, [1, 0, 0]), (2, [0, 1.5, -2]), (3, [0.25, 0.5, 8])]
    assert [(number, list(place), list(small)) for number, place, small in rows] == [
        (number, vector, vector) for number, vector in numbers
    ]
    for column in ("place", "small"):
        nearest = (
            f"SELECT id FROM points WHERE {column} IS NOT NULL ORDER BY vector_distance({column}, ?, 'l2')"
        )
        assert conn.execute(f"{nearest} LIMIT 2", ([0, 1, 8],)).fetchall() == [(3,), (1,)]
    before = conn.execute("SELECT hex(place), hex(small) FROM points WHERE id = 2").fetchall()
    conn.execute("INSERT INTO points VALUES (5, ?, halfvec(?))", ([0, 1.5, -2], "[0, 1.5, -2]"))
    assert conn.execute("SELECT hex(place), hex(small) FROM points WHERE id = 5").fetchall() == before
